/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded access to bytes: the only way in which parsers touch input. */
#ifndef WHOSENT_BASE_CURSOR_H
#define WHOSENT_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes. The prototype that hands one out says until when it may be used. */
struct span {
	const uint8_t *p;
	size_t n;
};

/* A read past the end yields 0 and latches `ran_out`: read a header whole, then ask once. */
struct cursor {
	const uint8_t *p;
	size_t n;
	size_t at; /* never above n */
	bool ran_out;
};

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){ .p = p, .n = n };
}

static inline struct span span_text(const char *text)
{
	return span_of(text, strlen(text));
}

static inline struct cursor cursor_of(struct span s)
{
	return (struct cursor){ .p = s.p, .n = s.n };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->n - c->at;
}

/* Borrows the next n bytes, or {NULL, 0} and `ran_out` where there are fewer. */
static inline struct span cursor_take(struct cursor *c, size_t n)
{
	if (n > c->n - c->at) {
		c->at = c->n;
		c->ran_out = true;
		return (struct span){ 0 };
	}
	struct span s = { .p = c->p + c->at, .n = n };
	c->at += n;
	return s;
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
	cursor_take(c, n);
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	struct span s = cursor_take(c, 1);
	return s.p ? s.p[0] : 0;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	struct span s = cursor_take(c, 2);
	return (uint16_t)(s.p ? s.p[0] << 8 | s.p[1] : 0);
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	struct span s = cursor_take(c, 4);
	return s.p
		? (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 | (uint32_t)s.p[2] << 8 | s.p[3]
		: 0;
}

static inline uint16_t cursor_le16(struct cursor *c)
{
	return __builtin_bswap16(cursor_be16(c));
}

static inline uint32_t cursor_le32(struct cursor *c)
{
	return __builtin_bswap32(cursor_be32(c));
}

/* Little-endian numbers whose bounds were checked with those around them: for the short ways of
 * readers. */
static inline uint16_t load_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t load_le32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap32(v) : v;
}

static inline uint64_t load_le64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(v) : v;
}

/* For formats that state their byte order in the file. */
static inline uint16_t cursor_u16(struct cursor *c, bool big)
{
	return big ? cursor_be16(c) : cursor_le16(c);
}

static inline uint32_t cursor_u32(struct cursor *c, bool big)
{
	return big ? cursor_be32(c) : cursor_le32(c);
}

static inline uint64_t cursor_u64(struct cursor *c, bool big)
{
	uint64_t a = cursor_u32(c, big), b = cursor_u32(c, big);
	return big ? a << 32 | b : b << 32 | a;
}

#endif
