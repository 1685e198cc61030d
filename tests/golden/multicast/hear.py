#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a datagram to a group, one to a subnet's broadcast address and one to the host alone, and a
trace in which two processes received each of the first two."""
import socket
import struct

FILETIME_1970, START = 11644473600, 1263467984


def frame(mac, source, destination, port, payload):
    udp = struct.pack(">HHHH", port, port, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 7, 0, 4, 17, 0)
    ip += socket.inet_aton(source) + socket.inet_aton(destination)
    return bytes.fromhex(mac) + bytes.fromhex("02000000000a0800") + ip + udp


def row(kind, second, pid, size, remote, local, port):
    stamp = (START + FILETIME_1970 + second) * 10000000
    ends = (local, remote) if kind == "Recv" else (remote, local)
    padded = [".".join("%03d" % int(n) for n in a.split(".")) for a in ends]
    return (f"UdpIp, {kind}, 0xFFFFFFFF, {stamp}, 0, 0, {pid}, {size}, {padded[0]}, {padded[1]}, "
            f"{port}, {port}, 0, 0\n")


HOST, PEER, GROUP, ALL = "10.1.1.1", "10.1.1.9", "239.255.255.250", "10.1.1.255"
frames = [
    frame("01005e7ffffa", PEER, GROUP, 1900, b"search the network"),
    frame("ffffffffffff", PEER, ALL, 137, b"a name is wanted"),
    frame("020000000001", PEER, HOST, 2000, b"for you alone"),
]
with open("heard.pcap", "wb") as pcap:
    pcap.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for i, data in enumerate(frames):
        pcap.write(struct.pack("<IIII", START + i, 0, len(data), len(data)) + data)
with open("heard.csv", "w") as log:
    log.write("Event Name, Type, TID, Clock-Time, Kernel(ms), User(ms), User Data\n")
    log.write(row("Send", 0, 700, 5, PEER, HOST, 2001))
    for pid in (700, 800):
        log.write(row("Recv", 0, pid, 18, PEER, GROUP, 1900))
    for pid in (700, 800):
        log.write(row("Recv", 1, pid, 16, PEER, ALL, 137))
    log.write(row("Recv", 2, 700, 13, PEER, HOST, 2000))
    log.write(row("Send", 3, 700, 5, PEER, HOST, 2001))
