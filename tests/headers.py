#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each header of src/ compiles alone: it includes what its prototypes need. Prints TAP.

usage: headers.py SOURCE_ROOT COMPILER...
"""
import os
import subprocess
import sys


def headers(root):
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.endswith(".h") and name != "banned.h":
                yield os.path.relpath(os.path.join(folder, name), root)


def main():
    root, compiler = os.path.join(sys.argv[1], "src"), sys.argv[2:]
    bad = 0
    number = 0
    for number, header in enumerate(headers(root), 1):
        done = subprocess.run(
            [*compiler, "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Werror", "-Wno-unused-function",
             "-fsyntax-only", "-I", root, "-x", "c", "-"],
            input=f'#include "{header}"\n', text=True, stderr=subprocess.PIPE, check=False)
        for line in done.stderr.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if done.returncode else 'ok'} {number} - {header} alone")
        bad += done.returncode != 0
    print(f"1..{number}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
