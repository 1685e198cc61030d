#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures of other formats, written by editcap: strangers.py DUMP CAPTURE.

Each must be called by its name, and the command that the message gives must make a file of it that
is read, with as many frames. DUMP is the program made of dump.c. Prints TAP."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile

FRAMES = 5

# What editcap 4 can write of Ethernet frames, and a word of our message; "" where the format has no
# magic number and the message can only guess. This is then not tried: editcap must be told more.
FORMATS = {
    "5views": "5View", "commview-ncf": "", "commview-ncfx": "", "k12text": "K12",
    "lanalyzer": "LANalyzer", "netmon1": "Network Monitor 1", "netmon2": "Network Monitor",
    "nettl": "nettl", "ngsniffer": "Sniffer", "ngwsniffer_1_1": "Windows Sniffer",
    "ngwsniffer_2_0": "Windows Sniffer", "observer": "Observer", "snoop": "snoop",
    "visual": "Visual",
}


def run(*command, where=None):
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=where)


def check(dump, capture, form, word, where):
    name = f"{form}.cap"
    written = run("editcap", "-r", "-F", form, capture, name, f"1-{FRAMES}", where=where)
    if written.returncode:
        return None
    said = run(dump, name, where=where).stderr.strip()
    if word not in said or (not word and "if it is a capture" not in said):
        return [f"the message: {said}"]
    # editcap 4.0 refuses the Observer files that it has written itself.
    if not word or form == "observer":
        return []
    command = shlex.split(said.partition(": editcap")[2])
    made = run("editcap", *command, where=where)
    if made.returncode:
        return [f"{command}: {made.stderr}"]
    frames = run(dump, command[-1], where=where).stdout.splitlines()
    return [] if len(frames) == FRAMES else [f"{len(frames)} frames are read of {FRAMES}"]


def main():
    if not shutil.which("editcap"):
        print("1..0 # SKIP editcap is not installed")
        return 0
    dump, capture = (os.path.abspath(path) for path in sys.argv[1:3])
    failed = 0
    print(f"1..{len(FORMATS)}")
    with tempfile.TemporaryDirectory() as where:
        for i, (form, word) in enumerate(FORMATS.items(), 1):
            wrong = check(dump, capture, form, word, where)
            if wrong is None:
                print(f"ok {i} - {form} # SKIP this editcap cannot write it")
                continue
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {i} - {form}")
            for line in wrong:
                print(f"# {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
