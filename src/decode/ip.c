/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 (RFC 791), IPv6 (RFC 8200) and what may stand between them and the transport. */
#include "decode/layers.h"

#include <stddef.h>

#define V4_HEADER 20u
#define V6_HEADER 40u
#define V4_MORE 0x2000u
#define V4_OFFSET 0x1fffu

/* Extension headers: RFC 8200 4.3 to 4.6, and the authentication header, RFC 4302 2. */
enum {
	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_AUTH = 51,
	EXT_NONE = 59,
	EXT_DESTINATION = 60,
};

static void set_fragment(struct ip_packet *p, unsigned offset, bool more)
{
	p->later_fragment = offset != 0;
	p->fragment = offset != 0 || more;
}

/* The captured part of the `length` bytes that begin at the cursor. */
static struct cursor body_of(struct cursor c, uint32_t length)
{
	size_t left = cursor_left(&c);
	return cursor_of(cursor_take(&c, left < length ? left : length));
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
	p->body = (struct cursor){ 0 };
}

/* Steps over one extension header; false where that is not possible. */
static bool pass_extension(struct ip_packet *p)
{
	struct cursor c = p->body;
	uint8_t next = cursor_u8(&c), units = cursor_u8(&c);
	uint32_t size = 8u * (units + 1u);
	if (p->transport == EXT_AUTH)
		size = 4u * (units + 2u);
	if (p->transport == EXT_FRAGMENT) {
		unsigned field = cursor_be16(&c);
		size = 8;
		set_fragment(p, field >> 3, field & 1);
	}
	if (c.ran_out || size > p->length)
		return false;
	p->transport = next;
	p->length -= size;
	cursor_skip(&p->body, size);
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

static bool v4_read(struct cursor c, uint32_t wire, struct ip_packet *ret)
{
	uint32_t header = (cursor_u8(&c) & 15u) * 4;
	cursor_skip(&c, 1);
	uint32_t total = offloaded(cursor_be16(&c), wire);
	cursor_skip(&c, 2);
	unsigned fragment = cursor_be16(&c);
	cursor_skip(&c, 1);
	uint8_t protocol = cursor_u8(&c);
	cursor_skip(&c, 2);
	struct span src = cursor_take(&c, 4), dst = cursor_take(&c, 4);
	if (c.ran_out)
		return false;
	*ret = (struct ip_packet){ .version = 4, .transport = protocol };
	ret->flow.src.addr = addr_v4(src.p);
	ret->flow.dst.addr = addr_v4(dst.p);
	set_fragment(ret, fragment & V4_OFFSET, fragment & V4_MORE);
	if (header < V4_HEADER || header > total)
		return true;
	ret->has_length = true;
	ret->length = total - header;
	cursor_skip(&c, header - V4_HEADER);
	ret->body = body_of(c, ret->length);
	pass_extensions(ret);
	return true;
}

static bool v6_read(struct cursor c, uint32_t wire, struct ip_packet *ret)
{
	cursor_skip(&c, 4);
	uint32_t length = cursor_be16(&c);
	uint8_t next = cursor_u8(&c);
	cursor_skip(&c, 1);
	struct span src = cursor_take(&c, 16), dst = cursor_take(&c, 16);
	if (c.ran_out)
		return false;
	*ret = (struct ip_packet){ .version = 6, .transport = next, .has_length = true };
	memcpy(ret->flow.src.addr.b, src.p, 16);
	memcpy(ret->flow.dst.addr.b, dst.p, 16);
	if (next != EXT_NONE)
		length = offloaded(length, wire > V6_HEADER ? wire - V6_HEADER : 0);
	ret->length = length;
	ret->body = body_of(c, length);
	pass_extensions(ret);
	return true;
}

bool ip_read(struct cursor c, uint32_t wire, struct ip_packet *ret)
{
	struct cursor front = c;
	unsigned version = cursor_u8(&front) >> 4;
	if (version == 4)
		return v4_read(c, wire, ret);
	return version == 6 && v6_read(c, wire, ret);
}
