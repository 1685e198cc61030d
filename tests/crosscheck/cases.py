# SPDX-License-Identifier: Apache-2.0
"""The frames that make.py puts into captures: (label, link type, bytes), each label once."""

import frames as f

ETHERNET, NULL, PPP, PPP_HDLC, PPPOE, RAW = 1, 0, 9, 50, 51, 101
CHDLC, WIFI, LOOP, SLL, PRISM, RADIOTAP = 104, 105, 108, 113, 119, 127
AVS, PPP_WAY, IPV4, IPV6, NFLOG, IPOIB, PKTAP, SLL2 = 163, 204, 228, 229, 239, 242, 258, 276

UDP4 = f.ip4(17, f.udp())
UDP6 = f.ip6(17, f.udp())
TEREDO6 = f.ip6(17, f.udp(), src="2001:0:c000:201::1")
TCP4 = f.ip4(6, f.tcp())
MSS = bytes.fromhex("020405b4")
ERROR_REST = bytes(4)


def transports():
    """(label, protocol over IPv4, protocol over IPv6, bytes)"""
    yield "udp", 17, 17, f.udp()
    yield "udp-empty", 17, 17, f.udp(b"")
    yield "tcp", 6, 6, f.tcp()
    yield "tcp-syn", 6, 6, f.tcp(b"", MSS, 2)
    yield "tcp-options", 6, 6, f.tcp(f.DATA, b"\1\1\1\0" * 10)
    yield "udplite", 136, 136, f.udplite()
    yield "udplite-all", 136, 136, f.udplite(coverage=0)
    yield "sctp", 132, 132, f.sctp()
    yield "dccp", 33, 33, f.dccp()
    yield "esp", 50, 50, f.esp()
    yield "auth-udp", 51, 51, f.auth(17, f.udp())
    yield "auth-tcp", 51, 51, f.auth(6, f.tcp())
    yield "unknown", 253, 253, f.DATA


def icmps():
    yield "icmp-echo", f.ip4(1, f.icmp())
    yield "icmp-reply", f.ip4(1, f.icmp(0))
    yield "icmp-empty", f.ip4(1, f.icmp(data=b""))
    yield "icmp-unreachable-udp", f.ip4(1, f.icmp(3, 3, ERROR_REST, UDP4[:28]))
    yield "icmp-unreachable-tcp", f.ip4(1, f.icmp(3, 3, ERROR_REST, TCP4))
    yield "icmp-exceeded", f.ip4(1, f.icmp(11, 0, ERROR_REST, UDP4))
    yield "icmp-redirect", f.ip4(1, f.icmp(5, 1, ERROR_REST, UDP4))
    yield "icmp-timestamp", f.ip4(1, f.icmp(13, 0, data=bytes(12)))
    yield "igmp", f.ip4(2, f.igmp())
    yield "icmp6-echo", f.ip6(58, f.icmp(128))
    yield "icmp6-reply", f.ip6(58, f.icmp(129))
    yield "icmp6-unreachable", f.ip6(58, f.icmp(1, 4, ERROR_REST, UDP6))
    yield "icmp6-solicit", f.ip6(58, f.icmp(135, 0, bytes(4), bytes(15) + b"\1"))
    yield "mld", f.ip6(0, f.option6(58, f.icmp(131, 0, bytes(4), bytes(16))))


def headers():
    """Options, extension headers and their orders."""
    yield "ip4-options", f.ip4(17, f.udp(), b"\1" * 4)
    yield "ip4-options-most", f.ip4(6, f.tcp(), b"\1" * 40)
    for label, proto, inner in (("udp", 17, f.udp()), ("tcp", 6, f.tcp()),
                                ("icmp", 58, f.icmp(128))):
        yield "hop-" + label, f.ip6(0, f.option6(proto, inner))
        yield "dst-" + label, f.ip6(60, f.option6(proto, inner, 2))
        yield "route-" + label, f.ip6(43, f.routing6(proto, inner))
        yield "atomic-" + label, f.ip6(44, f.fragment6(proto, inner, 0, 0))
        yield "chain-" + label, f.ip6(0, f.option6(60, f.option6(43, f.routing6(
            51, f.auth(60, f.option6(proto, inner))))))
    yield "none", f.ip6(59, b"")
    yield "none-more", f.ip6(59, f.DATA)


