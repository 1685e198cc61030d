/* SPDX-License-Identifier: Apache-2.0 */
/* Packet blocks: see pcapng_packet.h. draft-ietf-opsawg-pcapng, sections 4.3, 4.4 and A. */
#include "evidence/capture/pcapng_packet.h"

#include "base/limits.h"
#include "evidence/capture/owner_comment.h"

static int short_block(const struct section *s, struct err *err)
{
	return err_at(err, ERR_MALFORMED, s->off, "a packet block without its fields");
}

static int bytes_read(
	const struct section *s, struct cursor *c, struct packet_block *ret, struct err *err)
{
	uint32_t n = ret->captured;
	if (n > LIMIT_FRAME_BYTES)
		return err_at(err, ERR_MALFORMED, s->off,
			"a frame of %u bytes, and none is above %u", n, LIMIT_FRAME_BYTES);
	ret->bytes = cursor_take(c, n);
	if (c->ran_out)
		return err_at(err, ERR_MALFORMED, s->off,
			"a frame of %u bytes is longer than its block", n);
	/* The padding belongs to neither; a block that ends inside it has no options. */
	size_t padding = -(size_t)n & 3;
	ret->options = padding < cursor_left(c)
		? span_of(c->p + c->at + padding, cursor_left(c) - padding)
		: (struct span){ 0 };
	return 0;
}

/* Time high and low, captured, on the wire, bytes, options: what the enhanced and the obsolete
 * block have in common. */
static int timed_read(const struct section *s, uint32_t interface, struct cursor *c,
	struct packet_block *ret, struct err *err)
{
	ret->has_time = true;
	ret->units = units_read(s, c);
	ret->captured = cursor_u32(c, s->big);
	ret->wire = cursor_u32(c, s->big);
	if (c->ran_out)
		return short_block(s, err);
	if (interface_find(s, interface, &ret->interface, err) < 0)
		return -1;
	return bytes_read(s, c, ret, err);
}

int epb_read(const struct section *s, struct cursor body, struct packet_block *ret, struct err *err)
{
	uint32_t interface = cursor_u32(&body, s->big);
	ret->lost = 0;
	return timed_read(s, interface, &body, ret, err);
}

/* 16 bits of interface and 16 of drops, 0xffff where they are not known. */
int pb_read(const struct section *s, struct cursor body, struct packet_block *ret, struct err *err)
{
	uint16_t interface = cursor_u16(&body, s->big), drops = cursor_u16(&body, s->big);
	ret->lost = drops == 0xffff ? 0 : drops;
	return timed_read(s, interface, &body, ret, err);
}

/* Length on the wire, bytes up to the snaplen of interface 0. It has neither time nor options. */
int spb_read(const struct section *s, struct cursor body, struct packet_block *ret, struct err *err)
{
	*ret = (struct packet_block){ .wire = cursor_u32(&body, s->big) };
	if (body.ran_out)
		return short_block(s, err);
	if (interface_find(s, 0, &ret->interface, err) < 0)
		return -1;
	uint32_t snaplen = ret->interface->snaplen;
	ret->captured = snaplen && snaplen < ret->wire ? snaplen : ret->wire;
	int rc = bytes_read(s, &body, ret, err);
	ret->options = (struct span){ 0 };
	return rc;
}

enum {
	OPTION_COMMENT = 1,
	OPTION_FLAGS = 2,
	OPTION_DROPS = 4,
	OPTION_PID = 8, /* PID 4, TID 4 */
	OPTION_HONE_CONNECTION = 257,
	OPTION_HONE_PID = 258,
	OPTION_DARWIN_INDEX = 0x8001,
	OPTION_DARWIN_EFFECTIVE = 0x8003,
};

static int flags_read(const struct section *s, const struct option *o, struct packet_options *ret,
	struct err *err)
{
	uint32_t flags;
	if (option_u32(s, o, &flags, err) < 0)
		return -1;
	ret->way = (flags & 3) == 1 ? WAY_IN : (flags & 3) == 2 ? WAY_OUT : WAY_UNKNOWN;
	return 0;
}

static int number_read(const struct section *s, const struct option *o, unsigned met,
	struct packet_options *ret, struct err *err)
{
	uint32_t *to = met == MET_INDEX ? &ret->index
		: met == MET_EFFECTIVE  ? &ret->effective
		: met == MET_CONNECTION ? &ret->connection
					: &ret->hone_pid;
	if (option_u32(s, o, to, err) < 0)
		return -1;
	ret->met |= met;
	return 0;
}

static int pid_read(const struct section *s, const struct option *o, struct packet_options *ret,
	struct err *err)
{
	struct cursor c = cursor_of(o->value);
	if (o->value.n != 8)
		return err_at(err, ERR_MALFORMED, s->off,
			"option %u has %zu bytes, and should have 8", o->code, o->value.n);
	ret->pid = cursor_u32(&c, s->big);
	ret->met |= MET_PID;
	return 0;
}

static void comment_read(const struct option *o, struct packet_options *ret)
{
	if (!(ret->met & MET_COMMENT))
		ret->comment = (struct owner){ 0 };
	owner_comment(o->value, &ret->comment);
	enum owner_origin noted = owner_noted(o->value);
	if (noted > ret->noted) /* the weaker ones stand behind */
		ret->noted = noted;
	ret->met |= MET_COMMENT;
}

static int option_read(const struct section *s, const struct option *o, struct packet_options *ret,
	struct err *err)
{
	switch (o->code) {
	case OPTION_FLAGS:
		return flags_read(s, o, ret, err);
	case OPTION_DROPS:
		return option_u64(s, o, &ret->lost, err);
	case OPTION_PID:
		return pid_read(s, o, ret, err);
	case OPTION_HONE_CONNECTION:
		return number_read(s, o, MET_CONNECTION, ret, err);
	case OPTION_HONE_PID:
		return number_read(s, o, MET_HONE_PID, ret, err);
	case OPTION_DARWIN_INDEX:
		return number_read(s, o, MET_INDEX, ret, err);
	case OPTION_DARWIN_EFFECTIVE:
		return number_read(s, o, MET_EFFECTIVE, ret, err);
	case OPTION_COMMENT:
		comment_read(o, ret);
		return 0;
	default:
		return 0;
	}
}

int packet_options_read(
	const struct section *s, struct span options, struct packet_options *ret, struct err *err)
{
	struct cursor c = cursor_of(options);
	struct option o;
	int rc, bad = 0;
	size_t sound = 0;
	ret->way = WAY_UNKNOWN;
	ret->lost = 0;
	ret->met = 0;
	ret->noted = 0;
	while ((rc = option_next(s->big, &c, &o)) > 0) {
		if (option_read(s, &o, ret, bad ? NULL : err) < 0)
			bad = -1;
		sound = c.at;
	}
	ret->sound = span_of(options.p, sound);
	if (rc < 0 && bad == 0)
		bad = option_overrun(s, "packet", err);
	return bad;
}
