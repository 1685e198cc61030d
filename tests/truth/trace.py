#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Event trace logs of the lab against their ground truth: processes, images, services. Prints TAP.

usage: trace.py WHOSENT LAB-TRACE [--seeds FIRST LAST]
"""
import csv
import os
import subprocess
import sys
import tempfile

import score

SEEDS = (1, 2, 3)
# Name, options, and the share of events that must be exact: of a log that lost some, or whose clock
# stands still, nothing is asked but that no name is wrong.
CASES = (
    ("kernel logger and a capture", "--kernel", 0.95),
    ("manifests and a capture", "--manifest", 0.95),
    ("packets of NDIS in the log", "--ndis --manifest", 0.95),
    ("packets of PktMon in the log", "--pktmon --kernel", 0.95),
    ("Windows 2003", "--build 3790 --pointer 4", 0.95),
    ("Windows 7, in parts", "--build 7601 --ndis --processors 16", 0.95),
    ("system time", "--clock system --build 3790 --pointer 4", 0),
    ("a third is lost", "--manifest --lose 33", 0),
    ("a third is lost, one file", "--ndis --manifest --lose 33 --compress", 0),
    ("circular", "--circular --ndis --manifest", 0),
    ("circular log, whole capture", "--circular --buffer 8192 --processors 8", 0),
)


def wrong_images(where, found):
    """Sides whose process has another image than the true one, or another service than the log's."""
    with open(os.path.join(where, "names.tsv"), newline="", encoding="ascii") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            packet = found[int(row["frame"])]
            for end in ("source", "destination"):
                process = packet[end].get("process")
                if not process or str(process.get("pid")) != row["pid"]:
                    continue
                image = process.get("name", "")
                # Before Windows 8 the kernel kept 15 characters.
                if image and not row["image"].startswith(image.rstrip("~")[:15]):
                    yield row["frame"], image, row["image"]
                if row["service"] != "-" and process.get("services") != [row["service"]]:
                    yield row["frame"], process.get("services"), row["service"]


def of_case(whosent, lab, options, seed):
    with tempfile.TemporaryDirectory() as where:
        subprocess.run([lab, where, "--seed", str(seed), "--packets", "1500", *options.split()],
                       check=True)
        capture, trace = (os.path.join(where, f) for f in ("capture.pcap", "trace.etl"))
        if os.path.exists(capture):
            found = score.answers(whosent, capture, [trace])
        else:
            found = score.answers(whosent, trace, [])
        return (score.score(os.path.join(where, "truth.tsv"), found),
                list(wrong_images(where, found)))


def problems_of(whosent, lab, options, least, seed):
    s, images = of_case(whosent, lab, options, seed)
    share = s["kept_exact"] / max(s["kept"], 1)
    return [f"seed {seed}: {text}" for bad, text in (
        (s["wrong"], f"wrong names: {s['wrong_sides'][:3]}"),
        (images, f"wrong images or services: {images[:3]}"),
        (not s["kept"], "no events are kept"),
        (share < least, f"{100 * share:.2f} % of the kept events are exact")) if bad]


def main():
    whosent, lab, *rest = sys.argv[1:]
    seeds = range(int(rest[1]), int(rest[2]) + 1) if rest else SEEDS
    bad = 0
    for number, (name, options, least) in enumerate(CASES, 1):
        problems = [p for seed in seeds for p in problems_of(whosent, lab, options, least, seed)]
        for problem in problems[:6]:
            print(f"# {problem}")
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
        bad += bool(problems)
    print(f"1..{len(CASES)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
