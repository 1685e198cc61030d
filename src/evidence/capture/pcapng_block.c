/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of pcapng blocks: see pcapng_block.h. draft-ietf-opsawg-pcapng, sections 3.5, 4.2, 4.6. */
#include "evidence/capture/pcapng_block.h"

#include <stdlib.h>

#include "base/limits.h"

void section_init(struct section *s)
{
	*s = (struct section){ 0 };
	arena_init(&s->kept, LIMIT_CAPTURE_INTERFACES_BYTES);
}

void section_done(struct section *s)
{
	arena_done(&s->kept);
	free(s->interfaces);
	*s = (struct section){ 0 };
}

static struct span copy_of(struct section *s, struct span bytes)
{
	uint8_t *copy = bytes.n ? arena_alloc(&s->kept, bytes.n) : NULL;
	if (!copy)
		return (struct span){ 0 };
	memcpy(copy, bytes.p, bytes.n);
	return span_of(copy, bytes.n);
}

void section_reset(struct section *s, struct span options)
{
	s->count = 0;
	if (s->sections++)
		return;
	s->file = arena_alloc(&s->kept, sizeof *s->file);
	if (s->file)
		*s->file = (struct capture_file){ .options_big = s->big,
			.options = copy_of(s, options) };
}

/* In the order of the file, so that whoever writes it again can keep that. */
static void chain(struct section *s, struct capture_interface *kept)
{
	kept->file = s->file;
	if (s->last)
		s->last->next = kept;
	else if (s->file)
		s->file->first = kept;
	s->last = kept;
}

int option_overrun(const struct section *s, const char *block, struct err *err)
{
	return err_at(err, ERR_MALFORMED, s->off,
		"an option of the %s block is longer than the block", block);
}

static int wrong_length(const struct section *s, const struct option *o, size_t n, struct err *err)
{
	return err_at(err, ERR_MALFORMED, s->off, "option %u has %zu bytes, and should have %zu",
		o->code, o->value.n, n);
}

int option_u32(const struct section *s, const struct option *o, uint32_t *ret, struct err *err)
{
	struct cursor c = cursor_of(o->value);
	if (o->value.n != 4)
		return wrong_length(s, o, 4, err);
	*ret = cursor_u32(&c, s->big);
	return 0;
}

int option_u64(const struct section *s, const struct option *o, uint64_t *ret, struct err *err)
{
	struct cursor c = cursor_of(o->value);
	if (o->value.n != 8)
		return wrong_length(s, o, 8, err);
	*ret = cursor_u64(&c, s->big);
	return 0;
}

/* if_tsresol: a power of ten, or with the high bit a power of two. 0 where a second has more than
 * 2^64 units. */
static uint64_t units_of(uint8_t resolution)
{
	unsigned n = resolution & 0x7f;
	if (resolution & 0x80)
		return n < 64 ? 1ull << n : 0;
	uint64_t units = 1;
	while (n-- && units)
		units = units > UINT64_MAX / 10 ? 0 : units * 10;
	return units;
}

enum { IF_IPV4 = 4, IF_IPV6 = 5, IF_TSRESOL = 9, IF_TSOFFSET = 14 };

/* if_IPv4addr holds an address and its mask, if_IPv6addr an address and its prefix length. */
enum { IPV4_BYTES = 8, IPV6_BYTES = 17 };

static int interface_option(
	const struct section *s, const struct option *o, struct interface *ret, struct err *err)
{
	uint64_t offset;
	switch (o->code) {
	case IF_IPV4:
		return o->value.n == IPV4_BYTES ? 0 : wrong_length(s, o, IPV4_BYTES, err);
	case IF_IPV6:
		return o->value.n == IPV6_BYTES ? 0 : wrong_length(s, o, IPV6_BYTES, err);
	case IF_TSRESOL:
		if (o->value.n == 1)
			ret->units_per_s = units_of(o->value.p[0]);
		else
			ret->timeless = true;
		return o->value.n == 1 ? 0 : wrong_length(s, o, 1, err);
	case IF_TSOFFSET:
		if (option_u64(s, o, &offset, err) < 0) {
			ret->timeless = true;
			return -1;
		}
		ret->offset_s = (int64_t)offset;
		return 0;
	default:
		return 0;
	}
}

/* Reads all options; of several that are damaged the first is said. Where they run over their block
 * the resolution may be among what is lost, and so the times are not known. */
static int interface_options(
	const struct section *s, struct cursor c, struct interface *ret, struct err *err)
{
	struct option o;
	int rc, bad = 0;
	while ((rc = option_next(s->big, &c, &o)) > 0)
		if (interface_option(s, &o, ret, bad ? NULL : err) < 0)
			bad = -1;
	if (rc < 0) {
		ret->timeless = true;
		bad = bad ? bad : option_overrun(s, "interface", err);
	} else if (bad == 0 && ret->units_per_s == 0) {
		bad = err_at(err, ERR_UNSUPPORTED, s->off,
			"times of interface %zu have too many digits to be read", s->count - 1);
	}
	if (ret->timeless)
		ret->units_per_s = 0;
	return bad;
}

static void prepare_times(struct interface *i)
{
	const int64_t most_s = INT64_MAX / 2 / STAMP_NS_PER_S;
	if (i->units_per_s == 0 || STAMP_NS_PER_S % i->units_per_s != 0 || i->offset_s > most_s ||
		i->offset_s < -most_s)
		return;
	i->ns_per_unit = STAMP_NS_PER_S / i->units_per_s;
	i->offset_ns = i->offset_s * STAMP_NS_PER_S;
}

