#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Annotated captures from end to end: what `whosent convert` writes is read by tshark and by whosent
itself, and holds the frames that were there. Prints TAP.

usage: convert.py WHOSENT SOURCE_ROOT LAB-TRACE
"""
import glob
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

count = 0


def report(good, name, why=""):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good and why:
        print("# " + str(why).replace("\n", "\n# "))


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}")


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **more)


def pcap_frames(path):
    """(ns, bytes on the wire, bytes) of a little-endian pcap with microseconds or nanoseconds."""
    with open(path, "rb") as file:
        data = file.read()
    scale = 1 if data[:4] == b"\x4d\x3c\xb2\xa1" else 1000
    at, frames = 24, []
    while at < len(data):
        s, fraction, captured, wire = struct.unpack_from("<IIII", data, at)
        frames.append((s * 10**9 + fraction * scale, wire, data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return frames


def pcapng_frames(path):
    """The same of a file that convert wrote; also the link types of its interfaces."""
    with open(path, "rb") as file:
        data = file.read()
    at, frames, links = 0, [], []
    while at < len(data):
        kind, length = struct.unpack_from("=II", data, at)
        if kind == 1:
            links.append(struct.unpack_from("=H", data, at + 8)[0])
        elif kind == 6:
            _, high, low, captured, wire = struct.unpack_from("=IIIII", data, at + 8)
            frames.append((high << 32 | low, wire, data[at + 28:at + 28 + captured]))
        at += length
    return frames, links


def sides(whosent, *files):
    """(grade or None, PID or None) of both sides of each frame."""
    done = run(whosent, "explain", "--json", "--packets", "--no-sandbox", *files)
    found = []
    for line in done.stdout.splitlines():
        row = json.loads(line)
        if row["event"]["dataset"] == "whosent.packet":
            found.append([(row["whosent"][side].get("grade"),
                           row.get(end, {}).get("process", {}).get("pid"))
                          for side, end in (("sender", "source"), ("receiver", "destination"))])
    return found


def same_names(before, after, least="ports"):
    """Each frame of the annotated file has the process that it had, by no stronger grade; those by a
    grade below the least may be missing."""
    strength = {"lifetime": 1, "pattern": 2, "ports": 3, "endpoint": 4, "flow": 5, "exact": 6}
    if len(before) != len(after):
        return f"{len(before)} frames, then {len(after)}"
    for number, (a, b) in enumerate(zip(before, after), 1):
        named = [pid for grade, pid in a if strength.get(grade, 0) >= strength[least]]
        again = [pid for _, pid in b if pid is not None]
        if len(named) == 1 and again != named:
            return f"frame {number}: {a}, then {b}"
        if any(pid not in [p for _, p in a] for pid in again):
            return f"frame {number}: a new process: {a}, then {b}"
        for (ga, pa), (gb, pb) in zip(a, b):
            if pa is not None and pa == pb and strength[gb] > strength[ga]:
                return f"frame {number}: {ga} became {gb}"
    return ""


def tshark_reads(path, frames):
    done = run("tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.number", "-e",
               "frame.comment")
    warnings = [line for line in done.stderr.decode().splitlines() if "Running as" not in line]
    rows = done.stdout.decode().splitlines()
    if done.returncode or warnings:
        return "\n".join(warnings) or f"exit code {done.returncode}"
    if len(rows) != frames:
        return f"{len(rows)} frames, not {frames}"
    for row in rows:
        if not row.partition("\t")[2].startswith("process: "):
            return row
    return ""


def again(whosent, where, out, got):
    """What is wrong when a file is annotated once more: it must stay as it is."""
    second = os.path.join(where, "second.pcapng")
    done = run(whosent, "convert", "--no-sandbox", out, second)
    if done.returncode:
        return done.stderr.decode()
    with open(out, "rb") as one, open(second, "rb") as two:
        before, after = one.read(), two.read()
    if pcapng_frames(second)[0] != got:
        return "other frames"
    if before.count(b"process: ") < after.count(b"process: "):
        return "more comments"
    return ""


def check(name, whosent, where, files, frames, names):
    out = os.path.join(where, "out.pcapng")
    done = run(whosent, "convert", "--no-sandbox", *files, out)
    report(done.returncode == 0, f"{name}: converts", done.stderr.decode())
    got, links = pcapng_frames(out)
    report(frames is None or got == frames, f"{name}: the frames are those of the input",
           f"{len(got)} frames")
    report(set(links) <= {1}, f"{name}: link types", links)
    why = same_names(names, sides(whosent, out))
    report(not why, f"{name}: read again, the same processes by no stronger grade", why)
    why = again(whosent, where, out, got)
    report(not why, f"{name}: annotated once more, no more comments", why)
    bare = os.path.join(where, "bare.pcapng")
    run(whosent, "convert", "--no-sandbox", "--no-comments", *files, bare)
    why = same_names(names, sides(whosent, bare), "exact")
    report(not why, f"{name}: without comments none by a stronger grade", why)
    if shutil.which("tshark"):
        why = tshark_reads(out, len(got))
        report(not why, f"{name}: tshark reads it without a warning and shows the comments", why)
    else:
        skip(f"{name}: tshark", "tshark is not installed")
    return got


def check_samples(whosent, root, where):
    for case in ("exchange", "dsaccess"):
        files = sorted(glob.glob(f"{root}/samples/{case}/*"))
        capture = [f for f in files if f.endswith(".pcap")][0]
        check(f"samples/{case}", whosent, where, files, pcap_frames(capture),
              sides(whosent, *files))


def written(path):
    """(ns, bytes on the wire, bytes) of each packet of a trace, without copies."""
    packets = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            cells = line.rstrip("\n").split("\t")
            if cells[1] == "packet" and "copy" not in cells:
                captured, _, wire, _ = cells[4].split(" ")
                packets.append((int(cells[0]), int(wire), int(captured)))
    return packets


def check_traces(whosent, lab, where):
    for name, form in (("netsh", ["--kernel", "--ndis"]), ("pktmon", ["--manifest", "--pktmon"])):
        folder = os.path.join(where, name)
        os.mkdir(folder)
        subprocess.run([lab, folder, "--seed", "7", "--packets", "300", *form], check=True)
        trace = os.path.join(folder, "trace.etl")
        told = written(os.path.join(folder, "events.tsv"))
        got = check(name, whosent, where, [trace], None, sides(whosent, trace))
        report([(ns, wire, len(data)) for ns, wire, data in got] == told,
               f"{name}: each packet once, as it was written", f"{len(got)}, {len(told)}")
        out = os.path.join(where, "copies.pcapng")
        run(whosent, "convert", "--no-sandbox", "--all-copies", trace, out)
        report(len(pcapng_frames(out)[0]) > len(got), f"{name}: --all-copies gives more")


def check_texts(whosent, root, where):
    """Frames of a text list have no bytes."""
    listed = os.path.join(where, "list.txt")
    with open(listed, "w", encoding="utf-8") as file:
        file.write("No.     Time           Source                Destination           Protocol Length Info\n"
                   "      1 0.000000       10.1.1.1              10.1.1.2              UDP      50     "
                   "36003 → 2762 Len=8\n")
    out = os.path.join(where, "texts.pcapng")
    done = run(whosent, "convert", listed, out)
    report(done.returncode == 1 and b"no bytes" in done.stderr, "a text list alone is refused",
           done.stderr.decode())
    done = run(whosent, "convert", listed, f"{root}/samples/exchange/server.pcap", out)
    report(done.returncode == 3 and b"list.txt: 1 frames of text" in done.stderr and
           len(pcapng_frames(out)[0]) == len(pcap_frames(f"{root}/samples/exchange/server.pcap")),
           "beside a capture it is left out, and that is said", done.stderr.decode())


def check_overwriting(whosent, root, where):
    """Evidence is not written over, whatever was forgotten on the command line."""
    capture = f"{root}/samples/exchange/server.pcap"
    for name in ("exchange/kernel-trace.csv", "exchange/server.pcap"):
        there = os.path.join(where, "there")
        shutil.copy(f"{root}/samples/{name}", there)
        before = open(there, "rb").read()
        done = run(whosent, "convert", capture, there)
        report(done.returncode == 2 and open(there, "rb").read() == before,
               f"{name} is not written over", done.stderr.decode())
        with open(there, "rb+") as both:
            done = run(whosent, "convert", "-", there, stdin=both)
        report(done.returncode == 2 and open(there, "rb").read() == before,
               f"{name} is not, from standard input", done.stderr.decode())
        with open(there, "ab") as both:
            done = subprocess.run([whosent, "convert", there, "-"], stdout=both,
                                  stderr=subprocess.PIPE, check=False)
        report(done.returncode == 2 and open(there, "rb").read() == before,
               f"{name} is not, by standard output", done.stderr.decode())
    open(there, "wb").close()
    report(run(whosent, "convert", capture, there).returncode == 0, "an empty file is")
    report(run(whosent, "convert", capture, there).returncode == 0, "what convert wrote is")


def check_refusals(whosent, root, where):
    samples = f"{root}/samples/exchange"
    same = os.path.join(where, "same.pcap")
    shutil.copy(f"{samples}/server.pcap", same)
    before = open(same, "rb").read()
    done = run(whosent, "convert", same, same)
    report(done.returncode == 2 and open(same, "rb").read() == before,
           "an input is not written over", done.stderr.decode())
    out = os.path.join(where, "none.pcapng")
    done = run(whosent, "convert", f"{samples}/kernel-trace.csv", out)
    report(done.returncode == 1 and b"no input has packets" in done.stderr, "a log has no packets",
           done.stderr.decode())
    report(run(whosent, "convert", same).returncode == 2, "two files are needed")
    report(run(whosent, "convert", "--json", same, out).returncode == 2, "--json is none of its options")
    report(run(whosent, "convert", same, "/nonexistent/x.pcapng").returncode == 1,
           "a folder that is not there")
    done = run(whosent, "convert", same, "-")
    report(done.returncode == 0 and done.stdout[:4] == b"\x0a\x0d\x0d\x0a", "standard output")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([whosent, "convert", same, "-"], stdout=full, stderr=subprocess.PIPE,
                              check=False)
    report(done.returncode == 1 and done.stderr, "a full disk is said")
    done = run(whosent, "convert", "--no-comments", same, "-")
    report(b"process: " not in done.stdout, "--no-comments")
    done = run(whosent, "convert", "-f", "port 53", same, out)
    report(0 < len(pcapng_frames(out)[0]) < len(pcap_frames(same)), "--filter")


def main():
    whosent, root, lab = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as where:
        check_samples(whosent, root, where)
        check_traces(whosent, lab, where)
        check_texts(whosent, root, where)
        check_overwriting(whosent, root, where)
        check_refusals(whosent, root, where)
    print(f"1..{count}")


if __name__ == "__main__":
    main()
