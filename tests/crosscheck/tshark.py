#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares readers and decoder with tshark, frame by frame: tshark.py DUMP.

DUMP is the program made of dump.c. The captures are those that make.py writes, and those below the
folder that the environment variable WHOSENT_DATA names. Every difference must stand in the table of
differences.py, and everything in the table must still be a difference. Prints TAP."""

import concurrent.futures
import fnmatch
import os
import shutil
import subprocess
import sys
import tempfile

import differences
import expect
import make

# Folders below $WHOSENT_DATA that hold captures, and what in them is none.
PLACES = ["pairs", "real", "pcap", "pcapng"]
NOT_CAPTURES = (".txt", ".zip", ".tsv", ".md")


def run_dump(dump, path):
    done = subprocess.run([dump, path], capture_output=True, text=True, check=False)
    rows = [dict(zip(expect.COLUMNS, line.split("\t"))) for line in done.stdout.splitlines()]
    return rows, done.returncode, done.stderr.strip()


def same(column, ours, theirs):
    if theirs is None or ours == theirs:
        return True
    # Simple packet blocks have no time; tshark prints one all the same.
    return column == "time" and ours == "" and theirs == "0.000000000"


def compare(dump, name, path, labels):
    """Returns the number of frames, and {(frame, column): (ours, tshark's)} where they differ. The
    frame is its label where it has one."""
    ours, code, said = run_dump(dump, path)
    frames, complaint = expect.run_tshark(path)
    frames = [frame for frame in frames if expect.is_packet(frame)]
    model, wrong = expect.Expectation(), {}
    if code not in (0, 1):
        wrong["file", "exit"] = (code, said)
    if len(ours) != len(frames):
        wrong["file", "frames"] = (f"{len(ours)} {said}", f"{len(frames)} {complaint}")
    numbers = {row["number"]: row for row in ours}
    for i, frame in enumerate(frames, 1):
        theirs, row = model.columns(i, frame), numbers.get(str(i))
        label = labels[i - 1] if labels else str(i)
        for column in expect.COLUMNS if row else []:
            if not same(column, row[column], theirs[column]):
                wrong[label, column] = (row[column], theirs[column])
    return name, len(frames), wrong


def in_table(entry, name, frame, column):
    return (fnmatch.fnmatchcase(name, entry.file) and column in entry.columns
            and any(fnmatch.fnmatchcase(frame, f) for f in entry.frames))


def unexplained(name, wrong, used):
    """The differences that no line of the table explains; notes the lines that do."""
    for (frame, column), (ours, theirs) in wrong.items():
        entries = [e for e in differences.TABLE if in_table(e, name, frame, column)]
        for entry in entries:
            used.setdefault(entry, set()).update(
                (name, f, column) for f in entry.frames if fnmatch.fnmatchcase(frame, f))
        if not entries:
            yield f"frame {frame}, {column}: ours {ours!r}, tshark {theirs!r}"


def stale(used, names):
    """Lines of the table, frames and columns in them, that explain nothing any more."""
    for entry in differences.TABLE:
        if not any(fnmatch.fnmatchcase(n, entry.file) for n in names):
            continue
        seen = used.get(entry, set())
        for frame in entry.frames:
            if not any(f == frame for _, f, _ in seen):
                yield f"{entry.file}, frame {frame}: no difference any more ({entry.reason})"
        for column in entry.columns:
            if not any(c == column for _, _, c in seen):
                yield f"{entry.file}, {column}: no difference any more ({entry.reason})"


def captures(root):
    """(name, path, labels) of the real captures."""
    for place in PLACES:
        for folder, _, files in sorted(os.walk(os.path.join(root, place))):
            for file in sorted(files):
                path = os.path.join(folder, file)
                if not file.endswith(NOT_CAPTURES):
                    yield os.path.relpath(path, root), path, None


def run_all(dump, jobs):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(lambda job: compare(dump, *job), jobs))


def report(results):
    used, failed, total = {}, 0, 0
    for i, (name, frames, wrong) in enumerate(results, 1):
        left = list(unexplained(name, wrong, used))
        failed += bool(left)
        total += frames
        known = f", {len(wrong)} known differences" if wrong and not left else ""
        print(f"{'not ok' if left else 'ok'} {i} - {name}, {frames} frames{known}")
        for line in left[:20]:
            print(f"# {line}")
    old = list(stale(used, [name for name, _, _ in results]))
    print(f"{'not ok' if old else 'ok'} {len(results) + 1} - the table of differences is true")
    for line in old:
        print(f"# {line}")
    # A check that compares nothing would pass for ever.
    print(f"{'ok' if total else 'not ok'} {len(results) + 2} - {total} frames compared")
    return failed + bool(old) + (not total)


def main():
    root = os.environ.get("WHOSENT_DATA")
    if not shutil.which("tshark"):
        print("1..0 # SKIP tshark is not installed")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        jobs = [("made/" + name, path, labels) for name, path, labels in make.write_all(folder)]
        jobs += list(captures(root)) if root else []
        print(f"1..{len(jobs) + 2 + (not root)}")
        bad = report(run_all(sys.argv[1], jobs))
    if not root:
        print(f"ok {len(jobs) + 3} - real captures # SKIP WHOSENT_DATA is not set")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
