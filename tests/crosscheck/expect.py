# SPDX-License-Identifier: Apache-2.0
"""What dump.c should print for a frame, made from tshark's own dissection of it (-T json).

Nothing here parses a packet: layers, fields and lengths are tshark's. What is ours are the rules by
which a frame with several layers has one flow, and a header that is cut has none of its fields."""

import json
import subprocess

COLUMNS = ["number", "time", "src", "dst", "sport", "dport", "proto", "payload", "tunnel",
           "outer_src", "outer_dst", "outer_sport", "outer_dport", "outer_proto", "way"]

FLOW = COLUMNS[2:14]

# Every fragment is shown as it stands: what it says alone is what is compared.
OPTIONS = ["-n", "-o", "tcp.desegment_tcp_streams:false", "-o", "ip.defragment:false",
           "-o", "ipv6.defragment:false", "-o", "ip.use_geoip:false",
           "-o", "ipv6.tso_support:true",
           "-d", "udp.port==8472,vxlan",      # Linux's port
           "-d", "mpls.label==1000,pwethcw"]  # else it would take a control word for anything

IP = ("ip", "ipv6")

# What names the header that follows, in the order in which IPv6 headers come.
NEXT_HEADER = {"ipv6.nxt", "ipv6.hopopts.nxt", "ipv6.routing.nxt", "ipv6.dstopts.nxt",
               "ipv6.fraghdr.nxt", "ah.next_header", "ip.proto"}
EXTENSION_BYTES = {"ipv6.hopopts.len_oct", "ipv6.routing.len_oct", "ipv6.dstopts.len_oct"}
EXTENSIONS = {"0", "43", "44", "51", "60"}

# IP protocol number: name of the layer, ports.
PORTS = {"6": ("tcp", "tcp"), "17": ("udp", "udp"), "136": ("udplite", "udp"),
         "132": ("sctp", "sctp"), "33": ("dccp", "dccp")}

# Tunnels by IP protocol, and those in UDP, by the name of their layer.
TUNNEL_PROTOCOLS = {"4": "ipip", "41": "ipip", "47": "gre", "50": "esp"}
TUNNELS = ("vxlan", "geneve", "gtp", "teredo")

# The last fields of headers whose other fields count only where all of it is there.
LAST_FIELDS = {"sll": ("sll.unused", "sll.etype", "sll.ltype", "sll.gretype"),
               "pktap": ("pktap.ecmdname",)}

ETHERTYPES = ("eth.type", "vlan.etype", "sll.etype", "llc.type", "ipoib.type")


class Layer:
    """One layer of a frame: its name and all of its fields, in order."""

    def __init__(self, name, value):
        self.name = name
        self.fields = []
        self._flatten(value)

    def _flatten(self, value):
        for key, inner in value if isinstance(value, list) else []:
            if isinstance(inner, str):
                self.fields.append((key, inner))
            elif key not in ("ip", "ipv6", "tcp", "udp", "icmp"):  # those that an error quotes
                self._flatten(inner)

    def has(self, name):
        return any(key == name for key, _ in self.fields)

    def get(self, name):
        return next((value for key, value in self.fields if key == name), "")

    def number(self, name):
        text = self.get(name)
        return int(text, 0) if text else 0

    def flag(self, name):
        return self.get(name) in ("1", "True")


def pairs(items):
    """Layers repeat, so objects stay lists; tshark writes an empty one as {}."""
    return [(key, value) for key, value in items]


def run_tshark(path):
    """Returns the frames, each a list of layers, and what tshark complained about."""
    done = subprocess.run(["tshark", "-r", path, "-T", "json"] + OPTIONS, capture_output=True,
                          check=False)
    text = done.stdout.decode("utf-8", "replace")
    packets = json.loads(text, object_pairs_hook=pairs) if text.strip() else []
    frames = []
    for packet in packets:
        layers = dict(dict(packet)["_source"])["layers"]
        frames.append([Layer(name, value) for name, value in layers])
    errors = [line for line in done.stderr.decode("utf-8", "replace").splitlines()
              if "Running as user" not in line]
    return frames, " ".join(errors)


