/* SPDX-License-Identifier: Apache-2.0 */
/* Packs bytes as Plain LZ77: see etl_lz77.h. Greedy, with the last place of each three bytes. */
#include "write/etl_lz77.h"

#include <string.h>

enum { SHORTEST = 3, FARTHEST = 8192, HASHES = 4096 };

struct packer {
	uint8_t *out;
	size_t n;
	size_t flags_at; /* where the word of flags that is being filled goes */
	uint32_t flags;
	unsigned n_flags;
	size_t half_at; /* a byte whose high half is free, or 0 */
};

static void put(struct packer *p, uint32_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p->out[p->n++] = (uint8_t)(v >> 8 * i);
}

static void store_flags(struct packer *p)
{
	for (unsigned i = 0; i < 4; i++)
		p->out[p->flags_at + i] = (uint8_t)(p->flags >> 8 * i);
}

static void begin_flags(struct packer *p)
{
	p->flags_at = p->n;
	p->flags = 0;
	p->n_flags = 0;
	put(p, 0, 4);
}

/* Called behind the item that the flag speaks of: the next word begins right there, even where
 * nothing follows, as in Microsoft's own streams. */
static void flag(struct packer *p, unsigned is_match)
{
	p->flags = p->flags << 1 | is_match;
	if (++p->n_flags < 32)
		return;
	store_flags(p);
	begin_flags(p);
}

/* The first length that needs it takes the low half of a new byte, the next one the high half. */
static void put_half(struct packer *p, uint32_t v)
{
	if (p->half_at) {
		p->out[p->half_at] |= (uint8_t)(v << 4);
		p->half_at = 0;
		return;
	}
	p->half_at = p->n;
	put(p, v, 1);
}

static void put_match(struct packer *p, uint32_t distance, uint32_t length)
{
	uint32_t extra = length - SHORTEST;
	put(p, (distance - 1) << 3 | (extra < 7 ? extra : 7), 2);
	if (extra < 7)
		return;
	put_half(p, extra - 7 < 15 ? extra - 7 : 15);
	if (extra - 7 < 15)
		return;
	put(p, extra - 22 < 255 ? extra - 22 : 255, 1);
	if (extra - 22 < 255)
		return;
	put(p, extra < 65536 ? extra : 0, 2);
	if (extra >= 65536)
		put(p, extra, 4);
}

static size_t same(struct span in, size_t a, size_t b)
{
	size_t n = 0;
	while (b + n < in.n && in.p[a + n] == in.p[b + n])
		n++;
	return n;
}

size_t etl_lz77_pack(struct span in, uint8_t *out)
{
	uint32_t last[HASHES] = { 0 }; /* place + 1 */
	struct packer p = { .out = out };
	begin_flags(&p);
	for (size_t at = 0; at < in.n;) {
		size_t length = 0, from = 0;
		if (in.n - at >= SHORTEST) {
			uint32_t three = in.p[at] | (uint32_t)in.p[at + 1] << 8 |
				(uint32_t)in.p[at + 2] << 16;
			uint32_t *place = &last[three * 0x9e3779b1u >> 20];
			from = *place;
			*place = (uint32_t)at + 1;
			if (from && at - (from - 1) <= FARTHEST)
				length = same(in, from - 1, at);
		}
		if (length >= SHORTEST) {
			put_match(&p, (uint32_t)(at - (from - 1)), (uint32_t)length);
			at += length;
			flag(&p, 1);
		} else {
			put(&p, in.p[at++], 1);
			flag(&p, 0);
		}
	}
	/* Flags that speak of nothing are ones. */
	if (p.n_flags)
		p.flags = p.flags << (32 - p.n_flags) | (UINT32_MAX >> p.n_flags);
	else
		p.flags = UINT32_MAX;
	store_flags(&p);
	return p.n;
}
