/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in packets, where an IP protocol number says so: IP in IP (RFC 2003, RFC 2473, RFC 4213),
 * GRE (RFC 2784, RFC 2890) with ERSPAN, NVGRE and PPTP, ESP (RFC 4303). */
#include "decode/tunnel.h"

#include "base/limits.h"

enum {
	PROTOCOL_IPV4 = 4,
	PROTOCOL_IPV6 = 41,
};

const struct digest digest_blank = { .transport = TRANSPORT_NONE };

enum tunnel tunnel_of(uint8_t transport)
{
	switch (transport) {
	case PROTOCOL_IPV4:
	case PROTOCOL_IPV6:
		return TUNNEL_IPIP;
	case TRANSPORT_GRE:
		return TUNNEL_GRE;
	case TRANSPORT_ESP:
		return TUNNEL_ESP;
	default:
		return TUNNEL_NONE;
	}
}

/* Fragments of a middle layer, between the outermost and the innermost, belong to neither flow. */
static void take_part(const struct digest *outer, struct digest *d)
{
	if (digest_has(d, DIGEST_PART)) {
		if (d->fragment_outer)
			d->known &= ~(uint32_t)DIGEST_PART;
		return;
	}
	if (!digest_has(outer, DIGEST_PART))
		return;
	d->known |= DIGEST_PART;
	d->fragment_id = outer->fragment_id;
	d->fragment_scope = outer->fragment_scope;
	d->fragment_from = outer->fragment_from;
	d->fragment_bytes = outer->fragment_bytes;
	d->fragment_last = outer->fragment_last;
	d->fragment_outer = true;
}

/* The inner packet becomes the digest. */
static void take(struct digest *d, struct digest *inner, enum tunnel kind)
{
	const uint32_t kept = DIGEST_DECODED | DIGEST_WIRE | DIGEST_SENT | DIGEST_RECEIVED;
	inner->known |= (d->known & kept) | DIGEST_TUNNEL | DIGEST_OUTER;
	inner->tunnel = (uint8_t)kind;
	inner->outer = d->flow;
	inner->outer_transport = d->transport;
	inner->wire_bytes = d->wire_bytes;
	take_part(d, inner);
	*d = *inner;
}

static bool read_type(struct frame *f, unsigned type)
{
	if (type == ETHERTYPE_BRIDGED)
		return ethernet_link(f);
	if (type == ETHERTYPE_PPP)
		ppp_layer(f);
	else
		ethertype_layer(f, type);
	return true;
}

/* The same addresses in another tunnel are other machines. Its ports do not tell tunnels apart:
 * VXLAN and GENEVE take one by a hash of the flow inside. */
static void enter_tunnel(struct frame *f, const struct flow *ends, const struct inside *in)
{
	frame_enter(f, NETWORK_TUNNEL + in->kind, in->network);
	for (size_t i = 0; i < sizeof ends->src.addr.b; i += 4) {
		struct cursor src = cursor_of(span_of(ends->src.addr.b + i, 4));
		struct cursor dst = cursor_of(span_of(ends->dst.addr.b + i, 4));
		frame_enter(f, NETWORK_TUNNEL, cursor_be32(&src));
		frame_enter(f, NETWORK_TUNNEL, cursor_be32(&dst));
	}
}

enum inside_found inside_read(struct frame *f, const struct inside *in)
{
	struct digest inner = digest_blank;
	struct frame g = { .c = cursor_of(in->bytes),
		.wire = in->wire,
		.d = &inner,
		.fit = in->fit,
		.scope = f->scope,
		.tunnels = (uint8_t)(f->tunnels + 1) };
	if (g.tunnels > LIMIT_TUNNELS)
		return INSIDE_OTHER;
	enter_tunnel(&g, &f->d->flow, in);
	bool whole = read_type(&g, in->type);
	if ((inner.known & (DIGEST_ADDRS | DIGEST_ARP)) == DIGEST_ADDRS) {
		take(f->d, &inner, in->kind);
		return INSIDE_PACKET;
	}
	return whole && !g.refused ? INSIDE_OTHER : INSIDE_NOTHING;
}

/* How much of the packet's body there is behind the first `passed` bytes, on the wire. A fragment
 * does not say what the others hold: 0 is unknown. */
static uint32_t left_of(const struct ip_packet *ip, size_t passed)
{
	return ip->fragment || ip->length < passed ? 0 : ip->length - (uint32_t)passed;
}