def facts(frame):
    """What tshark says of the frame as a whole; comments stand before it."""
    return next(layer for layer in frame if layer.name == "frame")


def is_packet(frame):
    """This tshark counts the custom blocks of a pcapng file as frames."""
    return facts(frame).get("frame.cb_pen") == ""


def epoch(text):
    """tshark prints a fraction of a second or more as it stands: 1.1000000000 is 2.0."""
    seconds, _, fraction = text.partition(".")
    if len(fraction) <= 9:
        return text
    total = int(seconds) * 10**9 + int(fraction)
    return f"{total // 10**9}.{total % 10**9:09d}"


class Packet:
    """One IP packet of a frame: its IP layer and those behind it, up to the next IP layer."""

    def __init__(self, layers):
        self.ip, self.behind = layers[0], layers[1:]
        self.v4 = self.ip.name == "ip"
        auth = next((x.fields for x in self.behind if x.name == "ah"), [])
        self.headers = self.ip.fields + auth
        self._read_headers()

    def _read_headers(self):
        chain = [value for key, value in self.headers if key in NEXT_HEADER]
        self.proto = chain[-1] if chain else ""
        prefix = "ip.frag_offset" if self.v4 else "ipv6.fraghdr.offset"
        more = "ip.flags.mf" if self.v4 else "ipv6.fraghdr.more"
        self.later = self.ip.number(prefix) != 0
        self.part = self.later or self.ip.flag(more)
        # The header that the last one announces, and that is cut off, or an extension header
        # behind a later fragment's: what stands there is not known.
        if self.proto in EXTENSIONS and (not self.v4 or self.proto == "51"):
            self.proto = ""
        self.length = self._length()

    def _length(self):
        """Bytes behind the IP headers; None where the headers do not say."""
        if self.v4:
            total = self.ip.number("ip.len")
            length = total - self.ip.number("ip.hdr_len") if total else None
        else:
            length = self.ip.number("ipv6.plen") or None
        if length is None:
            return None
        for key, value in self.headers:
            if key in EXTENSION_BYTES:
                length -= int(value, 0)
            elif key == "ipv6.fraghdr.nxt":
                length -= 8
            elif key == "ah.length":
                length -= (int(value) + 2) * 4
        return length

    def key(self):
        """What the fragments of one packet have in common."""
        ident = self.ip.get("ip.id") if self.v4 else self.ip.get("ipv6.fraghdr.ident")
        return self.ip.name, self.src, self.dst, self.ip.get("ip.proto"), ident

    @property
    def src(self):
        return self.ip.get(self.ip.name + ".src")

    @property
    def dst(self):
        return self.ip.get(self.ip.name + ".dst")

    def whole(self):
        """Addresses are told together, or not at all."""
        return bool(self.src and self.dst)

    def layer(self, name):
        return next((x for x in self.behind if x.name == name), None)

    def ports(self):
        name, field = PORTS.get(self.proto, ("", ""))
        layer = None if self.later else self.layer(name)
        if not layer:
            return ["", ""]
        found = [layer.get(field + ".srcport"), layer.get(field + ".dstport")]
        return found if all(found) else ["", ""]

    def payload(self):
        """As the headers state it; None where this script cannot tell."""
        if self.later:
            return ""
        if self.proto == "6" and self.layer("tcp"):
            return "" if self.part else self.layer("tcp").get("tcp.len")
        if self.proto == "17" and self.layer("udp"):
            return self._udp(self.layer("udp"))
        # The field that shows how much of the header must be there.
        name, needed = {("1", True): ("icmp", "icmp.code"),
                        ("58", False): ("icmpv6", "icmpv6.code"),
                        ("136", self.v4): ("udplite", "udp.checksum")}.get(
                            (self.proto, self.v4), ("", ""))
        if self.part or not self.layer(name) or not self.layer(name).get(needed):
            return ""
        if self.length is None:
            return None
        return str(self.length - 8) if self.length >= 8 else ""

    def _udp(self, udp):
        stated = udp.get("udp.length")
        if not stated:
            return ""
        length = int(stated)
        if length == 0 and not self.part:  # RFC 2675: that of the packet
            return None if self.length is None else str(self.length - 8)
        if length < 8 or (self.length is not None and not self.part and length > self.length):
            return ""  # contradicts the packet
        return str(length - 8)


