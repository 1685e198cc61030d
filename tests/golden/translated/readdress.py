#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a capture again with other IPv4 addresses: readdress.py IN OUT FROM=TO... [+FROM=TO...]

FROM and TO are prefixes of whole octets ("10.1." or "10.1.1.1"), and the first that fits counts.
With rules that begin with "+" each frame comes once more, 100 us later, with those. Checksums are
not mended: nothing that reads captures needs them.
"""
import struct
import sys


def other(ip, rules):
    text = ".".join(map(str, ip))
    for old, new in rules:
        if text.startswith(old) and (old.endswith(".") or text == old):
            return bytes(map(int, (new + text[len(old):]).split(".")))
    return ip


def fields(frame):
    """Where addresses stand: in IPv4, in what an ICMP error quotes, in ARP."""
    kind = frame[12:14]
    if kind == b"\x08\x06":
        return [28, 38]
    if kind != b"\x08\x00":
        return []
    found = [26, 30]
    if frame[23] == 1 and frame[34] == 3:
        found += [54, 58]
    return found


def readdress(frame, rules):
    frame = bytearray(frame)
    for at in fields(frame):
        frame[at:at + 4] = other(bytes(frame[at:at + 4]), rules)
    return frame


def again(data, rules, later):
    """The records of a capture as (time in us, bytes)."""
    at = 24
    while at < len(data):
        s, us, n, wire = struct.unpack_from("<IIII", data, at)
        time = s * 1000000 + us
        frame = data[at + 16:at + 16 + n]
        yield time, wire, readdress(frame, rules)
        if later:
            yield time + 100, wire, readdress(frame, later)
        at += 16 + n


def main():
    source, target, *rules = sys.argv[1:]
    first = [rule.split("=") for rule in rules if not rule.startswith("+")]
    later = [rule[1:].split("=") for rule in rules if rule.startswith("+")]
    with open(source, "rb") as file:
        data = file.read()
    with open(target, "wb") as file:
        file.write(data[:24])
        for time, wire, frame in sorted(again(data, first, later), key=lambda r: r[0]):
            file.write(struct.pack("<IIII", time // 1000000, time % 1000000, len(frame), wire))
            file.write(frame)


if __name__ == "__main__":
    main()
