#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares readers and decoder with tshark, frame by frame: tshark.py DUMP.

DUMP is the program made of dump.c. The captures are those below the folder that the environment
variable WHOSENT_DATA names. Prints TAP."""

import glob
import os
import shutil
import subprocess
import sys

# Files that are left out, each with the reason.
SKIP = {
    "frag_ppp.pcap": "PPP is not read yet",
    "fuzz_sip.pcap": "fuzzed headers: tshark and a host differ on what still counts",
    "fuzz_suri.pcap": "tshark refuses the whole file",
    "ipoib_be.pcap": "IP over InfiniBand is not read yet",
    "netlink_be.pcap": "no packets of a network",
    "nflog.pcap": "NFLOG is not read yet",
    "ng_bad_shb.pcapng": "tshark refuses the whole file",
    "ng_custom.pcapng": "this tshark counts custom blocks as frames",
    "ng_multisection_custom_be.pcapng": "this tshark counts custom blocks as frames",
    "ng_gz.pcapng.gz": "compressed inputs are not read yet",
    "pppoe_qinq.pcap": "PPPoE is not read yet",
    "ts_invalid.pcap": "microseconds above 2^31, which tshark takes as negative",
    "mpls_vlan.pcap": "MPLS is not read yet",
    "vntag.pcap": "VN-Tag is not read yet",
}

# (file, frame): the link header is none that LINKTYPE_NULL allows; tshark guesses.
SKIP_FRAMES = {("null.pcap", "3")}

PATTERNS = ["pairs/*/*.cap", "pairs/*/*.pcapng", "real/*.pcap", "real/*.pcapng", "pcap/*"]

FIELDS = ["frame.number", "frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.proto",
          "ip.len", "ip.hdr_len", "ip.frag_offset", "ip.flags.mf", "ipv6.nxt",
          "ipv6.plen", "ipv6.hopopts.nxt", "ipv6.routing.nxt", "ipv6.dstopts.nxt",
          "ipv6.fraghdr.nxt", "ipv6.fraghdr.offset", "ipv6.fraghdr.more", "tcp.srcport",
          "tcp.dstport", "tcp.len", "udp.srcport", "udp.dstport", "udp.length", "frame.protocols"]

OPTIONS = ["-n", "-o", "tcp.desegment_tcp_streams:false", "-o", "ip.defragment:false",
           "-o", "ipv6.defragment:false"]

EXTENSIONS = {"0": "ipv6.hopopts.nxt", "43": "ipv6.routing.nxt", "60": "ipv6.dstopts.nxt",
              "44": "ipv6.fraghdr.nxt"}


def run_tshark(path):
    command = ["tshark", "-r", path, "-T", "fields", "-E", "occurrence=f", "-E", "separator=/t"]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command + OPTIONS, capture_output=True, text=True, check=False)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [dict(zip(FIELDS, row)) for row in rows]


def number(text):
    return int(text, 0) if text else 0


def first_layer(row):
    """Which IP header is the outermost."""
    for name in row["frame.protocols"].split(":"):
        if name in ("ip", "ipv6"):
            return name
    return None


def transport_v6(row):
    """Follows the extension headers; None where their order is too much for first occurrences."""
    value, seen = row["ipv6.nxt"], set()
    while value in EXTENSIONS:
        if value in seen or not row[EXTENSIONS[value]]:
            return None
        seen.add(value)
        value = row[EXTENSIONS[value]]
    return value


def payload(row, proto, version, fragment):
    """What the headers state, or None where this script cannot tell."""
    if proto == "6":
        return "" if fragment else row["tcp.len"]
    if proto == "17":
        length = number(row["udp.length"])
        return str(length - 8) if length >= 8 else None
    if proto == "1" and version == "ip":
        length = number(row["ip.len"]) - number(row["ip.hdr_len"]) - 8
        return "" if fragment or length < 0 else str(length)
    if proto == "58" and version == "ipv6":
        if row["ipv6.nxt"] != "58":
            return None
        return str(number(row["ipv6.plen"]) - 8)
    return ""


def expected(row):
    """The columns of dump.c as tshark sees the frame; None matches anything."""
    out = [row["frame.number"], epoch(row["frame.time_epoch"]), "", "", "", "", "", ""]
    version = first_layer(row)
    if not version or not row[version + ".src"]:
        return out
    out[2:4] = [row[version + ".src"], row[version + ".dst"]]
    proto = row["ip.proto"] if version == "ip" else transport_v6(row)
    out[6] = proto
    if proto is None:
        return out[:4] + [None] * 4
    offset = row["ip.frag_offset"] if version == "ip" else row["ipv6.fraghdr.offset"]
    more = row["ip.flags.mf"] if version == "ip" else row["ipv6.fraghdr.more"]
    later, fragment = number(offset) != 0, number(offset) != 0 or more in ("1", "True")
    if later:
        return out
    name = {"6": "tcp", "17": "udp"}.get(proto)
    if name:
        out[4:6] = [row[name + ".srcport"], row[name + ".dstport"]]
    out[7] = payload(row, proto, version, fragment)
    return out


def epoch(text):
    """tshark prints a fraction of a second or more as it stands: 1.1000000000 is 2.0."""
    seconds, _, fraction = text.partition(".")
    if len(fraction) <= 9:
        return text
    total = int(seconds) * 10**9 + int(fraction)
    return f"{total // 10**9}.{total % 10**9:09d}"


def same(ours, theirs):
    if theirs is None or ours == theirs:
        return True
    # Simple packet blocks have no time; tshark prints one all the same.
    return ours == "" and theirs == "0.000000000"


def compare(dump, path):
    """Returns how many frames tshark sees, and the differences."""
    done = subprocess.run([dump, path], capture_output=True, text=True, check=False)
    ours = [line.split("\t") for line in done.stdout.splitlines()]
    theirs = [expected(row) for row in run_tshark(path)]
    wrong = []
    if len(ours) != len(theirs):
        wrong.append(f"{len(ours)} frames, tshark has {len(theirs)}; {done.stderr.strip()}")
    for mine, other in zip(ours, theirs):
        if (os.path.basename(path), other[0]) in SKIP_FRAMES:
            continue
        if len(mine) != len(other) or not all(map(same, mine, other)):
            wrong.append(f"ours {mine}, tshark {other}")
    return len(theirs), wrong


def captures(root):
    found = set()
    for pattern in PATTERNS:
        found.update(glob.glob(os.path.join(root, pattern)))
    return sorted(found)


def main():
    root = os.environ.get("WHOSENT_DATA")
    if not root or not shutil.which("tshark"):
        why = "WHOSENT_DATA is not set" if not root else "tshark is not installed"
        print(f"1..0 # SKIP {why}")
        return 0
    paths, failed, frames = captures(root), 0, 0
    print(f"1..{len(paths) + 1}")
    for i, path in enumerate(paths, 1):
        name = os.path.relpath(path, root)
        reason = SKIP.get(os.path.basename(path))
        if reason:
            print(f"ok {i} - {name} # SKIP {reason}")
            continue
        count, wrong = compare(sys.argv[1], path)
        frames += count
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {i} - {name}, {count} frames")
        for line in wrong[:5]:
            print(f"# {line}")
    # A check that compares nothing would pass for ever.
    print(f"{'ok' if frames else 'not ok'} {len(paths) + 1} - {frames} frames compared")
    return 1 if failed or not frames else 0


if __name__ == "__main__":
    sys.exit(main())
