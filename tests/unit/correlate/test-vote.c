/* SPDX-License-Identifier: Apache-2.0 */
/* Alignment of clocks: right, unsure, or not at all, but never sure and wrong. */
#include <criterion/criterion.h>

#include "booth.h"

/* n datagrams, 100 ms apart and never in step with the tick, against a log that is `offset` behind
 * and ticks coarsely. */
static void talk(struct booth *b, int n, int64_t offset)
{
	for (int i = 0; i < n; i++) {
		int64_t t = 1263482400 * S + i * 103777001ll;
		packet(b, 1, (uint16_t)(20000 + i), 9, t);
		int64_t log = t - offset;
		event(b, 1, (uint16_t)(20000 + i), 9, log - log % TICK);
	}
}

Test(vote, zone_and_skew_within_a_tick)
{
	static const int64_t offsets[] = { 0, 14400312440200, -27000000000000, 50400 * S + 17,
		-50400 * S - 449 * S, 19800 * S, 123456789 };
	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
		struct booth b;
		begin(&b);
		talk(&b, 100, offsets[i]);
		struct clock c = count(&b);
		cr_assert_eq(c.state, CLOCK_SURE);
		cr_assert_leq(llabs(c.offset_ns - offsets[i]), TICK, "offset %ld", offsets[i]);
		cr_assert_eq(c.pairs, 100);
	}
}

Test(vote, few_pairs_are_unsure)
{
	struct booth b;
	begin(&b);
	talk(&b, 7, 3600 * S);
	cr_assert_eq(count(&b).state, CLOCK_UNSURE);
}

Test(vote, nothing_in_common_is_none)
{
	struct booth b;
	begin(&b);
	for (int i = 0; i < 50; i++) {
		packet(&b, 1, (uint16_t)(1000 + i), 9, i * S);
		event(&b, 1, (uint16_t)(3000 + i), 9, i * S);
	}
	cr_assert_eq(count(&b).state, CLOCK_NONE);
	begin(&b);
	cr_assert_eq(count(&b).state, CLOCK_NONE, "empty");
}

/* 137 to 137 of two hosts: a single agreement in ports is chance. */
Test(vote, one_pair_by_ports_alone_is_none)
{
	struct booth b;
	begin(&b);
	packet(&b, 1, 137, 137, 100 * S);
	event(&b, 2, 137, 137, 40 * S);
	cr_assert_eq(count(&b).state, CLOCK_NONE);
	begin(&b);
	packet(&b, 1, 4000, 137, 100 * S);
	event(&b, 1, 4000, 137, 40 * S);
	struct clock c = count(&b);
	cr_assert_eq(c.state, CLOCK_UNSURE, "with its addresses it is one pair");
	cr_assert_eq(c.offset_ns, 60 * S);
}

/* Keys that occur twice on one side say nothing, however many there are. */
Test(vote, repeated_keys_do_not_vote)
{
	struct booth b;
	begin(&b);
	for (int i = 0; i < 40; i++) {
		packet(&b, 1, 4000, 9, i * S);
		event(&b, 1, 4000, 9, (i + 7) * S);
	}
	cr_assert_eq(count(&b).state, CLOCK_NONE);
}

/* Two logs' worth of pairs in one file, half of them an hour off: no winner, so not sure. */
Test(vote, a_rival_above_half_is_not_sure)
{
	struct booth b;
	begin(&b);
	talk(&b, 20, 0);
	for (int i = 0; i < 15; i++) {
		packet(&b, 3, (uint16_t)(30000 + i), 9, 1263482400 * S + i * S);
		event(&b, 3, (uint16_t)(30000 + i), 9, 1263482400 * S + i * S - 3600 * S);
	}
	struct clock c = count(&b);
	cr_assert_eq(c.state, CLOCK_UNSURE);
	cr_assert_leq(llabs(c.offset_ns), TICK);
	begin(&b);
	talk(&b, 20, 0);
	for (int i = 0; i < 20; i++) {
		packet(&b, 3, (uint16_t)(30000 + i), 9, 1263482400 * S + i * S);
		event(&b, 3, (uint16_t)(30000 + i), 9, 1263482400 * S + i * S - 3600 * S);
	}
	cr_assert_eq(count(&b).state, CLOCK_NONE, "a tie");
}

/* 40 % of the pairs are wrong, spread over hours: the mode does not move. */
Test(vote, outliers_do_not_move_it)
{
	struct booth b;
	begin(&b);
	talk(&b, 60, 7200 * S);
	for (int i = 0; i < 40; i++) {
		packet(&b, 3, (uint16_t)(40000 + i), 9, 1263482400 * S + i * S);
		event(&b, 3, (uint16_t)(40000 + i), 9, 1263482400 * S - i * 377 * S);
	}
	struct clock c = count(&b);
	cr_assert_eq(c.state, CLOCK_SURE);
	cr_assert_leq(llabs(c.offset_ns - 7200 * S), TICK);
}

/* A log with stamps of 100 ns has no tick of 15 ms: its error is what the kernels' paths cost. */
Test(vote, a_fine_clock_is_learned)
{
	struct booth b;
	begin(&b);
	for (int i = 0; i < 50; i++) {
		packet(&b, 1, (uint16_t)(20000 + i), 9, i * S + 50000);
		event(&b, 1, (uint16_t)(20000 + i), 9, i * S + (i % 7) * 100);
		event(&b, 1, 1, 1, i * S + (i % 7) * 100 + 300);
	}
	struct clock c = count(&b);
	cr_assert_eq(c.state, CLOCK_SURE);
	cr_assert_eq(c.error_ns, 2000000);
}

