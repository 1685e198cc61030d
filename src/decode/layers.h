/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoder's layers hand to each other; private to this room. */
#ifndef WHOSENT_DECODE_LAYERS_H
#define WHOSENT_DECODE_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "model/digest.h"

/* An IP packet behind its IP headers. */
struct ip_packet {
	uint8_t version;     /* 4 or 6 */
	uint8_t transport;   /* protocol number, or TRANSPORT_NONE where its header is cut off */
	bool fragment;       /* a part of a packet: its length is not that of the transport */
	bool later_fragment; /* a part that does not begin with the transport's header */
	bool has_length;     /* false where the headers contradict themselves */
	uint32_t length;     /* bytes behind the IP headers, as they state */
	struct flow flow;    /* addresses; the ports are 0 */
	struct cursor body;  /* what is captured of those bytes: never padding */
};

/* Reads an IPv4 or IPv6 packet, with IPv4 options and IPv6 extension headers. `wire` is what the
 * frame still holds on the wire. False where not even the addresses are certain. */
bool ip_read(struct cursor c, uint32_t wire, struct ip_packet *ret);

/* Adds the transport layer of the packet to the digest. */
void transport_read(const struct ip_packet *ip, struct digest *d);

#endif
