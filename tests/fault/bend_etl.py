#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs bend-etl on event trace logs: bend_etl.py BEND-ETL EVERY ROOT. The seeds of the fuzz target
in the project at ROOT, and real logs in `etl` below the folder that the environment variable
WHOSENT_DATA names. Prints TAP."""

import glob
import os
import subprocess
import sys


def main():
    bend, every, root = sys.argv[1:4]
    paths = sorted(glob.glob(os.path.join(root, "tests/fuzz/corpus/etl/seed-*")))
    data = os.environ.get("WHOSENT_DATA")
    if data:
        for end in (".etl", ".etl.zip"):
            paths += sorted(glob.glob(os.path.join(data, "etl", "*" + end)))
    return subprocess.run([bend, every, *paths], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
