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
