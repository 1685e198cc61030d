#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reading Windows event trace logs against a bare walk over the headers of their records, in
interleaved runs.

usage: bench/etl.py BUILD [--events N] [--runs N] [--where DIRECTORY]

BUILD is a release build (meson setup build-bench -Dbuildtype=release; ninja -C build-bench bench).
  bare      the least: one buffer, file order, sizes and stamps only (bench/etl_bare.c)
  whosent   the project's reader, events in order of time (bench/etl_read.c)
  python    the same walk as bare, in Python (one run, of the first log)
  python, events   the same, and the fields of each event as the reader gives them, unsorted
Each for a log of one processor, of four and of 64, and with a counter whose ticks are no whole
nanoseconds. Prints medians of CPU time (user + system) as ns for each event, ratios and peak memory.
"""
import argparse
import os
import statistics
import struct
import subprocess
import sys
import tempfile


def event(hook, stamp, payload):
    """What a network event says: PID, bytes, ends, operation and time in nanoseconds."""
    pid, size = struct.unpack_from("<II", payload)
    wide = 16 if hook & 0xff >= 26 else 4
    ports = struct.unpack_from(">HH", payload, 8 + 2 * wide)
    return pid, size, payload[8:8 + wide], payload[8 + wide:8 + 2 * wide], ports, hook, stamp * 100


def walk(path, decode):
    """The Python walk: returns how many records, and a sum of them."""
    with open(path, "rb") as file:
        records = total = 0
        while len(head := file.read(0x48)) == 0x48:
            size, = struct.unpack_from("<I", head)
            end, = struct.unpack_from("<I", head, 0x30)
            body = file.read(size - 0x48)
            at, end = 0, end - 0x48
            while at + 24 <= end:
                kind = body[at + 2]
                late = kind <= 4 or kind & 0xfe == 0x10
                length, = struct.unpack_from("<H", body, at + (4 if late else 0))
                if length < 8:
                    break
                stamp, = struct.unpack_from("<q", body, at + (8 if kind & 0xfe == 0x10 else 16))
                hook, = struct.unpack_from("<H", body, at + 6)
                if decode and hook >> 8 in (6, 8):
                    stamp = event(hook, stamp, body[at + 16:at + length])[1]
                total += stamp
                records += 1
                at += (length + 7) & ~7
    return records, total


def measure(command):
    """(CPU seconds, peak KiB) of one run."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {command}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def table(title, events, runs, commands):
    results = {name: [] for name in commands}
    for i in range(runs):
        for name, command in commands.items():
            if i == 0 or not name.startswith("python"):
                results[name].append(measure(command))
    medians = {name: statistics.median(cpu for cpu, _ in r) for name, r in results.items()}
    print(f"{title}, medians of {runs} interleaved runs (python: one)\n")
    print("| what | CPU s | ns per event | times bare | peak MiB |")
    print("|---|---|---|---|---|")
    for name, values in results.items():
        print(f"| {name} | {medians[name]:.3f} | {medians[name] / events * 1e9:.1f} | "
              f"{medians[name] / medians['bare']:.2f} | {max(m for _, m in values) / 1024:.0f} |")
    print(flush=True)


def main():
    if len(sys.argv) == 3 and sys.argv[1] in ("--walk", "--events-of"):
        print(*walk(sys.argv[2], sys.argv[1] != "--walk"))
        return
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--events", type=int, default=10000000)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--where", help="a folder with room for a file of 60 bytes per event")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=a.where) as where:
        path = os.path.join(where, "a.etl")
        for processors, frequency in ((4, 10000000), (1, 10000000), (64, 10000000), (4, 2994853)):
            subprocess.run([f"{a.build}/bench/bench-etl-write", path, str(a.events),
                            str(processors), str(frequency)], check=True)
            commands = {"bare": [f"{a.build}/bench/bench-etl-bare", path],
                        "whosent": [f"{a.build}/bench/bench-etl-read", path]}
            if (processors, frequency) == (4, 10000000):
                for name, how in (("python", "--walk"), ("python, events", "--events-of")):
                    commands[name] = [sys.executable, os.path.abspath(__file__), how, path]
            table(f"{a.events} events, {os.path.getsize(path) / 1e6:.0f} MB, {processors} "
                  f"processors, counter of {frequency} Hz", a.events, a.runs, commands)


if __name__ == "__main__":
    main()