static void ipip_read(struct frame *f, const struct ip_packet *ip)
{
	struct inside in = { .kind = TUNNEL_IPIP,
		.type = ip->transport == PROTOCOL_IPV4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6,
		.fit = FIT_WITHIN,
		.bytes = ip->body,
		.wire = left_of(ip, 0) };
	inside_read(f, &in);
}

enum {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACK = 0x0080,
	GRE_VERSION = 0x0007,
	ERSPAN = 0x88be,
	ERSPAN_III = 0x22eb,
};

/* What a GRE header says besides what follows it. */
struct gre {
	uint32_t most;    /* bytes of the payload */
	uint32_t network; /* key, call, or VLAN and session of ERSPAN */
};

/* Mirrored frames (draft-foschiano-erspan). Type I has no header of its own and no GRE sequence
 * number, type II 8 bytes, type III 12 and 8 more where the last bit says so. Both begin with
 * version 4 bits, VLAN 12, class and flags 6, session 10. Returns what follows, or 0. */
static unsigned pass_erspan(struct cursor *c, unsigned flags, unsigned type, struct gre *ret)
{
	if (type == ERSPAN && !(flags & GRE_SEQUENCE))
		return ETHERTYPE_BRIDGED;
	uint32_t front = cursor_be32(c);
	unsigned version = front >> 28;
	ret->network = (front >> 16 & 0xfff) << 10 | (front & 0x3ff);
	if (type == ERSPAN) {
		cursor_skip(c, 4);
		return version == 1 ? ETHERTYPE_BRIDGED : 0;
	}
	cursor_skip(c, 6);
	unsigned last = cursor_be16(c), frame_type = last >> 10 & 31;
	if (last & 1)
		cursor_skip(c, 8);
	return version == 2 && frame_type == 0 ? ETHERTYPE_BRIDGED : 0;
}

/* Version 1 (RFC 2637 4.1): the key holds the length of the payload and the call; without a
 * sequence number there is no payload. Returns the length. */
static uint32_t pass_pptp(struct cursor *c, unsigned flags, uint32_t *ret_call)
{
	uint32_t length = cursor_be16(c);
	*ret_call = cursor_be16(c);
	if (flags & GRE_SEQUENCE)
		cursor_skip(c, 4);
	if (flags & GRE_ACK)
		cursor_skip(c, 4);
	return flags & GRE_KEY && flags & GRE_SEQUENCE ? length : 0;
}

/* Steps over the header; returns the ethertype of what follows, or 0. */
static unsigned pass_gre(struct cursor *c, struct gre *ret)
{
	unsigned flags = cursor_be16(c), type = cursor_be16(c);
	if ((flags & GRE_VERSION) == 1) {
		ret->most = pass_pptp(c, flags, &ret->network);
		return ret->most ? type : 0;
	}
	/* Source routes (RFC 1701) are no longer used (RFC 2784 2.1). */
	if (flags & (GRE_VERSION | GRE_ROUTING))
		return 0;
	if (flags & GRE_CHECKSUM)
		cursor_skip(c, 4);
	if (flags & GRE_KEY)
		ret->network = cursor_be32(c);
	if (flags & GRE_SEQUENCE)
		cursor_skip(c, 4);
	return type == ERSPAN || type == ERSPAN_III ? pass_erspan(c, flags, type, ret) : type;
}

static void gre_read(struct frame *f, const struct ip_packet *ip)
{
	struct cursor c = cursor_of(ip->body);
	struct gre gre = { .most = UINT32_MAX };
	unsigned type = pass_gre(&c, &gre);
	if (type == 0 || c.ran_out)
		return;
	uint32_t rest = left_of(ip, c.at);
	struct inside in = { .kind = TUNNEL_GRE,
		.network = gre.network,
		.type = type,
		.fit = FIT_WITHIN,
		.wire = rest && rest > gre.most ? gre.most : rest,
		.bytes = front_of(rest_of(&c), gre.most) };
	inside_read(f, &in);
}

bool tunnel_read(struct frame *f, const struct ip_packet *ip)
{
	enum tunnel kind = tunnel_of(ip->transport);
	if (kind == TUNNEL_NONE)
		return false;
	f->d->tunnel = (uint8_t)kind;
	f->d->known |= DIGEST_TUNNEL;
	if (kind == TUNNEL_IPIP && ip->has_length)
		ipip_read(f, ip);
	else if (kind == TUNNEL_GRE && ip->has_length)
		gre_read(f, ip);
	return true;
}
