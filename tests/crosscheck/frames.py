# SPDX-License-Identifier: Apache-2.0
"""Frames for make.py, built layer by layer. Each function returns bytes; layouts are those of the
standards named beside them. Checksums are left 0: neither side looks at them."""

import socket
import struct

DATA = b"sixteen bytes of payload and more"
SRC4, DST4 = "192.0.2.1", "198.51.100.2"
SRC6, DST6 = "2001:db8::1", "2001:db8:ffff::2"
MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806


def be(form, *values):
    return struct.pack(">" + form, *values)


# Transports.

def udp(data=DATA, sport=40001, dport=40002, length=None):  # RFC 768
    return be("HHHH", sport, dport, 8 + len(data) if length is None else length, 0) + data


def udplite(data=DATA, coverage=8):  # RFC 3828
    return be("HHHH", 40003, 40004, coverage, 0) + data


def tcp(data=DATA, options=b"", flags=0x18, words=None, sport=40005):  # RFC 9293
    words = 5 + len(options) // 4 if words is None else words
    return be("HHIIBBHHH", sport, 40006, 1000, 2000, words << 4, flags, 512, 0, 0) + options + data


def sctp(data=DATA):  # RFC 9260: a DATA chunk
    chunk = be("BBHIHHI", 0, 3, 16 + len(data), 1, 2, 3, 99) + data + bytes(-len(data) % 4)
    return be("HHII", 40007, 40008, 7, 0) + chunk


def dccp(data=DATA):  # RFC 4340: a DATA packet with a 48-bit sequence number
    return be("HHBBHBBHI", 40009, 40010, 4, 0, 0, 5, 0, 0, 9) + data


def icmp(kind=8, code=0, rest=be("HH", 11, 22), data=DATA):  # RFC 792, RFC 4443
    return be("BBH", kind, code, 0) + rest + data


def igmp():  # RFC 2236
    return be("BBH", 0x16, 0, 0) + socket.inet_aton("239.1.2.3")


def esp():  # RFC 4303
    return be("II", 0x12345678, 1) + bytes(range(1, 41))


def auth(then, inner):  # RFC 4302: 12 bytes of check value
    return be("BBHII", then, 4, 0, 5, 6) + bytes(12) + inner


# Networks.

def ip4(proto, inner, options=b"", flags=0, offset=0, ident=0x1234, length=None, words=None,
        src=SRC4, dst=DST4):  # RFC 791
    head = 20 + len(options)
    words = head // 4 if words is None else words
    length = head + len(inner) if length is None else length
    return be("BBHHHBBH", 0x40 | words, 0, length, ident, flags << 13 | offset // 8, 64, proto,
              0) + socket.inet_aton(src) + socket.inet_aton(dst) + options + inner


