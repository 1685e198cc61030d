/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoder's layers hand to each other; private to this room. */
#ifndef WHOSENT_DECODE_LAYERS_H
#define WHOSENT_DECODE_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "model/digest.h"
#include "model/record.h"

enum {
	ETHERTYPE_LEAST = 0x600, /* below it is a length (IEEE 802.3 3.2.6) */
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_BRIDGED = 0x6558, /* an Ethernet frame (RFC 1701) */
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_MULTICAST = 0x8848,
	ETHERTYPE_PPP = 0x880b,
};

/* Nothing known yet. It is copied, and from another file on purpose: to clear so large a struct,
 * compilers choose a string instruction that takes as long as the rest of a small frame. */
extern const struct digest digest_blank;

/* How well an IP packet must fill what carries it. Where nothing but a port or a nibble says that
 * there is one, its lengths are the proof. */
enum fit {
	FIT_ANY,
	FIT_WITHIN, /* not longer than its carrier: behind it may be padding */
	FIT_EXACT,
};

/* A frame while it is read. The cursor starts at the frame's first byte, so that its place is
 * also the length of the layers passed. Inside a tunnel the frame is what the tunnel carries. */
struct frame {
	struct cursor c;
	uint32_t wire; /* bytes on the wire, from the first one; 0: not known (fragments) */
	struct digest *d;
	enum fit fit;
	uint64_t scope;  /* networks inside which it is: frame_enter() */
	uint8_t layers;  /* link layers passed */
	uint8_t tunnels; /* how many are around it */
	bool refused;    /* what should have been an IP packet is none */
};

/* The part of a packet that a fragment is. */
struct ip_part {
	uint32_t id;
	uint32_t from, bytes;
	bool last;
};

/* An IP packet behind its IP headers. */
struct ip_packet {
	uint8_t version; /* 4 or 6 */
	uint8_t hops;
	uint16_t id;         /* 0 of IPv6 */
	bool fragment;       /* a part of a packet: its length is not that of the transport */
	uint8_t transport;   /* protocol number, or TRANSPORT_NONE where its header is cut off */
	bool later_fragment; /* a part that does not begin with the transport's header */
	bool has_length;     /* false where the headers contradict themselves */
	uint32_t total;      /* bytes of the whole packet, as it states */
	uint32_t length;     /* bytes behind the IP headers, as they state */
	struct ip_part part; /* good for a fragment */
	struct span body;    /* what is captured of those bytes: never padding */
};

/* Layers get the bytes before them as a span: two registers, where a cursor would go through memory
 * and be read before it is written. */

/* Reads an IPv4 or IPv6 packet, with IPv4 options and IPv6 extension headers. `wire` is what its
 * carrier still holds on the wire, or 0. The ports of *ret_flow stay as they are. False where not
 * even the addresses are certain. */
bool ip_read(struct span bytes, uint32_t wire, struct ip_packet *ret, struct flow *ret_flow);

/* Layers: each reads on at the frame's cursor and fills what it knows into the digest. */
void ip_layer(struct frame *f, unsigned version); /* 4, 6, or 0 for either */
void ethertype_layer(struct frame *f, unsigned type);
void llc_layer(struct frame *f);
void mpls_layer(struct frame *f);
void ppp_layer(struct frame *f);
void pppoe_layer(struct frame *f);

/* Adds the transport layer of the packet to the digest, or what a tunnel carries. */
void transport_read(struct frame *f, const struct ip_packet *ip);

/* Tunnels that are IP protocols. False where the packet is none. */
bool tunnel_read(struct frame *f, const struct ip_packet *ip);
/* The tunnel that a protocol number names, or TUNNEL_NONE. */
enum tunnel tunnel_of(uint8_t transport);
/* Tunnels in UDP, by port. `rest` begins with the payload of `bytes` bytes, and f->d the ports.
 * True where the digest is now that of the packet inside. */
bool tunnel_udp_read(struct frame *f, struct span rest, uint32_t bytes);

#define LINKTYPE_ETHERNET 1u

/* All of decode_packet but for what stands beside the frame, and the long way for each frame. */
void decode_layers(const struct packet *packet, struct digest *ret);

/* Link layers. False where the frame is not what its link type says. */
bool link_read(struct frame *f, uint32_t link_type);
bool ethernet_link(struct frame *f);
bool ppp_link(struct frame *f);
bool ppp_ether_link(struct frame *f);
bool ppp_direction_link(struct frame *f);
bool hdlc_link(struct frame *f);
bool hdlc_direction_link(struct frame *f);
bool wireless_link(struct frame *f);
bool radiotap_link(struct frame *f);
bool prism_link(struct frame *f);
bool ppi_link(struct frame *f);
bool pktap_link(struct frame *f);
bool nflog_link(struct frame *f);

/* A cursor over a header that was taken whole: the compiler then drops the checks. */
static inline struct cursor header_of(struct span s, size_t n)
{
	return cursor_of(span_of(s.p, n));
}

/* The bytes that were not read yet. */
static inline struct span rest_of(const struct cursor *c)
{
	return span_of(c->p + c->at, c->n - c->at);
}

/* The first bytes of a span, at most n. */
static inline struct span front_of(struct span s, size_t n)
{
	return span_of(s.p, s.n < n ? s.n : n);
}

/* What numbers a network that the frame is in. */
enum network {
	NETWORK_VLAN = 1, /* 802.1Q, 802.1ad */
	NETWORK_PORT,     /* VN-Tag, 802.1BR: a port of an extended bridge */
	NETWORK_BACKBONE, /* 802.1ah */
	NETWORK_LABEL,    /* MPLS */
	NETWORK_SESSION,  /* PPPoE */
	NETWORK_TUNNEL,   /* + enum tunnel */
};

/* The frame goes on inside another network, whose hosts may have the addresses of this one's. Two
 * chains of networks may be made to give one scope, by somebody who can send into both of them. */
static inline void frame_enter(struct frame *f, unsigned network, uint32_t number)
{
	f->scope = hash_fold(f->scope ^ ((uint64_t)network << 32 | number), 0x9fb21c651e98df25ull) ^
		network;
}

/* DIGEST_SENT or DIGEST_RECEIVED. Headers that say so may stand inside each other, and the outer
 * one speaks last: it was written by the host that captured. */
static inline void frame_ran(struct frame *f, uint32_t way)
{
	f->d->known &= ~(uint32_t)(DIGEST_SENT | DIGEST_RECEIVED);
	f->d->known |= way;
}

/* What stands behind the next n bytes belongs to nobody: padding, a checksum, another header. */
static inline void frame_narrow(struct frame *f, uint32_t n)
{
	if (cursor_left(&f->c) > n)
		f->c.n = f->c.at + n;
	if (f->wire > f->c.at + n)
		f->wire = (uint32_t)f->c.at + n;
}

#endif
