#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Progress on a terminal, and Ctrl-C: the report says what is known so far. Prints TAP.

usage: interrupt.py WHOSENT LAB-SENDS
"""
import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time

TIMEOUT = 120
results = []


def report(good, name, detail=""):
    results.append(good)
    if not good and detail:
        print(f"# {detail}")
    print(f"{'ok' if good else 'not ok'} {len(results)} - {name}")


def on_terminal(command, stdin=subprocess.DEVNULL, act=None):
    """Runs it with a terminal as standard error. `act` is called once with the process, when the
    line of the first pass is shown. Returns (exit code, standard output, what the terminal got)."""
    master, slave = pty.openpty()
    with tempfile.TemporaryFile() as out:
        with subprocess.Popen(command, stdin=stdin, stdout=out, stderr=slave,
                              env={**os.environ, "TERM": "xterm"}) as process:
            os.close(slave)
            shown, end = b"", time.monotonic() + TIMEOUT
            while time.monotonic() < end:
                if select.select([master], [], [], 0.05)[0]:
                    try:
                        shown += os.read(master, 65536)
                    except OSError:  # the other end is closed
                        break
                if act and b"reading, " in shown:
                    act(process)
                    act = None
            if time.monotonic() >= end:
                process.kill()
            code = process.wait()
        os.close(master)
        out.seek(0)
        return code, out.read().decode(), shown.decode()


def summary(text):
    return json.loads(text.splitlines()[-1])["whosent"]


def check_progress(whosent, files):
    code, out, shown = on_terminal([whosent, "explain", "--json", *files])
    total = summary(out)["packets"]
    report(code == 0 and "interrupted" not in summary(out), "a whole run", f"{code} {shown}")
    report("reading, " in shown and " %, " in shown, "progress is shown", repr(shown[-200:]))
    report(shown.endswith("\r\x1b[K"), "and taken away", repr(shown[-200:]))
    quiet = on_terminal([whosent, "explain", "-q", "--json", *files])
    report(quiet[2] == "" and quiet[1] == out, "--quiet shows none", repr(quiet[2][-200:]))
    return total


def check_interrupt(whosent, files, total):
    """Ctrl-C in the first pass. Packets of the second are those that were read in the first."""
    code, out, _ = on_terminal([whosent, "explain", "--json", "--packets", *files],
                               act=lambda process: process.send_signal(signal.SIGINT))
    said = summary(out)
    lines = sum('"whosent.packet"' in line for line in out.splitlines())
    report(code == 130 and said.get("interrupted") is True, "Ctrl-C: 130, and the report says so",
           f"{code} {said.get('interrupted')}")
    report(0 < said["packets"] < total, "it holds what was read so far",
           f"{said['packets']} of {total}")
    report(lines == said["packets"], "each packet is printed", f"{lines}, {said['packets']}")
    counted = sum(said["grades"].values()) + sum(said["reasons"].values())
    report(counted == said["packets"], "and has its answer", f"{counted}, {said['packets']}")


def check_pipe(whosent, capture):
    """A capture that is still being written: Ctrl-C ends the pipe, and all that came is read."""
    with open(capture, "rb") as file:
        part = file.read(1000000)
    read, write = os.pipe()
    with subprocess.Popen([whosent, "explain", "--json", "-"], stdin=read,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        os.close(read)
        os.write(write, part[:400000])
        os.write(write, part[400000:])  # returns when at most a pipe's capacity is left
        while os.path.exists(f"/proc/{process.pid}") and waiting(process.pid) != "pipe_read":
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=TIMEOUT)
        os.close(write)
    said = summary(out.decode())
    report(process.returncode == 130 and said.get("interrupted") is True,
           "Ctrl-C while a pipe is read", f"{process.returncode} {errors.decode()}")
    report(said["packets"] > 1000, "reads what came", str(said["packets"]))


def waiting(pid):
    """Which call of the kernel it sleeps in; a kernel that does not say is asked for its state."""
    try:
        with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
            where = file.read().strip()
        if where not in ("", "0"):
            return "pipe_read" if "pipe" in where else where
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return "pipe_read" if file.read().rsplit(")", 1)[1].split()[0] == "S" else "runs"
    except OSError:
        return "gone"


def main():
    whosent, lab = (os.path.abspath(p) for p in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as where:
        subprocess.run([lab, where, "--sends", "400000", "--seed", "3"], check=True,
                       stdout=subprocess.DEVNULL)
        files = [os.path.join(where, n) for n in ("capture.pcap", "trace.csv", "tasklist.txt")]
        total = check_progress(whosent, files)
        check_interrupt(whosent, files, total)
        check_pipe(whosent, files[0])
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
