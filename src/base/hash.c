/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hashing: see hash.h. */
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"

struct hash_key hash_key_new(void)
{
	struct hash_key key = { 0x9e3779b97f4a7c15ull, 0xd1b54a32d192ed03ull };
	const char *fixed = getenv("WHOSENT_HASH_KEY");
	uint64_t v;
	if (fixed && text_u64(span_text(fixed), &v)) {
		key.k0 ^= v;
		key.k1 ^= v * 0x2545f4914f6cdd1dull;
		return key;
	}
	struct hash_key random;
	if (getrandom(&random, sizeof random, GRND_NONBLOCK) == (ssize_t)sizeof random)
		return random;
	return key; /* no entropy yet at early boot: flooding is then possible, answers are not */
}

static inline uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

struct sip {
	uint64_t a, b, c, d;
};

static inline void sip_round(struct sip *v)
{
	v->a += v->b;
	v->b = rotl(v->b, 13) ^ v->a;
	v->a = rotl(v->a, 32);
	v->c += v->d;
	v->d = rotl(v->d, 16) ^ v->c;
	v->a += v->d;
	v->d = rotl(v->d, 21) ^ v->a;
	v->c += v->b;
	v->b = rotl(v->b, 17) ^ v->c;
	v->c = rotl(v->c, 32);
}

uint64_t hash_bytes(struct hash_key key, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	struct sip v = { key.k0 ^ 0x736f6d6570736575ull, key.k1 ^ 0x646f72616e646f6dull,
		key.k0 ^ 0x6c7967656e657261ull, key.k1 ^ 0x7465646279746573ull };
	uint64_t m, last = (uint64_t)n << 56;
	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&m, p, 8);
		v.d ^= m;
		sip_round(&v);
		v.a ^= m;
	}
	for (size_t i = 0; i < n; i++)
		last |= (uint64_t)p[i] << (8 * i);
	v.d ^= last;
	sip_round(&v);
	v.a ^= last;
	v.c ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(&v);
	return v.a ^ v.b ^ v.c ^ v.d;
}

uint64_t hash_long(const uint8_t *p, size_t n, uint64_t h)
{
	const uint8_t *end = p + n;
	uint64_t a = h, b = ~h, c = rotl(h, 16), d = rotl(h, 48);
	/* Four chains side by side: the multiplications of one do not wait for those of another. */
	for (; end - p >= 32; p += 32) {
		a = hash_step(a, p);
		b = hash_step(b, p + 8);
		c = hash_step(c, p + 16);
		d = hash_step(d, p + 24);
	}
	if (end - p > 16)
		d = hash_step(hash_step(d, p), p + 8);
	/* The last 16 bytes are taken whole, though a step may have seen some of them. */
	b = hash_step(b, end - 16);
	c = hash_step(c, end - 8);
	return hash_end(a ^ rotl(b, 11) ^ rotl(c, 23) ^ rotl(d, 41));
}
