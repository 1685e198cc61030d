/* SPDX-License-Identifier: Apache-2.0 */
/* Text of inputs: see text.h. */
#include "base/text.h"

#include <string.h>

/* Length of the blank at the front: 0 where there is none. */
static size_t blank_at(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	if (p[0] == ' ' || p[0] == '\t' || p[0] == '\r' || p[0] == 0xa0)
		return 1;
	return n >= 2 && p[0] == 0xc2 && p[1] == 0xa0 ? 2 : 0;
}

/* A lone A0 at the end may be the last byte of a UTF-8 character such as U+00E0 (C3 A0): it is a
 * blank only behind C2, or where the byte before it cannot begin or continue a character. */
static size_t blank_before(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	uint8_t b = p[n - 1];
	if (b == ' ' || b == '\t' || b == '\r')
		return 1;
	if (b != 0xa0)
		return 0;
	if (n >= 2 && p[n - 2] == 0xc2)
		return 2;
	return n < 2 || p[n - 2] < 0x80 ? 1 : 0;
}

struct span text_trim(struct span s)
{
	size_t k;
	while ((k = blank_at(s.p, s.n)) != 0) {
		s.p += k;
		s.n -= k;
	}
	while ((k = blank_before(s.p, s.n)) != 0)
		s.n -= k;
	return s;
}

bool text_equal(struct span s, const char *word)
{
	size_t n = strlen(word);
	return s.n == n && (n == 0 || memcmp(s.p, word, n) == 0);
}

static uint8_t lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
}

bool text_equal_nocase(struct span s, const char *word)
{
	if (s.n != strlen(word))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (lower(s.p[i]) != lower((uint8_t)word[i]))
			return false;
	return true;
}

bool text_starts(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);
	return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

struct span text_split(struct span *rest, uint8_t sep)
{
	struct span all = *rest;
	const uint8_t *at = all.n ? memchr(all.p, sep, all.n) : NULL;
	if (!at) {
		*rest = (struct span){ 0 };
		return all;
	}
	size_t n = (size_t)(at - all.p);
	*rest = span_of(at + 1, all.n - n - 1);
	return span_of(all.p, n);
}

struct span text_word(struct span *rest)
{
	size_t k;
	while ((k = blank_at(rest->p, rest->n)) != 0) {
		rest->p += k;
		rest->n -= k;
	}
	size_t n = 0;
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t' && rest->p[n] != '\r')
		n++;
	struct span word = span_of(rest->p, n);
	rest->p += n;
	rest->n -= n;
	return word;
}

bool text_u64(struct span s, uint64_t *ret)
{
	uint64_t v = 0;
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)s.p[i] - '0';
		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*ret = v;
	return true;
}

/* -1 where it is none. */
static int hex_digit(uint8_t b)
{
	uint8_t c = lower(b);
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_number(struct span s, uint64_t *ret)
{
	if (s.n < 3 || s.p[0] != '0' || lower(s.p[1]) != 'x')
		return text_u64(s, ret);
	uint64_t v = 0;
	for (size_t i = 2; i < s.n; i++) {
		int d = hex_digit(s.p[i]);
		if (d < 0 || v >> 60)
			return false;
		v = v << 4 | (unsigned)d;
	}
	*ret = v;
	return true;
}

struct span text_skip_mark(struct span s)
{
	static const uint8_t mark[3] = { 0xef, 0xbb, 0xbf };
	bool marked = s.n >= sizeof mark && memcmp(s.p, mark, sizeof mark) == 0;
	return marked ? span_of(s.p + sizeof mark, s.n - sizeof mark) : s;
}

bool text_hex(struct span s, uint8_t *ret, size_t n)
{
	if (s.n != 2 * n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_digit(s.p[i]);
		if (d < 0)
			return false;
		ret[i / 2] = (uint8_t)(i % 2 ? ret[i / 2] | d : d << 4);
	}
	return true;
}

bool text_u32(struct span s, uint32_t max, uint32_t *ret)
{
	uint64_t v;
	if (!text_u64(s, &v) || v > max)
		return false;
	*ret = (uint32_t)v;
	return true;
}

size_t text_utf8(struct span s, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t b = s.p[0];
	size_t n = b < 0x80             ? 1
		: b >= 0xc2 && b < 0xe0 ? 2
		: b >= 0xe0 && b < 0xf0 ? 3
		: b >= 0xf0 && b < 0xf5 ? 4
					: 0;
	if (n == 1) {
		*ret = b;
		return 1;
	}
	*ret = 0xfffd;
	if (n == 0 || n > s.n)
		return 1;
	uint32_t v = b & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (s.p[i] & 0x3fu);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 1;
	*ret = v;
	return n;
}
