#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Network, process and service records of real event traces against what others made of them:
etl_events.py EVENTS.

EVENTS is the program made of events.c. The traces are those below $WHOSENT_DATA/etl: one has a table
of all its TcpIp and UdpIp records beside it, one is walked here anew, of the others the processes
and services are known. Prints TAP; a trace that is not there is skipped by name."""

import collections
import ipaddress
import os
import struct
import subprocess
import sys
import tempfile
import zipfile

EPOCH = 116444736000000000  # 1970 in FILETIME
TCP, UDP = 6, 17
OPS = {10: "send", 11: "recv", 12: "connect", 13: "disconnect", 14: "retransmit", 15: "accept",
       16: "reconnect"}

Event = collections.namedtuple("Event", "ns op transport pid bytes local lport remote rport")
Note = collections.namedtuple("Note", "what pid parent image services tag")


def run(program, path):
    """(events, notes, addresses, other lines, complaints) of a trace, zipped or not."""
    with tempfile.TemporaryDirectory() as folder:
        if path.endswith(".zip"):
            with zipfile.ZipFile(path) as z:
                path = z.extract(z.namelist()[0], folder)
        done = subprocess.run([program, path], capture_output=True, text=True, check=False)
    events, notes, addresses, rest = [], [], [], []
    for line in done.stdout.splitlines():
        f = line.split("\t") + ["", ""]
        if f[2] == "event":
            events.append(Event(int(f[1]), f[3], int(f[4]), int(f[5]), int(f[6]), f[7], int(f[8]),
                                f[9], int(f[10])))
        elif f[2] == "process":
            notes.append(Note(f[3], int(f[4]), int(f[5]), f[6], f[7], int(f[8])))
        elif f[2] == "address":
            addresses.append(f[3])
        else:
            rest.append(line)
    if done.returncode:
        rest.append(f"exit code {done.returncode}")
    return events, notes, addresses, rest + done.stderr.splitlines()


def turn(op, transport, d, s):
    """(local, remote) of what a record calls d and s."""
    return (d, s) if transport == UDP and op == "recv" else (s, d)


def differ(ours, theirs):
    """What is wrong, in words; empty where both lists are equal but for the order in one moment."""
    if len(ours) != len(theirs):
        yield f"{len(ours)} events, and {len(theirs)} in the other list"
    for a, b in zip(sorted(ours), sorted(theirs)):
        if a != b:
            yield f"ours {a}, theirs {b}"


def of_table(path, t0, start, per_tick):
    """Rows of a derived table: class, type, version, header, stamp, header PID, PID=n, size, d, s,
    dport, sport, length."""
    with open(path, encoding="ascii") as f:
        for line in f:
            c = line.split()
            op = c[1].replace("IPV4", "").replace("IPV6", "").lower()
            transport = UDP if c[0] == "UdpIp" else TCP
            ns = (start - EPOCH) * 100 + (int(c[4]) - t0) * per_tick
            local, remote = turn(op, transport, (c[8], int(c[10])), (c[9], int(c[11])))
            yield Event(ns, op, transport, int(c[6][4:]), int(c[7]), *local, *remote)


def perfview(program, folder):
    path = os.path.join(folder, "perfview_net.4.5.2.x86.etl.zip")
    events, notes, addresses, rest = run(program, path)
    table = os.path.join(folder, "derived_perfview_x86_tcpip_udpip.tsv")
    yield from differ(events, list(of_table(table, 1534352496, 0x01D6653C162523E6, 100)))
    yield from expect("events", len(events), 526)
    yield from rest
    first = [e for e in events if e.transport == UDP][0]
    yield from expect("first datagram", first, Event(
        (132404547815697984 - EPOCH) * 100, "send", UDP, 2108, 391, "10.128.0.55", 1900,
        "10.128.0.77", 64174))
    kinds = collections.Counter(n.what for n in notes if not n.services)
    # 35 each when the log began and ended; the one that began is told by Kernel-Process too.
    yield from expect("processes", dict(kinds), {"running": 71, "start": 1, "end": 3})
    services = {(n.pid, n.services, n.tag) for n in notes if n.services}
    yield from expect("services", len(services), 68)
    for one in ((144, "Appinfo", 5), (1188, "Dnscache", 25), (2108, "SSDPSRV", 101)):
        yield from expect(one[1], one in services, True)
    names = {n.pid: n.image for n in notes if n.image}
    yield from expect("PID 4", names.get(4), "System")
    yield from expect("PID 2108", names.get(2108), "svchost.exe")
    yield from expect("longest name", max(names.values(), key=len), "SearchProtocolHost.exe")
    yield from expect("unnamed", [n for n in notes if not n.image and not n.services], [])
    yield from expect("addresses", sorted(addresses), sorted([
        "2001:4898:f0:26:950:d6de:fa84:4cc0", "2001:4898:f0:26:b18e:e85f:db5d:8e8",
        "fe80::950:d6de:fa84:4cc0", "10.128.0.55", "fe80::5efe:a80:37"]))


def records(data):
    """Headers and payloads of EVENT_HEADER records, of buffers that are not compressed."""
    at = 0
    while at + 0x48 <= len(data):
        size, = struct.unpack_from("<I", data, at)
        end, = struct.unpack_from("<I", data, at + 0x30)
        rec = at + 0x48
        while rec + 8 <= at + end and data[rec + 3] == 0xc0:
            kind = data[rec + 2]
            n, = struct.unpack_from("<H", data, rec + (0 if kind in (0x12, 0x13) else 4))
            if kind in (0x12, 0x13):
                yield data[rec:rec + n]
            rec += (n + 7) & ~7
        at += size


def kernel_network(program, folder):
    path = os.path.join(folder, "tx_KernelNetwork.etl")
    with open(path, "rb") as f:
        data = f.read()
    t0, start, frequency = 886892083256, 0x01CD4E5AD733DD08, 2994853
    theirs, ids = [], collections.Counter()
    for rec in records(data):
        number, = struct.unpack_from("<H", rec, 0x28)
        stamp, = struct.unpack_from("<q", rec, 0x10)
        transport = UDP if number >= 42 else TCP
        code = number - 32 if transport == UDP else number
        n = 16 if code >= 26 else 4
        op, p = OPS[code - 16 if code >= 26 else code], rec[0x50:]
        pid, size = struct.unpack_from("<II", p)
        d, s = (str(ipaddress.ip_address(p[8 + i * n:8 + i * n + n])) for i in (0, 1))
        dport, sport = struct.unpack_from(">HH", p, 8 + 2 * n)
        local, remote = turn(op, transport, (d, dport), (s, sport))
        ns = (start - EPOCH) * 100 + (stamp - t0) * 10**9 // frequency
        theirs.append(Event(ns, op, transport, pid, size, *local, *remote))
        ids[number] += 1
    events, _, _, rest = run(program, path)
    yield from rest
    yield from differ(events, theirs)
    yield from expect("ids", dict(ids), {10: 575, 11: 7968, 26: 26, 27: 134, 29: 2, 42: 8, 43: 149,
                                         59: 61})
    first = [e for e in events if e.transport == UDP and e.op == "send"][0]
    yield from expect("its FILETIME", first.ns // 100 + EPOCH, 129846116450532786)
    yield from expect("first datagram sent", first[1:], (
        "send", UDP, 344, 388, "10.121.106.118", 500, "157.56.244.38", 500))


def shutdown(program, folder):
    _, notes, _, rest = run(program, os.path.join(folder, "airbus_ShutdownPerfDiagLogger.etl"))
    kinds = collections.Counter(n.what for n in notes)
    yield from expect("processes", (kinds["running"], kinds["start"]), (94 + 37, 0))
    yield from expect("ends", 60 <= kinds["end"] <= 65, True)
    yield from expect("unnamed", [n for n in notes if not n.image], [])
    yield from expect("a long name", any(n.image == "StartMenuExperienceHost.exe" for n in notes),
                      True)
    yield from rest


def sawbuck(name, notes):
    def check(program, folder):
        _, ours, _, rest = run(program, os.path.join(folder, name))
        yield from expect("notes", [(n.what, n.pid, n.parent, n.image) for n in ours], notes)
        yield from rest
    return check


NOTEPAD = [("start", 1776, 988, "notepad.exe"), ("end", 1776, 988, "notepad.exe")]
RUNDOWN = [("running", 0, 0, "Idle"), ("running", 4, 0, "System"), ("running", 264, 4, "smss.exe")]

TRACES = [
    ("perfview_net.4.5.2.x86.etl.zip", perfview),
    ("tx_KernelNetwork.etl", kernel_network),
    ("airbus_ShutdownPerfDiagLogger.etl", shutdown),
    *((name, sawbuck(name, notes)) for name, notes in (
        ("sawbuck_process_data_32_v1.etl", NOTEPAD),
        ("sawbuck_process_data_64_v2.etl", RUNDOWN + NOTEPAD + RUNDOWN),
        ("sawbuck_process_data_64_v3.etl", RUNDOWN + NOTEPAD + RUNDOWN))),
]


def expect(what, ours, theirs):
    if ours != theirs:
        yield f"{what}: {ours}, not {theirs}"


def main():
    program = sys.argv[1]
    folder = os.path.join(os.environ.get("WHOSENT_DATA", ""), "etl")
    print(f"1..{len(TRACES)}")
    failed = 0
    for i, (name, check) in enumerate(TRACES, 1):
        if not os.environ.get("WHOSENT_DATA") or not os.path.exists(os.path.join(folder, name)):
            print(f"ok {i} - {name} # SKIP not there")
            continue
        wrong = list(check(program, folder))
        for line in wrong[:10]:
            print(f"# {line}")
        print(f"{'not ok' if wrong else 'ok'} {i} - {name}")
        failed += bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
