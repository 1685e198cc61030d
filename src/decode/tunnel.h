/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of tunnels have in common; private to this room. */
#ifndef WHOSENT_DECODE_TUNNEL_H
#define WHOSENT_DECODE_TUNNEL_H

#include "decode/layers.h"

/* UDP ports that say that a datagram may be a tunnel's. */
enum {
	PORT_GTP = 2152,
	PORT_TEREDO = 3544,
	PORT_VXLAN = 4789,
	PORT_VXLAN_GPE = 4790,
	PORT_GENEVE = 6081,
	PORT_VXLAN_LINUX = 8472, /* Linux had it before there was a standard, and still has */
};

static inline bool tunnel_udp_ports(unsigned src, unsigned dst)
{
	return dst == PORT_VXLAN || dst == PORT_VXLAN_GPE || dst == PORT_VXLAN_LINUX ||
		dst == PORT_GENEVE || dst == PORT_GTP || dst == PORT_TEREDO || src == PORT_TEREDO;
}

/* What a tunnel's header announces. */
struct inside {
	enum tunnel kind;
	uint32_t network; /* its number of the network inside; 0 where it has none */
	unsigned type;    /* ethertype, also ETHERTYPE_BRIDGED and ETHERTYPE_PPP */
	enum fit fit;
	struct span bytes; /* what is captured of it */
	uint32_t wire;     /* what there was on the wire; 0: not known */
};

enum inside_found {
	INSIDE_NOTHING, /* it is not what was announced */
	INSIDE_OTHER,   /* no IP packet, or one that is cut off, or too many layers */
	INSIDE_PACKET,  /* f->d is now its digest, with the tunnel around it */
};

enum inside_found inside_read(struct frame *f, const struct inside *in);

#endif
