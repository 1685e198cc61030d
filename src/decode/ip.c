/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 (RFC 791), IPv6 (RFC 8200) and what may stand between them and the transport. */
#include "decode/layers.h"

#include <stddef.h>

#define V4_HEADER 20u
#define V6_HEADER 40u
#define V4_MORE 0x2000u
#define V4_OFFSET 0x1fffu
#define OFFSET_UNIT 8u

/* Extension headers: RFC 8200 4.3 to 4.6, and the authentication header, RFC 4302 2. */
enum {
	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_AUTH = 51,
	EXT_NONE = 59,
	EXT_DESTINATION = 60,
};

/* `bytes` are those that the part adds to its packet. */
static void set_fragment(struct ip_packet *p, uint32_t id, unsigned offset, bool more)
{
	p->later_fragment = offset != 0;
	p->fragment = offset != 0 || more;
	p->part = (struct ip_part){
		.id = id, .from = offset * OFFSET_UNIT, .bytes = p->length, .last = !more
	};
}

static bool is_extension(const struct ip_packet *p)
{
	switch (p->transport) {
	case EXT_AUTH:
		return true;
	case EXT_HOP_BY_HOP:
	case EXT_ROUTING:
	case EXT_FRAGMENT:
	case EXT_DESTINATION:
		return p->version == 6;
	default:
		return false;
	}
}

/* What stands behind a header that is cut off, or that ends behind its packet, is unknown. */
static void lose_transport(struct ip_packet *p)
{
	p->transport = TRANSPORT_NONE;
	p->has_length = false;
	p->body = (struct span){ 0 };
}

/* Steps over one extension header; false where that is not possible. */
static bool pass_extension(struct ip_packet *p)
{
	struct cursor c = cursor_of(p->body);
	uint8_t next = cursor_u8(&c), units = cursor_u8(&c);
	uint32_t size = 8u * (units + 1u);
	unsigned offset = 0;
	uint32_t id = 0;
	bool fragment = p->transport == EXT_FRAGMENT;
	if (p->transport == EXT_AUTH)
		size = 4u * (units + 2u);
	if (fragment) {
		offset = cursor_be16(&c);
		id = cursor_be32(&c);
		size = 8;
	}
	if (c.ran_out || size > p->length)
		return false;
	p->transport = next;
	p->length -= size;
	size_t passed = size < p->body.n ? size : p->body.n;
	p->body = span_of(p->body.p + passed, p->body.n - passed);
	if (fragment)
		set_fragment(p, id, offset >> 3, offset & 1);
	return true;
}

/* Each step takes at least 8 bytes, so hostile chains end with the packet. */
static void pass_extensions(struct ip_packet *p)
{
	while (p->has_length && is_extension(p)) {
		/* Behind a later fragment's header stand bytes, whatever `next` says. */
		if (p->later_fragment || !pass_extension(p)) {
			lose_transport(p);
			return;
		}
	}
}

/* A length of 0 is how segmentation offload (TSO, GSO, BIG TCP) and jumbograms (RFC 2675) look to a
 * capture: the card would have filled it in, or it does not fit in 16 bits. The frame then tells.
 * Wrong for a packet that really says 0: its Ethernet padding counts as data; hosts drop it. */
static uint32_t offloaded(uint32_t stated, uint32_t wire)
{
	return stated ? stated : wire;
}

/* IPv4 addresses are kept v4-mapped (RFC 4291 2.5.5.2). */
static void set_v4(struct addr *a, struct span four)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	memcpy(a->b, mapped, sizeof mapped);
	memcpy(a->b + sizeof mapped, four.p, 4);
}

