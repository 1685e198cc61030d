/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/pool.h"

/* Things do not overlap, stay where they are, and are used again. */
Test(pool, things_are_apart_and_come_back)
{
	enum { N = 2000, SIZE = 20 };
	static unsigned char *things[N];
	struct pool p;
	struct err err = { 0 };
	pool_init(&p, SIZE);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < N; i++) {
			things[i] = pool_take(&p, &err);
			cr_assert_not_null(things[i]);
			cr_assert_eq((uintptr_t)things[i] % 8, 0u);
			memset(things[i], i & 0xff, SIZE);
		}
		size_t chunks = p.n_chunks;
		for (int i = 0; i < N; i++)
			for (int k = 0; k < SIZE; k++)
				cr_assert_eq(things[i][k], i & 0xff);
		for (int i = 0; i < N; i++)
			pool_give(&p, things[(i * 7) % N]);
		cr_assert(round == 0 || chunks == p.n_chunks, "memory grew");
	}
	pool_give(&p, NULL);
	pool_done(&p);
	pool_done(NULL);
}
