#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The article's own evidence, solved by one command. Prints TAP; skips without $WHOSENT_DATA.

usage: article.py WHOSENT
"""
import json
import os
import subprocess
import sys

FILES = ("packet-list.txt", "frame-105540.txt", "kernel-trace.csv", "tasklist-svc.txt")
results = []


def check(name, problems):
    problems = [p for p in problems if p]
    for problem in problems:
        print(f"# {problem}")
    results.append(not problems)
    print(f"{'not ok' if problems else 'ok'} {len(results)} - {name}")


def differs(what, got, want):
    return None if got == want else f"{what}: {got!r}, not {want!r}"


def explain(whosent, folder, files, *options):
    done = subprocess.run([whosent, "explain", *options, *files], cwd=folder, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    rows = [json.loads(line) for line in done.stdout.splitlines()] if "--json" in options else []
    kinds = {}
    for row in rows:
        kinds.setdefault(row["event"]["dataset"].removeprefix("whosent."), []).append(row)
    return done, kinds


def whole_case(whosent, folder):
    done, rows = explain(whosent, folder, FILES, "--json", "--packets")
    packets = {row["frame"]["number"]: row for row in rows["packet"]}
    summary, finding = rows["summary"][0]["whosent"], rows["finding"][0]
    clock = summary["clocks"][0]
    check("exit code and counts", [
        differs("exit code", done.returncode, 0), differs("packets", len(packets), 15),
        differs("findings", len(rows["finding"]), 1)])
    process = {"pid": 2136, "name": "store.exe"}
    check("frame 105540 is exact", [
        differs("grade", packets[105540]["whosent"]["sender"],
                {"grade": "exact", "evidence": ["kernel-trace.csv:1"], "clock_delta_ns": 0}),
        differs("process", packets[105540]["source"]["process"], process),
        differs("length", packets[105540]["whosent"]["payload_bytes"], 8),
        differs("bytes", packets[105540]["network"]["bytes"], 50),
        differs("receiver", packets[105540]["whosent"]["receiver"], {"reason": "other-host"})])
    check("frame 105558 is ports", [
        differs("grade", packets[105558]["whosent"]["sender"]["grade"], "ports"),
        differs("evidence", packets[105558]["whosent"]["sender"]["evidence"],
                ["kernel-trace.csv:3"]),
        differs("process", packets[105558]["source"]["process"], process)])
    others = [p for n, p in packets.items() if n not in (105540, 105558)]
    check("the other 13 are pattern", [
        differs(n["frame"], n["whosent"]["sender"], {"grade": "pattern"}) or
        differs(n["frame"], n["source"]["process"], process) for n in others])
    check("the clock", [
        differs(key, clock[key], want) for key, want in
        {"file": "kernel-trace.csv", "state": "unsure", "pairs": 2, "zone_minutes": 240,
         "offset_ns": 14400312440200, "error_ns": 15625000}.items()])
    w = finding["whosent"]
    check("the finding", [
        differs("process", finding["process"], process),
        differs("rule", (w["rule"]["id"], w["rule"]["strength"]),
                ("exchange-newmail-udp", "strong")),
        differs("grades", w["grades"], {"exact": 1, "ports": 1, "pattern": 13}),
        differs("reasons", w["reasons"], {}), differs("direction", w["direction"], "out"),
        differs("source ports", w["pattern"]["source_port"],
                {"kind": "rising", "min": 35996, "max": 36016}),
        differs("destination ports", w["pattern"]["destination_port"],
                {"kind": "varied", "min": 1127, "max": 4642}),
        differs("peers", w["pattern"]["peers"], 15),
        differs("length", w["pattern"]["payload_bytes"],
                {"kind": "constant", "value": 8, "known": 1}),
        differs("interval", w["pattern"]["interval"], {"kind": "burst"})])
    check("no services: that table has none", [
        "services" if b"services" in done.stdout else None])


def without_roster(whosent, folder):
    done, rows = explain(whosent, folder, FILES[:3], "--json", "--packets")
    check("without the process table: PID 2136, no name", [
        differs(p["frame"], p["source"]["process"], {"pid": 2136}) for p in rows["packet"]])
    done, _ = explain(whosent, folder, FILES[:3])
    check("... and it says that no roster was given", [
        None if b"No process table was given" in done.stdout else done.stdout.decode()[-200:]])


def without_trace(whosent, folder):
    _, rows = explain(whosent, folder, (FILES[0], FILES[1], FILES[3]), "--json", "--packets")
    check("without the kernel trace nobody is named", [
        "named" if "process" in p["source"] or "process" in p["destination"] else
        differs("reason", p["whosent"]["sender"]["reason"], "no-evidence")
        for p in rows["packet"]] + ["named" if "process" in rows["finding"][0] else None])
    candidates = rows["finding"][0]["whosent"]["candidates"]
    check("... candidates only", [
        differs("candidate", [c["process"] for c in candidates],
                [{"pid": 2136, "name": "store.exe"}])] +
        [differs(p["frame"], [c["process"]["pid"] for c in p["whosent"]["sender"]["candidates"]],
                 [2136]) for p in rows["packet"]])


def same_bytes(whosent, folder):
    outputs = set()
    for key in ("1", "2", "77"):
        os.environ["WHOSENT_HASH_KEY"] = key
        outputs.add(explain(whosent, folder, FILES, "--json", "--packets")[0].stdout)
    del os.environ["WHOSENT_HASH_KEY"]
    check("three hash keys, one output", [differs("outputs", len(outputs), 1)])


def main():
    data = os.environ.get("WHOSENT_DATA")
    if not data:
        print("ok 1 - the article # SKIP WHOSENT_DATA is not set")
        print("1..1")
        return 0
    whosent, folder = os.path.abspath(sys.argv[1]), os.path.join(data, "article")
    whole_case(whosent, folder)
    without_roster(whosent, folder)
    without_trace(whosent, folder)
    same_bytes(whosent, folder)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
