/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/heap.h"

Test(heap, leaves_in_order_of_time_rank_and_sequence)
{
	struct heap h;
	struct err err = { 0 };
	heap_init(&h);
	uint64_t random = 1;
	for (uint64_t i = 0; i < 1000; i++) {
		random = random * 6364136223846793005ull + 1442695040888963407ull;
		struct heap_item item = { .time = (int64_t)(random >> 60),
			.rank = (uint32_t)(random >> 40) % 3,
			.sequence = i };
		cr_assert_eq(heap_push(&h, item, &err), 0);
	}
	struct heap_item last = heap_pop(&h);
	while (h.count) {
		struct heap_item next = heap_pop(&h);
		bool ordered = last.time < next.time ||
			(last.time == next.time &&
				(last.rank < next.rank ||
					(last.rank == next.rank && last.sequence < next.sequence)));
		cr_assert(ordered);
		last = next;
	}
	heap_done(&h);
}

/* One step is the same as the two. */
Test(heap, push_pop)
{
	struct heap one, two;
	struct err err = { 0 };
	heap_init(&one);
	heap_init(&two);
	uint64_t random = 1;
	for (uint64_t i = 0; i < 2000; i++) {
		random = random * 6364136223846793005ull + 1442695040888963407ull;
		struct heap_item item = { .time = (int64_t)(random >> 58), .sequence = i };
		cr_assert_eq(heap_push(&two, item, &err), 0);
		if (i % 7 == 0) {
			cr_assert_eq(heap_push(&one, item, &err), 0);
			continue;
		}
		struct heap_item a = heap_push_pop(&one, item), b = heap_pop(&two);
		cr_assert_eq(a.sequence, b.sequence);
		cr_assert_eq(one.count, two.count);
	}
	while (one.count)
		cr_assert_eq(heap_pop(&one).sequence, heap_pop(&two).sequence);
	struct heap_item alone = { .sequence = 9 };
	cr_assert_eq(heap_push_pop(&one, alone).sequence, 9);
	heap_done(&one);
	heap_done(&two);
}
