#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz corpora: small inputs of every shape that a reader knows.

usage: seeds.py CORPUS    (run it from the project's root; finds beside the seeds stay)
"""
import bz2
import gzip
import io
import lzma
import os
import shutil
import struct
import sys
import tarfile
import zipfile

import etl_seeds


def ethernet(payload, ethertype=0x0800):
    return bytes.fromhex("00000c07ac15001cc4111111") + struct.pack(">H", ethertype) + payload


def ipv4(protocol, payload, extra=b"", fragment=0):
    head = struct.pack(">BBHHHBBH", 0x40 | (5 + len(extra) // 4), 0, 20 + len(extra) + len(payload),
                       7, fragment, 64, protocol, 0)
    return head + bytes([10, 1, 1, 1, 172, 23, 98, 97]) + extra + payload


def ipv6(next_header, payload, front=bytes(4)):
    return struct.pack(">IHBB", 6 << 28, len(payload), next_header, 64) + front + bytes(11) + \
        b"\1" + bytes(15) + b"\2" + payload


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


DATAGRAM = ipv4(17, udp(b"12345678"))
SNAP = bytes.fromhex("aaaa030000000800") + DATAGRAM
BRIDGED = ethernet(DATAGRAM)
AIR = bytes.fromhex("8801") + bytes(20) + bytes.fromhex("10000000") + SNAP


def to_port(port, payload):
    """A datagram of a tunnel, in a frame."""
    return ethernet(ipv4(17, struct.pack(">HHHH", 50000, port, 8 + len(payload), 0) + payload))


# The place of each link type in fuzz_decode.c.
ETHERNET, NULL, RAW, SLL, PPP, PPP_ETHER, HDLC = 0, 1, 2, 4, 9, 11, 12
AIR_LINK, PRISM, RADIOTAP, PPI, PPP_WITH_DIR, NFLOG, IPOIB, PKTAP = 13, 14, 15, 18, 19, 21, 22, 23

# Link layers and tunnels: name, place of the link type, frame.
LAYERS = [
    ("raw", RAW, DATAGRAM),
    ("null", NULL, struct.pack("<I", 2) + DATAGRAM),
    ("sll", SLL, bytes(14) + b"\x08\0" + DATAGRAM),
    ("ppp", PPP, bytes.fromhex("ff030021") + DATAGRAM),
    ("ppp-way", PPP_WITH_DIR, bytes.fromhex("01ff030021") + DATAGRAM),
    ("ppp-ether", PPP_ETHER, struct.pack(">BBHHH", 0x11, 0, 1, 2 + len(DATAGRAM), 0x21) + DATAGRAM),
    ("hdlc", HDLC, bytes.fromhex("0f000800") + DATAGRAM),
    ("air", AIR_LINK, AIR),
    ("radiotap", RADIOTAP, struct.pack("<HHIQB", 0, 17, 3, 0, 0x10) + AIR + bytes(4)),
    ("prism", PRISM, struct.pack("<II", 0x44, 144) + bytes(136) + AIR),
    ("ppi", PPI, struct.pack("<HHI", 0, 8, 105) + AIR),
    ("nflog", NFLOG, struct.pack("<IHHIHH", 2, 8, 1, 0x30008, 4 + len(DATAGRAM), 9) + DATAGRAM),
    ("ipoib", IPOIB, bytes(40) + bytes.fromhex("08000000") + DATAGRAM),
    ("pktap", PKTAP, struct.pack("<III24sI", 108, 1, 1, b"en0", 2) + bytes(68) + BRIDGED),
    ("pppoe", ETHERNET, ethernet(struct.pack(">BBHHH", 0x11, 0, 1, 2 + len(DATAGRAM), 0x21) +
                                 DATAGRAM, 0x8864)),
    ("mpls", ETHERNET, ethernet(bytes.fromhex("0006404000065140") + DATAGRAM, 0x8847)),
    ("mpls-word", ETHERNET, ethernet(bytes.fromhex("0006514000000001") + BRIDGED, 0x8847)),
    ("vntag", ETHERNET, ethernet(bytes.fromhex("000100020800") + DATAGRAM, 0x8926)),
    ("backbone", ETHERNET, ethernet(bytes(4) + BRIDGED, 0x88e7)),
    ("ipip", ETHERNET, ethernet(ipv4(4, ipv4(41, ipv6(17, udp(b"six")))))),
    ("gre", ETHERNET, ethernet(ipv4(47, bytes.fromhex("b0006558") + bytes(12) + BRIDGED))),
    ("erspan", ETHERNET, ethernet(ipv4(47, bytes.fromhex("100022eb0000000120000001") +
                                       bytes(8) + BRIDGED))),
    ("pptp", ETHERNET, ethernet(ipv4(47, struct.pack(">HHHHIIH", 0x3081, 0x880b,
                                                     2 + len(DATAGRAM), 7, 1, 2, 0x21) + DATAGRAM))),
    ("esp", ETHERNET, ethernet(ipv4(50, bytes(32)))),
    ("vxlan", ETHERNET, to_port(4789, bytes.fromhex("0800000000012300") + BRIDGED)),
    ("geneve", ETHERNET, to_port(6081, bytes.fromhex("010065580001230001020304") +
                                 BRIDGED)),
    ("gtp", ETHERNET, to_port(2152, struct.pack(">BBHIII", 0x34, 255, 8 + len(DATAGRAM), 7, 0x85,
                                                0x01000000) + DATAGRAM)),
    ("teredo", ETHERNET, to_port(3544, bytes(8) + ipv6(17, udp(b"six"), b"\x20\1\0\0"))),
    ("udplite", ETHERNET, ethernet(ipv4(136, udp(b"light")))),
    ("sctp", ETHERNET, ethernet(ipv4(132, udp(bytes(24))))),
    ("two-parts", RAW, ipv4(17, udp(b"12345678"), fragment=0x2000) + ipv4(17, bytes(16),
                                                                         fragment=2)),
]


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


def processes(order):
    """A section with every form of process information."""
    def u32(*values):
        return struct.pack(order + "I" * len(values), *values)
    frame = FRAMES["udp"]
    out = block(order, 0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1))
    out += block(order, 1, struct.pack(order + "HHI", 1, 0, 0) +
                 option(order, 4, bytes([10, 1, 1, 1, 255, 255, 255, 0])) +
                 option(order, 5, bytes(15) + b"\1\x40") + option(order, 0, b""))
    out += block(order, 0x80000001, u32(501) + option(order, 2, b"mDNSResponder"))
    out += block(order, 0x80000001, u32(1) + option(order, 3, b"/sbin/launchd"))
    for start in 10**9, 5 * 10**9:
        entry = struct.pack("<I", 7) + option("<", 2, b"curl") + \
            option("<", 5, struct.pack("<I", 1)) + option("<", 9, struct.pack("<Q", start))
        out += block(order, 0x0bad, u32(32622) + struct.pack("<II", 3, len(entry)) + entry)
    out += block(order, 0x101, u32(8, 0, 5) + option(order, 3, b"/usr/bin/dig") +
                 option(order, 5, u32(1)))
    out += block(order, 0x102, u32(0xbeef, 8, 0, 6))
    comments = b"PID: 9\nCmd: /bin/nc\nArgs: nc", b"ParentPID: 1\nParentCmd: x", \
        b"rustnet process=ssh pid=10 ppid=1 attr=exact-tuple", b"PID=11 TID=12"
    packets = [option(order, 0x8001, u32(1)) + option(order, 0x8003, u32(0)),
               option(order, 257, u32(0xbeef)) + option(order, 258, u32(8)),
               option(order, 8, u32(7, 7)) + option(order, 2, u32(2)),
               option(order, 1, comments[0]) + option(order, 1, comments[1]),
               option(order, 1, comments[2]) + option(order, 4, bytes(8)),
               option(order, 8, u32(11, 12)) + option(order, 1, comments[3])]
    for options in packets:
        out += block(order, 6, u32(0, 0, 3000000, len(frame), len(frame)) + pad(frame) + options +
                     option(order, 0, b""))
    out += block(order, 0x102, u32(0xbeef, 8, 0, 7) + option(order, 2, u32(0xffffffff)))
    return out + block(order, 0x101, u32(8, 0, 8) + option(order, 2, u32(0xffffffff)))


def pktap(frame):
    """A frame behind the header that Apple's kernel puts there."""
    return struct.pack("<III24sIIIIi20sIHHi20s", 108, 1, 1, b"en0", 2, 2, 14, 0, 42, b"Safari", 0,
                       6, 0, 77, b"com.apple.WebKit") + frame


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
LIST_CSV = '''"No.","Time","Info","Destination","Source","VLAN","Protocol","Length"
"1","15:20:14.454856","35996  >  1141 Len=8","172.1.10.14","10.1.1.1","","UDP","50"
"2","15:20:14,454900","1093 \\342\\206\\222 445 [SYN] Seq=0 Win=64240 Len=0","172.1.10.14","10.1.1.1","7","TCP","66"
"3","*REF*","Who has 10.1.1.1? Tell 10.1.1.2 ""quoted""","Broadcast","Vmware_c0:00:01","","ARP","60"
'''
LIST_TABS = """    1\t  0.000000\t    10.1.1.1\t\u2192\t172.1.10.14\tUDP\t50\t35996 \u2192 1141 Len=8
    2\t  2m 29.005634s\t    10.1.1.1\t\u2190\t172.1.10.14\tDNS\t70\tStandard query 0x1234 A x
    3\t2010/014 15:20:14.454856\t10.1.1.1\t10.1.1.2\tTCP\t60\t1 \u2192 2[Malformed Packet]
"""
LIST_LINES = """    1 1263482414.454856     10.1.1.1 \u2192 172.1.10.14  UDP 50 35996 \u2192 1141 Len=8
    2 -0.000100     10.1.1.1 \u2190 172.1.10.14  MS NLB 70 Heartbeat
    3 23:59:59.5              \u2192              ARP 60 10.1.1.1 is at 00:00:5e:00:01:01
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

TRACE_LONG = (
    "Event Name, Type, Event ID, Version, Channel, Level, Opcode, Task, Keyword, PID, TID, "
    "Processor Number, Instance ID, Parent Instance ID, Activity ID, Related Activity ID, "
    "Clock-Time, Kernel(ms), User(ms), User Data\r\n" +
    "".join(f"{name}, x, {kind}, 0, 0, {opcode}, 0, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 0, , , {{0}}, , "
            f"132404548222191257, 0, 0, {data}\r\n" for name, kind, opcode, data in (
                ("EventTrace", "0, 2", 0, "65536, 1, 1, 4, 0, 1, 0, 1, 4, 1, 8, 3, 1, \"a\", "
                 "\"b, c\", 0, 1, 1, 1, 1, 2"),
                ("UdpIp", "0, 2", 10, "4, 201, 10.128.3.255, 10.128.0.55, 138, 137, 0, 0x0"),
                ("TcpIp", "0, 2", 31, "5, 0, ::5, ::1, 389, 1040, 1460, 1, 0, 1, 65700, 8, 8, 0"),
                ("Process", "0, 4", 3, "0x1, 2137, 420, 0, 259, 0x2, 0, \"S-1-5-18\", \"c.exe\", "
                 "\"\"c\" -x\""),
                ("SystemConfig", "0, 3", 15, "144, 4, 5, \"Appinfo\", \"A\", \"svchost.exe\""),
                ("Microsoft-Windows-Kernel-Network", "42, 0", 42,
                 "344, 388, 653539485, 1986689290, 37905, 62465, 0, 0"),
                ("Microsoft-Windows-Kernel-Process", "1, 3", 1,
                 "4101, 77, 2020-07-29T00:07:02Z, 500, 6, 1, 0, 1, 0, \"S\", \"\\D\\b.exe\", 0"),
                ("Microsoft-Windows-TCPIP", "1169, 1", 0,
                 "0xF, 1, 40, 16, 10.1.1.1:5353, 28, [fe80::1%3]:53, 1200, 9"))))


def xml_event(provider, kind, data, more=""):
    return ('<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event">\r\n <System>\r\n'
            f'  <Provider {provider} />\r\n  {kind}\r\n'
            '  <TimeCreated SystemTime="2020-07-28T16:07:02.219125700-07:59" />\r\n'
            '  <Execution ProcessID="4294967295" ThreadID="4294967295" ProcessorID="0" />\r\n'
            f' </System>\r\n {data}{more}</Event>\r\n')


def xml_data(**fields):
    return "<EventData>" + "".join(f'<Data Name="{name}">  {value}</Data>\r\n'
                                   for name, value in fields.items()) + "</EventData>"


def xml_kind(number, version, opcode):
    return (f"<EventID>{number}</EventID><Version>{version}</Version>"
            f"<Opcode>{opcode}</Opcode>")


def xml_class(name, guid):
    scheme = 'xmlns="http://schemas.microsoft.com/win/2004/08/events/trace"'
    return (f"<RenderingInfo><EventName {scheme}>{name}</EventName></RenderingInfo>"
            f"<ExtendedTracingInfo {scheme}><EventGuid>{{{guid}}}</EventGuid>"
            "</ExtendedTracingInfo>")


KERNEL = 'Guid="{9e814aad-3204-11d2-9a82-006008a86939}"'
UDP_CLASS = xml_class("UdpIp", "bf3a50c5-a9c9-4988-a005-2df0b7c80f80")
TRACE_XML = "<Events>\r\n" + "".join((
    xml_event(KERNEL, xml_kind(0, 2, 0), xml_data(PointerSize=8, EventsLost=3, BuffersLost=1),
              xml_class("EventTrace", "68fdd900-4a3e-11d1-84f4-0000f80464e3")),
    xml_event(KERNEL, xml_kind(0, 2, 10),
              xml_data(PID=2136, size=8, daddr="172.23.98.97", saddr="10.1.1.1", dport=2762,
                       sport=36003, seqnum=0, connid="0x0"), UDP_CLASS),
    xml_event(KERNEL, xml_kind(0, 4, 1),
              xml_data(ProcessId="0x10EC", ParentId=4, ImageFileName="a&amp;b.exe"),
              xml_class("Process", "3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c")),
    xml_event(KERNEL, xml_kind(0, 2, 10),
              "<ProcessingErrorData><ErrorCode>15005</ErrorCode><EventPayload>"
              "58080000080000000a0101050a01010100350014000000000000000000000000"
              "</EventPayload></ProcessingErrorData>", UDP_CLASS),
    xml_event('Name="Microsoft-Windows-Kernel-Network" '
              'Guid="{7dd42a49-5329-4832-8dfd-43d979153a88}"', xml_kind(43, 0, 43),
              xml_data(PID=4, size=8, daddr=653539485, saddr=1986689290, dport=1, sport=2)),
    "<Event><not></Event>\r\n")) + "</Events>"

DUMPER = (
    "BeginHeader\r\n" + "".join(
        f"{name},  TimeStamp,     Process Name ( PID), Transfer Size, Remote IPv4 Addr, "
        "Remote IPv4 Port, Local IPv4 Addr, Local IPv4 Port\r\n" for name in
        ("TcpSend", "UdpRecv")) +
    "P-Start,  TimeStamp,     Process Name ( PID),  ParentPID,  SessionID, CommandLine\r\n"
    "Microsoft-Windows-Kernel-Network/KERNEL_NETWORK_TASK_TCPIP/Datasent., TimeStamp, "
    "Process Name ( PID), PID, size, daddr, saddr, dport, sport\r\nEndHeader\r\n"
    "OS Version: 10.0.19043, Events Lost: 1, Buffers lost: 2, Trace Start: 132675686690347142, "
    "Trace Name: x.etl\r\n"
    "TcpSend, 104743, store.exe (2136), 221, 10.1.1.5, 389, 10.1.1.1, 1040\r\n"
    "UdpRecv, 104744, csrss.exe ( 608), 50, 10.1.1.255, 138, 10.1.1.1, 137\r\n"
    "P-Start, 104745, rustc.exe (10612), 480, 1, \"rustc.exe\" --x a,b\r\n"
    "Microsoft-Windows-Kernel-Network/KERNEL_NETWORK_TASK_TCPIP/Datasent., 104746, Idle (0), 7, "
    "30, ::5, ::6, 1, 2\r\n")

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


CONNTRACK = {
    "list": """udp      17 27 src=10.0.0.5 dst=192.0.2.53 sport=4000 dport=53 src=192.0.2.53 \
dst=198.51.100.1 sport=53 dport=61000 mark=0 use=1
icmp     1 29 src=10.0.0.5 dst=192.0.2.1 type=8 code=0 id=9 src=192.0.2.1 dst=198.51.100.1 \
type=0 code=0 id=9 mark=0 use=1
conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.
""",
    "events": """[1290787700.123456]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT src=10.0.0.5 \
dst=192.0.2.80 sport=4001 dport=443 [UNREPLIED] src=192.0.2.80 dst=198.51.100.1 sport=443 \
dport=4001 id=77
[1290787790.000001]\t[DESTROY] ipv6     10 udp      17 src=fd00::5 dst=2001:db8::53 sport=4000 \
dport=53 packets=1 bytes=60 src=2001:db8::53 dst=2001:db8::1 sport=53 dport=61000 packets=1 \
bytes=90 [ASSURED] id=78
""",
}


def seeds():
    frames = list(FRAMES.values())
    yield "pcap", "micro-le", pcap(0xa1b2c3d4, "<", frames[:6])
    yield "pcap", "nano-be", pcap(0xa1b23c4d, ">", frames[:3])
    yield "pcap", "kuznetzov", struct.pack("<IHHiIII", 0xa1b2cd34, 2, 4, 0, 0, 96, 1) + \
        struct.pack("<IIIIIHBB", 1, 2, len(frames[0]), len(frames[0]), 1, 8, 0, 0) + frames[0]
    yield "pcapng", "le", pcapng("<", frames[:3])
    yield "pcapng", "two-sections", pcapng("<", frames[:1]) + pcapng(">", frames[1:2])
    yield "pcapng", "processes-le", processes("<")
    yield "pcapng", "processes-be", processes(">")
    tapped = pktap(frames[0])
    yield "pcap", "pktap", struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 258) + \
        struct.pack("<IIII", 1, 2, len(tapped), len(tapped)) + tapped
    yield "packet-list", "old", LIST.encode()
    yield "packet-list", "new", LIST_NEW.encode()
    yield "packet-list", "csv", LIST_CSV.encode()
    yield "packet-list", "tabs", LIST_TABS.encode()
    yield "packet-list", "lines", LIST_LINES.encode()
    yield "packet-detail", "both", DETAIL.encode()
    yield "tracerpt-csv", "rows", TRACE.encode()
    yield "tracerpt-csv", "long", TRACE_LONG.encode()
    yield "tracerpt-csv", "utf16", TRACE_LONG.encode("utf-16")
    yield "tracerpt-xml", "events", TRACE_XML.encode("utf-8-sig")
    yield "tracerpt-xml", "utf16", TRACE_XML.encode("utf-16")
    yield "xperf-dumper", "rows", DUMPER.encode()
    for name, table in TABLES.items():
        yield "tasklist", name, table.encode()
    for name, text in CONNTRACK.items():
        yield "conntrack", name, text.encode()
    for name, data in packed():
        yield "unpack", name, data
    for name, frame in FRAMES.items():
        yield "decode", name, b"\0" + frame
    for name, link, frame in LAYERS:
        yield "decode", name, bytes([link]) + frame


def archive_of(kind):
    """An archive of two members, one of them compressed itself."""
    out = io.BytesIO()
    files = (("one.txt", b"one"), ("two/capture.pcap.gz", gzip.compress(b"two", mtime=0)))
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as archive:
            for name, data in files:
                archive.writestr(zipfile.ZipInfo(name), data)
    else:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name, data in files:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


# What Python has no writer for: frames of zstd and lz4, a zip archive with an encrypted member.
ZSTD = bytes.fromhex("28b52ffd0048b500007861206c696e65206f6620746578740a01001aa2ce3a")
LZ4 = bytes.fromhex(
    "04224d186470b91b000000ff0061206c696e65206f6620746578740a0f00ff0650746578740a0000000085d6"
    "80a8")
LOCKED = bytes.fromhex(
    "504b03041400090008000000210000000000000000002c0100000b0014006c6f636b65642e70636170555401"
    "000075780b000104000000000400000000933cd4e31cc5a8add3a2fa2dd4e13d0fe1f83d86ea0e06607ccc0b"
    "1adbaa776504c6504b070844cf3a27220000002c010000504b010214031400090008000000210044cf3a2722"
    "0000002c0100000b0014000000000000000000a481000000006c6f636b65642e70636170555401000075780b"
    "000104000000000400000000504b050600000000010001004d0000006f0000000000")


def packed():
    text = b"a line of text\n" * 20
    yield "gzip", gzip.compress(text, mtime=0)
    yield "gzip-twice", gzip.compress(b"front", mtime=0) + bytes(9) + gzip.compress(b"", mtime=0)
    yield "xz", lzma.compress(text, preset=0)
    yield "bzip2", bz2.compress(text, 1)
    yield "zstd", ZSTD
    yield "lz4", LZ4
    yield "locked", LOCKED
    yield "zip", archive_of("zip")
    yield "tar", archive_of("tar")
    yield "tar-gz", gzip.compress(archive_of("tar"), mtime=0)
    yield "zip-bzip2", bz2.compress(archive_of("zip"), 1)


def main():
    corpus = sys.argv[1]
    for target, name, data in [*seeds(), *etl_seeds.seeds()]:
        os.makedirs(os.path.join(corpus, target), exist_ok=True)
        with open(os.path.join(corpus, target, "seed-" + name), "wb") as file:
            file.write(data)
    os.makedirs(os.path.join(corpus, "rule"), exist_ok=True)
    for name in sorted(os.listdir("rules")):
        shutil.copy(os.path.join("rules", name), os.path.join(corpus, "rule", "seed-" + name))


if __name__ == "__main__":
    main()
