/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/index.h"

static uint32_t find(const struct index *x, const uint64_t *hashes, uint64_t hash, uint32_t want)
{
	uint32_t at, place = index_first(x, hash, &at);
	while (place != INDEX_NONE && (place != want || hashes[place] != hash))
		place = index_next(x, hash, &at);
	return place;
}

/* Hashes that meet in few home slots, some wholly equal: what was added is found, what was removed
 * is not, and nothing else goes with it. */
Test(index, places_come_and_go)
{
	enum { N = 3000 };
	static uint64_t hashes[N];
	static bool there[N];
	struct index x = { 0 };
	struct err err = { 0 };
	uint64_t state = 88172645463325252ull;
	for (uint32_t step = 0; step < 40000; step++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		uint32_t i = (uint32_t)(state >> 32) % N;
		hashes[i] = (uint64_t)(i % 700) << 33;
		if (there[i]) {
			index_remove(&x, hashes[i], i);
		} else {
			cr_assert_eq(index_reserve(&x, &err), 0);
			index_add(&x, hashes[i], i);
		}
		there[i] = !there[i];
		if (step % 97)
			continue;
		for (uint32_t k = 0; k < N; k++)
			cr_assert_eq(find(&x, hashes, hashes[k], k), there[k] ? k : INDEX_NONE,
				"place %u after %u steps", k, step);
	}
	index_done(&x);
}

Test(index, an_empty_one_has_nothing)
{
	struct index x = { 0 };
	uint32_t at;
	cr_assert_eq(index_first(&x, 1, &at), INDEX_NONE);
	index_remove(&x, 1, 0);
	index_done(NULL);
}
