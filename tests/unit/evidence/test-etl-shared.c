/* SPDX-License-Identifier: Apache-2.0 */
/* What the providers of an event trace log share: threads whose numbers are used again, and more
 * than one record of a moment. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "evidence/trace/etl/shared.h"

static struct etl_shared *shared_new(void)
{
	struct etl_shared *s = malloc(sizeof *s);
	etl_shared_init(s);
	return s;
}

static void shared_free(struct etl_shared *s)
{
	etl_shared_done(s);
	free(s);
}

static uint32_t pid_at(struct etl_shared *s, int64_t raw, uint32_t tid)
{
	uint32_t pid = 0, tag = 0;
	etl_shared_begin(s, raw);
	return etl_thread(s, tid, &pid, &tag) ? pid : 0;
}

/* The last words of a thread may bear the stamp of its end; what comes later is not its own. */
Test(etl_shared, thread_ends)
{
	struct etl_shared *s = shared_new();
	struct err err;
	cr_assert_eq(pid_at(s, 1, 7), 0);
	cr_assert_eq(etl_thread_start(s, 7, 100, 5, &err), 0);
	cr_assert_eq(pid_at(s, 5, 7), 100);
	etl_thread_end(s, 7);
	cr_assert_eq(pid_at(s, 5, 7), 100);
	cr_assert_eq(pid_at(s, 6, 7), 0);
	cr_assert_eq(pid_at(s, 5, 7), 100, "a late record");
	shared_free(s);
}

/* Another process's thread with the same number, of which nothing was logged, gets no process. */
Test(etl_shared, number_is_used_again)
{
	struct etl_shared *s = shared_new();
	struct err err;
	etl_shared_begin(s, 1);
	etl_thread_start(s, 7, 100, 0, &err);
	etl_shared_begin(s, 2);
	etl_thread_end(s, 7);
	etl_shared_begin(s, 2);
	etl_thread_start(s, 7, 200, 0, &err);
	cr_assert_eq(pid_at(s, 2, 7), 200);
	cr_assert_eq(pid_at(s, 3, 7), 200, "the end was of the thread before");
	etl_thread_start(s, 8, 1, 0, &err);
	cr_assert_eq(pid_at(s, 4, 7), 200);
	shared_free(s);
}

/* Many ends at one moment: the oldest are forgotten at once, and nothing grows. */
Test(etl_shared, many_ends)
{
	struct etl_shared *s = shared_new();
	struct err err;
	etl_shared_begin(s, 1);
	for (uint32_t tid = 0; tid < 3 * ETL_ENDED_MOST; tid++)
		etl_thread_start(s, tid, 1000 + tid, 0, &err);
	for (uint32_t tid = 0; tid < 3 * ETL_ENDED_MOST; tid++)
		etl_thread_end(s, tid);
	cr_assert_eq(pid_at(s, 1, 0), 0);
	cr_assert_eq(pid_at(s, 1, 3 * ETL_ENDED_MOST - 1), 1000 + 3 * ETL_ENDED_MOST - 1);
	for (uint32_t tid = 0; tid < 3 * ETL_ENDED_MOST; tid++)
		cr_assert_eq(pid_at(s, 2, tid), 0);
	etl_thread_end(s, 5);
	cr_assert_eq(s->threads.count, 0);
	shared_free(s);
}

Test(etl_shared, more_records)
{
	struct etl_shared *s = shared_new();
	struct record r = { .kind = RECORD_ADDRESS };
	etl_shared_begin(s, 1);
	for (unsigned i = 0; i < ETL_ALSO_MOST + 3; i++) {
		r.number = i;
		etl_also(s, &r);
	}
	for (unsigned i = 0; i < ETL_ALSO_MOST; i++)
		cr_assert_eq(etl_shared_also(s)->number, i);
	cr_assert_null(etl_shared_also(s));
	cr_assert_eq(s->dropped, 3);
	shared_free(s);
}

Test(etl_shared, seen)
{
	struct etl_shared *s = shared_new();
	cr_assert_eq(etl_seen(s, 0), 0);
	cr_assert_eq(etl_seen(s, ETL_SEEN_RAW), ETL_SEEN_RAW);
	cr_assert_eq(etl_seen(s, ETL_SEEN_PROCESS), ETL_SEEN_RAW | ETL_SEEN_PROCESS);
	shared_free(s);
}
