#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores whosent against a generator's ground truth: precision by grade, recall of kept events.

Usage: score.py WHOSENT TRUTH.tsv CAPTURE [FILE...]     prints the figures
       score.py --seed N --whosent WHOSENT --lab LAB-SENDS [--sends N --drop P --minutes M]
"""
import argparse
import collections
import csv
import json
import os
import subprocess
import tempfile

NAMED = ("exact", "flow", "endpoint", "ports", "pattern", "lifetime")


def answers(whosent, capture, files):
    """Frame number -> the JSON of its packet line."""
    done = subprocess.run(
        [whosent, "explain", "--json", "--packets", "--no-sandbox", capture, *files],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    found = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        if row["event"]["dataset"] == "whosent.packet":
            found[row["frame"]["number"]] = row
    return found


def side_of(packet, side):
    """(grade or reason, PID or None) that whosent gives one side."""
    word = packet["whosent"][side]
    end = packet["source" if side == "sender" else "destination"]
    return word.get("grade") or word["reason"], end.get("process", {}).get("pid")


def score(truth_file, found):
    """Counts: sides by grade, wrong names by grade, kept events and how many are exact."""
    s = {"sides": 0, "grades": collections.Counter(), "wrong": collections.Counter(),
         "kept": 0, "kept_exact": 0, "kept_udp": 0, "wrong_sides": [], "unequal": []}
    with open(truth_file, newline="", encoding="ascii") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            packet = found[int(row["frame"])]
            for side in ("sender", "receiver"):
                said, pid = side_of(packet, side)
                true_pid = row[side + "_pid"]
                s["sides"] += 1
                s["grades"][said] += 1
                if said in NAMED and str(pid) != true_pid:
                    s["wrong"][said] += 1
                    s["wrong_sides"].append((row["frame"], side, said, pid, true_pid))
                if row[side] not in ("-", said):
                    s["unequal"].append((row["frame"], side, row[side], said))
            if row["event"] == "kept":
                s["kept"] += 1
                s["kept_exact"] += "exact" in (side_of(packet, "sender")[0],
                                               side_of(packet, "receiver")[0])
    return s


def generate(lab, where, seed, sends, drop, minutes):
    subprocess.run([lab, where, "--seed", str(seed), "--sends", str(sends), "--drop", str(drop),
                    "--offset-minutes", str(minutes)], check=True, stdout=subprocess.DEVNULL)


def score_seed(whosent, lab, seed, sends=2500, drop=40, minutes=-450):
    with tempfile.TemporaryDirectory() as where:
        generate(lab, where, seed, sends, drop, minutes)
        path = {name: os.path.join(where, name)
                for name in ("capture.pcap", "trace.csv", "tasklist.txt", "truth.tsv")}
        found = answers(whosent, path["capture.pcap"], [path["trace.csv"], path["tasklist.txt"]])
        return score(path["truth.tsv"], found)


def show(name, s):
    print(f"{name}: {s['sides']} sides; " +
          ", ".join(f"{word} {n}" for word, n in s["grades"].most_common()))
    print(f"  wrong names: {sum(s['wrong'].values())} {s['wrong_sides'][:5]}")
    print(f"  kept events {s['kept']}, exact {s['kept_exact']} "
          f"({100 * s['kept_exact'] / max(s['kept'], 1):.1f} %)")
    print(f"  other answer than the truth's: {len(s['unequal'])} {s['unequal'][:5]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, nargs="*")
    parser.add_argument("--whosent")
    parser.add_argument("--lab")
    parser.add_argument("--sends", type=int, default=2500)
    parser.add_argument("--drop", type=int, default=40)
    parser.add_argument("--minutes", type=int, default=-450)
    parser.add_argument("files", nargs="*")
    a = parser.parse_args()
    for seed in a.seed or []:
        show(f"seed {seed}", score_seed(a.whosent, a.lab, seed, a.sends, a.drop, a.minutes))
    if not a.seed:
        whosent, truth, capture, *files = a.files
        show(capture, score(truth, answers(whosent, capture, files)))


if __name__ == "__main__":
    main()
