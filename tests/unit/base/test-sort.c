/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sort.h"

static uint64_t next(uint64_t *random)
{
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	return *random >> 20;
}

/* In order, equal ones as they stood, and none lost. */
static void check(const struct sort_key *was, struct sort_key *keys, size_t n)
{
	struct sort_key *spare = malloc((n + 1) * sizeof *spare);
	bool *seen = calloc(n + 1, sizeof *seen);
	sort_keys(keys, spare, n);
	for (size_t i = 0; i < n; i++) {
		cr_assert_lt(keys[i].place, n);
		cr_assert(!seen[keys[i].place]);
		seen[keys[i].place] = true;
		cr_assert_eq(keys[i].key, was[keys[i].place].key);
		cr_assert(i == 0 || keys[i - 1].key < keys[i].key ||
			(keys[i - 1].key == keys[i].key && keys[i - 1].place < keys[i].place));
	}
	free(spare);
	free(seen);
}

Test(sort, in_order_and_stable)
{
	static const size_t sizes[] = { 0, 1, 2, 47, 48, 49, 50, 300, 5000 };
	static const uint64_t masks[] = { 0, 1, 0x700, 0xff00ff, UINT64_MAX, 3ull << 62 };
	uint64_t random = 1;
	struct sort_key was[5000], keys[5000];
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (size_t m = 0; m < sizeof masks / sizeof *masks; m++) {
			for (uint32_t i = 0; i < sizes[s]; i++) {
				uint64_t v = next(&random) << 32 ^ next(&random);
				was[i] = keys[i] = (struct sort_key){ v & masks[m], i };
			}
			check(was, keys, sizes[s]);
		}
}

Test(sort, what_is_in_order_stays)
{
	struct sort_key was[200], keys[200];
	for (uint32_t i = 0; i < 200; i++)
		was[i] = keys[i] = (struct sort_key){ i / 3, i };
	check(was, keys, 200);
	was[199].key = keys[199].key = 0;
	check(was, keys, 200);
}

Test(sort, numbers_with_a_sign)
{
	static const int64_t values[] = { INT64_MIN, -2, -1, 0, 1, INT64_MAX };
	for (size_t i = 1; i < sizeof values / sizeof *values; i++)
		cr_assert_lt(sort_signed(values[i - 1]), sort_signed(values[i]));
}

/* Items of any size go to where their keys are, rings of all lengths. */
Test(sort, items_follow_their_keys)
{
	enum { N = 1000, SIZE = 13 };
	static char items[N][SIZE];
	static struct sort_key keys[N], spare[N];
	char room[SIZE];
	for (uint32_t i = 0; i < N; i++) {
		snprintf(items[i], SIZE, "%u", i * 7919 % 500);
		keys[i] = (struct sort_key){ i * 7919 % 500, i };
	}
	sort_keys(keys, spare, N);
	sort_items(items, SIZE, keys, N, room);
	for (uint32_t i = 0; i < N; i++) {
		cr_assert_eq(strtoull(items[i], NULL, 10), keys[i].key, "place %u", i);
		cr_assert_eq(keys[i].place, i);
	}
}
