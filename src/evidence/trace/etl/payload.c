/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of payloads: see payload.h. */
#include "evidence/trace/etl/payload.h"

#include "evidence/recode.h"

struct span payload_ansi(struct cursor *c)
{
	size_t left = cursor_left(c);
	const uint8_t *end = left ? memchr(c->p + c->at, 0, left) : NULL;
	if (!end) {
		cursor_skip(c, left + 1);
		return (struct span){ 0 };
	}
	struct span s = cursor_take(c, (size_t)(end - (c->p + c->at)));
	cursor_skip(c, 1);
	return s;
}

struct span payload_utf16(struct cursor *c)
{
	size_t left = cursor_left(c), n = 0;
	const uint8_t *p = c->p + c->at;
	while (n + 2 <= left && (p[n] || p[n + 1]))
		n += 2;
	if (n + 2 > left) {
		cursor_skip(c, left + 1);
		return (struct span){ 0 };
	}
	struct span s = cursor_take(c, n);
	cursor_skip(c, 2);
	return s;
}

struct span payload_utf8(struct span utf16, uint8_t buf[static PAYLOAD_NAME_BYTES])
{
	if (utf16.n > PAYLOAD_NAME_UNITS * 2)
		return (struct span){ 0 };
	return span_of(buf, recode_utf16(ENCODING_UTF16LE, &utf16, true, buf));
}

struct span payload_base16(struct span path)
{
	for (size_t at = path.n & ~(size_t)1; at >= 2; at -= 2)
		if (path.p[at - 2] == '\\' && path.p[at - 1] == 0)
			return span_of(path.p + at, path.n - at);
	return path;
}

bool payload_sockaddr(struct cursor *c, struct endpoint *ret)
{
	enum { FAMILY_V4 = 2, FAMILY_V6 = 23, BYTES_V4 = 8, BYTES_V6 = 24 };
	struct span s = cursor_take(c, cursor_le32(c));
	uint16_t family = s.n >= 2 ? load_le16(s.p) : 0;
	if (family == FAMILY_V4 && s.n >= BYTES_V4)
		ret->addr = addr_v4(s.p + 4);
	else if (family == FAMILY_V6 && s.n >= BYTES_V6)
		memcpy(ret->addr.b, s.p + 8, sizeof ret->addr.b);
	else
		return false;
	ret->port = payload_port(s.p + 2);
	return true;
}

enum { SID_HEAD = 8, SID_PARTS_MOST = 15 };

void payload_skip_sid(struct cursor *c)
{
	struct span head = cursor_take(c, SID_HEAD);
	if (head.p && (head.p[0] != 1 || head.p[1] > SID_PARTS_MOST))
		cursor_skip(c, SIZE_MAX);
	else if (head.p)
		cursor_skip(c, head.p[1] * 4u);
}

/* Is there a SID behind a TOKEN_USER whose pointer was zeroed, and a name behind that? Its five
 * upper bytes of authority are zero for all that Windows hands out. Wrong where a record without a
 * SID has a name of control characters at just this place: such a name is no file's. */
static bool hides_sid(struct cursor c, uint8_t pointer)
{
	static const uint8_t upper[5];
	cursor_skip(&c, 2u * pointer);
	struct cursor at = c;
	struct span head = cursor_take(&c, SID_HEAD);
	if (!head.p || head.p[1] == 0 || memcmp(head.p + 2, upper, sizeof upper) != 0)
		return false;
	payload_skip_sid(&at);
	struct span name = payload_ansi(&at);
	return name.n > 0 && name.p[0] >= 0x20;
}

void payload_skip_user(struct cursor *c, uint8_t pointer)
{
	struct cursor ahead = *c;
	if (cursor_le32(&ahead) == 0 && !hides_sid(*c, pointer)) {
		cursor_skip(c, 4);
		return;
	}
	cursor_skip(c, 2u * pointer);
	payload_skip_sid(c);
}

int payload_short(const struct etl_record *rec, const char *what, size_t needed, struct err *err)
{
	return err_set(err, ERR_MALFORMED,
		"%s of version %u has %zu bytes of data, and needs %s%zu", what, rec->version,
		rec->payload.n, needed > rec->payload.n ? "" : "more than ", needed);
}
