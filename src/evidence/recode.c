/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings of text inputs: see recode.h. UTF-16 is RFC 2781. */
#include "evidence/recode.h"

#define REPLACEMENT 0xfffdu

/* Tools that write UTF-16 put a mark before it, but a part that is cut out of such a file has none.
 * No text in another encoding has a NUL in each second byte. */
#define BARE_BYTES 32u

static bool is_ascii(uint8_t b)
{
	return (b >= 0x20 && b < 0x7f) || b == '\t' || b == '\r' || b == '\n';
}

static bool is_bare(struct span head, size_t low)
{
	if (head.n < BARE_BYTES)
		return false;
	for (size_t i = 0; i < BARE_BYTES; i += 2)
		if (!is_ascii(head.p[i + low]) || head.p[i + 1 - low] != 0)
			return false;
	return true;
}

enum encoding recode_detect(struct span head)
{
	if (head.n >= 2 && head.p[0] == 0xff && head.p[1] == 0xfe)
		return ENCODING_UTF16LE;
	if (head.n >= 2 && head.p[0] == 0xfe && head.p[1] == 0xff)
		return ENCODING_UTF16BE;
	return is_bare(head, 0)    ? ENCODING_UTF16LE
		: is_bare(head, 1) ? ENCODING_UTF16BE
				   : ENCODING_BYTES;
}

static size_t put(uint8_t *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	size_t n = c < 0x10000 ? 3 : 4, at = 0;
	out[at++] = (uint8_t)(n == 3 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);
	if (n == 4)
		out[at++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[at++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[at++] = (uint8_t)(0x80 | (c & 0x3f));
	return n;
}

static uint32_t unit(enum encoding from, const uint8_t *p)
{
	return from == ENCODING_UTF16LE ? p[0] | (uint32_t)p[1] << 8 : (uint32_t)p[0] << 8 | p[1];
}

size_t recode_utf16(enum encoding from, struct span *in, bool last, uint8_t *out)
{
	size_t at = 0, n = 0;
	while (at + 2 <= in->n) {
		uint32_t c = unit(from, in->p + at);
		size_t step = 2;
		if (c >= 0xd800 && c < 0xdc00) {
			if (at + 4 > in->n && !last)
				break;
			uint32_t low = at + 4 > in->n ? 0 : unit(from, in->p + at + 2);
			bool pair = low >= 0xdc00 && low < 0xe000;
			c = pair ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : REPLACEMENT;
			step = pair ? 4 : 2;
		} else if (c >= 0xdc00 && c < 0xe000) {
			c = REPLACEMENT;
		}
		n += put(out + n, c);
		at += step;
	}
	if (last && at < in->n) {
		n += put(out + n, REPLACEMENT);
		at = in->n;
	}
	if (at)
		*in = span_of(in->p + at, in->n - at);
	return n;
}