def split(frame):
    """The packets of a frame, outermost first. Headers that an ICMP error quotes are fields of
    the ICMP layer, and so none of them."""
    starts = [i for i, layer in enumerate(frame) if layer.name in IP and layer.fields]
    packets = [Packet(frame[a:b]) for a, b in zip(starts, starts[1:] + [len(frame)])]
    return [p for p in packets if p.whole()]


def is_inside(layers):
    """Whether what a tunnel in UDP carries is there: a whole Ethernet header, or the first byte of
    an IP packet. Before that nothing but the port speaks for the tunnel."""
    return bool(layers) and bool(layers[0].get("eth.type") or layers[0].get("ip.version"))


def tunnel(frame, packets):
    """The name of the outermost tunnel."""
    first = packets[0]
    if first.proto in TUNNEL_PROTOCOLS and not first.later:
        return TUNNEL_PROTOCOLS[first.proto]
    for place, layer in enumerate(frame):
        if layer.name in TUNNELS and is_inside(frame[place + 1:]):
            return layer.name
    return ""


def is_whole(layer):
    """Version 1 of a cooked header ends with a protocol, version 2 with unused bytes."""
    names = LAST_FIELDS[layer.name]
    return any(layer.has(x) for x in (names[:1] if layer.has("sll.ifindex") else names[-3:]))


def way(frame):
    """Which way the packet ran, by the file or by the link layer."""
    flags = facts(frame).number("frame.packet_flags_direction")
    for layer in frame:
        if layer.name == "pktap" and is_whole(layer):
            flags = layer.number("pktap.flags")
        elif layer.name == "ppp" and layer.get("ppp.direction"):
            flags = 2 - layer.number("ppp.direction")
        elif layer.name == "nflog":  # netfilter's local input and local output
            flags = {"1": 1, "3": 2}.get(layer.get("nflog.hook"), 0)
        elif layer.name == "sll" and is_whole(layer):
            flags = {"0": 1, "4": 2}.get(layer.get("sll.pkttype"), 0)
    return {1: "in", 2: "out"}.get(flags & 3, "")


def is_arp(frame):
    """By the layer, or by the type before it where it is cut off."""
    return any(layer.name == "arp" for layer in frame) or any(
        layer.get(name) == "0x0806" for layer in frame for name in ETHERTYPES
        if layer.name != "sll" or is_whole(layer))


def arp_columns(frame):
    out = dict.fromkeys(FLOW, "")
    out["proto"] = "arp"
    arp = next((layer for layer in frame if layer.name == "arp"), None)
    if not arp:
        return out
    src, dst = arp.get("arp.src.proto_ipv4"), arp.get("arp.dst.proto_ipv4")
    if src and dst:
        out.update(src=src, dst=dst)
    return out


def flow_columns(frame, packets):
    inner, outer = packets[-1], packets[0]
    out = dict.fromkeys(FLOW, "")
    out.update(src=inner.src, dst=inner.dst, proto=inner.proto, payload=inner.payload(),
               tunnel=tunnel(frame, packets))
    out["sport"], out["dport"] = inner.ports()
    if inner is not outer:
        out.update(outer_src=outer.src, outer_dst=outer.dst, outer_proto=outer.proto)
        out["outer_sport"], out["outer_dport"] = outer.ports()
    return out


class Expectation:
    """Goes through the frames of a file in order, for fragments take over what the first one of
    their packet says."""

    def __init__(self):
        self.firsts = {}

    def columns(self, number, frame):
        out = {"number": str(number), "time": epoch(facts(frame).get("frame.time_epoch")),
               "way": way(frame)}
        out.update(self._flow(frame))
        return out

    def _flow(self, frame):
        packets = split(frame)
        if not packets:
            return arp_columns(frame) if is_arp(frame) else dict.fromkeys(FLOW, "")
        out = flow_columns(frame, packets)
        for packet in packets:
            if packet.later and packet.key() in self.firsts:
                first = self.firsts[packet.key()]
                out = {**first, "payload": ""}
            elif packet.part and not packet.later:
                self.firsts[packet.key()] = out
        return out
