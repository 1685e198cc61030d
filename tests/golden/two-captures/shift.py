# SPDX-License-Identifier: Apache-2.0
"""shift.py IN OUT SECONDS: a pcap file (little endian) with its clock set to another time."""
import struct
import sys

with open(sys.argv[1], "rb") as file:
    data = file.read()
out, at = data[:24], 24
while at < len(data):
    seconds, fraction, captured, wire = struct.unpack_from("<IIII", data, at)
    out += struct.pack("<IIII", seconds + int(sys.argv[3]), fraction, captured, wire)
    out += data[at + 16:at + 16 + captured]
    at += 16 + captured
with open(sys.argv[2], "wb") as file:
    file.write(out)
