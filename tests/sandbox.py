#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""whosent itself, not only its library, ends up in the sandbox: a probe in its process can open no
file, make none, make no socket and start no program; with --no-sandbox it can. Prints TAP.

usage: sandbox.py WHOSENT PROBE SAMPLES
"""
import os
import subprocess
import sys


def probe(whosent, library, files, *options):
    read, write = os.pipe()
    subprocess.run([whosent, "explain", *options, *files], pass_fds=(write,), check=False,
                   env={**os.environ, "LD_PRELOAD": library, "PROBE_FD": str(write)},
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        return dict(line.split() for line in pipe)


def main():
    whosent, library, samples = (os.path.abspath(p) for p in sys.argv[1:4])
    case = os.path.join(samples, "dsaccess")
    files = [os.path.join(case, name) for name in sorted(os.listdir(case))]
    inside = probe(whosent, library, files)
    outside = probe(whosent, library, files, "--no-sandbox")
    checks = [(f"{what} is refused", inside.get(what), "refused")
              for what in ("open", "create", "socket", "exec")]
    checks += [(f"{what} is allowed without", outside.get(what), "allowed")
               for what in ("open", "create", "socket")]
    for number, (name, got, want) in enumerate(checks, 1):
        if got != want:
            print(f"# it was {got}")
        print(f"{'ok' if got == want else 'not ok'} {number} - {name}")
    print(f"1..{len(checks)}")
    return 0 if all(got == want for _, got, want in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
