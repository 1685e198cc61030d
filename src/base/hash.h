/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hashing, so that an input cannot choose its collisions.
 * SipHash-1-3: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012). */
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

uint64_t hash_bytes(struct hash_key key, const void *p, size_t n);

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