def tunnels():
    frame, frame6 = f.eth(f.IPV4, UDP4), f.eth(f.IPV6, UDP6)
    yield "4in4", f.ip4(4, TCP4)
    yield "6in4", f.ip4(41, UDP6)
    yield "4in6", f.ip6(4, UDP4)
    yield "6in6", f.ip6(41, UDP6)
    yield "4in4in4in4", f.ip4(4, f.ip4(4, f.ip4(4, UDP4)))
    yield "gre-4", f.ip4(47, f.gre(f.IPV4, UDP4))
    yield "gre-6", f.ip6(47, f.gre(f.IPV6, UDP6))
    fields = {"c": "checksum", "k": "key", "s": "sequence"}
    for name in ("c", "k", "s", "cks"):
        yield "gre-" + name, f.ip4(47, f.gre(f.IPV4, TCP4, **{fields[c]: True for c in name}))
    yield "gre-teb", f.ip4(47, f.gre(0x6558, frame))
    yield "nvgre", f.ip4(47, f.gre(0x6558, frame6, key=True))
    yield "gre-mpls", f.ip4(47, f.gre(0x8847, f.mpls([17], UDP4)))
    yield "gre-ppp", f.ip4(47, f.gre(0x880B, f.ppp(0x21, UDP4)))
    yield "gre-unknown", f.ip4(47, f.gre(0x1234, f.DATA))
    yield "gre-arp", f.ip4(47, f.gre(0x6558, f.eth(f.ARP, f.arp())))
    yield "pptp", f.ip4(47, f.pptp(f.ppp(0x21, UDP4)))
    yield "pptp-ack", f.ip4(47, f.pptp(f.hdlc(0x57, UDP6), True))
    yield "erspan1", f.ip4(47, f.gre(0x88BE, frame))
    yield "erspan2", f.ip4(47, f.erspan2(frame))
    yield "erspan3", f.ip4(47, f.erspan3(frame))
    for port in (4789, 8472):
        yield f"vxlan-{port}", f.ip4(17, f.udp(f.vxlan(frame), dport=port))
    yield "vxlan-6", f.ip6(17, f.udp(f.vxlan(frame6), dport=4789))
    yield "vxlan-arp", f.ip4(17, f.udp(f.vxlan(f.eth(f.ARP, f.arp())), dport=4789))
    yield "vxlan-vlan", f.ip4(17, f.udp(f.vxlan(f.vlan([0x8100], f.IPV4, TCP4)), dport=4789))
    yield "vxlan-vxlan", f.ip4(17, f.udp(f.vxlan(f.eth(f.IPV4, f.ip4(17, f.udp(
        f.vxlan(frame), dport=4789)))), dport=4789))
    yield "geneve", f.ip4(17, f.udp(f.geneve(frame), dport=6081))
    yield "geneve-options", f.ip6(17, f.udp(f.geneve(frame, options=f.be(
        "HBBI", 0x0102, 3, 1, 9)), dport=6081))
    yield "geneve-ip", f.ip4(17, f.udp(f.geneve(UDP4, f.IPV4), dport=6081))
    yield "gtp", f.ip4(17, f.udp(f.gtp(UDP4), dport=2152))
    yield "gtp-6", f.ip4(17, f.udp(f.gtp(UDP6), dport=2152))
    yield "gtp-sequence", f.ip4(17, f.udp(f.gtp(TCP4, 0x32, bytes(4)), dport=2152))
    yield "gtp-extension", f.ip4(17, f.udp(f.gtp(UDP4, 0x34, bytes.fromhex(
        "00000085" "01100900")), dport=2152))
    yield "teredo", f.ip4(17, f.udp(TEREDO6, dport=3544))
    yield "teredo-auth", f.ip4(17, f.udp(f.TEREDO_AUTH + TEREDO6, dport=3544))
    yield "teredo-origin", f.ip4(17, f.udp(f.TEREDO_ORIGIN + TEREDO6, dport=3544))


def packets():
    """(label, IP packet) of every network, transport and tunnel."""
    for label, four, six, inner in transports():
        yield label + "/4", f.ip4(four, inner)
        yield label + "/6", f.ip6(six, inner)
    yield from icmps()
    yield from headers()
    yield from tunnels()


