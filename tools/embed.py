#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the rule files as C, so that the program carries its knowledge.

usage: embed.py OUT.c RULE.yaml...
"""
import pathlib
import sys


def array(name, data):
    rows = [", ".join(f"0x{byte:02x}" for byte in data[i:i + 12]) for i in range(0, len(data), 12)]
    return f"static const uint8_t {name}[] = {{\n\t" + ",\n\t".join(rows) + ",\n};\n"


def main(out, files):
    files = sorted((pathlib.Path(name) for name in files), key=lambda path: path.name)
    if len({path.name for path in files}) != len(files):
        sys.exit("embed.py: two rule files have the same name")
    text = ["/* SPDX-License-Identifier: Apache-2.0 */\n",
            "/* Written by tools/embed.py from rules/; do not edit. */\n",
            '#include "know/builtin.h"\n\n']
    entries = []
    for number, path in enumerate(files):
        data = path.read_bytes()
        if not data:
            sys.exit(f"embed.py: {path.name} is empty")
        text.append(array(f"rule_{number}", data))
        entries.append(f'\t{{ .file = "{path.name}", .yaml = {{ rule_{number}, '
                       f"sizeof rule_{number} }} }},\n")
    text.append("\nconst struct builtin_rule rules_builtin[] = {\n" + "".join(entries) + "};\n")
    text.append(f"const size_t rules_builtin_count = {len(files)};\n")
    pathlib.Path(out).write_text("".join(text), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__.strip())
    main(sys.argv[1], sys.argv[2:])
