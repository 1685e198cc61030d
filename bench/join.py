#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The report of whosent explain against two joins in C, mawk and SQLite, in interleaved runs.

usage: bench/join.py BUILD [--packets N] [--runs N] [--few N] [--where DIR]

BUILD is a release build (meson setup build-bench -Dbuildtype=release -Db_lto=true, then ninja -C
build-bench bench tests/crosscheck/crosscheck-dump). bench/pair.c says what the input is. On all of
it: a join by ports in a fixed table, one by 5-tuple in a table without bounds, explain, and explain
--json --packets. On the first million, --few times: mawk and SQLite, which get the packets as text
that was made before. Prints medians of CPU time (user + system) as ns for each packet and peak
memory.
"""
import argparse
import os
import statistics
import subprocess
import tempfile

from explain import JOIN, measure

OFFSET_NS = 27000137000000
FEW = 1000000
SQL = """
.mode csv
create table packet(n, time, src, dst, sport, dport);
create table event(class, type, tid, clock, kernel, user, pid, size, daddr, saddr, dport, sport, a, b);
.import {rows} event
.mode tabs
.import {packets} packet
create index by_tuple on event(saddr, sport, daddr, dport);
select count(*) from packet p where exists (select 1 from event e where e.saddr = p.src and
e.sport = p.sport and e.daddr = p.dst and e.dport = p.dport);
"""


def make(build, where, packets):
    os.makedirs(where)
    subprocess.run([f"{build}/bench/bench-pair", where, str(packets)], check=True)
    return f"{where}/capture.pcap", f"{where}/trace.csv"


def trim(words):
    """Rows as SQLite compares them: no blanks, no zeros in front."""
    cells = [w.strip() for w in words]
    for i in (8, 9):
        cells[i] = ".".join(str(int(o)) for o in cells[i].split("."))
    return ",".join(cells[:14])


def few_peers(build, capture, trace, where):
    export, rows, script, sql = (f"{where}/{n}" for n in ("p.tsv", "e.csv", "j.awk", "j.sql"))
    with open(export, "wb") as file:
        subprocess.run([f"{build}/tests/crosscheck/crosscheck-dump", capture], check=True,
                       stdout=file)
    with open(export, encoding="ascii") as file, open(f"{where}/s.tsv", "w",
                                                      encoding="ascii") as out:
        for line in file:
            out.write("\t".join(line.rstrip("\n").split("\t")[:6]) + "\n")
    with open(trace, encoding="ascii") as file, open(rows, "w", encoding="ascii") as out:
        for line in file:
            print(trim(line.split(",")), file=out)
    with open(script, "w", encoding="ascii") as file:
        file.write(JOIN)
    with open(sql, "w", encoding="ascii") as file:
        file.write(SQL.format(rows=rows, packets=f"{where}/s.tsv"))
    return {"mawk": ["mawk", "-F,", "-f", script, trace, "FS=\t", export],
            "SQLite": ["sqlite3", f"{where}/join.db", f".read {sql}"]}


def table(title, packets, peers, runs, base):
    values = {name: [] for name in peers}
    for _ in range(runs):
        for name, command in peers.items():
            if name == "SQLite" and os.path.exists(command[1]):
                os.unlink(command[1])
            values[name].append(measure(command))
    print(f"\n{title}, medians of {runs}\n\n| what | CPU s | ns per packet | ratio | peak MiB |\n"
          "|---|---|---|---|---|")
    cpu = {name: statistics.median(c for c, _ in v) for name, v in values.items()}
    for name, v in values.items():
        print(f"| {name} | {cpu[name]:.2f} | {cpu[name] / packets * 1e9:.0f} | "
              f"{cpu[name] / cpu[base]:.2f} | {max(rss for _, rss in v) / 1024:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--packets", type=int, default=12000000)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--few", type=int, default=3)
    parser.add_argument("--where")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=a.where) as where:
        pair = make(a.build, f"{where}/all", a.packets)
        explain = [f"{a.build}/src/whosent", "explain", "-q"]
        joins = {f"join by {k}": [f"{a.build}/bench/bench-join-{k}", *pair, str(OFFSET_NS)]
                 for k in ("ports", "flow")}
        table(f"{a.packets} packets", a.packets,
              {**joins, "explain": [*explain, *pair],
               "explain --json --packets": [*explain, "--json", "--packets", *pair]},
              a.runs, "join by ports")
        if a.few:
            pair = make(a.build, f"{where}/few", FEW)
            table(f"{FEW} packets", FEW,
                  {"explain": [*explain, *pair], **few_peers(a.build, *pair, f"{where}/few")},
                  a.few, "explain")


if __name__ == "__main__":
    main()