def wireless():
    qos, ht, most = bytes(2), bytes(4), f.MAC_A + bytes(6)
    data = f.wifi(f.IPV4, UDP4)
    yield "wifi", WIFI, data
    yield "wifi-6", WIFI, f.wifi(f.IPV6, UDP6)
    yield "wifi-to", WIFI, f.wifi(f.IPV4, UDP4, second=1)
    yield "wifi-ibss", WIFI, f.wifi(f.IPV4, UDP4, second=0)
    yield "wifi-4", WIFI, f.wifi(f.IPV4, UDP4, second=3, middle=f.MAC_A)
    yield "wifi-qos", WIFI, f.wifi(f.IPV4, UDP4, 0x88, 2, qos)
    yield "wifi-qos-4", WIFI, f.wifi(f.IPV4, UDP4, 0x88, 3, f.MAC_A + qos)
    yield "wifi-qos-ht", WIFI, f.wifi(f.IPV4, UDP4, 0x88, 0x82, qos + ht)
    yield "wifi-arp", WIFI, f.wifi(f.ARP, f.arp())
    yield "wifi-protected", WIFI, f.wifi(f.IPV4, UDP4, second=0x42)
    yield "wifi-null", WIFI, f.wifi(f.IPV4, b"", 0x48)[:24]
    yield "wifi-beacon", WIFI, f.wifi(f.IPV4, b"", 0x80, 0)[:24] + most
    yield "radiotap", RADIOTAP, f.radiotap(data)
    yield "radiotap-flags", RADIOTAP, f.radiotap(data, 0)
    yield "radiotap-fcs", RADIOTAP, f.radiotap(data + bytes(4), 0x10)
    yield "prism", PRISM, f.prism(data)
    yield "avs", AVS, f.avs(data)


def points():
    """PPP in its forms, and what carries it."""
    yield "ppp", PPP, f.hdlc(0x21, UDP4)
    yield "ppp-6", PPP, f.hdlc(0x57, UDP6)
    yield "ppp-bare", PPP, f.ppp(0x21, UDP4)
    yield "ppp-lcp", PPP, f.hdlc(0xC021, bytes.fromhex("01010004"))
    yield "ppp-mpls", PPP, f.hdlc(0x281, f.mpls([16], UDP4))
    yield "ppp-short", PPP, b"\x21" + UDP4
    yield "ppp-hdlc", PPP_HDLC, f.hdlc(0x21, TCP4)
    yield "ppp-way-in", PPP_WAY, b"\0" + f.hdlc(0x21, UDP4)
    yield "ppp-way-out", PPP_WAY, b"\1" + f.hdlc(0x57, UDP6)
    yield "pppoe", ETHERNET, f.eth(0x8864, f.pppoe(0x21, UDP4))
    yield "pppoe-6", ETHERNET, f.eth(0x8864, f.pppoe(0x57, UDP6))
    yield "pppoe-mpls", ETHERNET, f.eth(0x8864, f.pppoe(0x281, f.mpls([16], UDP4)))
    yield "pppoe-discovery", ETHERNET, f.eth(0x8863, f.be("BBHH", 0x11, 9, 0, 4) + bytes(4))
    yield "pppoe-link", PPPOE, f.pppoe(0x21, UDP4)
    yield "chdlc", CHDLC, f.chdlc(f.IPV4, UDP4)
    yield "chdlc-6", CHDLC, f.chdlc(f.IPV6, UDP6)


def labels():
    """MPLS."""
    for count in (1, 2, 3):
        yield f"mpls-{count}", ETHERNET, f.eth(0x8847, f.mpls([16] * count, UDP4))
    yield "mpls-6", ETHERNET, f.eth(0x8847, f.mpls([16], UDP6))
    yield "mpls-multicast", ETHERNET, f.eth(0x8848, f.mpls([16], UDP4))
    yield "mpls-word", ETHERNET, f.eth(0x8847, f.mpls([1000], bytes(4) + f.eth(f.IPV4, UDP4)))
    yield "mpls-null4", ETHERNET, f.eth(0x8847, f.mpls([0], UDP4))
    yield "mpls-null6", ETHERNET, f.eth(0x8847, f.mpls([2], UDP6))


