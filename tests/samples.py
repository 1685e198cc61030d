#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that lab-exchange writes the files under samples/ again, byte for byte. Prints TAP.

usage: samples.py LAB_EXCHANGE SAMPLES
"""
import os
import subprocess
import sys
import tempfile

# Inputs lie apart from what is true of them: `whosent explain samples/exchange/*` reads all of it.
FOLDERS = ("exchange", "dsaccess", "stopped", "truth")


def tree(root):
    files = {}
    for folder in FOLDERS:
        top = os.path.join(root, folder)
        for name in sorted(os.listdir(top)) if os.path.isdir(top) else []:
            with open(os.path.join(top, name), "rb") as f:
                files[f"{folder}/{name}"] = f.read()
    return files


def difference(want, got):
    """None where both are equal, else a few words."""
    if want is None:
        return "is not in samples/"
    if got is None:
        return "is not written any more"
    if want == got:
        return None
    at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
    return f"differs from byte {at} on ({len(want)} bytes here, {len(got)} written)"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    lab, samples = sys.argv[1:]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        subprocess.run([lab, one], check=True)
        subprocess.run([lab, two], check=True)
        first, second = tree(one), tree(two)
    here = tree(samples)
    names = sorted(set(here) | set(first))
    print(f"1..{len(names) + 2}")
    failed = 0
    checks = [(f"samples/{n} is written again", difference(here.get(n), first.get(n)))
              for n in names]
    checks.append(("two runs write the same", None if first == second else "they differ"))
    checks.append(("there are samples", None if len(here) >= 8 else f"{len(here)} files"))
    for number, (name, trouble) in enumerate(checks, 1):
        print(f"{'not ok' if trouble else 'ok'} {number} - {name}" +
              (f"\n# {trouble}" if trouble else ""))
        failed += trouble is not None
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
