/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hashing, so that an input cannot choose its collisions.
 * SipHash-1-3: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012). */
#ifndef WHOSENT_BASE_HASH_H
#define WHOSENT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k0, k1;
};

/* A new key of the system's randomness; the environment variable WHOSENT_HASH_KEY (a decimal
 * number) fixes it, which a test uses to show that output does not depend on it. */
struct hash_key hash_key_new(void);

uint64_t hash_bytes(struct hash_key key, const void *p, size_t n);

/* A 64-bit multiply-and-rotate hash, 8 bytes at a time: not keyed, for payload digests that must be
 * the same on every run. Collisions can be made by whoever likes; nothing may rest on it alone. */
uint64_t hash_payload(const void *p, size_t n);

#endif
