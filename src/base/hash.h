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

static inline uint64_t hash_step(uint64_t h, const uint8_t *p)
{
	uint64_t m;
	memcpy(&m, p, 8);
	h = (h ^ m) * 0x9fb21c651e98df25ull;
	return h << 29 | h >> 35;
}

static inline uint64_t hash_end(uint64_t h)
{
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93ull;
	return h ^ h >> 29;
}

uint64_t hash_long(const uint8_t *p, size_t n, uint64_t h); /* more than 16 bytes */

/* A 64-bit multiply-and-rotate hash over the length and the first HASH_PAYLOAD_BYTES: not keyed,
 * for payload digests that must be the same on every run. Collisions can be made by whoever likes;
 * nothing may rest on it alone. */
static inline uint64_t hash_payload(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint64_t h = n * 0x9fb21c651e98df25ull;
	if (n > 16)
		return hash_long(p, n < HASH_PAYLOAD_BYTES ? n : HASH_PAYLOAD_BYTES, h);
	if (n >= 8)
		return hash_end(hash_step(hash_step(h, p), p + n - 8));
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return hash_end(h);
}

#endif
