#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generated cases against their ground truth. Prints TAP.

usage: run.py WHOSENT LAB-SENDS SAMPLES
"""
import os
import sys

import score

# A log of at least 2000 sends from 3 processes, its clock at -7 h 30 min, 40 % of its rows gone.
SEEDS = (1, 2, 3, 4, 5)


def report(number, name, problems):
    problems = [p for p in problems if p]
    for problem in problems:
        print(f"# {problem}")
    print(f"{'not ok' if problems else 'ok'} {number} - {name}")
    return not problems


def of_seed(whosent, lab, seed):
    s = score.score_seed(whosent, lab, seed)
    share = s["kept_exact"] / s["kept"]
    return [f"wrong names: {s['wrong_sides'][:3]}" if s["wrong"] else None,
            None if s["kept"] > 1000 else f"only {s['kept']} events kept",
            None if share >= 0.95 else f"{100 * share:.2f} % of the kept events are exact"]


# What is asked of a sample beside its files.
SAMPLES = {"exchange": [], "dsaccess": [], "stopped": [
    "--stopped", "mad.exe@2010-01-14T17:45:14..2010-01-14T18:00:14"]}


def of_sample(whosent, samples, name):
    case = os.path.join(samples, name)
    files = [os.path.join(case, f) for f in sorted(os.listdir(case)) if f != "server.pcap"]
    found = score.answers(whosent, os.path.join(case, "server.pcap"), SAMPLES[name] + files)
    s = score.score(os.path.join(samples, "truth", name + ".tsv"), found)
    return [f"wrong names: {s['wrong_sides'][:3]}" if s["wrong"] else None,
            f"other answers than the truth's: {s['unequal'][:3]}" if s["unequal"] else None]


def main():
    whosent, lab, samples = sys.argv[1:4]
    good = True
    number = 0
    for name in SAMPLES:
        number += 1
        good &= report(number, f"sample {name}", of_sample(whosent, samples, name))
    for seed in SEEDS:
        number += 1
        good &= report(number, f"sends, seed {seed}", of_seed(whosent, lab, seed))
    print(f"1..{number}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
