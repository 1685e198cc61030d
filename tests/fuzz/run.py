#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a libFuzzer target on a copy of its corpus. Prints TAP.

usage: run.py TARGET CORPUS [SECONDS [KEEP]]

KEEP is a folder that is used and kept in place of the copy; finds go beside it.
"""
import os
import shutil
import subprocess
import sys
import tempfile


def main():
    target, corpus = (os.path.abspath(p) for p in sys.argv[1:3])
    seconds = sys.argv[3] if len(sys.argv) > 3 else "5"
    with tempfile.TemporaryDirectory() as where:
        work = os.path.abspath(sys.argv[4]) if len(sys.argv) > 4 else os.path.join(where, "work")
        shutil.copytree(corpus, work, dirs_exist_ok=True)
        # To give pages back to the system is slow on some virtual machines, and is no find.
        environment = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") +
                           ":allocator_release_to_os_interval_ms=-1:quarantine_size_mb=16")
        done = subprocess.run(
            [target, f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=2048",
             "-max_len=65536", f"-artifact_prefix={os.path.dirname(work)}/find-", "-verbosity=0",
             work], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, check=False,
            env=environment)
        for line in done.stderr.decode(errors="replace").splitlines()[-40:] \
                if done.returncode else []:
            print(f"# {line}")
        print(f"{'not ok' if done.returncode else 'ok'} 1 - {os.path.basename(target)}, {seconds} s")
    print("1..1")
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
