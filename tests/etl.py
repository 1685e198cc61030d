#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the lab writes into event trace logs comes back, record for record. Prints TAP.

usage: etl.py LAB-TRACE ETL-RECORDS [--seeds FIRST LAST]
"""
import collections
import os
import subprocess
import sys
import tempfile

# Each with its options: all forms of files, buffers, records and clocks that the lab can write.
FORMS = {
    "kernel logger": "--kernel",
    "manifests": "--manifest",
    "one processor": "--processors 1",
    "64 processors": "--processors 64 --manifest",
    "small buffers": "--buffer 4096 --processors 16",
    "compressed": "--compress --ndis --manifest",
    "compressed, large buffers": "--compress --buffer 524288 --pktmon",
    "written again": "--relogged --compress --kernel",
    "packets of NDIS": "--ndis --manifest",
    "packets of NDIS in parts": "--build 7601 --ndis",
    "packets of PktMon": "--pktmon --manifest",
    "no packets": "--no-packets",
    "32 bits": "--pointer 4 --build 7601",
    "32 bits, manifests": "--pointer 4 --manifest --build 9200 --ndis",
    "system time": "--clock system --no-packets",
    "system time, packets": "--clock system --ndis",
    "cycles": "--clock cycles --manifest",
    "Windows 2000": "--build 2195 --pointer 4 --clock system",
    "Windows 2003": "--build 3790 --pointer 4 --clock system",
    "Windows 2003, counter, 64 bits": "--build 3790 --clock qpc",
    "Vista": "--build 6002 --pointer 4",
    "Windows 7": "--build 7601 --manifest",
    "Windows 8": "--build 9200 --manifest",
    "compact records": "--build 9200 --compact",
    "classes by GUID": "--full",
    "classes by GUID, 32 bits": "--full --pointer 4",
    "losses": "--lose 30 --manifest --processors 16",
    "losses, Windows 2003": "--lose 30 --build 3790 --pointer 4 --clock system",
    "losses, Windows 2000": "--lose 30 --build 2195 --pointer 4 --clock system",
    "circular": "--circular --buffer 4096 --processors 6",
    "circular, packets": "--circular --ndis --manifest --buffer 16384",
    "circular, losses": "--circular --pktmon --lose 10 --buffer 16384",
    "never closed": "--unclosed --manifest",
}
SEEDS = (1, 2, 3, 4, 5)


def of_lab(lab, where, seed, options):
    subprocess.run([lab, where, "--seed", str(seed), "--packets", "300", *options.split()],
                   check=True)
    with open(os.path.join(where, "events.tsv"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    lost = [line for line in lines if line.startswith("lost\t")]
    return [line for line in lines if line not in lost], int(lost[0].split("\t")[1] if lost else -1)


def of_reader(records, path):
    done = subprocess.run([records, path], stdout=subprocess.PIPE, check=True)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    tally = dict(word.split(" ") for word in lines[-1].split("\t")[2:])
    return lines[:-1], {name: int(n) for name, n in tally.items()}


def unordered(lines):
    """The first line that stands before an earlier one."""
    last = None
    for line in lines:
        time = int(line.split("\t")[0])
        if last is not None and time < last:
            return f"out of order: {line}"
        last = time
    return None


def difference(want, got):
    missing = collections.Counter(want) - collections.Counter(got)
    extra = collections.Counter(got) - collections.Counter(want)
    if not missing and not extra:
        return None
    return (f"{sum(missing.values())} of {len(want)} are missing, {sum(extra.values())} are too "
            f"many; missing: {sorted(missing)[:2]}; too many: {sorted(extra)[:2]}")


def check(lab, records, seed, options):
    with tempfile.TemporaryDirectory() as where:
        want, lost = of_lab(lab, where, seed, options)
        got, tally = of_reader(records, os.path.join(where, "trace.etl"))
    damage = [line for line in got if line.startswith("damage")]
    told = [line for line in got if "\tloss\t" in line]
    got = [line for line in got if line not in told and line not in damage]
    return [p for p in (
        difference(want, got), unordered(got),
        f"damage: {damage[:2]}" if damage or tally["damaged"] else None,
        None if len(want) > 100 else f"only {len(want)} records",
        f"{tally['lost']} lost, not {lost}" if lost not in (-1, tally["lost"]) else None,
        "losses are not told" if lost > 0 and not told else None) if p], len(want)


def main():
    lab, records, *rest = sys.argv[1:]
    seeds = range(int(rest[1]), int(rest[2]) + 1) if rest else SEEDS
    bad = 0
    for number, (name, options) in enumerate(FORMS.items(), 1):
        problems, total = [], 0
        for seed in seeds:
            found, n = check(lab, records, seed, options)
            problems += [f"seed {seed}, {options}: {p}" for p in found]
            total += n
        for problem in problems[:5]:
            print(f"# {problem}")
        print(f"{'not ok' if problems else 'ok'} {number} - {name}: {total} records come back")
        bad += bool(problems)
    print(f"1..{len(FORMS)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
