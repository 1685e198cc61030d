/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/queue.h"
#include "base/stamp.h"

#define S STAMP_NS_PER_S

Test(queue, first_come_first_served)
{
	struct queue q;
	struct err err = { 0 };
	queue_init(&q);
	cr_assert_eq(queue_take(&q), QUEUE_NONE);
	cr_assert_eq(queue_reserve(&q, 4, &err), 0);
	queue_put(&q, 2, 10 * S);
	queue_put(&q, 0, 11 * S);
	cr_assert_eq(queue_reserve(&q, 4000, &err), 0);
	queue_put(&q, 3999, 12 * S);
	cr_assert_eq(queue_take(&q), 2);
	queue_put(&q, 2, 13 * S);
	cr_assert_eq(queue_take(&q), 0);
	cr_assert_eq(queue_take(&q), 3999);
	cr_assert_eq(queue_take(&q), 2);
	cr_assert_eq(queue_take(&q), QUEUE_NONE);
	queue_put(&q, 1, 14 * S);
	cr_assert_eq(queue_take(&q), 1, "an empty one fills again");
	queue_done(&q);
	queue_done(NULL);
}

/* Stamps may be of any age, and go back. */
Test(queue, who_has_waited)
{
	struct queue q;
	struct err err = { 0 };
	static const int64_t begins[] = { 0, 1263482400 * S, -5 * S };
	queue_init(&q);
	cr_assert_eq(queue_reserve(&q, 2, &err), 0);
	cr_assert_not(queue_waited(&q, 1000 * S, 0), "nobody waits");
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		int64_t t = begins[i];
		queue_put(&q, 0, t);
		queue_put(&q, 1, t + 50 * S);
		cr_expect_not(queue_waited(&q, t + 120 * S, 120 * S));
		cr_expect(queue_waited(&q, t + 121 * S, 120 * S));
		cr_expect_not(queue_waited(&q, t - 100 * S, 120 * S), "a clock went back");
		cr_expect_eq(queue_since(&q, 1, t + 60 * S), 10);
		cr_assert_eq(queue_take(&q), 0);
		cr_expect_not(queue_waited(&q, t + 121 * S, 120 * S));
		cr_assert_eq(queue_take(&q), 1);
	}
	queue_done(&q);
}
