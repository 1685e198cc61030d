#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the packet-list reader makes of tshark's text against what the capture readers make of the
same capture: text.py DUMP SAMPLES.

DUMP is the program made of dump.c. A sample's capture is printed by tshark in every form that the
reader knows, and in those of Wireshark's window, which are made here of tshark's columns as
epan/print.c and ui/qt/packet_list.cpp of Wireshark make them; other captures, with those below the
folder that the environment variable WHOSENT_DATA names, in the two forms that differ most. Whatever
a list states must be what the capture says. Prints TAP."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

FIELDS = ["frame", "time", "src", "dst", "sport", "dport", "proto", "payload"]
USUAL = [("No.", "%m"), ("Time", "%t"), ("Source", "%s"), ("Destination", "%d"),
         ("Protocol", "%p"), ("Length", "%L"), ("Info", "%i")]
SHORT = [c for c in USUAL if c[0] != "Length"]
TURNED = [USUAL[i] for i in (0, 1, 3, 2, 4, 5, 6)]
EXTRA = [("VLAN", "%q"), USUAL[0], ("Source Port", "%S"), USUAL[3], USUAL[2], USUAL[6], USUAL[4],
         USUAL[1], USUAL[5], ("Delta", "%Tt")]
WIDTHS = {"No.": 7, "Time": 14, "Source": 21, "Destination": 21, "Protocol": 8, "Length": 6}

# Real captures, in few forms: mail, a ping, Windows hosts; cooked links without addresses, a
# tunnel's two headers, fragments, IPv6, names of protocols with blanks.
SOME = ["real/*", "pairs/otrf_covenant_sharp*/*.cap", "pcap/sll_arp.pcap", "pcap/4in6.pcap",
        "pcap/frag_ppp.pcap", "pcap/raw6.pcap", "pcap/netlink_be.pcap"]


def tshark(path, columns, *words):
    layout = ",".join(f'"{title}","{code}"' for title, code in columns)
    command = ["tshark", "-n", "-r", path, "-o", "gui.column.format:" + layout,
               "-o", "ip.defragment:false", "-o", "ipv6.defragment:false",
               "-o", "tcp.desegment_tcp_streams:false", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, "TZ": "UTC"}).stdout


def table(path, columns):
    """The cells of a list, row by row; cells of no packet are left out."""
    text = tshark(path, columns, "-T", "psml")
    # XML allows no control characters; Wireshark escapes them in most columns, not in all.
    text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "?", text)
    return [[cell.text or "" for cell in packet] for packet in xml.fromstring(text).iter("packet")]


def escape(text):
    """csv_massage_str of epan/print.c: C escapes, an ASCII arrow, doubled quotes."""
    names = {8: "b", 12: "f", 10: "n", 13: "r", 9: "t", 11: "v", 92: "\\", 34: '"'}
    out = b""
    for byte in text.encode():
        if byte in names:
            out += b"\\" + names[byte].encode()
        elif (byte < 32 or byte > 126) and byte not in b"\xe2\x86\x92":
            out += b"\\%03o" % byte
        else:
            out += bytes([byte])
    out = out.replace("\u2192".encode(), b" > ").replace(b'\\"', b'""')
    return out.decode(errors="surrogateescape")


def escape_all(text):
    """The same up to Wireshark 1.12.1: the arrow is bytes like others."""
    return "".join(f"\\{b:03o}" if b > 126 else chr(b) for b in text.encode()).replace('"', '""')


def csv(rows, columns, massage=escape, header=True):
    lines = [[title for title, _ in columns]] if header else []
    return "".join(",".join(f'"{massage(c)}"' for c in row) + "\n" for row in lines + rows)


def plain(rows, columns):
    """print_line of Wireshark's text export: cells of a width that long ones burst."""
    def line(cells):
        out = ""
        for (title, _), cell in zip(columns, cells):
            width = WIDTHS.get(title, 0)
            out += (cell.rjust(width) if title == "No." else cell.ljust(width)) + " "
        return out.rstrip(" ") + "\n"
    out = ""
    for i, row in enumerate(rows):
        if i % 40 == 0:
            out += "\n" + line([title for title, _ in columns]) if i else \
                line([title for title, _ in columns])
        out += line(row)
    return out


