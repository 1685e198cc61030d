/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/map.h"

struct entry {
	uint64_t key;
	uint64_t value;
};

/* Against a plain array, through growth and thousands of removals. */
Test(map, agrees_with_an_array)
{
	enum { KEYS = 3000 };
	static bool present[KEYS];
	struct map m;
	struct err err = { 0 };
	uint64_t random = 88172645463325252ull;
	map_init(&m, sizeof(struct entry), sizeof(uint64_t), KEYS, (struct hash_key){ 1, 2 });
	for (int step = 0; step < 60000; step++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		uint64_t key = random % KEYS;
		struct entry *e = map_find(&m, &key);
		cr_assert_eq(e != NULL, present[key]);
		if (e) {
			cr_assert_eq(e->value, key * 3);
			map_remove(&m, e);
		} else {
			bool new;
			e = map_put(&m, &key, &new, &err);
			cr_assert(e && new);
			cr_assert_eq(e->value, 0, "zeroed behind the key");
			e->value = key * 3;
		}
		present[key] = !present[key];
	}
	size_t n = 0;
	for (struct entry *e = map_first(&m); e; e = map_after(&m, e))
		n += present[e->key];
	cr_assert_eq(n, m.count);
	map_done(&m);
}

Test(map, says_when_it_is_full)
{
	struct map m;
	struct err err = { 0 };
	bool new;
	map_init(&m, sizeof(uint64_t), sizeof(uint64_t), 3, (struct hash_key){ 1, 2 });
	for (uint64_t k = 0; k < 3; k++)
		cr_assert(map_put(&m, &k, &new, &err));
	uint64_t k = 3;
	cr_assert_null(map_put(&m, &k, &new, &err));
	cr_assert_eq(err.kind, ERR_LIMIT);
	k = 1;
	cr_assert(map_put(&m, &k, &new, &err), "one that is there is found at the limit");
	cr_assert_not(new);
	map_done(&m);
}
