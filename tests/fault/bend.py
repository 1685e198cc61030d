#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs bend on captures: bend.py BEND EVERY made|real ROOT.

`made`: those that tests/crosscheck/make.py writes, and the samples of the project at ROOT. `real`:
those below the folder that the environment variable WHOSENT_DATA names. Prints TAP."""

import os
import subprocess
import sys
import tempfile

PLACES = ["pairs", "real", "pcap", "pcapng"]
NOT_CAPTURES = (".txt", ".zip", ".tsv", ".md")


def below(root):
    return sorted(os.path.join(folder, file) for folder, _, files in os.walk(root)
                  for file in files if not file.endswith(NOT_CAPTURES))


def made(root, folder):
    sys.path.insert(0, os.path.join(root, "tests", "crosscheck"))
    sys.dont_write_bytecode = True
    import make  # pylint: disable=import-outside-toplevel,import-error
    samples = [path for path in below(os.path.join(root, "samples")) if path.endswith(".pcap")]
    return [path for _, path, _ in make.write_all(folder)] + samples


def main():
    bend, every, what, root = sys.argv[1:5]
    with tempfile.TemporaryDirectory() as folder:
        if what == "made":
            paths = made(root, folder)
        else:
            data = os.environ.get("WHOSENT_DATA")
            if not data:
                print("1..0 # SKIP WHOSENT_DATA is not set")
                return 0
            paths = [path for place in PLACES for path in below(os.path.join(data, place))]
        return subprocess.run([bend, every, *paths], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