def ethernets():
    for depth in range(4):
        for kind, inner, name in ((f.IPV4, UDP4, "4"), (f.IPV6, UDP6, "6"),
                                  (f.ARP, f.arp(), "arp")):
            yield f"vlan-{depth}-{name}", ETHERNET, f.vlan([0x8100] * depth, kind, inner)
    yield "qinq", ETHERNET, f.vlan([0x88A8, 0x8100], f.IPV4, UDP4)
    yield "qinq-9100", ETHERNET, f.vlan([0x9100, 0x8100], f.IPV4, UDP4)
    yield "arp-reply", ETHERNET, f.eth(f.ARP, f.arp(2))
    yield "llc", ETHERNET, f.eth_llc(f.IPV4, UDP4)
    yield "llc-6", ETHERNET, f.eth_llc(f.IPV6, UDP6)
    yield "llc-arp", ETHERNET, f.eth_llc(f.ARP, f.arp())
    yield "stp", ETHERNET, f.eth(38, bytes.fromhex("424203") + bytes(35))
    yield "vlan-llc", ETHERNET, f.vlan([0x8100], 8 + len(UDP4), f.snap(f.IPV4, UDP4))
    yield "lldp", ETHERNET, f.eth(0x88CC, bytes(46))
    yield "vntag", ETHERNET, f.vntag(f.IPV4, UDP4)
    yield "itag", ETHERNET, f.itag(f.IPV4, UDP4)
    yield "mixed-up-4", ETHERNET, f.eth(f.IPV6, UDP4)
    for label, packet in (("udp", f.ip4(17, f.udp(b"x"))), ("tcp", f.ip4(6, f.tcp(b""))),
                          ("icmp", f.ip4(1, f.icmp(data=b"xy"))), ("udp6", f.ip6(17, f.udp(b""))),
                          ("sctp", f.ip4(132, f.sctp(b"")))):
        kind = f.IPV6 if packet[0] >> 4 == 6 else f.IPV4
        yield "padded-" + label, ETHERNET, f.eth(kind, packet).ljust(64, b"\xee")
        yield "padded-vlan-" + label, ETHERNET, f.vlan([0x8100], kind, packet).ljust(80, b"\xee")


def others(order):
    for way in range(5):
        yield f"sll-{way}", SLL, f.sll(f.IPV4, UDP4, way)
        yield f"sll2-{way}", SLL2, f.sll2(f.IPV6, UDP6, way)
    yield "sll-arp", SLL, f.sll(f.ARP, f.arp())
    yield "sll2-arp", SLL2, f.sll2(f.ARP, f.arp())
    yield "sll-vlan", SLL, f.sll(0x8100, f.be("HH", 5, f.IPV4) + UDP4)
    for family in (2, 24, 28, 30):
        inner = UDP4 if family == 2 else UDP6
        yield f"null-{family}", NULL, f.loopback("<", family, inner)
        yield f"null-big-{family}", NULL, f.loopback(">", family, inner)
        yield f"loop-{family}", LOOP, f.loopback(">", family, inner)
    for link, name in ((RAW, "raw"), (12, "raw12"), (14, "raw14")):
        yield name + "-4", link, UDP4
        yield name + "-6", link, UDP6
    yield "ipv4", IPV4, UDP4
    yield "ipv6", IPV6, UDP6
    yield "pktap", PKTAP, f.pktap(1, f.eth(f.IPV4, UDP4), 1)
    yield "pktap-out", PKTAP, f.pktap(1, f.eth(f.IPV6, UDP6), 2)
    yield "pktap-raw", PKTAP, f.pktap(12, UDP4, 2, b"utun0")
    yield "pktap-null", PKTAP, f.pktap(0, f.loopback("<", 2, UDP4), 2, b"lo0")
    yield "nflog-4", NFLOG, f.nflog(order, 2, UDP4)
    yield "nflog-6", NFLOG, f.nflog(order, 10, UDP6)
    yield "ipoib", IPOIB, f.ipoib(f.IPV4, UDP4)
    yield "ipoib-6", IPOIB, f.ipoib(f.IPV6, UDP6)
    yield "ipoib-arp", IPOIB, f.ipoib(f.ARP, f.arp())


def all_frames(order="<"):
    """`order` is that of the host that captured, which shows in some link layers."""
    for label, packet in packets():
        yield label, ETHERNET, f.eth(f.IPV6 if packet[0] >> 4 == 6 else f.IPV4, packet)
    for part in (ethernets, labels, points, wireless):
        yield from part()
    yield from others(order)


