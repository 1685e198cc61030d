/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing by multiplication: keyed for tables, so that an input cannot choose its collisions, and
 * with fixed constants for payloads. */
#ifndef WHOSENT_BASE_HASH_H
#define WHOSENT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hash_key {
	uint64_t k0, k1;
};

/* A new key of the system's randomness; the environment variable WHOSENT_HASH_KEY (a decimal
 * number) fixes it, which a test uses to show that output does not depend on it. */
struct hash_key hash_key_new(void);

/* The payload digest looks at so many bytes: enough to tell messages apart, and no more for a full
 * frame than for a short one. */
#define HASH_PAYLOAD_BYTES 64

static inline uint64_t hash_load64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint64_t hash_load32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

/* Both halves of the product, one over the other. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* For tables. 16 bytes a product, each of whose halves hangs on a secret: whoever does not know the
 * key cannot tell which keys meet, for nothing that we print depends on a hash. It is no
 * cryptographic hash: one who could watch the tables at work might find the key. */
static inline uint64_t hash_bytes(struct hash_key key, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	/* The constants keep an empty key from making products of zero. */
	uint64_t k = key.k1 ^ 0xa0761d6478bd642full, h = key.k0 ^ 0xe7037ed1a0b428dbull ^ n;
	uint64_t last = 0;
	for (; n >= 16; n -= 16, p += 16)
		h = hash_fold(hash_load64(p) ^ k, hash_load64(p + 8) ^ h);
	if (n >= 8) {
		h = hash_fold(hash_load64(p) ^ k, h);
		n -= 8;
		p += 8;
	}
	if (n >= 4) {
		last = hash_load32(p);
		n -= 4;
		p += 4;
	}
	for (size_t i = 0; i < n; i++)
		last = last << 8 | p[i];
	return hash_fold(last ^ k, h);
}

uint64_t hash_long(const uint8_t *p, size_t n, uint64_t seed); /* more than 16 bytes */

/* A hash by multiplication over the length and the first HASH_PAYLOAD_BYTES: not keyed, for
 * payload digests that must be the same on every run. Collisions can be made by whoever likes;
 * nothing may rest on it alone. Of two pieces that overlap, some bytes are taken twice: that is
 * cheaper than a loop over what is left. */
static inline uint64_t hash_payload(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint64_t seed = (n + 1) * 0x9fb21c651e98df25ull, front = 0xd6e8feb86659fd93ull;
	if (n > 16)
		return hash_long(p, n < HASH_PAYLOAD_BYTES ? n : HASH_PAYLOAD_BYTES, seed);
	if (n >= 8)
		return hash_fold(hash_load64(p) ^ front, hash_load64(p + n - 8) ^ seed);
	if (n >= 4)
		front ^= hash_load32(p) << 32 | hash_load32(p + n - 4);
	else if (n > 0)
		front ^= (uint64_t)p[0] << 16 | (uint64_t)p[n / 2] << 8 | p[n - 1];
	return hash_fold(front, seed);
}

#endif
