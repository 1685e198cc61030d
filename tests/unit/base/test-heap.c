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
