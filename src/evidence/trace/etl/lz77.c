/* SPDX-License-Identifier: Apache-2.0 */
/* Plain LZ77: see lz77.h.
 *
 *   flags     u32 before each 32 items, read from the highest bit: 0 a byte as it is, 1 a match
 *   match     u16: distance - 1 in the upper 13 bits, length - 3 in the lower 3
 *   length 7  goes on in 4 bits, two such to a byte, the lower ones first; the byte stands where
 *             the first of the two is needed
 *   15        goes on in a byte; 255 in a u16 (0: in a u32) that counts all of the length */
#include "evidence/trace/etl/lz77.h"

#define MATCH_LEAST 3u
#define SHORT_MOST 7u
#define NIBBLE_MOST 15u

struct expand {
	struct cursor in;
	uint8_t *out;
	size_t at, n;
	size_t half; /* where the byte with a free upper half stands, or 0 */
};

static int cut(const struct expand *x, struct err *err)
{
	return err_at(err, ERR_TRUNCATED, x->in.at,
		"a compressed buffer ends after %zu of the %zu bytes that it expands to", x->at,
		x->n);
}

static unsigned next_nibble(struct expand *x)
{
	if (x->half) {
		unsigned upper = x->in.p[x->half] >> 4;
		x->half = 0;
		return upper;
	}
	x->half = x->in.at;
	return cursor_u8(&x->in) & NIBBLE_MOST;
}

/* Less than what its form can say for itself in fewer bytes is damage: 0. */
static size_t match_length(struct expand *x, unsigned low)
{
	if (low < SHORT_MOST)
		return low + MATCH_LEAST;
	unsigned nibble = next_nibble(x);
	if (nibble < NIBBLE_MOST)
		return nibble + SHORT_MOST + MATCH_LEAST;
	size_t more = cursor_u8(&x->in);
	if (more < UINT8_MAX)
		return more + NIBBLE_MOST + SHORT_MOST + MATCH_LEAST;
	more = cursor_le16(&x->in);
	if (more == 0)
		more = cursor_le32(&x->in);
	return more < NIBBLE_MOST + SHORT_MOST ? 0 : more + MATCH_LEAST;
}

static void copy(uint8_t *to, size_t distance, size_t length)
{
	const uint8_t *from = to - distance;
	if (distance >= length) {
		memcpy(to, from, length);
		return;
	}
	/* The match repeats what it writes. */
	for (size_t i = 0; i < length; i++)
		to[i] = from[i];
}

static int expand_match(struct expand *x, struct err *err)
{
	size_t at = x->in.at;
	unsigned m = cursor_le16(&x->in);
	size_t distance = (m >> 3) + 1, length = match_length(x, m & SHORT_MOST);
	if (x->in.ran_out)
		return cut(x, err);
	if (length == 0)
		return err_at(err, ERR_MALFORMED, at,
			"the length of a match takes the longest form and is below %u",
			NIBBLE_MOST + SHORT_MOST);
	if (distance > x->at)
		return err_at(err, ERR_MALFORMED, at,
			"a match %zu bytes back, and there are only %zu", distance, x->at);
	/* The last match may reach beyond what was asked for. */
	if (length > x->n - x->at)
		length = x->n - x->at;
	copy(x->out + x->at, distance, length);
	x->at += length;
	return 0;
}

static int expand_all(struct expand *x, struct err *err)
{
	uint32_t flags = 0;
	unsigned left = 0;
	while (x->at < x->n) {
		if (left == 0) {
			flags = cursor_le32(&x->in);
			left = 32;
		}
		left--;
		if (flags >> left & 1) {
			if (expand_match(x, err) < 0)
				return -1;
			continue;
		}
		x->out[x->at] = cursor_u8(&x->in);
		if (x->in.ran_out)
			return cut(x, err);
		x->at++;
	}
	return 0;
}

int lz77_expand(struct span in, uint8_t *out, size_t n, size_t *ret_n, struct err *err)
{
	struct expand x = { .in = cursor_of(in), .out = out, .n = n };
	int rc = expand_all(&x, err);
	*ret_n = x.at;
	return rc;
}
