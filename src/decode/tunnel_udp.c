/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels in UDP: VXLAN (RFC 7348), GENEVE (RFC 8926), GTP-U (3GPP TS 29.281), Teredo (RFC 4380).
 *
 * Only a port says that a datagram may be one, and a program may use that port for something else.
 * So each header is checked as far as it has fixed bits, and the packet inside must have lengths
 * that agree with the datagram's; else the datagram is read as any other. Each of these is wrong
 * for a program that sends a copy of such a datagram itself, from memory or out of a capture: its
 * flow is then given as the tunnel's, and the packet inside has no process, which is less than
 * could be said. */
#include "decode/tunnel.h"

static bool tunnel_inside(struct frame *f, struct cursor c, struct inside in)
{
	size_t passed = c.at;
	if (c.ran_out || in.wire <= passed)
		return false;
	in.wire -= (uint32_t)passed;
	in.bytes = rest_of(&c);
	enum inside_found found = inside_read(f, &in);
	if (found == INSIDE_OTHER) {
		/* ARP and the like: the datagram is the tunnel's all the same. */
		f->d->tunnel = (uint8_t)in.kind;
		f->d->known |= DIGEST_TUNNEL;
	}
	return found == INSIDE_PACKET;
}

/* What the three bytes behind the flags must be, and what follows then: an ethertype, or 0. Plain
 * VXLAN has only the flag that a network is given, and these bytes are reserved. With group
 * policies (draft-smith-vxlan-group-policy) the first flag is set too, and they hold two flags and
 * a policy; in the generic extension (draft-ietf-nvo3-vxlan-gpe) the last one names a protocol. */
static unsigned vxlan_type(unsigned flags, uint32_t bytes)
{
	static const uint16_t types[] = { 0, ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_BRIDGED };
	switch (flags) {
	case 0x08:
		return bytes == 0 ? ETHERTYPE_BRIDGED : 0;
	case 0x88:
		return bytes & 0xb70000 ? 0 : ETHERTYPE_BRIDGED;
	case 0x0c:
		return bytes < sizeof types / sizeof *types ? types[bytes] : 0;
	default:
		return 0;
	}
}

/* Flags, 3 bytes that depend on them, network 3, reserved 1. Wrong for a program's own message on
 * this port that begins with the numbers 8 and N * 2^24 in the order of a PC and looks like an
 * Ethernet frame from there on: its flow is given as a tunnel's. */
static bool vxlan_read(struct frame *f, struct cursor c, uint32_t bytes)
{
	uint32_t first = cursor_be32(&c), second = cursor_be32(&c);
	unsigned type = vxlan_type(first >> 24, first & 0xffffff);
	if (type == 0 || (second & 0xff) != 0)
		return false;
	return tunnel_inside(f, c,
		(struct inside){ .kind = TUNNEL_VXLAN,
			.network = second >> 8,
			.type = type,
			.fit = FIT_WITHIN,
			.wire = bytes });
}

