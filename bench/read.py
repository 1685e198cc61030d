#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reading and decoding captures against what others take for the same files, in interleaved runs.

usage: bench/read.py BUILD [--packets N] [--few N] [--runs N] [--where DIRECTORY]

BUILD is a release build (meson setup build-bench -Dbuildtype=release; ninja -C build-bench bench).
All N packets:
  bare             the least: one buffer, addresses and ports, no checks (bench/bare.c)
  whosent          the project's reader and decoder (bench/read.c), on pcap and on pcapng
  tcpdump          -nr FILE with a filter that drops everything
  cat              no decoding at all
The first --few packets, for peers that are slow:
  tshark           -T fields with five fields
Prints medians of CPU time (user + system) as ns for each packet, ratios and peak memory.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import tempfile

FIELDS = ["frame.number", "ip.src", "ip.dst", "udp.srcport", "udp.dstport"]
DROP = "ip proto 250"


def measure(command):
    """(CPU seconds, peak KiB) of one run."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {command}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def table(title, packets, runs, commands, base):
    results = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            results[name].append(measure(command))
    medians = {name: statistics.median(cpu for cpu, _ in r) for name, r in results.items()}
    print(f"{title}, {packets} packets, medians of {runs} interleaved runs\n")
    print(f"| what | CPU s | ns per packet | times {base} | peak MiB |")
    print("|---|---|---|---|---|")
    for name, values in results.items():
        print(f"| {name} | {medians[name]:.3f} | {medians[name] / packets * 1e9:.0f} | "
              f"{medians[name] / medians[base]:.2f} | {max(m for _, m in values) / 1024:.0f} |")
    print(flush=True)


def write(build, path, packets, *form):
    subprocess.run([f"{build}/bench/bench-frames", path, str(packets), *form], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--packets", type=int, default=12000000)
    parser.add_argument("--few", type=int, default=1000000)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--where", help="a folder with room for both files")
    a = parser.parse_args()
    reader = f"{a.build}/bench/bench-read"
    with tempfile.TemporaryDirectory(dir=a.where) as where:
        pcap, pcapng, few = (os.path.join(where, n) for n in ("a.pcap", "a.pcapng", "few.pcap"))
        write(a.build, pcap, a.packets)
        write(a.build, pcapng, a.packets, "pcapng")
        size = os.path.getsize(pcap) / 1e9
        commands = {"bare": [f"{a.build}/bench/bench-bare", pcap],
                    "whosent, pcap": [reader, pcap],
                    "whosent, pcapng": [reader, pcapng],
                    "cat": ["cat", pcap]}
        if shutil.which("tcpdump"):
            commands["tcpdump, all dropped"] = ["tcpdump", "-nr", pcap, DROP]
        table(f"pcap of {size:.2f} GB", a.packets, a.runs, commands, "bare")
        if not a.few or not shutil.which("tshark"):
            return
        write(a.build, few, a.few)
        tshark = ["tshark", "-n", "-r", few, "-T", "fields"]
        for field in FIELDS:
            tshark += ["-e", field]
        table("pcap", a.few, a.runs, {"whosent, pcap": [reader, few], "tshark -T fields": tshark},
              "whosent, pcap")


if __name__ == "__main__":
    main()
