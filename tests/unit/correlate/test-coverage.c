/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "correlate/coverage.h"
#include "model/digest.h"

static struct clock sure = { .state = CLOCK_SURE, .error_ns = 10 };
static struct clock none = { .state = CLOCK_NONE };
static const struct source_format windows = { .traces = TRACES_TCP | TRACES_UDP };

static const char *ask(const struct coverage *c, uint32_t host, uint8_t transport, int64_t t)
{
	enum detail d;
	struct ref_time when = { t };
	return reason_name(coverage_reason(c, host, transport, t < 0 ? NULL : &when, &d));
}

static void begin(struct coverage *c, struct clock *clock)
{
	struct err err = { 0 };
	cr_assert_eq(coverage_init(c, 3, &err), 0);
	coverage_add(c, 1, &windows, 0, clock);
}

Test(coverage, from_first_to_last)
{
	struct coverage c;
	begin(&c, &sure);
	coverage_see(&c, 1, (struct ref_time){ 1000 });
	coverage_see(&c, 1, (struct ref_time){ 2000 });
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 1500), "not-in-log");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 990), "not-in-log");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 989), "outside-evidence");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 5000), "not-in-log", "the log goes on");
	coverage_end(&c, 1);
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 2010), "not-in-log");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 2011), "outside-evidence");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_ICMP, 1500), "not-traced");
	cr_assert_str_eq(ask(&c, 0, 132, 1500), "not-traced");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_NONE, 1500), "no-evidence", "it may be one of these");
	cr_assert_str_eq(ask(&c, 1, TRANSPORT_UDP, 1500), "no-evidence", "another host");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, -1), "no-evidence", "no time");
	coverage_done(&c);
}

Test(coverage, losses)
{
	struct coverage c;
	begin(&c, &sure);
	coverage_see(&c, 1, (struct ref_time){ 1000 });
	struct ref_time lost = { 1500 };
	coverage_lose(&c, 1, &lost, 0);
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 1509), "lost-events");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 1511), "not-in-log");
	coverage_lose(&c, 1, NULL, 0);
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 1800), "lost-events", "no one knows when");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 500), "outside-evidence",
		"the log does not reach so far, whatever it lost");
	coverage_done(&c);
}

Test(coverage, without_a_clock)
{
	struct coverage c;
	begin(&c, &none);
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 1500), "no-evidence");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_ICMP, 1500), "not-traced");
	coverage_done(&c);
}

/* Two logs of one host, one after the other: the one that covers the moment decides. */
Test(coverage, the_log_that_covers_decides)
{
	struct coverage c;
	begin(&c, &sure);
	coverage_add(&c, 2, &windows, 0, &sure);
	coverage_see(&c, 1, (struct ref_time){ 1000 });
	coverage_see(&c, 1, (struct ref_time){ 2000 });
	coverage_end(&c, 1);
	coverage_see(&c, 2, (struct ref_time){ 5000 });
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 1500), "not-in-log");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 3000), "outside-evidence");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 5500), "not-in-log");
	coverage_done(&c);
}

/* What a trace of many providers holds, only its events show. Without any it denies nothing. */
Test(coverage, a_log_that_shows_what_it_traces)
{
	static const struct source_format etl = { .traces = TRACES_TCP | TRACES_UDP,
		.traces_shown = true };
	struct coverage c;
	struct err err = { 0 };
	cr_assert_eq(coverage_init(&c, 3, &err), 0);
	coverage_add(&c, 1, &etl, 0, &sure);
	coverage_see(&c, 1, (struct ref_time){ 1000 });
	coverage_see(&c, 1, (struct ref_time){ 2000 });
	cr_assert_not(coverage_any(&c));
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 1500), "no-evidence");
	coverage_show(&c, 1, TRACES_UDP);
	cr_assert(coverage_any(&c));
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 1500), "not-in-log");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_TCP, 1500), "not-traced");
	coverage_done(&c);
}

/* A buffer with losses: what is missing lies anywhere up to the next one of its processor. */
Test(coverage, a_loss_may_last)
{
	struct coverage c;
	begin(&c, &sure);
	coverage_see(&c, 1, (struct ref_time){ 1000 });
	coverage_see(&c, 1, (struct ref_time){ 9000 });
	coverage_lose(&c, 1, &(struct ref_time){ 2000 }, 500);
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 1989), "not-in-log");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 1990), "lost-events");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 2510), "lost-events");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 2511), "not-in-log");
	coverage_lose(&c, 1, &(struct ref_time){ 5000 }, INT64_MAX);
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 4989), "not-in-log");
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 8000), "lost-events");
	coverage_lose(&c, 1, &(struct ref_time){ INT64_MAX / 2 }, INT64_MAX - 1);
	cr_assert_str_eq(ask(&c, 0, TRANSPORT_UDP, 3000), "not-in-log");
	coverage_done(&c);
}
