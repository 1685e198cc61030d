/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a packet once it is decoded: everything that correlation, description and
 * rules look at. Frame bytes never go further than the decoder. */
#ifndef WHOSENT_MODEL_DIGEST_H
#define WHOSENT_MODEL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "model/addr.h"

/* IP protocol numbers (IANA "Assigned Internet Protocol Numbers") that we name. */
enum transport {
	TRANSPORT_NONE = 255, /* no IP packet, or none that could be decoded */
	TRANSPORT_ICMP = 1,
	TRANSPORT_IGMP = 2,
	TRANSPORT_TCP = 6,
	TRANSPORT_UDP = 17,
	TRANSPORT_DCCP = 33,
	TRANSPORT_GRE = 47,
	TRANSPORT_ESP = 50,
	TRANSPORT_AH = 51,
	TRANSPORT_ICMPV6 = 58,
	TRANSPORT_SCTP = 132,
	TRANSPORT_UDPLITE = 136,
};

/* What wraps a packet into another one. */
enum tunnel {
	TUNNEL_NONE = 0,
	TUNNEL_IPIP, /* an IP packet in an IP packet of the same or the other version */
	TUNNEL_GRE,  /* with NVGRE, ERSPAN and PPTP */
	TUNNEL_ESP,  /* encrypted: what is inside is not known */
	TUNNEL_VXLAN,
	TUNNEL_GENEVE,
	TUNNEL_GTP,
	TUNNEL_TEREDO,
	TUNNEL_COUNT,
};

/* Which fields below are known. What an input does not state stays clear, is absent from the
 * output and never counts against a grade. */
enum {
	DIGEST_DECODED = 1 << 0,   /* the link layer was understood; else: undecodable */
	DIGEST_ADDRS = 1 << 1,     /* flow.*.addr, ip_version */
	DIGEST_PORTS = 1 << 2,     /* flow.*.port */
	DIGEST_PAYLOAD = 1 << 3,   /* payload_bytes, from headers, never from padding */
	DIGEST_WIRE = 1 << 4,      /* wire_bytes */
	DIGEST_PREFIX = 1 << 5,    /* prefix[0..prefix_n) and payload_hash */
	DIGEST_TCP = 1 << 6,       /* tcp_* */
	DIGEST_ICMP = 1 << 7,      /* icmp_type, icmp_code */
	DIGEST_ECHO = 1 << 8,      /* icmp_id, icmp_seq */
	DIGEST_QUOTED = 1 << 9,    /* quoted_* of an ICMP error */
	DIGEST_ARP = 1 << 10,      /* an ARP frame; addresses are those of its sender and target */
	DIGEST_FRAGMENT = 1 << 11, /* a later fragment: no ports of its own */
	DIGEST_PART = 1 << 12,     /* fragment_*: a part of a packet, the first one too */
	DIGEST_TUNNEL = 1 << 13,   /* tunnel: the packet is one of a tunnel. Without DIGEST_OUTER
				    * nothing inside could be read, and `flow` is the tunnel's */
	DIGEST_OUTER = 1 << 14,    /* outer, outer_transport: the outermost headers; `flow` and all
				    * the rest are those of the innermost packet */
	DIGEST_RECEIVED = 1 << 15, /* the host that captured says that the packet came in */
	DIGEST_SENT = 1 << 16,     /* ... or went out of it */
	DIGEST_HOPS = 1 << 17,     /* ip_id, ip_hops */
	DIGEST_GROUP = 1 << 18, /* the frame went to a multicast or broadcast address of its link */
};

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

#define DIGEST_PREFIX_BYTES 16

struct digest {
	uint32_t known;         /* DIGEST_* bits */
	uint8_t ip_version;     /* 4 or 6 */
	uint8_t transport;      /* IP protocol number, or TRANSPORT_NONE */
	uint8_t ip_hops;        /* how many the packet has left: TTL, hop limit */
	uint8_t tcp_flags;      /* TCP_* */
	uint32_t payload_bytes; /* of the transport: UDP data, TCP data, ICMP body after 8 bytes */
	uint32_t wire_bytes;    /* frame length on the wire, before any snaplen */
	uint32_t tcp_seq, tcp_ack;
	uint64_t payload_hash; /* of the captured payload: hash_payload() sees its front only */
	struct flow flow;
	uint16_t ip_id; /* IPv4; 0 where there is none, for it may be 0 (RFC 6864) */
	uint16_t icmp_id, icmp_seq;
	uint8_t icmp_type, icmp_code;
	uint8_t prefix_n; /* captured bytes at the front of the payload, up to 16 */
	uint8_t prefix[DIGEST_PREFIX_BYTES];
	/* Few packets have what follows: see digest_keep. */
	uint8_t tunnel;           /* enum tunnel: the outermost */
	uint8_t quoted_transport; /* the packet that an ICMP error is about, as it was sent */
	struct flow quoted;
	uint8_t outer_transport; /* IP protocol number */
	struct flow outer;       /* its ports are 0 where the tunnel has none */
	uint32_t fragment_id; /* what the parts of one packet have in common (RFC 791, RFC 8200) */
	uint64_t fragment_scope; /* in which network the part was: VLANs, labels, tunnels and their
				  * numbers, as a hash; 0: none of them */
	uint16_t fragment_from;  /* place of the part's bytes in the packet, in bytes */
	uint16_t fragment_bytes; /* how many there are */
	bool fragment_last;
	bool fragment_outer; /* with DIGEST_OUTER: it is the outer packet that is in parts */
};

/* Copies what the digest knows, half of its bytes as a rule: what has no bit in `known` is left in
 * *to as it was. */
static inline void digest_keep(struct digest *to, const struct digest *from)
{
	const uint32_t rare = DIGEST_QUOTED | DIGEST_PART | DIGEST_TUNNEL | DIGEST_OUTER;
	memcpy(to, from, from->known & rare ? sizeof *to : offsetof(struct digest, tunnel));
}

static inline bool digest_has(const struct digest *d, uint32_t bits)
{
	return (d->known & bits) == bits;
}

/* Ping and its answer (RFC 792, RFC 4443 4). */
static inline bool digest_is_echo_request(const struct digest *d)
{
	return digest_has(d, DIGEST_ICMP) &&
		d->icmp_type == (d->transport == TRANSPORT_ICMPV6 ? 128 : 8);
}

static inline bool digest_is_echo_reply(const struct digest *d)
{
	return digest_has(d, DIGEST_ICMP) &&
		d->icmp_type == (d->transport == TRANSPORT_ICMPV6 ? 129 : 0);
}

/* ICMP and ICMPv6 messages that report an error of another packet (RFC 792, RFC 4443 2.1). */
static inline bool digest_is_icmp_error(const struct digest *d)
{
	if (!digest_has(d, DIGEST_ICMP))
		return false;
	if (d->transport == TRANSPORT_ICMPV6)
		return d->icmp_type < 128;
	return d->icmp_type == 3 || d->icmp_type == 4 || d->icmp_type == 5 || d->icmp_type == 11 ||
		d->icmp_type == 12;
}

/* "udp", "tcp", "icmp", "ipv6-icmp", ... as in ECS network.transport; "ip-PROTO" is not made
 * here: NULL where the protocol has no name of ours. */
const char *transport_name(uint8_t transport);
const char *tunnel_name(enum tunnel t); /* "vxlan"; NULL for TUNNEL_NONE */

#endif
