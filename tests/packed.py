#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is packed gives the same answer as what it holds, and so does standard input. Prints TAP.

usage: packed.py WHOSENT SAMPLES

$WHOSENT_DATA names a folder of real files; without it those are skipped.
"""
import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile

CASE = ("server.pcap", "kernel-trace.csv", "tasklist.txt")


def explain(whosent, files, stdin=None):
    done = subprocess.run([whosent, "explain", "--json", "--packets", *files], input=stdin,
                          stdin=None if stdin is not None else subprocess.DEVNULL,
                          capture_output=True, timeout=120, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def zipped(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files, mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def single(data):
    """Compressed captures, each beside the plain log and table: name, bytes."""
    yield "server.pcap.gz", gzip.compress(data)
    yield "server.pcap.xz", lzma.compress(data)
    yield "server.pcap.bz2", bz2.compress(data)
    yield "twice.gz.xz", lzma.compress(gzip.compress(data))


def archives(files):
    """Archives of all three: name, bytes, the name of the member as a pattern."""
    packed = [(name, gzip.compress(data)) for name, data in files]
    yield "case.zip", zipped(files), "case.zip!%s"
    yield "stored.zip", zipped(files, zipfile.ZIP_STORED), "stored.zip!%s"
    yield "bzip2.zip", zipped(files, zipfile.ZIP_BZIP2), "bzip2.zip!%s"
    yield "case.tar", tarred(files, "w"), "case.tar!%s"
    yield "case.tar.gz", tarred(files, "w:gz"), "case.tar.gz!%s"
    yield "case.tar.xz", tarred(files, "w:xz"), "case.tar.xz!%s"
    yield "members.zip", zipped(packed), "members.zip!%s"
    yield "outer.zip", zipped([("inner.zip", zipped(packed))]), "outer.zip!inner.zip!%s"


def renamed(output, name, to):
    return output.replace(f'"{name}', f'"{to}')


def synthetic(whosent, samples):
    """(what, problem or None)"""
    files = []
    for name in CASE:
        with open(os.path.join(samples, "exchange", name), "rb") as file:
            files.append((name, file.read()))
    for name, data in files:
        with open(name, "wb") as file:
            file.write(data)
    plain = explain(whosent, CASE)
    if plain[0] != 0 or '"exact"' not in plain[1]:
        yield "the plain case", plain[2]
        return
    for name, data in single(files[0][1]):
        with open(name, "wb") as file:
            file.write(data)
        want = (0, renamed(plain[1], CASE[0], name), "")
        yield name, compare(explain(whosent, (name, *CASE[1:])), want)
        want = (0, renamed(plain[1], CASE[0], "-"), "")
        yield f"{name}, piped in", compare(explain(whosent, ("-", *CASE[1:]), data), want)
    for name, data, pattern in archives(files):
        with open(name, "wb") as file:
            file.write(data)
        text = plain[1]
        for member in CASE:
            text = renamed(text, member, pattern % member)
        yield name, compare(explain(whosent, (name,)), (0, text, ""))


def real(whosent, data):
    path = os.path.join(data, "pcap", "ng_gz.pcapng.gz")
    with gzip.open(path) as file:
        unpacked = file.read()
    with open("ng.pcapng", "wb") as file:
        file.write(unpacked)
    code, out, err = explain(whosent, ("ng.pcapng",))
    want = (code, renamed(out, "ng.pcapng", path), err.replace("ng.pcapng", path))
    yield "ng_gz.pcapng.gz", compare(explain(whosent, (path,)), want)
    for folder in ("etl", os.path.join("pairs", "otrf_schtask_create")):
        for name in sorted(os.listdir(os.path.join(data, folder))):
            path = os.path.join(data, folder, name)
            if not name.endswith(".zip"):
                continue
            with zipfile.ZipFile(path) as archive:
                members = [f"{path}!{i.filename}" for i in archive.infolist() if i.file_size]
            shown = explain(whosent, (path,))[1]
            missing = [m for m in members if f'"file":"{m}"' not in shown]
            yield name, f"not among the inputs: {missing}" if missing else None


def compare(got, want):
    for what, a, b in zip(("exit code", "output", "errors"), got, want):
        if a != b:
            lines = [(x, y) for x, y in zip(str(a).splitlines(), str(b).splitlines()) if x != y]
            return f"{what}: got, wanted {lines[0] if lines else (len(str(a)), len(str(b)))}"
    return None


def main():
    whosent, samples = (os.path.abspath(p) for p in sys.argv[1:3])
    data = os.environ.get("WHOSENT_DATA")
    data = os.path.abspath(data) if data else None
    bad = number = 0
    with tempfile.TemporaryDirectory() as where:
        os.chdir(where)
        checks = list(synthetic(whosent, samples))
        checks += real(whosent, data) if data else []
        os.chdir("/")
    for number, (what, problem) in enumerate(checks, 1):
        if problem:
            print(f"# {problem}")
        print(f"{'not ok' if problem else 'ok'} {number} - {what}")
        bad += bool(problem)
    if not data:
        number += 1
        print(f"ok {number} - real files # SKIP WHOSENT_DATA is not set")
    print(f"1..{number}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
