#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every nth allocation and every nth read fails, once and for good: whosent says so in a sentence
and ends with an exit code, never with a signal, and never claims what it did not claim before.

usage: run.py WHOSENT SHIM SAMPLES
"""
import json
import os
import subprocess
import sys
import tempfile

# Above this many faults of a kind, only every so many-th is tried: the test must stay short.
MOST = 600


def inputs(where, samples):
    """A small case: the first frames and rows of the sample."""
    case = os.path.join(samples, "exchange")
    cut = {"server.pcap": 4000, "kernel-trace.csv": 3000, "tasklist.txt": 4000}
    for name, n in cut.items():
        with open(os.path.join(case, name), "rb") as file:
            data = file.read(n)
        if name.endswith(".csv"):
            data = data[:data.rindex(b"\n") + 1]
        with open(os.path.join(where, name), "wb") as file:
            file.write(data)
    return [os.path.join(where, name) for name in cut]


def run(whosent, shim, files, **faults):
    read, write = os.pipe()
    env = {**os.environ, "LD_PRELOAD": shim, "WHOSENT_HASH_KEY": "1", "FAULT_COUNT": str(write),
           **{k: str(v) for k, v in faults.items()}}
    # Without the sandbox: seccomp_load() of libseccomp 2.5.4 never returns where one of its own
    # allocations fails.
    done = subprocess.run([whosent, "explain", "--no-sandbox", "--json", "--packets", *files], env=env,
                          pass_fds=(write,), capture_output=True, timeout=60, check=False)
    os.close(write)
    with os.fdopen(read) as pipe:
        counts = pipe.read().split()
    return done, [int(n) for n in counts]


def names(output):
    """(frame, side) -> PID that is claimed."""
    found = {}
    for line in output.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # the output itself was cut by the fault
        if row["event"]["dataset"] != "whosent.packet":
            continue
        for side in ("source", "destination"):
            pid = row[side].get("process", {}).get("pid")
            if pid is not None:
                found[row["frame"]["number"], side] = pid
    return found


def try_all(whosent, shim, files, kind, total, good):
    """Problems of all faults of one kind."""
    truth = names(good.stdout)
    step = max(1, total // MOST)
    for n in range(1, total + 1, step):
        for for_good in (0, 1):
            done, _ = run(whosent, shim, files, **{kind: n, "FAULT_FOR_GOOD": for_good})
            where = f"{kind}={n} for_good={for_good}"
            if done.returncode < 0:
                yield f"{where}: signal {-done.returncode}"
            elif done.returncode not in (0, 1, 3):
                yield f"{where}: exit code {done.returncode}"
            elif done.returncode and not done.stderr:
                yield f"{where}: exit code {done.returncode} without a word"
            wrong = {k: v for k, v in names(done.stdout).items() if truth.get(k, v) != v}
            if wrong:
                yield f"{where}: other names {wrong}"


def main():
    whosent, shim, samples = (os.path.abspath(p) for p in sys.argv[1:4])
    bad = 0
    with tempfile.TemporaryDirectory() as where:
        files = inputs(where, samples)
        good, counts = run(whosent, shim, files)
        if good.returncode not in (0, 3) or not names(good.stdout) or len(counts) != 2:
            print(f"Bail out! the sound run failed: {good.stderr!r} {counts}")
            return 1
        for number, (kind, total) in enumerate(zip(("FAULT_ALLOC", "FAULT_READ"), counts), 1):
            problems = list(try_all(whosent, shim, files, kind, total, good))
            for problem in problems[:10]:
                print(f"# {problem}")
            print(f"{'not ok' if problems else 'ok'} {number} - {kind}, {total} of them")
            bad += bool(problems)
    print("1..2")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
