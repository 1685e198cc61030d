#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the reader makes of real event trace logs against what is known of them: etl.py ETL-DUMP.

ETL-DUMP is the program made of etl_dump.c. The logs lie in `etl` below the folder that the
environment variable WHOSENT_DATA names; one that is not there is skipped by its name. Counts of
records by kind, times of single records to 100 ns, damage and order are compared; a table beside a
log is compared row by row. Prints TAP."""

import collections
import ipaddress
import os
import subprocess
import sys

NETWORK = "id 492ad47d295332488dfd43d979153a88 "

# records: of all kinds, the logfile header included; kinds: how many; first: raw stamp of the first
# of a kind, and its FILETIME; lost: what the header counts.
FILES = {
    "tx_KernelNetwork.etl": {
        "records": 8924, "buffers": 129, "header": (886892083256, 129846116328135944),
        "kinds": {NETWORK + "10": 575, NETWORK + "11": 7968, NETWORK + "26": 26,
                  NETWORK + "27": 134, NETWORK + "29": 2, NETWORK + "42": 8, NETWORK + "43": 149,
                  NETWORK + "59": 61},
        "first": {NETWORK + "42": (0xce81128bef, 129846116450532786)}, "events": 8923},
    "perfview_net.4.5.2.x86.etl.zip": {
        "records": 168298, "buffers": 276, "header": (1534352496, 0x01d6653c162523e6),
        "kinds": {"hook 060a": 2, "hook 060b": 1, "hook 060d": 1, "hook 060f": 1, "hook 061a": 232,
                  "hook 061b": 241, "hook 080a": 16, "hook 080b": 14, "hook 081a": 12,
                  "hook 081b": 6},
        "first": {"hook 080a": (0x5c82a6ca, 132404547815697984)}, "events": 526,
        "table": "derived_perfview_x86_tcpip_udpip.tsv"},
    "perfview_net.4.5.2.x64.etl.zip": {
        "records": 179474, "buffers": 360, "header": (1942608875, 0x01d6653c2e7a9207),
        "kinds": {"hook 061a": 240, "hook 061b": 250, "hook 080a": 1, "hook 080b": 19,
                  "hook 081a": 6, "hook 081b": 10, "hook 0301": 1, "hook 0302": 1, "hook 0303": 32,
                  "hook 0304": 32, "hook 0327": 2, "hook 0501": 9, "hook 0502": 15,
                  "hook 0503": 670, "hook 0504": 664, "hook 0b0f": 157},
        "first": {"hook 080a": (0x74bd507d, 132404548222191257)}},
    "diaghub.kernel.1.etl": {
        "records": 16335, "buffers": 59, "header": (13764840754, 0x01d68ae95e89ea4b),
        "kinds": {"hook 0301": 18, "hook 0302": 3, "hook 0303": 223, "hook 0304": 223,
                  "hook 0327": 9, "hook 0b0f": 269}},
    "airbus_ShutdownPerfDiagLogger.etl": {
        "records": 17078, "buffers": 49, "header": (6365537, 0x01d5ee15fca1389e),
        "kinds": {"hook 0302": 60, "hook 0303": 94, "hook 0304": 37, "hook 0327": 5,
                  "hook 030a": 72, "hook 030b": 60, "hook 0501": 350, "hook 0502": 1032,
                  "hook 0503": 1175, "hook 0504": 501, "hook 0b0f": 0}},
    "airbus_AMSITrace.etl": {
        "records": 21, "buffers": 6, "header": (2745263251517, 0x01d5e5908e630582), "lost": 3},
    "krabs_powershell.etl": {
        "records": 114, "buffers": 26, "header": (12676583967, 0x01d96250e605a459)},
    "perfview_SelfDescribingSingleEvent.etl": {
        "records": 23, "buffers": 3, "header": (6459791009101, 0x01d854fd67d24603)},
    "sawbuck_process_data_64_v3.etl": {
        "records": 9, "buffers": 2, "header": (795742366506, 0x01cc08c86a8f17ab)},
    "sawbuck_process_data_64_v2.etl": {"records": 9},
    "sawbuck_process_data_32_v1.etl": {"records": 3},
    "airbus_lxcore_kernel.etl": {"records": 4, "buffers": 3},
    "hw3d_trace.etl": {"records": 3, "buffers": 2},
    "pktmon_demikernel.etl": {"records": 467, "buffers": 3},
    "sonde_test.etl": {"records": 112, "buffers": 9},
    "perfview_gcevents.etl.zip": {"records": 71},
    "perfview_primitive-types.etl.zip": {"records": 7},
}

OPERATIONS = {"Send": "1", "Recv": "2", "Connect": "3", "Accept": "4", "Reconnect": "5",
              "Disconnect": "6", "Retransmit": "7"}


def run(program, how, path):
    done = subprocess.run([program, how, path], capture_output=True, text=True, check=False)
    rows = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    words = dict(line.split(" ") for line in done.stdout.splitlines() if "\t" not in line)
    return rows, {key: int(value) for key, value in words.items()}, done


def compare_known(known, rows, words, events, buffers):
    """What differs from what is known, as text."""
    kinds = collections.Counter(row[0] for row in rows)
    if len(rows) != known["records"]:
        yield f"{len(rows)} records, not {known['records']}"
    if "buffers" in known and buffers != known["buffers"]:
        yield f"{buffers} buffers, not {known['buffers']}"
    if words["damaged"] or events[1]["damaged"]:
        yield f"damage: {events[2].stderr}"
    if events[1]["lost"] != known.get("lost", 0):
        yield f"{events[1]['lost']} lost, not {known.get('lost', 0)}"
    for kind, count in known.get("kinds", {}).items():
        if kinds[kind] != count:
            yield f"{kind}: {kinds[kind]}, not {count}"
    header = known.get("header")
    if header and (int(rows[0][1]), int(rows[0][2])) != header:
        yield f"logfile header at {rows[0][1:3]}, not {header}"
    for kind, (raw, filetime) in known.get("first", {}).items():
        row = next((row for row in rows if row[0] == kind), (kind, 0, 0))
        if (int(row[1]), int(row[2])) != (raw, filetime):
            yield f"first {kind} at {row[1:3]}, not {raw, filetime}"
    if "events" in known and len(events[0]) != known["events"]:
        yield f"{len(events[0])} events, not {known['events']}"
    stamps = [int(row[1]) for row in rows if row[0] != "other"]
    if stamps != sorted(stamps):
        yield "records are not in order of time"


def compare_table(path, header, events):
    """A table that another program made of the same log: class, operation, version, header, raw
    stamp, PIDs, size, then daddr, saddr, dport, sport."""
    raw_0, filetime_0 = header
    told = collections.Counter()
    with open(path, encoding="utf-8") as file:
        for line in file:
            cells = line.rstrip("\n").split("\t")
            name = cells[1].split("IPV")[0]
            if name not in OPERATIONS:
                continue
            udp = cells[0] == "UdpIp"
            far = (str(ipaddress.ip_address(cells[8])), cells[10])
            near = (str(ipaddress.ip_address(cells[9])), cells[11])
            if udp and name == "Recv":
                far, near = near, far
            nanoseconds = (filetime_0 - 116444736000000000 + int(cells[4]) - raw_0) * 100
            told[(str(nanoseconds), OPERATIONS[name], "17" if udp else "6", cells[6][4:], cells[7],
                  " ".join(near), " ".join(far))] += 1
    got = collections.Counter(map(tuple, events))
    for row in (told - got).keys():
        yield f"only in the table: {row}"
    for row in (got - told).keys():
        yield f"not in the table: {row}"


def check(number, what, failures):
    failures = list(failures)
    print(f"{'not ok' if failures else 'ok'} {number} - {what}")
    for text in failures[:10]:
        print(f"# {text}")
    return not failures


def main():
    program, folder = sys.argv[1], os.environ.get("WHOSENT_DATA")
    if not folder:
        print("1..0 # SKIP WHOSENT_DATA is not set")
        return 0
    good, number = True, 0
    for name, known in FILES.items():
        path = os.path.join(folder, "etl", name)
        number += 1
        if not os.path.exists(path):
            print(f"ok {number} - {name} # SKIP not there")
            continue
        rows, words, _ = run(program, "walk", path)
        buffers, _, _ = run(program, "buffers", path)
        events = run(program, "events", path)
        good &= check(number, name, compare_known(known, rows, words, events, len(buffers)))
        if "table" in known:
            number += 1
            table = os.path.join(folder, "etl", known["table"])
            good &= check(number, known["table"],
                          compare_table(table, known["header"], events[0]))
    print(f"1..{number}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
