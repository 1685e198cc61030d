# SPDX-License-Identifier: Apache-2.0
"""Where our frames and tshark's (4.0.17) differ, and why. A line, a frame or a column that explains
nothing any more fails. Frames of made captures go by their label, cut ones by "label@snaplen"."""

import collections

# `columns` are those of dump.c; ("file", "frames") stands for the number of frames.
Difference = collections.namedtuple("Difference", "file frames columns reason")


def cut(starts, first, last):
    """The made frames that are cut so many bytes behind the start of a header: label -> start."""
    return tuple(f"{label}@{start + n}" for label, start in starts.items()
                 for n in range(first, last + 1))


def lengths(*labels):
    return tuple("length-" + label for label in labels)


ADDRS = ("src", "dst")
PORTS = ("sport", "dport")
ALL = ADDRS + PORTS + ("proto", "payload")

# Where the header begins.
TCP = {"tcp/4": 34, "tcp/6": 54, "tcp-syn/4": 34, "tcp-syn/6": 54, "tcp-options/4": 34,
       "tcp-options/6": 54, "auth-tcp/4": 58, "auth-tcp/6": 78, "ip4-options-most": 74,
       "hop-tcp": 62, "dst-tcp": 78, "route-tcp": 62, "atomic-tcp": 62, "chain-tcp": 110,
       "4in4": 54, "gre-c": 62, "gre-k": 62, "gre-s": 62, "gre-cks": 70, "vxlan-vlan": 88,
       "gtp-sequence": 74, "padded-tcp": 34, "padded-vlan-tcp": 38, "ppp-hdlc": 24}
SCTP = {"sctp/4": 34, "sctp/6": 54, "padded-sctp": 34, "padded-vlan-sctp": 38}
ICMP = {"icmp-echo": 34, "icmp-reply": 34, "icmp-empty": 34, "icmp-unreachable-udp": 34,
        "icmp-unreachable-tcp": 34, "icmp-exceeded": 34, "icmp-redirect": 34, "icmp-timestamp": 34,
        "padded-icmp": 34, "padded-vlan-icmp": 38}
TEREDO = {"teredo": 42, "teredo-auth": 55, "teredo-origin": 50}
ROUTING = {"route-udp": 54, "route-tcp": 54, "route-icmp": 54}

CUTS = "made/cuts.pcapng"
LENGTHS = "made/lengths.pcapng"

TABLE = [
    # Headers that the snaplen cuts.
    Difference(CUTS, cut(TCP, 14, 15), ("payload",),
               "the length of the TCP header is known; tshark wants the window too"),
    Difference(CUTS, cut(SCTP, 4, 11), PORTS,
               "the ports are there; tshark wants the whole common header"),
    Difference(CUTS, cut(ICMP, 2, 5), ("payload",),
               "type and code are there; tshark wants two bytes more than the checksum"),
    Difference(CUTS, cut({"ip4-options": 34}, 0, 3) + cut({"ip4-options-most": 34}, 0, 39),
               ADDRS + ("proto",), "the addresses are there; tshark wants the options too"),
    Difference(CUTS, cut(ROUTING, 1, 1), ("proto",),
               "we want the length of an extension header too"),
    Difference(CUTS, ("geneve-ip@50",), ("tunnel",),
               "GENEVE itself says that IPv4 follows; expect.py wants a byte of it"),
    Difference(CUTS, cut(TEREDO, 2, 11) + ("teredo-origin@51",), ("tunnel",),
               "tshark goes by the port; we want to see an address that clients of Teredo have"),
    Difference(CUTS, cut({"ipoib-arp": 40}, 2, 3), ("proto",),
               "we want the whole link header, its reserved bytes too"),
    Difference(CUTS, cut({"nflog-4": 12, "nflog-6": 12}, 0, 15), ("way",),
               "we take the hook only where the packet is there too"),
    Difference(CUTS, cut({"nflog-4": 48}, 0, 10) + cut({"nflog-6": 68}, 0, 10), ADDRS + ("proto",),
               "tshark does not look into a packet that is not there to its end"),
    Difference(CUTS, cut({"nflog-4": 52}, 0, 6) + cut({"nflog-6": 72}, 0, 6), PORTS,
               "tshark does not look into a packet that is not there to its end"),
    Difference(CUTS, cut({"nflog-4": 54}, 0, 4) + cut({"nflog-6": 74}, 0, 4), ("payload",),
               "tshark does not look into a packet that is not there to its end"),

    # Lengths that contradict each other.
    Difference(LENGTHS, lengths("ihl-0", "ihl-1", "ihl-4", "ip-1-udp", "ip-1-tcp", "ip-1-icmp",
                                "ip-1-sctp", "ip-19-udp", "ip-19-tcp", "ip-19-icmp", "ip-19-sctp"),
               ADDRS + ("proto",), "tshark stops at the length; addresses and protocol are sure"),
    Difference(LENGTHS, lengths("ip-27-sctp", "ip-28-sctp"), PORTS,
               "the ports are there; tshark wants the whole common header"),
    Difference(LENGTHS, lengths("doff-0", "doff-1", "doff-4"), ("payload",),
               "a TCP header below 20 bytes: no length follows from it"),
    Difference(LENGTHS, lengths("ip-65535-tcp", "ip6-65535-tcp"), ("payload",),
               "more than the frame: tshark counts what is there, we say what the headers do"),
    Difference(LENGTHS, lengths("udplite-1", "udplite-7", "udplite-42", "udplite-65535"),
               ("payload",), "a coverage that RFC 3828 3.1 forbids: nothing follows from it"),
    Difference(LENGTHS, lengths("hop-1"), PORTS,
               "tshark stops at an option that does not fill its header"),
    Difference(LENGTHS, lengths("hop-255", "auth-255"), ("proto",),
               "a header that ends behind its packet: what follows is not known"),

    # Times.
    Difference("made/resolutions.pcapng", ("16", "17", "18"), ("time",),
               "this tshark overflows where a second has 10^12 units"),
    Difference("pcap/ts_invalid.pcap", ("3",), ("time",),
               "2^31 microseconds and more, which tshark takes for a negative number"),

    # Damage in real captures.
    Difference("pcap/fuzz_sip.pcap", ("62", "65", "83"), ("payload",),
               "an IP length above that of the frame: tshark counts what is there"),
    Difference("pcap/fuzz_sip.pcap", ("303",), ADDRS + ("proto",),
               "an IP header of 4 bytes: tshark stops; addresses and protocol are certain"),
    Difference("pcap/fuzz_sip.pcap", ("669",), ADDRS + ("proto", "tunnel"),
               "IPv6 behind the ethertype of IPv4: tshark reads it, a host does not"),
    Difference("pcap/fuzz_suri.pcap", ("file",), ("frames",),
               "the record behind the first is damage; tshark reads a frame of another length"),
    Difference("pcap/fuzz_suri.pcap", ("1",), ADDRS + PORTS + ("proto",),
               "tshark takes the damaged file for one of another variant of pcap"),
    Difference("pcap/null.pcap", ("3",), ALL,
               "a link header that LINKTYPE_NULL does not allow; tshark guesses"),
    Difference("pcap/pppoe_qinq.pcap", ("19", "33", "41", "47", "63", "81"), ("payload",),
               "the IP packet is longer than PPPoE says; tshark cuts it off there"),
]
