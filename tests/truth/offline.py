#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of lab-offline against their ground truth: precision and recall by grade, and clocks.

usage: offline.py WHOSENT LAB-OFFLINE [--seed N... | --seeds FIRST LAST] [--packets N]
                  [--options "..."] [--keep DIR] [--keys] [--given] [--wrong N] [--jobs N]

Prints TAP, one test for each seed, and at the end the sums. A seed is good where no process is
named wrongly, no side is ambiguous without need, the share of named sides is 0.995 (0.98 where
events or packets were lost) of those that the evidence can name, and each clock is right to one
tick, or at least not called sure where it is wrong.
"""
import argparse
import collections
import concurrent.futures
import csv
import json
import os
import subprocess
import sys
import tempfile

from score import NAMED

RECALL, RECALL_LOSSY = 0.995, 0.98
# With no seeds given: so many packets are enough for each kind of traffic, and soon done.
SEEDS = (2, 3, 5, 6, 8, 9, 10, 12, 13, 14, 17, 19, 22, 23, 26, 27, 31, 35, 36, 38)
PACKETS = 3000
INFERRED = ("pattern", "lifetime")


def table(where, name):
    with open(os.path.join(where, name), newline="", encoding="ascii") as file:
        yield from csv.DictReader(file, delimiter="\t")


def explain(whosent, where, key=None, given=False):
    with open(os.path.join(where, "arguments"), encoding="ascii") as file:
        arguments = file.read().split("\n")[:-1]
    if given:
        for row in table(where, "clocks.tsv"):
            middle = (int(row["least"]) + int(row["most"])) / 2e9
            arguments += ["--clock", f"{row['file']}={middle:.9f}"]
    env = dict(os.environ, WHOSENT_HASH_KEY=key) if key else None
    done = subprocess.run([whosent, "explain", "--json", "--packets", "--no-sandbox", *arguments],
                          cwd=where, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"whosent ends with {done.returncode}: {done.stderr[-300:]!r}")
    return done.stdout


def people(text):
    """'4:System|880:dns.exe' as {(pid, image)}."""
    if text == "-":
        return set()
    return {(int(pid), image) for pid, image in (one.split(":") for one in text.split("|"))}


def named(packet, side):
    """The processes that are named for a side, as (pid, image or None)."""
    word = packet["whosent"][side]
    several = word.get("processes")
    if several is None:
        one = packet["source" if side == "sender" else "destination"].get("process")
        several = [one] if one else []
    return [(p.get("pid"), p.get("name")) for p in several]


def is_one_of(process, who, images):
    pid, image = process
    return any(pid == p and (not images or image is None or image == i) for p, i in who)


class Score:
    """What came of the sides of one case, or of several."""

    def __init__(self):
        self.sides = 0
        self.grades = collections.Counter()   # named, by grade
        self.wrong = collections.Counter()    # of these wrong, by grade
        self.best = collections.Counter()     # sides that can be named, by their best grade
        self.met = collections.Counter()      # of these named, by the same
        self.equal = collections.Counter()    # of these with that grade or a stronger one
        self.needless = 0                     # ambiguous where the truth does not say so
        self.misled = 0
        self.listed = 0                       # inferred wrongly, the true one left no such event
        self.reasons = collections.Counter()  # (expected reason, the one that was given)
        self.shown = []                       # of wrong and missed sides, for people

    def add(self, other):
        for name, value in vars(other).items():
            if isinstance(value, collections.Counter):
                getattr(self, name).update(value)
            elif isinstance(value, int):
                setattr(self, name, getattr(self, name) + value)

    def recall(self):
        """1 where no side can be named."""
        return sum(self.met.values()) / sum(self.best.values()) if sum(self.best.values()) else 1.0

    def side(self, row, packet, side, images):
        best, also = row[side], row[side + "_also"].split(",")
        word = packet["whosent"][side]
        said = word.get("grade") or word["reason"]
        who = people(row[side + "_who"])
        self.sides += 1
        self.misled += "misled" in also
        problem = None
        if said in NAMED:
            self.grades[said] += 1
            right = all(is_one_of(p, who, images) for p in named(packet, side))
            if not right and said in INFERRED and "left" not in also:
                self.listed += 1
            elif not right or (best == "ambiguous" and "name" not in also
                               and said not in INFERRED):
                self.wrong[said] += 1
                problem = "WRONG"
        elif said == "ambiguous" and best != said and best != "-" and "ambiguous" not in also:
            self.needless += 1
            problem = "NEEDLESS"
        if best in NAMED and (said in NAMED or not (
                "reason" in also or (said == "ambiguous" and "ambiguous" in also))):
            self.best[best] += 1
            self.met[best] += said in NAMED
            self.equal[best] += said in NAMED and NAMED.index(said) <= NAMED.index(best)
            if said not in NAMED:
                problem = problem or "MISSED"
            elif NAMED.index(said) > NAMED.index(best):
                problem = problem or "WEAKER"
        elif best not in NAMED and best != "-" and said not in NAMED and said != best:
            self.reasons[best, said] += 1
        if problem:
            self.shown.append((problem, f"frame {row['frame']} {row['kind']} {side}: best {best} "
                               f"{row[side + '_also']} {row[side + '_who']}, got {said} "
                               f"{named(packet, side)} {word.get('candidates', '')}"))


def clocks(where, summary, scenario):
    """Problems with the clocks, and how many ns each is off its range."""
    problems, off = [], []
    lag = 1000 * int(scenario["lag-us"])
    found = {clock["file"]: clock for clock in summary.get("clocks", [])}
    for row in table(where, "clocks.tsv"):
        clock = found.get(row["file"], {"state": "none"})
        slack = max(int(row["tick"]), 2000000) + lag
        error = 0
        if "offset_ns" in clock:
            error = max(int(row["least"]) - clock["offset_ns"],
                        clock["offset_ns"] - int(row["most"]), 0)
            off.append(error)
        said = (f"clock of {row['file']}: {clock['state']}, {clock.get('offset_ns')} where "
                f"{row['least']} to {row['most']} is right, {row['pairs']} pairs")
        # By how much the drift that is reported would be off over the whole case. Of what is asked
        # no more than its size; a step that was taken for one says nothing of it.
        drift = abs(abs(clock.get("drift_ppm", 0)) - abs(int(row["drift"])))
        if not int(scenario["step-ms"]) and drift * 1000 * int(row["seconds"]) > 2 * slack:
            problems.append(f"DRIFT of {row['file']}: {clock['drift_ppm']} ppm where "
                            f"{row['drift']} is true")
        if clock["state"] == "sure" and error > slack:
            problems.append("SURE AND WRONG: " + said)
        elif int(row["pairs"]) >= 8 and (clock["state"] == "none" or error > slack):
            problems.append("NOT FOUND: " + said)
    return problems, off


def score_case(whosent, where, keys=False, given=False):
    scenario = {}
    with open(os.path.join(where, "scenario.tsv"), encoding="ascii") as file:
        scenario = dict(line.rstrip("\n").split("\t") for line in file)
    # Without notes of their beginnings and ends, the image of a PID that came again is not known.
    images = scenario["notes"] == "1" or scenario["lives"] == "0"
    out = explain(whosent, where, given=given)
    packets, summary = {}, {}
    for line in out.splitlines():
        row = json.loads(line)
        dataset = row["event"]["dataset"]
        if dataset == "whosent.packet":
            packets[row["frame"]["file"], row["frame"]["number"]] = row
        elif dataset == "whosent.summary":
            summary = row["whosent"]
    s = Score()
    for row in table(where, "truth.tsv"):
        packet = packets[row["file"], int(row["frame"])]
        s.side(row, packet, "sender", images)
        s.side(row, packet, "receiver", images)
    problems, _ = clocks(where, summary, scenario)
    if keys and explain(whosent, where, "7", given) != out:
        problems.append("with another hash key the output is another one")
    return s, problems, scenario


def play(args, seed):
    with tempfile.TemporaryDirectory() as temporary:
        where = os.path.join(args.keep, str(seed)) if args.keep else temporary
        os.makedirs(where, exist_ok=True)
        subprocess.run([args.lab, where, "--seed", str(seed), "--packets", str(args.packets),
                        *args.options.split()], check=True)
        try:
            s, problems, scenario = score_case(args.whosent, where, args.keys, args.given)
        except (RuntimeError, KeyError) as error:
            return seed, Score(), [repr(error)], {}
    lossy = any(int(scenario[name]) for name in ("loss", "drop"))
    least = RECALL_LOSSY if lossy else RECALL
    if s.wrong:
        problems.insert(0, f"WRONG NAMES: {dict(s.wrong)}")
    if s.needless:
        problems.append(f"{s.needless} sides are ambiguous without need")
    if s.recall() < least:
        problems.append(f"recall is {s.recall():.4f}, below {least}")
    return seed, s, problems, scenario


def print_case(args, number, seed, s, problems, scenario):
    for problem in problems:
        print(f"# {problem}")
    for kind in ("WRONG", "NEEDLESS", "MISSED", "WEAKER"):
        for what, text in [x for x in s.shown if x[0] == kind][:args.wrong]:
            print(f"#   {what} seed {seed} {text}")
    if problems:
        print("#   " + " ".join(f"--{name} {value}" for name, value in scenario.items()))
    print(f"{'not ok' if problems else 'ok'} {number} - seed {seed}: {s.sides} sides, "
          f"{sum(s.grades.values())} named, {sum(s.wrong.values())} wrong, recall "
          f"{s.recall():.4f}, {s.needless} ambiguous without need, {s.misled} misled", flush=True)


def print_sums(total):
    print(f"# {total.sides} sides; evidence misleads about {total.misled}; wrongly inferred "
          f"where the true process left no event of that kind: {total.listed}")
    for grade in NAMED:
        n, wrong = total.grades[grade], total.wrong[grade]
        print(f"# {grade:9} named {n:8}, wrong {wrong:5}, precision {1 - wrong / max(n, 1):.6f}; "
              f"best {total.best[grade]:8}, named {total.met[grade]:8}, recall "
              f"{total.met[grade] / max(total.best[grade], 1):.6f}, as strong "
              f"{total.equal[grade] / max(total.best[grade], 1):.6f}")
    print(f"# all: wrong {sum(total.wrong.values())}, recall {total.recall():.6f}, ambiguous "
          f"without need {total.needless}")
    for (best, said), n in total.reasons.most_common(12):
        print(f"# {n} sides with the reason {said} where {best} is true")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("whosent", type=os.path.abspath)
    parser.add_argument("lab", type=os.path.abspath)
    parser.add_argument("--seed", type=int, nargs="*", default=[])
    parser.add_argument("--seeds", type=int, nargs=2, default=None)
    parser.add_argument("--packets", type=int, default=PACKETS)
    parser.add_argument("--options", default="", help="of lab-offline, to make a case smaller")
    parser.add_argument("--keep", help="folder in which the cases stay")
    parser.add_argument("--keys", action="store_true", help="compare runs with two hash keys")
    parser.add_argument("--given", action="store_true", help="the clocks are given, not found")
    parser.add_argument("--wrong", type=int, default=3, help="so many sides of each kind are shown")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    seeds = args.seed + (list(range(args.seeds[0], args.seeds[1] + 1)) if args.seeds else [])
    seeds = seeds or SEEDS
    total, bad = Score(), 0
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        for number, result in enumerate(pool.map(play, [args] * len(seeds), seeds), 1):
            print_case(args, number, *result)
            total.add(result[1])
            bad += bool(result[2])
    print_sums(total)
    print(f"1..{len(seeds)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