/* All rows of the article's log carry one stamp: its tick cannot be seen, so the format's holds. */
Test(vote, one_stamp_keeps_the_formats_tick)
{
	struct booth b;
	begin(&b);
	for (int i = 0; i < 4; i++) {
		packet(&b, 1, (uint16_t)(20000 + i), 9, 100 * S);
		event(&b, 1, (uint16_t)(20000 + i), 9, 40 * S);
	}
	struct clock c = count(&b);
	cr_assert_eq(c.state, CLOCK_UNSURE);
	cr_assert_eq(c.error_ns, TICK);
	cr_assert_eq(c.pairs, 4);
}

/* Times that count from 0 (a list with relative seconds) are days or decades away: only a sure
 * vote may bridge that. */
Test(vote, another_epoch_needs_a_sure_vote)
{
	struct booth b;
	begin(&b);
	talk(&b, 100, -40ll * 365 * 86400 * S);
	cr_assert_eq(count(&b).state, CLOCK_SURE);
	begin(&b);
	talk(&b, 5, -40ll * 365 * 86400 * S);
	cr_assert_eq(count(&b).state, CLOCK_NONE);
}

/* 200 ppm over three hours are 2.2 s, a thousand times the error of a pair. */
Test(vote, clocks_that_drift_apart)
{
	static const double rates[] = { 200e-6, -200e-6, 50e-6, 3e-6 };
	for (size_t k = 0; k < sizeof rates / sizeof *rates; k++) {
		struct booth b;
		begin(&b);
		for (int i = 0; i < 3000; i++) {
			int64_t log = 1263482400 * S + i * 3600777001ll;
			int64_t t = log + 3600 * S + (int64_t)(rates[k] * i * 3600777001.0);
			packet(&b, 1, (uint16_t)(20000 + i), 9, t + i * 7919 % 1000000);
			event(&b, 1, (uint16_t)(20000 + i), 9, log);
			event(&b, 1, 1, 1, log + 100000);
		}
		struct clock c = count(&b);
		cr_assert_eq(c.state, CLOCK_SURE);
		cr_assert_leq(llabs(c.offset_ns - 3600 * S), 2000000, "%ld", c.offset_ns);
		cr_assert_float_eq(clock_describe(&c).drift_ppm, rates[k] * 1e6, 1);
		struct source_time end = { 1263482400 * S + 2999 * 3600777001ll };
		int64_t true_end = end.ns + 3600 * S + (int64_t)(rates[k] * 2999 * 3600777001.0);
		cr_assert_leq(llabs(clock_to_ref(&c, end).ns - true_end), 2000000);
	}
}

/* Few pairs of a short time say nothing of a rate: carried on for hours it would be seconds. */
Test(vote, noise_has_no_rate)
{
	for (uint64_t seed = 1; seed < 100; seed++) {
		struct booth b;
		begin(&b);
		b.random = seed;
		for (int i = 0; i < 12; i++) {
			int64_t t = 1263482400 * S + i * 2 * S + chance(&b, 900000000);
			packet(&b, 1, (uint16_t)(20000 + i), 9, t);
			event(&b, 1, (uint16_t)(20000 + i), 9, t - t % TICK);
		}
		struct clock c = count(&b);
		cr_assert_eq(c.state, CLOCK_SURE);
		cr_assert_leq(llabs(c.offset_ns), TICK);
		cr_assert_eq(clock_describe(&c).drift_ppm, 0, "seed %lu", seed);
	}
}

/* The front of the log decides: behind it the clock was set. */
Test(vote, a_clock_that_is_set_within_the_peek)
{
	struct booth b;
	begin(&b);
	for (int i = 0; i < 1000; i++) {
		int64_t t = 1263482400 * S + i * 103777001ll;
		int64_t log = t - 7200 * S + (i >= 600 ? 90 * S : 0);
		packet(&b, 1, (uint16_t)(20000 + i), 9, t);
		event(&b, 1, (uint16_t)(20000 + i), 9, log - log % TICK);
	}
	struct clock c = count(&b);
	cr_assert_eq(c.state, CLOCK_SURE);
	cr_assert_leq(llabs(c.offset_ns - 7200 * S), TICK);
	cr_assert_eq(c.tick_ns, TICK, "stamps before and after do not mix: %ld", c.tick_ns);
}

/* Text that states whole seconds, on either side. */
Test(vote, stamps_of_whole_seconds)
{
	for (int side = 0; side < 2; side++) {
		struct booth b;
		begin(&b);
		for (int i = 0; i < 200; i++) {
			int64_t t = 1263482400 * S + i * 1137770017ll;
			packet(&b, 1, (uint16_t)(20000 + i), 9, side ? t : t - t % S);
			event(&b, 1, (uint16_t)(20000 + i), 9, side ? t - t % S : t);
		}
		struct clock c = count(&b);
		cr_assert_eq(c.state, CLOCK_SURE);
		cr_assert_leq(llabs(c.offset_ns), S);
		cr_assert_eq(c.error_ns, S);
	}
}
