#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""whosent explain against what a shell could do with the same evidence, in interleaved runs.

usage: bench/explain.py BUILD [--sends N] [--runs N]

BUILD is a release build with tests (meson setup build-bench -Dbuildtype=release). Peers:
  cat         reads both files: the floor
  mawk join   a hash join of packets (exported beforehand, its cost not counted) and event rows by
              5-tuple; knows no time, no clock, no length, and names a wrong process where a port
              is used again
Prints medians of CPU time (user + system), as ns for each packet and as ratios, and peak memory.
"""
import argparse
import os
import statistics
import subprocess
import tempfile

JOIN = r"""
FNR == NR {
    gsub(/ /, "")
    if ($1 != "UdpIp" && $1 != "TcpIp") next
    split($9, d, "."); split($10, s, ".")
    dst = d[1]+0 "." d[2]+0 "." d[3]+0 "." d[4]+0; src = s[1]+0 "." s[2]+0 "." s[3]+0 "." s[4]+0
    if ($1 == "UdpIp" && $2 ~ /^Recv/) owner[dst "," $11 "," src "," $12] = $7
    else owner[src "," $12 "," dst "," $11] = $7
    next
}
{
    if (($3 "," $5 "," $4 "," $6) in owner || ($4 "," $6 "," $3 "," $5) in owner) named++
}
END { print named }
"""


def measure(command, out=subprocess.DEVNULL):
    """(CPU seconds, peak KiB) of one run."""
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {command}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--sends", type=int, default=750000)
    parser.add_argument("--runs", type=int, default=11)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as where:
        subprocess.run([f"{a.build}/lab/lab-sends", where, "--sends", str(a.sends), "--drop", "0",
                        "--offset-minutes", "-450", "--seed", "1"], check=True,
                       stdout=subprocess.DEVNULL)
        capture, trace, roster, export, script = (
            os.path.join(where, n) for n in
            ("capture.pcap", "trace.csv", "tasklist.txt", "packets.tsv", "join.awk"))
        with open(export, "wb") as file:
            subprocess.run([f"{a.build}/tests/crosscheck/crosscheck-dump", capture], check=True,
                           stdout=file)
        with open(export, "rb") as file:
            packets = sum(1 for _ in file)
        with open(trace, "rb") as file:
            rows = sum(1 for _ in file)
        with open(script, "w", encoding="ascii") as file:
            file.write(JOIN)
        explain = [f"{a.build}/src/whosent", "explain", "-q", capture, trace, roster]
        peers = {"cat": ["cat", capture, trace],
                 "mawk join": ["mawk", "-F,", "-f", script, trace, "FS=\t", export],
                 "whosent explain": explain,
                 "whosent explain --json --packets": [*explain, "--json", "--packets"]}
        runs = {name: [] for name in peers}
        for _ in range(a.runs):
            for name, command in peers.items():
                runs[name].append(measure(command))
        base = statistics.median(cpu for cpu, _ in runs["whosent explain"])
        print(f"{packets} packets ({os.path.getsize(capture) / 1e6:.0f} MB), {rows} rows "
              f"({os.path.getsize(trace) / 1e6:.0f} MB), medians of {a.runs}")
        print("| what | CPU s | ns per packet | ratio to explain | peak MiB |")
        print("|---|---|---|---|---|")
        for name, values in runs.items():
            cpu = statistics.median(cpu for cpu, _ in values)
            print(f"| {name} | {cpu:.2f} | {cpu / packets * 1e9:.0f} | {cpu / base:.2f} | "
                  f"{max(rss for _, rss in values) / 1024:.0f} |")


if __name__ == "__main__":
    main()