/* Version and length of the options in words, flags, ethertype, network 3, reserved 1, options. */
static bool geneve_read(struct frame *f, struct cursor c, uint32_t bytes)
{
	unsigned version_length = cursor_u8(&c), flags = cursor_u8(&c), type = cursor_be16(&c);
	uint32_t network = cursor_be32(&c);
	if (version_length >> 6 != 0 || (flags & 0x3f) != 0 || (network & 0xff) != 0)
		return false;
	if (type != ETHERTYPE_BRIDGED && type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
		return false;
	cursor_skip(&c, 4 * (version_length & 0x3f));
	return tunnel_inside(f, c,
		(struct inside){ .kind = TUNNEL_GENEVE,
			.network = network >> 8,
			.type = type,
			.fit = FIT_WITHIN,
			.wire = bytes });
}

/* Extension headers: length in words, contents, type of the next one as the last byte. */
static bool pass_gtp_extensions(struct cursor *c, unsigned next)
{
	while (next != 0) {
		unsigned words = cursor_u8(c);
		if (words == 0 || c->ran_out)
			return false;
		cursor_skip(c, 4 * words - 2);
		next = cursor_u8(c);
	}
	return !c->ran_out;
}

/* An IP packet that must fill the rest of the datagram to the byte. */
static bool exact_inside(struct frame *f, struct cursor c, struct inside in)
{
	struct cursor front = c;
	in.fit = FIT_EXACT;
	in.type = cursor_u8(&front) >> 4 == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
	if (front.ran_out)
		return false;
	return tunnel_inside(f, c, in);
}

/* Flags (version 1, protocol type 1, one reserved bit, then E, S, PN), message type, length of what
 * follows the first 8 bytes, tunnel; where E, S or PN is set, sequence 2, number 1, type of the
 * first extension header 1. Type 255 carries a user's packet. */
static bool gtp_read(struct frame *f, struct cursor c, uint32_t bytes)
{
	unsigned flags = cursor_u8(&c), type = cursor_u8(&c);
	uint32_t length = cursor_be16(&c);
	uint32_t tunnel = cursor_be32(&c);
	if ((flags & 0xf8) != 0x30 || type != 255 || length + 8 != bytes)
		return false;
	if (flags & 7) {
		cursor_skip(&c, 3);
		unsigned next = cursor_u8(&c);
		if (flags & 4 && !pass_gtp_extensions(&c, next))
			return false;
	}
	return exact_inside(
		f, c, (struct inside){ .kind = TUNNEL_GTP, .network = tunnel, .wire = bytes });
}

/* One end is a client with an address of Teredo's, 2001:0::/32 (RFC 4380 2.6), or a link-local one
 * while it asks a server for that (5.2.1). Wrong for clients from before the RFC, which had
 * 3ffe:831f::/32: their datagrams are given as such. */
static bool has_teredo_address(struct cursor c)
{
	if (cursor_u8(&c) >> 4 != 6)
		return false;
	cursor_skip(&c, 7);
	for (int i = 0; i < 2; i++) {
		uint32_t first = cursor_be32(&c);
		if (!c.ran_out && (first == 0x20010000 || first >> 22 == 0xfe80 >> 6))
			return true;
		cursor_skip(&c, 12);
	}
	return false;
}

/* Authentication (0, 1, length of the client's name, length of the value, both, a nonce of 8 and a
 * confirmation) and origin (0, 0, port, address) may stand before the IPv6 packet, in this order.
 */
static bool teredo_read(struct frame *f, struct cursor c, uint32_t bytes)
{
	struct cursor front = c;
	if (cursor_be16(&front) == 1) {
		unsigned name = cursor_u8(&front), value = cursor_u8(&front);
		cursor_skip(&front, name + value + 9);
		c = front;
	}
	front = c;
	if (cursor_be16(&front) == 0) {
		cursor_skip(&front, 6);
		c = front;
	}
	if (!has_teredo_address(c))
		return false;
	return exact_inside(f, c, (struct inside){ .kind = TUNNEL_TEREDO, .wire = bytes });
}

bool tunnel_udp_read(struct frame *f, struct span rest, uint32_t bytes)
{
	unsigned src = f->d->flow.src.port, dst = f->d->flow.dst.port;
	bool (*read)(struct frame *, struct cursor, uint32_t) = NULL;
	switch (dst) {
	case PORT_VXLAN:
	case PORT_VXLAN_GPE:
	case PORT_VXLAN_LINUX:
		read = vxlan_read;
		break;
	case PORT_GENEVE:
		read = geneve_read;
		break;
	case PORT_GTP:
		read = gtp_read;
		break;
	case PORT_TEREDO:
		read = teredo_read;
		break;
	default:
		break;
	}
	/* A Teredo server answers from its port. */
	if (!read && src == PORT_TEREDO)
		read = teredo_read;
	if (!read)
		return false;
	return read(f, cursor_of(front_of(rest, bytes)), bytes);
}
