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

/* 16 bytes by a product that waits for no other one. */
static inline uint64_t lane(const uint8_t *p, uint64_t key, uint64_t seed)
{
	return hash_fold(hash_load64(p) ^ key, hash_load64(p + 8) ^ seed);
}

uint64_t hash_long(const uint8_t *p, size_t n, uint64_t seed)
{
	const uint8_t *end = p + n;
	uint64_t h =
		lane(p, 0xd6e8feb86659fd93ull, seed) ^ lane(end - 16, 0xa0761d6478bd642full, seed);
	if (n <= 32)
		return h;
	return h ^ lane(p + 16, 0xe7037ed1a0b428dbull, seed) ^
		lane(end - 32, 0x8ebc6af09c88c6e3ull, seed);
}
