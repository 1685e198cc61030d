#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes captures of every link type, tunnel and transport, and of every variant of the file
formats: make.py FOLDER. The same bytes on each run."""

import os
import struct
import sys

import cases
import frames as f

START = 1700000000
SHB, IDB, PB, SPB, NRB, ISB, EPB, DSB = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6, 10
JOURNAL, CUSTOM, CUSTOM_NO_COPY = 9, 0xBAD, 0x40000BAD


class Pcapng:
    """A section, or several, of one pcapng file: draft-ietf-opsawg-pcapng."""

    def __init__(self, order="<"):
        self.order = order
        self.out = b""
        self.section(order)

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def option(self, code, value):
        return self.pack("HH", code, len(value)) + value + bytes(-len(value) % 4)

    def options(self, *pairs):
        return b"".join(self.option(*p) for p in pairs) + bytes(4) if pairs else b""

    def block(self, kind, body):
        body += bytes(-len(body) % 4)
        length = self.pack("I", 12 + len(body))
        self.out += self.pack("I", kind) + length + body + length

    def section(self, order, *options, length=-1):
        self.order = order
        self.interfaces = {}
        self.block(SHB, self.pack("IHHq", 0x1A2B3C4D, 1, 0, length) + self.options(*options))

    def interface(self, link, *options, snaplen=0):
        """Returns its number. A link type without options is described once in a section."""
        if not options and not snaplen and link in self.interfaces:
            return self.interfaces[link]
        number = self.interfaces.setdefault("count", 0)
        self.interfaces["count"] += 1
        self.interfaces.setdefault(link, number)
        self.block(IDB, self.pack("HHI", link, 0, snaplen) + self.options(*options))
        return number

    def packet(self, interface, data, units, *options, wire=None):
        self.block(EPB, self.pack("IIIII", interface, units >> 32, units & 0xFFFFFFFF, len(data),
                                  len(data) if wire is None else wire)
                   + data + bytes(-len(data) % 4) + self.options(*options))

    def simple(self, data, wire):
        self.block(SPB, self.pack("I", wire) + data)

    def obsolete(self, interface, data, units, *options):
        self.block(PB, self.pack("HHIIII", interface, 3, units >> 32, units & 0xFFFFFFFF,
                                 len(data), len(data)) + data + bytes(-len(data) % 4)
                   + self.options(*options))


def pcap(order, magic, link, packets, snaplen=262144, extra=b""):
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)
    for place, (data, wire) in enumerate(packets):
        out += struct.pack(order + "IIII", START + place, 123456 + place, len(data), wire)
        out += extra + data
    return out


def every_frame(order):
    """All frames in one file; times in microseconds."""
    ng, labels = Pcapng(order), []
    for place, (label, link, data) in enumerate(cases.all_frames(order)):
        ng.packet(ng.interface(link), data, START * 10**6 + place)
        labels.append(label)
    return ng.out, labels


def sequence(part):
    ng, labels = Pcapng(), []
    for place, (label, link, data) in enumerate(part):
        ng.packet(ng.interface(link), data, START * 10**6 + place)
        labels.append(label)
    return ng.out, labels


def cuts():
    """Each frame with every snaplen up to the third byte of its payload, once for equal bytes."""
    ng, labels, seen = Pcapng(), [], set()
    for label, link, data in cases.all_frames():
        most = data.rfind(f.DATA)
        # This tshark refuses the rest of a file behind a frame that is shorter.
        least = 1 if link == cases.PPP_WAY else 0
        for snaplen in range(least, len(data) if most < 0 else most + 3):
            if (link, data[:snaplen]) in seen:
                continue
            seen.add((link, data[:snaplen]))
            ng.packet(ng.interface(link), data[:snaplen], START * 10**6, wire=len(data))
            labels.append(f"{label}@{snaplen}")
    return ng.out, labels


def samples():
    """A few frames for variants of files."""
    frame = f.eth(f.IPV4, cases.UDP4)
    return [frame, f.eth(f.IPV6, f.ip6(6, f.tcp())), f.eth(f.ARP, f.arp()), frame[:41], frame[:20],
            b""]


def pcaps():
    packets = [(data, max(len(data), 75)) for data in samples()]
    for name, order in (("le", "<"), ("be", ">")):
        yield f"us-{name}.pcap", pcap(order, 0xA1B2C3D4, 1, packets)
        yield f"ns-{name}.pcap", pcap(order, 0xA1B23C4D, 1, packets)
        yield f"kuznetzov-{name}.pcap", pcap(order, 0xA1B2CD34, 1, packets, extra=bytes(8))
        yield f"null-{name}.pcap", pcap(order, 0xA1B2C3D4, 0, [
            (f.loopback(order, 2, cases.UDP4), 100), (f.loopback(order, 30, cases.UDP6), 100)])
    yield "snaplen-0.pcap", pcap("<", 0xA1B2C3D4, 1, packets, snaplen=0)
    yield "snaplen-odd.pcap", pcap("<", 0xA1B2C3D4, 1, packets, snaplen=33)
    yield "snaplen-most.pcap", pcap("<", 0xA1B2C3D4, 1, packets, snaplen=0xFFFFFFFF)
    yield "fcs.pcap", pcap("<", 0xA1B2C3D4, 0x24000001, [
        (data + bytes(4), max(len(data), 75) + 4) for data in samples()[:3]])
    yield "tail.pcap", pcap("<", 0xA1B2C3D4, 1, packets) + bytes(9)
    yield "empty.pcap", pcap("<", 0xA1B2C3D4, 1, [])


def resolutions():
    """if_tsresol and if_tsoffset, all in one file."""
    ng, data = Pcapng(), samples()[0]
    for place, (resolution, units) in enumerate((
            (0, 1), (3, 10**3), (6, 10**6), (7, 10**7), (9, 10**9), (12, 10**12), (0x80, 1),
            (0x8A, 1 << 10), (0x94, 1 << 20), (0x9E, 1 << 30))):
        for seconds in (0, 3600, -3600):
            number = ng.interface(1, (9, bytes([resolution])), (14, ng.pack("q", seconds)))
            start = min(START, 2**63 // units)  # 12 digits of today's time are above 64 bits
            ng.packet(number, data, start * units + units // 4 + place)
    return ng.out


def sections():
    """Sections of both orders, interfaces that come late, link types mixed."""
    ng = Pcapng("<")
    for place, order in enumerate("<><"):
        if place:
            ng.section(order, (4, b"nobody"), length=-1)
        first = ng.interface(1)
        ng.packet(first, samples()[place], START * 10**6)
        late = ng.interface(101, (2, b"late"), (9, b"\x09"))
        ng.packet(late, cases.UDP6, START * 10**9 + 5)
        ng.packet(first, samples()[1], START * 10**6 + 7)
        ng.packet(ng.interface(113), f.sll(f.IPV4, cases.TCP4), START * 10**6 + 8)
    return ng.out


def simple_blocks():
    data = samples()[0]
    ng = Pcapng()
    ng.interface(1)
    ng.simple(data, len(data))
    ng.simple(samples()[1], len(samples()[1]))
    ng.section(">")
    ng.interface(1, snaplen=45)
    ng.simple(data[:45], len(data))
    ng.simple(data[:30], 30)
    return ng.out


def odd_blocks():
    """Every block of the draft, and some that are not in it, between packets."""
    ng, data = Pcapng(">"), samples()[0]
    first = ng.interface(1, (2, b"eth0"), (4, bytes.fromhex("c0000201ffffff00")), (9, b"\x06"))
    ng.block(NRB, ng.pack("HH4s", 1, 10, bytes((192, 0, 2, 1))) + b"host1\0" + bytes(2)
             + bytes(4))
    ng.packet(first, data, START * 10**6, (1, b"a comment"), (2, ng.pack("I", 1)),
              (4, ng.pack("Q", 2)))
    ng.block(ISB, ng.pack("III", first, 0, 0) + ng.options((4, ng.pack("Q", 10)),
                                                           (5, ng.pack("Q", 1))))
    ng.packet(first, data, START * 10**6 + 1, (2, ng.pack("I", 2)), (3, b"\x02" + bytes(4)),
              (5, bytes(8)), (0x7777, b"abc"))
    ng.block(DSB, ng.pack("II", 0x544C534B, 5) + b"label")
    ng.obsolete(first, data, START * 10**6 + 2)
    ng.obsolete(first, data[:-1], START * 10**6 + 3, (2, ng.pack("I", 1)))
    ng.block(0x1234, b"unknown!")
    ng.packet(first, data[:50], START * 10**6 + 4, wire=len(data))
    ng.block(CUSTOM_NO_COPY, ng.pack("I", 4711) + b"left out")
    ng.packet(first, data, START * 10**6 + 5)
    return ng.out


def files():
    """(name, bytes, labels or None)"""
    yield ("frames.pcapng", *every_frame("<"))
    yield ("frames-be.pcapng", *every_frame(">"))
    yield ("fragments.pcapng", *sequence(cases.fragments()))
    yield ("lengths.pcapng", *sequence(cases.lengths()))
    yield ("cuts.pcapng", *cuts())
    for name, data in pcaps():
        yield name, data, None
    yield "resolutions.pcapng", resolutions(), None
    yield "sections.pcapng", sections(), None
    yield "simple.pcapng", simple_blocks(), None
    yield "blocks.pcapng", odd_blocks(), None


def write_all(folder):
    """Writes the files; returns (name, path, labels of its frames or None)."""
    out = []
    for name, data, labels in files():
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(data)
        out.append((name, path, labels))
    return out


if __name__ == "__main__":
    write_all(sys.argv[1])
