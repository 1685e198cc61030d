/* SPDX-License-Identifier: Apache-2.0 */
/* Serial lines: PPP (RFC 1661 2, RFC 1662 3.1), PPPoE (RFC 2516 4) and Cisco's HDLC (RFC 1547
 * 4.3.1). */
#include "decode/layers.h"

enum {
	PPP_IPV4 = 0x0021, /* RFC 1332 */
	PPP_IPV6 = 0x0057, /* RFC 5072 */
	PPP_MPLS = 0x0281, /* RFC 3032 4.3 */
	PPP_MPLS_MULTICAST = 0x0283,
};

/* The address and control bytes, FF 03, may be left out; a protocol number below 256 may be one
 * byte, which is then odd (RFC 1661 6.5, 6.6). */
void ppp_layer(struct frame *f)
{
	struct cursor front = f->c;
	if (cursor_be16(&front) == 0xff03)
		cursor_skip(&f->c, 2);
	unsigned protocol = cursor_u8(&f->c);
	if (!(protocol & 1))
		protocol = protocol << 8 | cursor_u8(&f->c);
	if (f->c.ran_out)
		return;
	if (protocol == PPP_IPV4)
		ip_layer(f, 4);
	else if (protocol == PPP_IPV6)
		ip_layer(f, 6);
	else if (protocol == PPP_MPLS || protocol == PPP_MPLS_MULTICAST)
		mpls_layer(f);
}

/* Version and type, code, session, length of what follows. Code 0 is a session's data. */
void pppoe_layer(struct frame *f)
{
	unsigned version_type = cursor_u8(&f->c), code = cursor_u8(&f->c);
	unsigned session = cursor_be16(&f->c);
	uint32_t length = cursor_be16(&f->c);
	if (f->c.ran_out || version_type != 0x11 || code != 0)
		return;
	frame_enter(f, NETWORK_SESSION, session);
	frame_narrow(f, length);
	ppp_layer(f);
}

bool hdlc_link(struct frame *f)
{
	unsigned address = cursor_u8(&f->c), control = cursor_u8(&f->c);
	unsigned type = cursor_be16(&f->c);
	if (f->c.ran_out || (address != 0x0f && address != 0x8f) || control != 0)
		return false;
	ethertype_layer(f, type);
	return true;
}

/* Captures of routers have both kinds under PPP_HDLC. As the front of a PPP packet, 0F and 8F would
 * be the numbers of protocols that do not exist. */
bool ppp_link(struct frame *f)
{
	struct cursor front = f->c;
	unsigned first = cursor_be16(&front);
	if (front.ran_out)
		return false;
	if (first == 0x0f00 || first == 0x8f00)
		return hdlc_link(f);
	ppp_layer(f);
	return true;
}

bool ppp_ether_link(struct frame *f)
{
	if (cursor_left(&f->c) < 6)
		return false;
	pppoe_layer(f);
	return true;
}

/* The byte before says whether the host that captured sent the frame. */
static bool with_direction(struct frame *f, bool (*read)(struct frame *f))
{
	bool sent = cursor_u8(&f->c) != 0;
	if (!read(f))
		return false;
	frame_ran(f, sent ? DIGEST_SENT : DIGEST_RECEIVED);
	return true;
}

bool ppp_direction_link(struct frame *f)
{
	return with_direction(f, ppp_link);
}

bool hdlc_direction_link(struct frame *f)
{
	return with_direction(f, hdlc_link);
}
