/* SPDX-License-Identifier: Apache-2.0 */
/* A small generator whose numbers are the same everywhere, for ever: samples depend on them.
 * splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014). */
#ifndef WHOSENT_LAB_RANDOM_H
#define WHOSENT_LAB_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to n - 1; n must not be 0. The bias of the remainder is of no matter here. */
static inline uint32_t random_below(struct random *r, uint32_t n)
{
	return (uint32_t)((random_next(r) >> 32) % n);
}

static inline int64_t random_between(struct random *r, int64_t low, int64_t high)
{
	return low + (int64_t)(random_next(r) % (uint64_t)(high - low + 1));
}

#endif
