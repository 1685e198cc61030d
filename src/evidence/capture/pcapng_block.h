/* SPDX-License-Identifier: Apache-2.0 */
/* What blocks of a pcapng file are made of: options, interfaces and their times. */
#ifndef WHOSENT_EVIDENCE_PCAPNG_BLOCK_H
#define WHOSENT_EVIDENCE_PCAPNG_BLOCK_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "model/record.h"

struct interface {
	uint16_t link_type;
	bool damaged;         /* its block was: frames of it cannot be read */
	bool timeless;        /* an option was damaged that its times depend on */
	uint32_t snaplen;     /* 0: none */
	uint64_t units_per_s; /* 0: no times */
	uint64_t ns_per_unit; /* 0: not a whole number, or the offset is too large for one */
	int64_t offset_s, offset_ns;
	const struct capture_interface *kept; /* NULL above a limit */
	uint64_t dropped; /* as the last statistics block said: they count from the start */
};

/* The section that is read, and where its present block lies. */
struct section {
	bool big;
	uint64_t off;
	struct interface *interfaces;
	size_t count, cap;
	uint32_t sections, described;   /* so far */
	struct capture_file *file;      /* lies in `kept`, or NULL: there was no room */
	struct capture_interface *last; /* of those that are kept */
	struct arena kept;
};

void section_init(struct section *s);

void section_done(struct section *s);
/* A new section forgets the interfaces of the last one. `options` are those of its header. */
void section_reset(struct section *s, struct span options);

/* One option. Returns 1, 0 behind the last, -1 where it does not fit into its block. */
struct option {
	uint16_t code;
	struct span value;
};

static inline int option_next(bool big, struct cursor *c, struct option *ret)
{
	if (cursor_left(c) == 0)
		return 0;
	ret->code = cursor_u16(c, big);
	uint16_t length = cursor_u16(c, big);
	if (c->ran_out)
		return -1;
	if (ret->code == 0)
		return 0;
	ret->value = cursor_take(c, length);
	if (c->ran_out)
		return -1;
	/* Writers that leave out the last padding exist; its bytes say nothing. */
	size_t padding = -(size_t)length & 3;
	cursor_skip(c, padding < cursor_left(c) ? padding : cursor_left(c));
	return 1;
}

int option_overrun(const struct section *s, const char *block, struct err *err);

/* An option whose value is a number of 32 or 64 bits. */
int option_u32(const struct section *s, const struct option *o, uint32_t *ret, struct err *err);
int option_u64(const struct section *s, const struct option *o, uint64_t *ret, struct err *err);

/* Reads the body of an interface description block. Its interface takes its place even where -1 is
 * returned, so that the frames of the next are not taken for those of another; not with ERR_LIMIT
 * and ERR_NOMEM. *ret_options is what is behind its fields. */
int interface_read(
	struct section *s, struct cursor body, struct cursor *ret_options, struct err *err);

/* The next address among the options of an interface description block; false where none is left.
 * Options that are damaged say none. */
bool interface_address(const struct section *s, struct cursor *options, struct addr *ret);

int interface_find(
	const struct section *s, uint32_t id, const struct interface **ret, struct err *err);

/* Reads the body of an interface statistics block. Returns 1 with a loss in *ret, 0 where it says
 * nothing new. */
int statistics_read(struct section *s, struct cursor body, struct record *ret, struct err *err);

/* The high and the low half of a time in units of an interface. */
static inline uint64_t units_read(const struct section *s, struct cursor *c)
{
	uint64_t high = cursor_u32(c, s->big);
	return high << 32 | cursor_u32(c, s->big);
}

/* The slow half of the next. */
bool interface_time_parts(const struct interface *i, uint64_t units, struct source_time *ret);

/* False for a time that is unreadable, before 1970 or beyond int64 nanoseconds. */
static inline bool interface_time(
	const struct interface *i, uint64_t units, struct source_time *ret)
{
	uint64_t ns;
	if (i->ns_per_unit == 0 || __builtin_mul_overflow(units, i->ns_per_unit, &ns) ||
		ns > INT64_MAX / 2)
		return interface_time_parts(i, units, ret);
	ret->ns = (int64_t)ns + i->offset_ns;
	return ret->ns >= 0;
}

#endif
