#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures with other addresses than the log's, against their ground truth. Prints TAP.

usage: translated.py WHOSENT LAB-SENDS SAMPLES
"""
import os
import subprocess
import sys
import tempfile

import score

HERE = os.path.dirname(os.path.abspath(__file__))
READDRESS = os.path.join(HERE, "..", "golden", "translated", "readdress.py")
RULES = {
    "NAT": ["10.1.1.1=198.51.100.1"],
    "anonymised": ["10.1.=10.55.", "172.20.=172.91.", "172.23.=172.87."],
}


def score_case(whosent, case, where, rules):
    """`case`: capture, truth and the other inputs."""
    capture, truth, *files = case
    other = os.path.join(where, "other.pcap")
    subprocess.run([sys.executable, READDRESS, capture, other, *rules], check=True)
    return score.score(truth, score.answers(whosent, other, files))


def cases(lab, samples, where):
    """Name, inputs, and the share of the log's datagrams and segments that must be named. Of the
    short samples much was on the wire before eight datagrams had agreed."""
    for name, least in (("exchange", 0.9), ("dsaccess", 0.0)):
        folder = os.path.join(samples, name)
        yield (name, least, [os.path.join(folder, "server.pcap"),
                             os.path.join(samples, "truth", name + ".tsv"),
                             os.path.join(folder, "kernel-trace.csv"),
                             os.path.join(folder, "tasklist.txt")])
    for seed in (1, 2):
        folder = os.path.join(where, str(seed))
        score.generate(lab, folder, seed, 2500, 40, -450)
        yield (f"sends, seed {seed}", 0.95,
               [os.path.join(folder, n)
                for n in ("capture.pcap", "truth.tsv", "trace.csv", "tasklist.txt")])


def problems(s, least):
    if s["wrong"]:
        yield f"wrong names: {s['wrong_sides'][:3]}"
    if set(s["grades"]) & {"exact", "flow", "endpoint"}:
        yield f"better than ports: {s['grades']}"
    if s["grades"]["ports"] < least * s["kept"]:
        yield f"{s['grades']['ports']} by ports of {s['kept']} that the log has"


def main():
    whosent, lab, samples = sys.argv[1:4]
    good, number = True, 0
    with tempfile.TemporaryDirectory() as where:
        for name, least, case in cases(lab, samples, where):
            for how, rules in RULES.items():
                number += 1
                found = list(problems(score_case(whosent, case, where, rules), least))
                for problem in found:
                    print(f"# {problem}")
                print(f"{'not ok' if found else 'ok'} {number} - {name}, {how}")
                good &= not found
    print(f"1..{number}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
