#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every nth allocation and every nth read fails, once and for good: whosent says so in a sentence
and ends with an exit code, never with a signal, and never claims what it did not claim before.

usage: run.py WHOSENT SHIM SAMPLES LAB-TRACE
"""
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import tempfile
import zipfile

# Above this many faults of a kind, only every so many-th is tried: the test must stay short. What
# is packed differs at the beginning only, and is tried less often.
MOST = 600


def packed(name, data):
    """The same file, compressed or in an archive."""
    if name.endswith(".txt"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        return name + ".zip", out.getvalue()
    compress = {".pcap": gzip.compress, ".csv": lzma.compress}[os.path.splitext(name)[1]]
    return name + ".packed", compress(data)


def inputs(where, samples, pack, lab):
    """A small case: the first frames and rows of the sample, or an event trace."""
    if pack == "etl":
        subprocess.run([lab, where, "--packets", "20", "--kernel", "--ndis", "--compress"], check=True)
        yield os.path.join(where, "trace.etl")
        return
    case = os.path.join(samples, "exchange")
    cut = {"server.pcap": 4000, "kernel-trace.csv": 3000, "tasklist.txt": 4000}
    for name, n in cut.items():
        with open(os.path.join(case, name), "rb") as file:
            data = file.read(n)
        if name.endswith(".csv"):
            data = data[:data.rindex(b"\n") + 1]
        name, data = packed(name, data) if pack == "packed" else (name, data)
        with open(os.path.join(where, name), "wb") as file:
            file.write(data)
        yield os.path.join(where, name)


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
    """(file, frame, side) -> PID that is claimed. Where a capture cannot be read, the rows are the
    log's events."""
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
                found[row["frame"]["file"], row["frame"]["number"], side] = pid
    return found


def try_all(whosent, shim, files, kind, total, good, most):
    """Problems of all faults of one kind."""
    truth = names(good.stdout)
    step = max(1, total // most)
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


def faults(whosent, shim, samples, what, lab):
    """(what, problems) of each kind of fault."""
    most = MOST if what == "plain" else MOST // 3
    with tempfile.TemporaryDirectory() as where:
        files = list(inputs(where, samples, what, lab))
        good, counts = run(whosent, shim, files)
        if good.returncode not in (0, 3) or not names(good.stdout) or len(counts) != 2:
            yield what, [f"the sound run failed: {good.stderr!r} {counts}"]
            return
        for kind, total in zip(("FAULT_ALLOC", "FAULT_READ"), counts):
            yield f"{what}, {kind}, {total} of them", list(
                try_all(whosent, shim, files, kind, total, good, most))


def main():
    whosent, shim, samples, lab = (os.path.abspath(p) for p in sys.argv[1:5])
    bad = number = 0
    for case in ("plain", "packed", "etl"):
        for what, problems in faults(whosent, shim, samples, case, lab):
            number += 1
            for problem in problems[:10]:
                print(f"# {problem}")
            print(f"{'not ok' if problems else 'ok'} {number} - {what}", flush=True)
            bad += bool(problems)
    print(f"1..{number}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
