#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What users see, word for word. Prints TAP.

usage: run.py WHOSENT SOURCE_ROOT [--bless] [CASE...]

A case is a folder with
  cmd         one line for sh, run in a folder of its own that holds the case's other files and a
              link `samples` to the sample cases; $WHOSENT is the program
  out.exact   its standard output; err.exact  its standard error (absent: none); code  its exit
              code (absent: 0)
  README      what it shows and where its files come from
--bless writes out.exact, err.exact and code as they are now: look at the difference before you
commit it.
"""
import os
import shutil
import subprocess
import sys
import tempfile

KEPT = ("cmd", "README", "out.exact", "err.exact", "code")


def run(whosent, samples, case):
    with open(os.path.join(case, "cmd"), encoding="utf-8") as file:
        command = file.read().strip()
    with tempfile.TemporaryDirectory() as where:
        os.symlink(samples, os.path.join(where, "samples"))
        for name in os.listdir(case):
            if name not in KEPT:
                shutil.copy(os.path.join(case, name), where)
        done = subprocess.run(["sh", "-c", command], cwd=where, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=False,
                              env={**os.environ, "WHOSENT": whosent, "NO_COLOR": "1"})
    return {"out.exact": done.stdout, "err.exact": done.stderr,
            "code": f"{done.returncode}\n".encode()}


def wanted(case, name):
    path = os.path.join(case, name)
    if not os.path.exists(path):
        return b"0\n" if name == "code" else b""
    with open(path, "rb") as file:
        return file.read()


def bless(case, got):
    for name, data in got.items():
        path = os.path.join(case, name)
        if data != (b"0\n" if name == "code" else b""):
            with open(path, "wb") as file:
                file.write(data)
        elif os.path.exists(path):
            os.remove(path)


def differences(case, got):
    for name, data in got.items():
        want = wanted(case, name)
        if data == want:
            continue
        a, b = want.splitlines(), data.splitlines()
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        yield (f"{name}, line {at + 1}: wanted {a[at:at + 1]}, got {b[at:at + 1]}")


def main():
    words = [w for w in sys.argv[1:] if w != "--bless"]
    whosent, root, chosen = os.path.abspath(words[0]), words[1], words[2:]
    here = os.path.join(root, "tests", "golden")
    cases = chosen or sorted(n for n in os.listdir(here)
                             if os.path.isfile(os.path.join(here, n, "cmd")))
    bad = 0
    for number, name in enumerate(cases, 1):
        case = os.path.join(here, name)
        got = run(whosent, os.path.join(os.path.abspath(root), "samples"), case)
        if "--bless" in sys.argv:
            bless(case, got)
        problems = list(differences(case, got))
        if not os.path.exists(os.path.join(case, "README")):
            problems.append("it has no README")
        for problem in problems:
            print(f"# {problem}")
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
        bad += bool(problems)
    print(f"1..{len(cases)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
