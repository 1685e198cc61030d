#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz corpora: small inputs of every shape that a reader knows.

usage: seeds.py CORPUS    (run it from the project's root; finds beside the seeds stay)
"""
import os
import shutil
import struct
import sys


def ethernet(payload, ethertype=0x0800):
    return bytes.fromhex("00000c07ac15001cc4111111") + struct.pack(">H", ethertype) + payload


def ipv4(protocol, payload, extra=b"", fragment=0):
    head = struct.pack(">BBHHHBBH", 0x40 | (5 + len(extra) // 4), 0, 20 + len(extra) + len(payload),
                       7, fragment, 64, protocol, 0)
    return head + bytes([10, 1, 1, 1, 172, 23, 98, 97]) + extra + payload


def ipv6(next_header, payload):
    return struct.pack(">IHBB", 6 << 28, len(payload), next_header, 64) + bytes(15) + b"\1" + \
        bytes(15) + b"\2" + payload


def udp(payload):
    return struct.pack(">HHHH", 36003, 2762, 8 + len(payload), 0) + payload


def tcp(payload, flags=0x18):
    return struct.pack(">HHIIBBHHH", 36120, 389, 1000, 2000, 0x50, flags, 8192, 0, 0) + payload


def icmp(kind, payload):
    return struct.pack(">BBHHH", kind, 0, 0, 512, 1) + payload


FRAMES = {
    "udp": ethernet(ipv4(17, udp(b"12345678"))),
    "padded": ethernet(ipv4(17, udp(b""))) + bytes(18),
    "tcp": ethernet(ipv4(6, tcp(b"hello"))),
    "syn": ethernet(ipv4(6, tcp(b"", 2))),
    "ping": ethernet(ipv4(1, icmp(8, b"?"))),
    "unreachable": ethernet(ipv4(1, icmp(3, ipv4(17, udp(b"12345678"))))),
    "options": ethernet(ipv4(17, udp(b"1"), extra=b"\x94\x04\0\0")),
    "fragment": ethernet(ipv4(17, udp(b"12345678"), fragment=0x2000)),
    "later-fragment": ethernet(ipv4(17, b"12345678", fragment=3)),
    "vlan": ethernet(struct.pack(">HH", 5, 0x0800) + ipv4(17, udp(b"v")), 0x8100),
    "ipv6-udp": ethernet(ipv6(17, udp(b"six")), 0x86dd),
    "ipv6-hop": ethernet(ipv6(0, struct.pack(">BBIH", 58, 0, 0x05020000, 0) +
                              icmp(128, b"?")), 0x86dd),
    "arp": ethernet(struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + bytes(20), 0x0806),
}


def pcap(magic, order, frames):
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, 1)
    for i, frame in enumerate(frames):
        out += struct.pack(order + "IIII", 1263482414 + i, 454856, len(frame), len(frame)) + frame
    return out


def pad(data):
    return data + bytes(-len(data) % 4)


def block(order, kind, body):
    body = pad(body)
    n = len(body) + 12
    return struct.pack(order + "II", kind, n) + body + struct.pack(order + "I", n)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + pad(value)


def pcapng(order, frames):
    out = block(order, 0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1))
    out += block(order, 1, struct.pack(order + "HHI", 1, 0, 0) + option(order, 9, b"\x09") +
                 option(order, 14, struct.pack(order + "q", 3600)) + option(order, 0, b""))
    for i, frame in enumerate(frames):
        out += block(order, 6, struct.pack(order + "IIIII", 0, 0x1000, i, len(frame), len(frame)) +
                     pad(frame) + option(order, 1, b"comment") + option(order, 0, b""))
    out += block(order, 3, struct.pack(order + "I", len(frames[0])) + frames[0])
    out += block(order, 2, struct.pack(order + "HHIIII", 0, 0, 0x1000, 9, len(frames[0]),
                                       len(frames[0])) + frames[0])
    out += block(order, 5, struct.pack(order + "III", 0, 0x1000, 10) +
                 option(order, 5, struct.pack(order + "Q", 3)) + option(order, 0, b""))
    return out + block(order, 0x0bad, struct.pack(order + "I", 32473) + b"x")


LIST = """No. Time Source Destination Protocol Info

105528 2010-01-14 15:20:14.454856 10.1.1.1 172.1.10.14 UDP Source port: 35996 Destination port: mxomss
...
105546 2010-01-14 15:20:14.454856 10.1.1.1 172.2.10.63 UDP Source port: 36007 Destination port: 4642
"""
LIST_NEW = """No.     Time           Source                Destination           Protocol Length Info
      1 0.000000       10.1.1.1              172.1.10.14           UDP      50     35996 \u2192 1141 Len=8
      2 0.000100       10.1.1.1              172.1.10.14           TCP      66     1093 > 445 [SYN] Seq=0 Win=64240 Len=0 MSS=1460
      3 0.000200       10.1.1.1              172.1.10.14           ICMP     43     Echo (ping) request  id=0x0200, seq=256/1, ttl=128
"""
DETAIL = """Frame 105540 (50 bytes on wire, 50 bytes captured)
    Arrival Time: Jan 14, 2010 15:20:14.454856000
Ethernet II, Src: Example_11:11:11 (00:1c:c4:11:11:11), Dst: Example_15 (00:00:0c:07:ac:15)
Internet Protocol, Src: 10.1.1.1 (10.1.1.1), Dst: 172.23.98.97 (172.23.98.97)
User Datagram Protocol, Src Port: 36003 (36003), Dst Port: dicom-tls (2762)
    Length: 16
Data (8 bytes)

0000  31 32 33 34 35 36 37 38                           12345678
Frame 2: 74 bytes on wire (592 bits), 74 bytes captured (592 bits)
Internet Protocol Version 6, Src: fe80::1, Dst: ff02::2
Internet Control Message Protocol v6
    Type: Echo (ping) request (128)
    Code: 0
    Identifier: 0x0001
"""
TRACE = """Event Name, Type, TID, Clock-Time, Kernel(ms), User(ms), User Data
EventTrace, Header, 0xFFFFFFFF, 129079415836267908, 0, 0, 65536, 33554437, 3790, 2, 129079415836267908, 156250, 0, 1, 12, 1, 4, 5, 2394, "NT Kernel Logger", "C:\\k.etl", 0, 1, 3579545, 1, 0, 2
  \u00a0 UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 2136, 8, 172.023.098.097, 010.001.001.001, 2762, 36003, 0, 0
UdpIp, RecvIPV4, 0xFFFFFFFF, 129079416141424158, 0, 0, 4, 50, 172.31.239.255, 172.31.233.110, 137, 137, 0, 0x0
TcpIp, Connect, 0xFFFFFFFF, 129079416141424158, 0, 0, 2136, 0, 010.001.001.010, 010.001.001.001, 389, 36120, 1460, 0, 0, 0, 65535, 0, 0, 0, 0, 0, 0
TcpIp, SendIPV6, 0xFFFFFFFF, 129079416141424158, 0, 0, 4, 65652, 2001:db8::1, 2001:db8::2, 445, 64025, 1, 2, 0, 0x0
Process, Start, 0x00000BAD, 129079416141424158, 0, 0, 0x1000, 0x858, 0x20C, 0, 0, \\\\NT AUTHORITY\\SYSTEM, "store.exe", 0, 0
UdpIp, Send, 0xFFFFFFFF, 1.28663E+17, 0, 0, 2136, 8, 172.023.098.097, 010.001.001.001, 2762, 36003, 0, 0
"""
TABLES = {
    "svc": """
Image Name                   PID Services
========================= ====== =============================================
System Idle Process            0 N/A
lsass.exe                    536 HTTPFilter, kdc, Netlogon, NtLmSsp,
                                 PolicyAgent, ProtectedStorage, SamSs
averyveryverylongimagename  9999 N/A
""",
    "plain": """
Image Name                     PID Session Name        Session#    Mem Usage
========================= ======== ================ =========== ============
System Idle Process              0 Services                   0          8 K
store.exe                     2136 Console                    0  1,040,592 K
""",
    "blanks": "...\nwmiprvse.exe 5176 Console 0 2,168 K\n\nstore.exe 2136 Console 0 1,040,592 K\n",
    "csv": '"Image Name","PID","Services"\n"svchost.exe","804","BrokerInfrastructure,DcomLaunch"\n',
}


def seeds():
    frames = list(FRAMES.values())
    yield "pcap", "micro-le", pcap(0xa1b2c3d4, "<", frames[:6])
    yield "pcap", "nano-be", pcap(0xa1b23c4d, ">", frames[:3])
    yield "pcap", "kuznetzov", struct.pack("<IHHiIII", 0xa1b2cd34, 2, 4, 0, 0, 96, 1) + \
        struct.pack("<IIIIIHBB", 1, 2, len(frames[0]), len(frames[0]), 1, 8, 0, 0) + frames[0]
    yield "pcapng", "le", pcapng("<", frames[:3])
    yield "pcapng", "two-sections", pcapng("<", frames[:1]) + pcapng(">", frames[1:2])
    yield "packet-list", "old", LIST.encode()
    yield "packet-list", "new", LIST_NEW.encode()
    yield "packet-detail", "both", DETAIL.encode()
    yield "tracerpt-csv", "rows", TRACE.encode()
    for name, table in TABLES.items():
        yield "tasklist", name, table.encode()
    for name, frame in FRAMES.items():
        yield "decode", name, b"\0" + frame
    yield "decode", "raw", b"\2" + FRAMES["udp"][14:]
    yield "decode", "null", b"\1" + struct.pack("<I", 2) + FRAMES["udp"][14:]
    yield "decode", "sll", b"\4" + bytes(14) + b"\x08\0" + FRAMES["udp"][14:]


def main():
    corpus = sys.argv[1]
    for target, name, data in seeds():
        os.makedirs(os.path.join(corpus, target), exist_ok=True)
        with open(os.path.join(corpus, target, "seed-" + name), "wb") as file:
            file.write(data)
    os.makedirs(os.path.join(corpus, "rule"), exist_ok=True)
    for name in sorted(os.listdir("rules")):
        shutil.copy(os.path.join("rules", name), os.path.join(corpus, "rule", "seed-" + name))


if __name__ == "__main__":
    main()
