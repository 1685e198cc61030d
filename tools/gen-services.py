#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the table of port names from a services(5) file: gen-services.py OUTPUT [FILE].

Without FILE the environment variable WHOSENT_SERVICES names it; else it is the full IANA list of
Debian's libwireshark-data, else /etc/services, which knows few names."""

import os
import re
import sys

FULL = "/usr/share/wireshark/services"
FALLBACK = "/etc/services"


def choose(arguments):
    """Returns the path of the list."""
    if len(arguments) > 2:
        return arguments[2]
    if os.environ.get("WHOSENT_SERVICES"):
        return os.environ["WHOSENT_SERVICES"]
    if os.path.exists(FULL):
        return FULL
    print(f"gen-services: warning: {FULL} is missing (Debian: libwireshark-data); {FALLBACK} "
          "is used, so that most port names in packet lists will not be known", file=sys.stderr)
    return FALLBACK


def read(path):
    """Returns {name: {"tcp": set of ports, "udp": set of ports}}."""
    names = {}
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = line.split("#", 1)[0].split()
            if len(words) < 2:
                continue
            match = re.fullmatch(r"(\d+)(?:-(\d+))?/([a-z0-9/]+)", words[1])
            if not match or not re.fullmatch(r"[!-~]+", words[0]):
                continue
            first = int(match[1])
            ports = range(first, int(match[2] or first) + 1)
            for protocol in match[3].split("/"):
                if protocol in ("tcp", "udp"):
                    entry = names.setdefault(words[0], {"tcp": set(), "udp": set()})
                    entry[protocol].update(p for p in ports if 0 < p < 65536)
    return names


def sole(ports):
    """A name with several ports tells none of them."""
    return next(iter(ports)) if len(ports) == 1 else 0


def quote(name):
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")


def write(names, out):
    ordered = sorted(names, key=lambda name: name.encode())
    out.write("/* Written by tools/gen-services.py; not to be edited. */\n"
              '#include "evidence/capture/services_table.h"\n\nconst char service_names[] =\n')
    at, rows = 0, []
    for name in ordered:
        out.write(f'\t"{quote(name)}\\0"\n')
        rows.append(f"\t{{ {at}, {sole(names[name]['tcp'])}, {sole(names[name]['udp'])} }},\n")
        at += len(name) + 1
    out.write("\t;\n\nconst struct service services[] = {\n" + "".join(rows) + "};\n\n"
              f"const size_t services_count = {len(rows)};\n")


def main():
    path = choose(sys.argv)
    names = read(path)
    if not names:
        sys.exit(f"gen-services: {path} has no services")
    with open(sys.argv[1], "w", encoding="ascii") as out:
        write(names, out)


if __name__ == "__main__":
    main()
