/* SPDX-License-Identifier: Apache-2.0 */
/* PKTAP: see pktap.h. Layout from bsd/net/pktap.h of Apple's xnu; little-endian, as all machines
 * that write it.
 *
 *    0  header length 4, next record 4 (1: a frame), link type of the frame 4
 *   12  interface name 24, NUL-terminated
 *   36  flags 4 (1 in, 2 out), protocol family 4, bytes before and behind the frame's network
 *       layer 4 + 4
 *   52  PID 4 (-1: none), command name 20, service class 4, interface type 2, unit 2
 *   84  effective PID 4 (-1: none), effective command name 20
 *  108  what later versions added
 *
 * A second version of the header (flag 0x80000) never left the kernel in a file that was seen: its
 * first four bytes make no sound length here, and nothing is read from it. */
#include "evidence/capture/pktap.h"

#include "evidence/capture/owner_name.h"

#define HEADER_LEAST 108u
#define HEADER_MOST 1024u
#define NO_PID UINT32_MAX

enum { RECORD_FRAME = 1, FLAG_IN = 1, FLAG_OUT = 2 };

struct header {
	uint32_t length, next, link, flags, pid, effective;
	struct span interface, name, effective_name;
};

static bool header_read(struct span frame, struct header *ret)
{
	struct cursor c = cursor_of(frame);
	ret->length = cursor_le32(&c);
	ret->next = cursor_le32(&c);
	ret->link = cursor_le32(&c);
	ret->interface = cursor_take(&c, 24);
	ret->flags = cursor_le32(&c);
	cursor_skip(&c, 12);
	ret->pid = cursor_le32(&c);
	ret->name = cursor_take(&c, 20);
	cursor_skip(&c, 8);
	ret->effective = cursor_le32(&c);
	ret->effective_name = cursor_take(&c, 20);
	return !c.ran_out && ret->length >= HEADER_LEAST && ret->length <= frame.n;
}

/* USER2 is for private use, so a frame of it must look like PKTAP in all that can be checked. One
 * that only happens to would need a length, a record type, two link types and three texts that fit
 * by chance; and then a name of it would be wrong. */
static bool is_certain(const struct header *h)
{
	return h->length <= HEADER_MOST && h->link <= UINT16_MAX && h->link != LINKTYPE_USER2 &&
		h->interface.p[0] > ' ' && h->interface.p[0] < 0x7f &&
		memchr(h->interface.p, 0, h->interface.n) && memchr(h->name.p, 0, h->name.n) &&
		memchr(h->effective_name.p, 0, h->effective_name.n);
}

static enum packet_way way_of(uint32_t flags)
{
	switch (flags & (FLAG_IN | FLAG_OUT)) {
	case FLAG_IN:
		return WAY_IN;
	case FLAG_OUT:
		return WAY_OUT;
	default:
		return WAY_UNKNOWN;
	}
}

bool pktap_read(
	struct span frame, uint32_t link_type, enum packet_way *ret_way, struct owner *ret_owner)
{
	struct header h;
	if (!header_read(frame, &h) || h.next != RECORD_FRAME)
		return false;
	if (link_type == LINKTYPE_USER2 && !is_certain(&h))
		return false;
	*ret_way = way_of(h.flags);
	*ret_owner = (struct owner){ .origin = OWNER_DARWIN };
	if (h.pid == NO_PID)
		return true;
	ret_owner->pid = h.pid;
	ret_owner->image = owner_name(h.name);
	ret_owner->image_cut = ret_owner->image.n == DARWIN_COMM_BYTES;
	ret_owner->has_effective =
		h.effective != NO_PID && h.effective != 0 && h.effective != h.pid;
	if (ret_owner->has_effective) {
		ret_owner->effective = h.effective;
		ret_owner->effective_image = owner_name(h.effective_name);
	}
	return true;
}
