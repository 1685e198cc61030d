#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rooms may use only what lies below them. Prints TAP.

usage: arrows.py SOURCE_ROOT

  base <- model <- {decode, evidence, live, correlate, describe, infer, know, output} <- cmd <- main

Siblings never include each other. Also: banned functions are poisoned in every room's build, no
source names an absolute path of a home or work folder, and files and functions keep their size.
"""
import os
import re
import sys

SIBLINGS = ("decode", "evidence", "live", "correlate", "describe", "infer", "know", "output")
MAY_USE = {"base": {"base"}, "model": {"base", "model"}, "main": {"base", "model", "cmd"}}
MAY_USE.update({room: {"base", "model", room} for room in SIBLINGS})
MAY_USE["cmd"] = {"base", "model", "cmd", *SIBLINGS}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def room_of(path):
    head = path.split("/")[0]
    return "main" if head == "main.c" else head


def sources(root):
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(folder, name), root)


def broken_arrows(root):
    """Every include that goes where it must not, as "FILE includes HEADER"."""
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for header in INCLUDE.findall(file.read()):
                target = room_of(header) if "/" in header else room_of(path)
                if target not in MAY_USE.get(room_of(path), set()):
                    yield f"{path} includes {header}"


def long_files(root):
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            n = len(file.readlines())
        if n > 600:
            yield f"{path} has {n} lines"


def long_functions(root):
    """A body runs from a "{" to a "}" in column 0; tables (behind "= {") do not count."""
    for path in sources(root):
        start = None
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.startswith("{"):
                    start = number
                elif line.startswith("}") and start:
                    if number - start - 1 > 45:
                        yield f"{path}:{start} has {number - start - 1} lines"
                    start = None


def report(number, name, problems):
    problems = list(problems)
    for problem in problems:
        print(f"# {problem}")
    print(f"{'not ok' if problems else 'ok'} {number} - {name}")
    return bool(problems)


def self_test(tmp):
    """A room with a broken arrow must be seen, or this test could not fail."""
    os.makedirs(os.path.join(tmp, "decode"))
    with open(os.path.join(tmp, "decode", "x.c"), "w", encoding="utf-8") as file:
        file.write('#include "base/err.h"\n#include "know/rules.h"\n')
    seen = list(broken_arrows(tmp))
    return [] if seen == ["decode/x.c includes know/rules.h"] else [f"saw {seen}"]


def main():
    import tempfile
    root = os.path.join(sys.argv[1], "src")
    bad = report(1, "includes follow the arrows", broken_arrows(root))
    with tempfile.TemporaryDirectory() as tmp:
        bad |= report(2, "a broken arrow is seen", self_test(tmp))
    bad |= report(3, "no file above 600 lines", long_files(root))
    bad |= report(4, "no function above 45 lines", long_functions(root))
    print("1..4")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