def fragments():
    """(label, link type, bytes) whose order counts."""
    whole = f.udp(bytes(range(64)) * 2)
    for name, ident in (("plain", 1), ("again", 2)):
        yield f"{name}-first", RAW, f.ip4(17, whole[:64], flags=1, ident=ident)
        yield f"{name}-next", RAW, f.ip4(17, whole[64:128], flags=1, offset=64, ident=ident)
        yield f"{name}-last", RAW, f.ip4(17, whole[128:], offset=128, ident=ident)
    yield "stray", RAW, f.ip4(17, whole[64:128], offset=64, ident=3)
    yield "late-next", RAW, f.ip4(17, whole[64:], offset=64, ident=4)
    yield "late-first", RAW, f.ip4(17, whole[:64], flags=1, ident=4)
    yield "tcp-first", RAW, f.ip4(6, f.tcp(bytes(36)), flags=1, ident=5)
    yield "tcp-last", RAW, f.ip4(6, bytes(40), offset=56, ident=5)
    yield "icmp-first", RAW, f.ip4(1, f.icmp(data=bytes(56)), flags=1, ident=6)
    yield "icmp-last", RAW, f.ip4(1, bytes(40), offset=64, ident=6)
    for name, wrap in (("six", lambda x: f.ip6(44, x)),
                       ("six-hop", lambda x: f.ip6(0, f.option6(44, x)))):
        yield f"{name}-first", RAW, wrap(f.fragment6(17, whole[:64], 0, 1, 7))
        yield f"{name}-last", RAW, wrap(f.fragment6(17, whole[64:], 64, 0, 7))
    inner = f.ip4(17, f.udp(bytes(100)))
    yield "ipip-first", RAW, f.ip4(4, inner[:64], flags=1, ident=8)
    yield "ipip-last", RAW, f.ip4(4, inner[64:], offset=64, ident=8)
    yield "inside-first", RAW, f.ip4(4, f.ip4(17, whole[:64], flags=1, ident=9))
    yield "inside-last", RAW, f.ip4(4, f.ip4(17, whole[64:], offset=64, ident=9))


def lengths():
    """Lengths that are 0, 1, one off, and as large as can be."""
    def four(label, inner):
        return "length-" + label, ETHERNET, f.eth(f.IPV4, inner)

    def six(label, inner):
        return "length-" + label, ETHERNET, f.eth(f.IPV6, inner)
    for n in (0, 1, 19, 20, 21, 27, 28, 60, 62, 0xFFFF):
        yield four(f"ip-{n}-udp", f.ip4(17, f.udp(), length=n))
        yield four(f"ip-{n}-tcp", f.ip4(6, f.tcp(), length=n))
        yield four(f"ip-{n}-icmp", f.ip4(1, f.icmp(), length=n))
        yield four(f"ip-{n}-sctp", f.ip4(132, f.sctp(), length=n))
    for n in (0, 1, 4, 6, 15):
        yield four(f"ihl-{n}", f.ip4(17, f.udp(), words=n))
        yield four(f"doff-{n}", f.ip4(6, f.tcp(), words=None).replace(
            b"\x50\x18", bytes((n << 4, 0x18))))
    for n in (0, 1, 7, 8, 9, 40, 42, 0xFFFF):
        yield four(f"udp-{n}", f.ip4(17, f.udp(length=n)))
        yield six(f"udp6-{n}", f.ip6(17, f.udp(length=n)))
        yield six(f"ip6-{n}-udp", f.ip6(17, f.udp(), length=n))
        yield six(f"ip6-{n}-tcp", f.ip6(6, f.tcp(), length=n))
        yield six(f"ip6-{n}-icmp", f.ip6(58, f.icmp(128), length=n))
        yield four(f"udplite-{n}", f.ip4(136, f.udplite(coverage=n)))
    for n in (0, 1, 5, 255):
        yield six(f"hop-{n}", f.ip6(0, bytes((17, n)) + f.option6(17, f.udp())[2:]))
        yield four(f"auth-{n}", f.ip4(51, bytes((17, n)) + f.auth(17, f.udp())[2:]))
        yield four(f"pppoe-{n}", b"")[:2] + (f.eth(0x8864, f.pppoe(0x21, UDP4, n)),)
