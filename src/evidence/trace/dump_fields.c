/* SPDX-License-Identifier: Apache-2.0 */
/* Named fields of dumped events: see dump_fields.h. */
#include "evidence/trace/dump_fields.h"

#include "base/text.h"

#define PORT_MAX 65535u

void fields_add(struct fields *fs, struct span name, struct span text, bool cut)
{
	if (fs->n < FIELDS_MAX)
		fs->f[fs->n++] = (struct field){ text_trim(name), text_trim(text), cut };
}

const struct field *fields_find(const struct fields *fs, const char *name)
{
	for (size_t i = 0; i < fs->n; i++)
		if (text_equal_nocase(fs->f[i].name, name))
			return &fs->f[i];
	return NULL;
}

static const struct field *find_whole(const struct fields *fs, const char *name, struct err *err)
{
	const struct field *f = fields_find(fs, name);
	if (!f)
		err_set(err, ERR_MALFORMED, "the event has no field %s", name);
	else if (f->cut)
		err_set(err, ERR_TRUNCATED, "the input ends inside the field %s", name);
	return f && !f->cut ? f : NULL;
}

int fields_text(const struct fields *fs, const char *name, struct span *ret, struct err *err)
{
	const struct field *f = find_whole(fs, name, err);
	if (!f)
		return -1;
	*ret = f->text;
	return 0;
}

int fields_u32(
	const struct fields *fs, const char *name, uint32_t max, uint32_t *ret, struct err *err)
{
	const struct field *f = find_whole(fs, name, err);
	uint64_t v;
	if (!f)
		return -1;
	if (!text_number(f->text, &v))
		return err_set(err, ERR_MALFORMED, "%s is not a number", name);
	if (v > max)
		return err_set(err, ERR_MALFORMED, "%s is %llu, above %u", name,
			(unsigned long long)v, max);
	*ret = (uint32_t)v;
	return 0;
}

/* With or without 0x; exactly n bytes. */
static bool hex_bytes(struct span s, uint8_t *ret, size_t n)
{
	if (text_starts(s, "0x") || text_starts(s, "0X"))
		s = span_of(s.p + 2, s.n - 2);
	return text_hex(s, ret, n);
}

/* Kernel-Network's manifest says of addresses and ports only how many bytes they have, so a tool
 * may print an IPv4 address as a little-endian number and an IPv6 one as bytes; the ports beside it
 * are then little-endian too, though the wire's order is the other. A tool that knows better prints
 * both as people write them. Wrong for a tool that swaps only one of the two: its events then have
 * ends that no packet has, and name nobody. */
static int take_addr(
	const struct fields *fs, const char *name, struct addr *ret, bool *ret_raw, struct err *err)
{
	const struct field *f = find_whole(fs, name, err);
	uint64_t v;
	if (!f)
		return -1;
	if (addr_parse(f->text, ret)) {
		*ret_raw = false;
		return 0;
	}
	*ret_raw = true;
	if (hex_bytes(f->text, ret->b, sizeof ret->b))
		return 0;
	if (!text_number(f->text, &v) || v > UINT32_MAX)
		return err_set(err, ERR_MALFORMED, "%s is not an address", name);
	const uint8_t bytes[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
		(uint8_t)(v >> 24) };
	*ret = addr_v4(bytes);
	return 0;
}

static int take_port(
	const struct fields *fs, const char *name, bool raw, uint16_t *ret, struct err *err)
{
	uint32_t v = 0;
	if (fields_u32(fs, name, PORT_MAX, &v, err) < 0)
		return -1;
	*ret = (uint16_t)(raw ? v >> 8 | (v & 0xff) << 8 : v);
	return 0;
}

int fields_ends(const struct fields *fs, struct dump_ends *ret, struct err *err)
{
	struct dump_ends ends;
	bool raw_d, raw_s;
	if (take_addr(fs, "daddr", &ends.d.addr, &raw_d, err) < 0 ||
		take_addr(fs, "saddr", &ends.s.addr, &raw_s, err) < 0 ||
		take_port(fs, "dport", raw_d, &ends.d.port, err) < 0 ||
		take_port(fs, "sport", raw_s, &ends.s.port, err) < 0)
		return -1;
	*ret = ends;
	return 0;
}

/* family 16 bits little-endian (2 IPv4, 23 IPv6), port big-endian; IPv4: address; IPv6: 4 bytes of
 * flow label, address, scope. */
static bool socket_of_bytes(struct span text, struct endpoint *ret)
{
	uint8_t v4[16], v6[28];
	if (hex_bytes(text, v4, sizeof v4) && v4[0] == 2 && v4[1] == 0) {
		ret->addr = addr_v4(v4 + 4);
		ret->port = (uint16_t)(v4[2] << 8 | v4[3]);
		return true;
	}
	if (!hex_bytes(text, v6, sizeof v6) || v6[0] != 23 || v6[1] != 0)
		return false;
	memcpy(ret->addr.b, v6 + 8, sizeof ret->addr.b);
	ret->port = (uint16_t)(v6[2] << 8 | v6[3]);
	return true;
}

static bool socket_of_text(struct span s, struct endpoint *ret)
{
	size_t colon = s.n;
	uint32_t port;
	while (colon && s.p[colon - 1] != ':')
		colon--;
	if (colon == 0 || !text_u32(span_of(s.p + colon, s.n - colon), PORT_MAX, &port))
		return false;
	struct span host = span_of(s.p, colon - 1);
	bool v6 = host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
	if (v6)
		host = span_of(host.p + 1, host.n - 2);
	ret->port = (uint16_t)port;
	/* "fe80::1:53" without brackets would be an address without a port. */
	return (v6 || !memchr(host.p, ':', host.n)) && addr_parse(host, &ret->addr);
}

int fields_socket(const struct field *f, struct endpoint *ret, struct err *err)
{
	struct endpoint end;
	if (f->cut)
		return err_set(err, ERR_TRUNCATED, "the input ends inside an address");
	if (!socket_of_bytes(f->text, &end) && !socket_of_text(f->text, &end))
		return err_set(err, ERR_MALFORMED, "a field is not an address with a port");
	*ret = end;
	return 0;
}

/* "+02:00" at the end, in minutes. tracerpt has written -07:59 where -08:00 was meant, so it is
 * rounded to quarters of an hour, of which all zones are multiples. Wrong for a zone that is not:
 * its times are minutes off, and clocks that do not meet give no names. */
static bool cut_offset(struct span *s, int64_t *ret)
{
	uint32_t hours, minutes;
	if (s->n < 6)
		return false;
	const uint8_t *p = s->p + s->n - 6;
	if ((p[0] != '+' && p[0] != '-') || p[3] != ':' ||
		!text_u32(span_of(p + 1, 2), 14, &hours) ||
		!text_u32(span_of(p + 4, 2), 59, &minutes))
		return false;
	int64_t total = (hours * 60 + minutes + 7) / 15 * 15;
	*ret = p[0] == '-' ? -total : total;
	s->n -= 6;
	return true;
}

bool dump_time(struct span text, struct source_time *ret)
{
	uint64_t ticks;
	int64_t minutes = 0;
	struct source_time when;
	if (text_u64(text, &ticks))
		return stamp_from_filetime(ticks, ret);
	if (text.n && (text.p[text.n - 1] == 'Z' || text.p[text.n - 1] == 'z'))
		text.n--;
	else
		cut_offset(&text, &minutes);
	if (!stamp_parse_civil(text, &when) ||
		__builtin_sub_overflow(when.ns, minutes * 60 * STAMP_NS_PER_S, &when.ns))
		return false;
	*ret = when;
	return true;
}
