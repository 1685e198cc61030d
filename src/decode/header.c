/* SPDX-License-Identifier: Apache-2.0 */
/* What capturing systems put before a frame of another link type: PKTAP, NFLOG, PPI
 * (tcpdump.org/linktypes.html). */
#include "decode/layers.h"

#define PKTAP_LEAST 108u
#define PKTAP_V2_LEAST 40u

enum {
	PKTAP_IN = 1 << 0,
	PKTAP_OUT = 1 << 1,
	PKTAP_V2 = 1 << 19,
};

/* What of a PKTAP header tells where the frame is. All fields are little-endian:
 *
 *   version 1: header length 4, record type 4 (1: a packet follows), DLT 4, interface name 24,
 *              flags 4, ... at least 108 bytes
 *   version 2: header length 1, five offsets, DLT 2, ..., flags 4 at the same place */
struct pktap {
	uint32_t length, dlt, flags;
	bool packet; /* a packet follows */
};

static bool pktap_read(struct cursor c, struct pktap *ret)
{
	struct cursor old = c, new = c;
	cursor_skip(&c, 36);
	ret->flags = cursor_le32(&c);
	if (c.ran_out)
		return false;
	if (ret->flags & PKTAP_V2) {
		ret->length = cursor_u8(&new);
		cursor_skip(&new, 5);
		ret->dlt = cursor_le16(&new);
		ret->packet = true;
		return ret->length >= PKTAP_V2_LEAST;
	}
	ret->length = cursor_le32(&old);
	uint32_t type = cursor_le32(&old);
	ret->dlt = cursor_le32(&old);
	ret->packet = type == 1;
	return ret->length >= PKTAP_LEAST && type <= 1;
}

/* The frame's type is one of macOS's DLT_ numbers. They are those of link_read(), which knows that
 * raw IP is 12 there. */
bool pktap_link(struct frame *f)
{
	struct pktap p;
	if (!pktap_read(f->c, &p) || p.length > cursor_left(&f->c))
		return false;
	cursor_skip(&f->c, p.length);
	if (p.packet && !link_read(f, p.dlt))
		return false;
	if (p.flags & PKTAP_OUT)
		frame_ran(f, DIGEST_SENT);
	else if (p.flags & PKTAP_IN)
		frame_ran(f, DIGEST_RECEIVED);
	return true;
}

/* One version so far: version, flags, header length, DLT, all little-endian. */
bool ppi_link(struct frame *f)
{
	struct cursor c = f->c;
	unsigned version = cursor_u8(&c);
	cursor_skip(&c, 1);
	unsigned length = cursor_le16(&c);
	uint32_t dlt = cursor_le32(&c);
	if (c.ran_out || version != 0 || length < 8 || length > cursor_left(&f->c))
		return false;
	cursor_skip(&f->c, length);
	return link_read(f, dlt);
}

enum {
	NFLOG_PACKET_HEADER = 1, /* ethertype, netfilter hook, padding */
	NFLOG_PAYLOAD = 9,
	HOOK_LOCAL_IN = 1,
	HOOK_LOCAL_OUT = 3,
	FAMILY_IPV4 = 2,
	FAMILY_IPV6 = 10,
};

/* Steps from one attribute to the next up to the payload: length (with these 4 bytes), type, value,
 * padding to 4. True with the cursor at the payload, and its length. */
static bool nflog_find(struct cursor *c, bool big, unsigned *ret_hook, uint32_t *ret_length)
{
	while (cursor_left(c) >= 4) {
		uint32_t length = cursor_u16(c, big), type = cursor_u16(c, big) & 0x7fff;
		if (length < 4)
			return false;
		length -= 4;
		if (type == NFLOG_PAYLOAD) {
			*ret_length = length;
			return true;
		}
		struct cursor value = *c;
		cursor_skip(&value, 2);
		if (type == NFLOG_PACKET_HEADER)
			*ret_hook = cursor_u8(&value);
		cursor_skip(c, (length + 3) & ~3u);
		if (c->ran_out)
			return false;
	}
	return false;
}

/* Attributes are in the byte order of the file, which a frame does not state. Their types are below
 * 256 and none is 0, so only one of the two bytes of the first one's is set. */
static bool nflog_is_big(struct cursor c)
{
	cursor_skip(&c, 2);
	return cursor_u8(&c) == 0;
}

/* Family, version, group, attributes. */
bool nflog_link(struct frame *f)
{
	unsigned family = cursor_u8(&f->c), version = cursor_u8(&f->c), hook = 0;
	cursor_skip(&f->c, 2);
	if (f->c.ran_out || version != 0)
		return false;
	uint32_t length;
	if (!nflog_find(&f->c, nflog_is_big(f->c), &hook, &length))
		return true;
	if (family != FAMILY_IPV4 && family != FAMILY_IPV6)
		return true;
	if (hook == HOOK_LOCAL_IN)
		frame_ran(f, DIGEST_RECEIVED);
	else if (hook == HOOK_LOCAL_OUT)
		frame_ran(f, DIGEST_SENT);
	frame_narrow(f, length);
	ip_layer(f, family == FAMILY_IPV4 ? 4 : 6);
	return true;
}
