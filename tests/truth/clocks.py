#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs whose clocks are off, drift, stand still or are set, against what they are. Prints TAP.

usage: clocks.py WHOSENT LAB-SENDS [--random N [FIRST]]

The lab writes a log of a fine clock; here its stamps are bent as another clock would have written
them. What whosent says of the clock is compared with that, and its names with the truth.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

import score

# Name; seed, what lab-sends makes; the clock: offset in seconds (what is added to the log's stamps
# to get the capture's), drift in ppm, tick in ms, steps as (part of the log, seconds).
PLAIN = {"sends": 2500, "pace": 1, "drop": 20}
HOURS = {"sends": 3000, "pace": 200, "drop": 20}
CASES = (
    ("fine clock, east", 11, PLAIN, (20700.25, 0, 0.001, ())),
    ("coarse clock, west, drifting", 12, HOURS, (-50399.9, 200, 15.625, ())),
    ("10 ms, hours, drifting back", 13, HOURS, (3.3, -150, 10, ())),
    ("whole seconds", 14, HOURS, (7200, 0, 1000, ())),
    ("set by less than the window", 15, PLAIN, (0, 0, 0.001, ((0.3, 0.7),))),
    ("set forward by an hour", 16, HOURS, (0, 50, 15.625, ((0.5, 3600),))),
    ("set back by a day, and forward", 17, HOURS, (3600, -20, 1, ((0.3, -86400), (0.7, 90)))),
)


def bend(lines, clock):
    """The log's lines as a clock would have stamped them, and that clock's true offset at first."""
    offset, ppm, tick_ms, steps = clock
    tick = max(int(tick_ms * 10000), 1)
    rows = [line.split(", ") for line in lines]
    first = int(rows[0][3])
    out = []
    jumped = 0
    ahead = 0
    for number, row in enumerate(rows):
        while jumped < len(steps) and number >= steps[jumped][0] * len(rows):
            ahead += int(steps[jumped][1] * 1e7)
            jumped += 1
        true = int(row[3])
        stamp = true - int(offset * 1e7) - int((true - first) * ppm / 1e6) + ahead
        row[3] = str(stamp - stamp % tick)
        out.append(", ".join(row))
    return out


def make(lab, where, seed, made, clock):
    subprocess.run([lab, where, "--seed", str(seed), "--sends", str(made["sends"]), "--drop",
                    str(made["drop"]), "--offset-minutes", "0", "--tick-us", "1", "--pace",
                    str(made["pace"])], check=True, stdout=subprocess.DEVNULL)
    path = os.path.join(where, "trace.csv")
    with open(path, encoding="ascii") as file:
        lines = file.read().splitlines()
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(bend(lines, clock)) + "\n")
    return (int(lines[-1].split(", ")[3]) - int(lines[0].split(", ")[3])) / 1e7


def explain(whosent, where):
    done = subprocess.run(
        [whosent, "explain", "--json", "--packets", "--no-sandbox",
         *(os.path.join(where, f) for f in ("capture.pcap", "trace.csv", "tasklist.txt"))],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    found = {r["frame"]["number"]: r for r in rows if r["event"]["dataset"] == "whosent.packet"}
    clocks = [r["whosent"]["clocks"] for r in rows if r["event"]["dataset"] == "whosent.summary"]
    return found, clocks[0][0]


# The lab's log is 137 ms behind by itself.
LAB_SKEW = 0.137


def problems_of(whosent, lab, seed, made, clock):
    """What is wrong, and the figures."""
    offset, ppm, tick_ms, steps = clock
    with tempfile.TemporaryDirectory() as where:
        seconds = make(lab, where, seed, made, clock)
        found, said = explain(whosent, where)
        s = score.score(os.path.join(where, "truth.tsv"), found)
    least = max(tick_ms / 1000, 0.002)
    events = s["kept"]
    off = said.get("offset_ns", 0) / 1e9 - offset - LAB_SKEW
    share = s["kept_exact"] / max(s["kept"], 1)
    bad = []
    if s["wrong"]:
        bad.append(f"wrong names: {s['wrong_sides'][:3]}")
    if said["state"] == "sure" and abs(off) > least:
        bad.append(f"sure, and wrong by {off:.6f} s")
    if said["state"] != "sure":
        bad.append(f"{said['state']} from {said['pairs']} pairs")
    elif abs(said["drift_ppm"] - ppm) > max(2, abs(ppm) / 20, 2e6 * least / seconds):
        bad.append(f"{said['drift_ppm']:.1f} ppm, not {ppm}")
    # It takes some hundred events to see that none meets its packet any more.
    if said.get("steps", 0) != len(steps) and (1 - max((at for at, _ in steps), default=0)) * events > 250:
        bad.append(f"{said.get('steps')} steps, not {len(steps)}")
    least_share = (0.9 if tick_ms < 100 else 0.5) - len(steps) * min(150 / events + 6 / seconds, 1)
    if share < least_share:
        bad.append(f"{100 * share:.2f} % of the kept events are exact")
    return bad, f"{said['state']} {off:+.6f} s {said.get('drift_ppm', 0):.2f} ppm, " \
        f"{said.get('steps')} steps, {100 * share:.2f} % exact"


def at_random(seed):
    r = random.Random(seed)
    made = {"sends": r.choice((500, 2000, 3000)), "pace": r.choice((1, 10, 100, 400)),
            "drop": r.choice((0, 20, 40))}
    offset = r.choice((0, 3600, 19800, -34200, 50400, 86400 * 3)) + round(r.uniform(-400, 400), 4)
    steps = ()
    if r.random() < 0.6:
        steps = ((round(r.uniform(0.3, 0.7), 3),
                  r.choice((-3600, -40, -1.5, 0.7, 5, 90, 3600, 86400))),)
    return (f"seed {seed}: {made} {offset}", seed, made,
            (offset, r.choice((0, 0, 5, -20, 80, 200, -200)),
             r.choice((0.001, 1, 10, 15.625)), steps))


def main():
    whosent, lab, *rest = sys.argv[1:]
    cases = CASES
    if rest:
        first = int(rest[2]) if len(rest) > 2 else 1
        cases = tuple(at_random(seed) for seed in range(first, first + int(rest[1])))
    bad = 0
    for number, (name, seed, made, clock) in enumerate(cases, 1):
        problems, figures = problems_of(whosent, lab, seed, made, clock)
        for problem in problems:
            print(f"# {problem}")
        print(f"{'not ok' if problems else 'ok'} {number} - {name} {clock}", flush=True)
        if problems or rest:
            print(f"#   {figures}", flush=True)
        bad += bool(problems)
    print(f"1..{len(cases)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