static int interface_add(struct section *s, struct err *err)
{
	if (s->count >= LIMIT_INTERFACES)
		return err_at(err, ERR_LIMIT, s->off,
			"more than %u interfaces in a section: packets of this one are not read",
			LIMIT_INTERFACES);
	if (s->count == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 8;
		struct interface *grown = realloc(s->interfaces, cap * sizeof *grown);
		if (!grown)
			return err_nomem(err);
		s->interfaces = grown;
		s->cap = cap;
	}
	s->interfaces[s->count++] = (struct interface){ .units_per_s = 1000000 };
	return 0;
}

/* The description as it is given with each packet, for it is good longer than its section. Where
 * there is no room packets go without. */
static void keep(struct section *s, struct interface *i, struct span options)
{
	enum { IF_NAME = 2 };
	struct capture_interface *kept = arena_alloc(&s->kept, sizeof *kept);
	uint32_t id = s->described++;
	struct span copy = kept ? copy_of(s, options) : (struct span){ 0 };
	if (copy.n != options.n || !kept)
		return;
	*kept = (struct capture_interface){ .id = id,
		.section = s->sections ? s->sections - 1 : 0,
		.link_type = i->link_type,
		.snaplen = i->snaplen,
		.options_big = s->big,
		.options = copy };
	struct cursor c = cursor_of(kept->options);
	struct option o;
	while (option_next(s->big, &c, &o) > 0)
		if (o.code == IF_NAME && kept->name.n == 0)
			kept->name = o.value;
	chain(s, kept);
	i->kept = kept;
}

/* Link type 2, reserved 2, snaplen 4, options. */
int interface_read(
	struct section *s, struct cursor body, struct cursor *ret_options, struct err *err)
{
	if (interface_add(s, err) < 0)
		return -1;
	struct interface *i = &s->interfaces[s->count - 1];
	i->link_type = cursor_u16(&body, s->big);
	cursor_skip(&body, 2);
	i->snaplen = cursor_u32(&body, s->big);
	i->damaged = body.ran_out;
	*ret_options = body;
	if (i->damaged)
		return err_at(err, ERR_MALFORMED, s->off,
			"an interface description block without its fields");
	int rc = interface_options(s, body, i, err);
	keep(s, i, span_of(body.p + body.at, cursor_left(&body)));
	prepare_times(i);
	return rc;
}

bool interface_address(const struct section *s, struct cursor *options, struct addr *ret)
{
	struct option o;
	while (option_next(s->big, options, &o) > 0) {
		if (o.code == IF_IPV4 && o.value.n == IPV4_BYTES)
			*ret = addr_v4(o.value.p);
		else if (o.code == IF_IPV6 && o.value.n == IPV6_BYTES)
			memcpy(ret->b, o.value.p, sizeof ret->b);
		else
			continue;
		if (!addr_is_wildcard(ret))
			return true;
	}
	return false;
}

int interface_find(
	const struct section *s, uint32_t id, const struct interface **ret, struct err *err)
{
	if (id >= s->count && s->count == LIMIT_INTERFACES)
		return err_at(err, ERR_LIMIT, s->off,
			"interface %u, and only the first %u of a section are read", id,
			LIMIT_INTERFACES);
	if (id >= s->count)
		return err_at(err, ERR_MALFORMED, s->off,
			"interface %u, and the section has described %zu", id, s->count);
	if (s->interfaces[id].damaged)
		return err_at(err, ERR_MALFORMED, s->off,
			"interface %u, whose description is damaged", id);
	*ret = &s->interfaces[id];
	return 0;
}

bool interface_time_parts(const struct interface *i, uint64_t units, struct source_time *ret)
{
	if (i->units_per_s == 0)
		return false;
	int64_t seconds;
	if (__builtin_add_overflow(i->offset_s, units / i->units_per_s, &seconds) || seconds < 0)
		return false;
	return stamp_from_parts((uint64_t)seconds, units % i->units_per_s, i->units_per_s, ret);
}

static int statistics_options(
	const struct section *s, struct cursor c, uint64_t *ret, struct err *err)
{
	enum { ISB_IFDROP = 5, ISB_OSDROP = 7 };
	struct option o;
	uint64_t n = 0;
	int rc;
	*ret = 0;
	while ((rc = option_next(s->big, &c, &o)) > 0) {
		if (o.code != ISB_IFDROP && o.code != ISB_OSDROP)
			continue;
		if (option_u64(s, &o, &n, err) < 0)
			return -1;
		if (__builtin_add_overflow(*ret, n, ret))
			*ret = UINT64_MAX;
	}
	return rc < 0 ? option_overrun(s, "statistics", err) : 0;
}

/* Interface 4, time high and low, options. Its counters run from the start of the capture, so that
 * only what they grew by is a new loss. */
int statistics_read(struct section *s, struct cursor body, struct record *ret, struct err *err)
{
	uint32_t id = cursor_u32(&body, s->big);
	uint64_t units = units_read(s, &body), dropped;
	const struct interface *i = NULL;
	if (body.ran_out)
		return err_at(err, ERR_MALFORMED, s->off, "a statistics block without its fields");
	if (interface_find(s, id, &i, err) < 0 || statistics_options(s, body, &dropped, err) < 0)
		return -1;
	if (dropped <= i->dropped)
		return 0;
	*ret = (struct record){ .kind = RECORD_LOSS };
	ret->has_time = interface_time(i, units, &ret->when);
	ret->loss.what = LOSS_PACKETS;
	ret->loss.count = dropped - i->dropped;
	s->interfaces[id].dropped = dropped;
	return 1;
}