def ip6(proto, inner, length=None, src=SRC6, dst=DST6):  # RFC 8200
    length = len(inner) if length is None else length
    return be("IHBB", 0x60000000, length, proto, 64) + socket.inet_pton(
        socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + inner


def option6(then, inner, units=0):  # hop-by-hop and destination options: one PadN
    size = 8 * (units + 1) - 4
    return be("BBBB", then, units, 1, size) + bytes(size) + inner


def routing6(then, inner):  # RFC 8754 is one; this is type 253, for experiments
    return be("BBBBI", then, 0, 253, 0, 0) + inner


def fragment6(then, inner, offset=0, more=1, ident=0x99):
    return be("BBHI", then, 0, offset | more, ident) + inner


def arp(operation=1):  # RFC 826
    return be("HHBBH", 1, IPV4, 6, 4, operation) + MAC_A + socket.inet_aton(
        SRC4) + MAC_B + socket.inet_aton(DST4)


# Tunnels.

def gre(proto, inner, checksum=False, key=False, sequence=False):  # RFC 2784, RFC 2890
    flags = checksum << 15 | key << 13 | sequence << 12
    return be("HH", flags, proto) + (bytes(4) if checksum else b"") + (
        be("I", 77) if key else b"") + (be("I", 88) if sequence else b"") + inner


def pptp(inner, acked=False):  # RFC 2637 4.1, PPP inside
    return be("HHHHI", 0x3081 if acked else 0x3001, 0x880B, len(inner), 5, 1) + (
        be("I", 4) if acked else b"") + inner


def erspan2(inner):  # draft-foschiano-erspan: GRE with a sequence number, 8 bytes
    return gre(0x88BE, be("HHI", 0x1064, 0x0001, 0) + inner, sequence=True)


def erspan3(inner):  # 12 bytes
    return gre(0x22EB, be("HHIHH", 0x2064, 0x0001, 5, 0, 0) + inner, sequence=True)


def vxlan(inner, flags=8, vni=42):  # RFC 7348
    return be("II", flags << 24, vni << 8) + inner


def geneve(inner, proto=0x6558, options=b""):  # RFC 8926
    return be("BBHI", len(options) // 4, 0, proto, 42 << 8) + options + inner


def gtp(inner, flags=0x30, extra=b""):  # 3GPP TS 29.281
    return be("BBHI", flags, 0xFF, len(extra) + len(inner), 0x1111) + extra + inner


TEREDO_AUTH = be("BBBB", 0, 1, 0, 0) + bytes(9)  # RFC 4380 5.1.1
TEREDO_ORIGIN = be("HHI", 0, 0x1234, 0x01020304)


# Links.

def eth(kind, inner):
    return MAC_B + MAC_A + be("H", kind) + inner


def vlan(tags, kind, inner):
    """`tags` are the ethertypes of the tags, outermost first."""
    for place in range(len(tags) - 1, -1, -1):
        inner = be("HH", 100 + place, kind) + inner
        kind = tags[place]
    return eth(kind, inner)


def snap(kind, inner):  # IEEE 802.2, RFC 1042
    return be("IHBH", 0xAAAA0300, 0, 0, kind)[:6] + be("H", kind) + inner


def eth_llc(kind, inner):
    body = snap(kind, inner)
    return eth(len(body), body)


def sll(kind, inner, way=0):
    return be("HHH", way, 1, 6) + MAC_A + bytes(2) + be("H", kind) + inner


def sll2(kind, inner, way=0):
    return be("HHIHBB", kind, 0, 3, 1, way, 6) + MAC_A + bytes(2) + inner


def mpls(labels, inner):  # RFC 3032
    for place, label in enumerate(reversed(labels)):
        inner = be("I", label << 12 | (0 if place else 1) << 8 | 64) + inner
    return inner


def ppp(proto, inner):  # RFC 1661, without the address and control bytes
    return be("H", proto) + inner


def hdlc(proto, inner):  # RFC 1662
    return b"\xff\x03" + ppp(proto, inner)


def pppoe(proto, inner, length=None):  # RFC 2516
    body = ppp(proto, inner)
    return be("BBHH", 0x11, 0, 0x77, len(body) if length is None else length) + body


def vntag(kind, inner):  # Cisco: 4 bytes of tag, then the ethertype
    return eth(0x8926, be("IH", 0, kind) + inner)


def itag(kind, inner):  # IEEE 802.1ah: 4 bytes of service tag, then a frame
    return eth(0x88E7, be("I", 0x00000064) + eth(kind, inner))


def wifi(kind, inner, first=0x08, second=0x02, middle=b""):
    """A data frame: frame control, duration, three addresses, sequence; then `middle`: a fourth
    address, QoS control, HT control. IEEE 802.11 9.3.2.1."""
    return be("BBH", first, second, 0) + MAC_A + MAC_B + MAC_A + bytes(2) + middle + snap(
        kind, inner)


def radiotap(inner, flags=None):
    """www.radiotap.org: with `flags`, that field (0x10: an FCS follows)."""
    fields = b"" if flags is None else struct.pack("<B", flags)
    return struct.pack("<BBHI", 0, 0, 8 + len(fields), 2 if fields else 0) + fields + inner


def prism(inner):
    items = b"".join(struct.pack("<IHHI", 0x00010044 + 0x1000 * i, 0, 4, 0) for i in range(10))
    return struct.pack("<II16s", 0x44, 144, b"wlan0") + items + inner


def avs(inner):
    return be("II", 0x80211001, 64) + bytes(56) + inner


def pktap(dlt, inner, flags=0, name=b"en0", pid=77, process=b"curl"):
    """Apple's header, bsd/net/pktap.h of XNU, little-endian as on all of its machines."""
    return struct.pack("<III24sIIII i20sIHH i20s", 108, 1, dlt, name, flags, 2, 14, 0, pid, process,
                       0, 6, 0, -1, b"") + inner


def nflog(order, family, inner):  # libnetfilter_log, in the order of the host
    def tlv(kind, value):
        return struct.pack(order + "HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)
    return be("BBH", family, 0, 5) + tlv(1, be("HBB", IPV4, 1, 0)) + tlv(10, b"mark\0") + tlv(
        9, inner)


def ipoib(kind, inner):
    return bytes(40) + be("HH", kind, 0) + inner


def chdlc(kind, inner):
    return be("BBH", 0x0F, 0, kind) + inner


def loopback(order, family, inner):
    return struct.pack(order + "I", family) + inner