def forms(path, rows, brief):
    """(name, the list's text, how its times are to be read)"""
    yield "tshark -tad", tshark(path, USUAL, "-tad"), "date"
    yield "CSV, own columns, CR LF", csv(rows, EXTRA).replace("\n", "\r\n"), "since"
    if brief:
        return
    yield "tshark", tshark(path, USUAL), "since"
    yield "tshark -ta", tshark(path, USUAL, "-ta"), "day"
    yield "tshark -tadoy", tshark(path, USUAL, "-tadoy"), "date"
    yield "tshark -td", tshark(path, USUAL, "-td"), "step"
    yield "tshark -te", tshark(path, USUAL, "-te"), "date"
    yield "tshark -tud", tshark(path, USUAL, "-tud"), "date"
    yield "tshark -u hms", tshark(path, USUAL, "-u", "hms"), "since"
    yield "tshark -T tabs", tshark(path, USUAL, "-T", "tabs"), "since"
    yield "tshark without Length", tshark(path, SHORT), "since"
    yield "tabs without Length", tshark(path, SHORT, "-T", "tabs", "-tad"), "date"
    yield "tshark, addresses turned", tshark(path, TURNED), "since"
    yield "tabs, addresses turned", tshark(path, TURNED, "-T", "tabs"), "since"
    yield "tshark -P -V", "\n".join(line for line in tshark(path, USUAL, "-P", "-V").split("\n")
                                    if re.match(r" *\d+ .*(\u2192| ARP )", line)) + "\n", "since"
    rows = table(path, USUAL)
    yield "CSV", csv(rows, USUAL), "since"
    yield "CSV, octal", csv(rows, USUAL, escape_all), "since"
    yield "CSV, byte order mark", "\ufeff" + csv(rows, USUAL), "since"
    yield "CSV without header", csv(rows, USUAL, header=False), "since"
    yield "plain text", plain(rows, USUAL), "since"
    yield "copied", "".join("\t".join(row) + "\n" for row in rows), "since"
    rows = table(path, SHORT)
    yield "CSV without Length", csv(rows, SHORT), "since"
    yield "plain without Length", plain(rows, SHORT), "since"
    rows = table(path, TURNED)
    yield "CSV, addresses turned", csv(rows, TURNED), "since"
    yield "plain, addresses turned", plain(rows, TURNED), "since"


def dump(program, path):
    done = subprocess.run([program, path], capture_output=True, text=True, check=False)
    rows = [dict(zip(FIELDS, line.split("\t"))) for line in done.stdout.splitlines()]
    return {row["frame"]: row for row in rows}, done.stderr.splitlines()


def nanoseconds(text):
    seconds, _, fraction = text.partition(".")
    return int(seconds) * 10**9 + int(fraction)


def check_time(mine, row, times, first):
    if not row["time"]:
        return times in ("step", "since", "any")
    if times == "step":
        return False
    want, got = nanoseconds(mine["time"]), nanoseconds(row["time"])
    if times == "since":
        want -= first
    if times == "day":
        return (want - got) % (86400 * 10**9) == 0
    return want == got


def compare(truth, rows, times):
    """Returns the differences, and how much the list states."""
    wrong, stated = [], 0
    first = next((nanoseconds(t["time"]) for t in truth.values() if t["time"]), 0)
    for frame, row in rows.items():
        mine = truth.get(frame)
        if not mine:
            wrong.append(f"frame {frame} is none of the capture's")
            continue
        for field in FIELDS[2:]:
            if row[field] and row[field] != mine[field]:
                wrong.append(f"frame {frame}, {field}: list {row[field]}, capture {mine[field]}")
            stated += bool(row[field])
        if not check_time(mine, row, times, first):
            wrong.append(f"frame {frame}: list {row['time']}, capture {mine['time']}")
    return wrong, stated


def expected(rows, columns):
    """How many fields a list of these cells must state at least: the addresses of all rows that
    show two, and the ports of UDP and TCP."""
    address = re.compile(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:.]*")
    out = 0
    at = [[title for title, _ in columns].index(title)
          for title in ("Source", "Destination", "Protocol", "Info")]
    for row in rows:
        src, dst, protocol, info = (row[i] for i in at)
        if address.fullmatch(src) and address.fullmatch(dst):
            out += 2
            out += 2 * bool(protocol in ("UDP", "TCP") and re.match(r"(\[.*\] ?)*\d+ \S+ \d+", info))
    return out


def check(program, path, brief):
    """Yields (name, problems) for each form."""
    truth, _ = dump(program, path)
    cells = table(path, EXTRA)
    least = expected(cells, EXTRA)
    for name, text, times in forms(path, cells, brief):
        with tempfile.NamedTemporaryFile("w", suffix=".txt", errors="surrogateescape",
                                         newline="") as file:
            file.write(text)
            file.flush()
            rows, errors = dump(program, file.name)
        if times == "step" and len(truth) < 20:
            times = "any"
        wrong, stated = compare(truth, rows, times) if times != "any" else ([], least)
        if stated < least:
            wrong.append(f"{stated} fields are read of {least} that can be")
        if name.startswith(("CSV", "tabs", "copied")) and len(rows) != len(truth):
            wrong.append(f"{len(rows)} rows are read of {len(truth)}")
        yield name, wrong + (errors[:2] if wrong else []), len(rows)


def captures(samples, root):
    yield os.path.join(samples, "dsaccess", "server.pcap"), "dsaccess", False
    yield os.path.join(samples, "exchange", "server.pcap"), "exchange", True
    for pattern in SOME if root else []:
        for path in sorted(glob.glob(os.path.join(root, pattern))):
            yield path, os.path.relpath(path, root), True


def main():
    if not shutil.which("tshark"):
        print("1..0 # SKIP tshark is not installed")
        return 0
    program, samples = sys.argv[1:3]
    number = failed = 0
    for path, name, brief in captures(samples, os.environ.get("WHOSENT_DATA")):
        for form, wrong, rows in check(program, path, brief):
            number += 1
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {number} - {name}, {form}, {rows} rows")
            for line in wrong[:5]:
                print(f"# {line}")
    if not os.environ.get("WHOSENT_DATA"):
        number += 1
        print(f"ok {number} - real captures # SKIP WHOSENT_DATA is not set")
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