static bool v4_read(struct span bytes, uint32_t wire, struct ip_packet *ret, struct flow *ret_flow)
{
	struct cursor c = cursor_of(bytes);
	struct span head = cursor_take(&c, V4_HEADER);
	if (!head.p)
		return false;
	struct cursor h = header_of(head, V4_HEADER);
	uint32_t header = (cursor_u8(&h) & 15u) * 4;
	cursor_skip(&h, 1);
	uint32_t total = offloaded(cursor_be16(&h), wire);
	unsigned id = cursor_be16(&h), fragment = cursor_be16(&h);
	uint8_t hops = cursor_u8(&h);
	*ret = (struct ip_packet){ .version = 4,
		.hops = hops,
		.id = (uint16_t)id,
		.transport = cursor_u8(&h),
		.total = total };
	cursor_skip(&h, 2);
	set_v4(&ret_flow->src.addr, cursor_take(&h, 4));
	set_v4(&ret_flow->dst.addr, cursor_take(&h, 4));
	ret->has_length = header >= V4_HEADER && header <= total;
	ret->length = ret->has_length ? total - header : 0;
	if (fragment & (V4_OFFSET | V4_MORE))
		set_fragment(ret, id, fragment & V4_OFFSET, fragment & V4_MORE);
	if (!ret->has_length)
		return true;
	if (header > V4_HEADER)
		cursor_skip(&c, header - V4_HEADER);
	ret->body = front_of(rest_of(&c), ret->length);
	pass_extensions(ret);
	return true;
}

static bool v6_read(struct span bytes, uint32_t wire, struct ip_packet *ret, struct flow *ret_flow)
{
	struct cursor c = cursor_of(bytes);
	struct span head = cursor_take(&c, V6_HEADER);
	if (!head.p)
		return false;
	struct cursor h = header_of(head, V6_HEADER);
	cursor_skip(&h, 4);
	uint32_t length = cursor_be16(&h);
	uint8_t next = cursor_u8(&h), hops = cursor_u8(&h);
	struct span src = cursor_take(&h, 16), dst = cursor_take(&h, 16);
	*ret = (struct ip_packet){
		.version = 6, .hops = hops, .transport = next, .has_length = true
	};
	memcpy(ret_flow->src.addr.b, src.p, 16);
	memcpy(ret_flow->dst.addr.b, dst.p, 16);
	if (next != EXT_NONE)
		length = offloaded(length, wire > V6_HEADER ? wire - V6_HEADER : 0);
	ret->total = V6_HEADER + length;
	ret->length = length;
	ret->body = front_of(rest_of(&c), length);
	pass_extensions(ret);
	return true;
}

bool ip_read(struct span bytes, uint32_t wire, struct ip_packet *ret, struct flow *ret_flow)
{
	struct cursor front = cursor_of(bytes);
	unsigned version = cursor_u8(&front) >> 4;
	if (version == 4)
		return v4_read(bytes, wire, ret, ret_flow);
	return version == 6 && v6_read(bytes, wire, ret, ret_flow);
}

static bool fits(const struct frame *f, const struct ip_packet *ip, uint32_t room)
{
	if (!ip->has_length && ip->transport != TRANSPORT_NONE)
		return false;
	return f->fit == FIT_EXACT ? ip->total == room : room == 0 || ip->total <= room;
}

static void set_part(struct frame *f, const struct ip_packet *ip)
{
	struct digest *d = f->d;
	d->fragment_scope = f->scope;
	d->fragment_id = ip->part.id;
	d->fragment_from = (uint16_t)ip->part.from;
	d->fragment_bytes = (uint16_t)(ip->part.bytes < UINT16_MAX ? ip->part.bytes : UINT16_MAX);
	d->fragment_last = ip->part.last;
	d->known |= DIGEST_PART;
}

void ip_layer(struct frame *f, unsigned version)
{
	struct ip_packet ip;
	struct digest *d = f->d;
	uint32_t passed = (uint32_t)f->c.at, room = f->wire > passed ? f->wire - passed : 0;
	/* An ethertype names one version; a packet of the other is malformed. */
	struct span rest = rest_of(&f->c);
	struct cursor front = cursor_of(rest);
	unsigned states = cursor_u8(&front) >> 4;
	if (version && states != version) {
		f->refused = !front.ran_out;
		return;
	}
	if (!ip_read(rest, room, &ip, &d->flow))
		return;
	if (f->fit != FIT_ANY && !fits(f, &ip, room)) {
		f->refused = true;
		d->flow = (struct flow){ 0 };
		return;
	}
	d->ip_version = ip.version;
	d->transport = ip.transport;
	d->ip_hops = ip.hops;
	d->ip_id = ip.id;
	d->known |= DIGEST_ADDRS | DIGEST_HOPS;
	if (ip.fragment && ip.part.bytes)
		set_part(f, &ip);
	transport_read(f, &ip);
}
