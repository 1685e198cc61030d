/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "correlate/clock.h"

#define S 1000000000ll

static int64_t parsed(const char *text)
{
	int64_t ns = INT64_MIN;
	return clock_parse_offset(span_text(text), &ns) ? ns : INT64_MIN;
}

Test(clock, offsets_as_people_write_them)
{
	cr_assert_eq(parsed("+4h"), 14400 * S);
	cr_assert_eq(parsed("-7h30m"), -27000 * S);
	cr_assert_eq(parsed("0.312s"), 312000000);
	cr_assert_eq(parsed("14400.3124402"), 14400312440200);
	cr_assert_eq(parsed("1h1m1.5s"), 3661500000000);
	static const char *const bad[] = { "", "+", "h", "4x", "1d", "--1", "4h-3m", "0x10", "1e3",
		"99999999999" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_eq(parsed(bad[i]), INT64_MIN, "%s", bad[i]);
}

Test(clock, zones_are_quarter_hours)
{
	struct clock c = { .state = CLOCK_SURE };
	static const struct {
		int64_t ns;
		int32_t minutes;
	} cases[] = { { 14400312440200, 240 }, { -27000 * S, -450 }, { 20700 * S, 345 },
		{ 449 * S, 0 }, { 451 * S, 15 }, { -451 * S, -15 }, { 0, 0 },
		{ 20 * 3600 * S, 0 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		c.first_offset_ns = cases[i].ns;
		cr_assert_eq(clock_describe(&c).zone_minutes, cases[i].minutes, "case %zu", i);
	}
}

/* 50 ppm over an hour is 180 ms: many times the error, followed step by step. */
Test(clock, follows_a_drift)
{
	struct clock c = { .state = CLOCK_SURE, .error_ns = 2000000 };
	double drift = 50e-6;
	for (int i = 0; i < 36000; i++) {
		int64_t t = i * (S / 10);
		int64_t log = (int64_t)((double)t * (1 - drift));
		clock_track(&c, (struct ref_time){ t },
			t - clock_to_ref(&c, (struct source_time){ log }).ns, 1);
		int64_t error = t - clock_to_ref(&c, (struct source_time){ log }).ns;
		cr_assert_leq(llabs(error), 2000000, "at %d", i);
	}
	cr_assert_float_eq(clock_describe(&c).drift_ppm, 50, 1);
}

Test(clock, noise_is_no_drift)
{
	struct clock c = { .state = CLOCK_SURE, .error_ns = 15625000 };
	uint64_t random = 1;
	for (int i = 0; i < 36000; i++) {
		random = random * 6364136223846793005ull + 1442695040888963407ull;
		clock_track(&c, (struct ref_time){ i * (S / 10) },
			(int64_t)(random >> 40) % 15625000 - 7812500 - c.offset_ns, 1);
	}
	cr_assert_eq(clock_describe(&c).drift_ppm, 0);
	cr_assert_leq(llabs(c.offset_ns), 7812500);
}

Test(clock, given_and_unsure_clocks_stay_as_they_are)
{
	struct clock c = clock_given(5 * S, 1000000);
	for (int i = 0; i < 100; i++)
		clock_track(&c, (struct ref_time){ i * S }, 500000, 1);
	cr_assert_eq(c.offset_ns, 5 * S);
}

/* One pair in five seconds: the batches are small, and the clock is followed all the same. */
Test(clock, follows_with_few_pairs)
{
	struct clock c = { .state = CLOCK_SURE, .error_ns = 4000000, .rate_error = 300e-6 };
	for (int i = 0; i < 7000; i++) {
		int64_t t = i * 5 * S;
		int64_t log = t - (int64_t)((double)t * 150e-6);
		int64_t error = t - clock_to_ref(&c, (struct source_time){ log }).ns;
		cr_assert_leq(llabs(error), clock_error(&c, (struct ref_time){ t }), "at %d", i);
		clock_track(&c, (struct ref_time){ t }, error, 1);
	}
	cr_assert_float_eq(clock_describe(&c).drift_ppm, 150, 1);
}

/* After an hour without a pair the rate that was learned still holds, and the error says how
 * well. */
Test(clock, the_error_widens_while_no_pair_is_seen)
{
	struct clock c = { .state = CLOCK_SURE, .error_ns = 2000000, .rate_error = 300e-6 };
	cr_assert_eq(clock_error(&c, (struct ref_time){ 0 }), 2000000);
	for (int i = 0; i < 3600; i++) {
		int64_t t = i * S, log = t - (int64_t)((double)t * 80e-6);
		clock_track(&c, (struct ref_time){ t },
			t - clock_to_ref(&c, (struct source_time){ log }).ns, 1);
	}
	int64_t t = 7200 * S, log = t - (int64_t)((double)t * 80e-6);
	int64_t error = llabs(t - clock_to_ref(&c, (struct source_time){ log }).ns);
	int64_t said = clock_error(&c, (struct ref_time){ t });
	cr_assert_leq(error, said);
	cr_assert_gt(said, 2000000);
	cr_assert_lt(said, 102000001);
}

/* Every fourth pair is wrong by nearly the error, to one side. */
Test(clock, wrong_pairs_do_not_move_it)
{
	struct clock c = { .state = CLOCK_SURE, .error_ns = 15625000, .rate_error = 300e-6 };
	for (int i = 0; i < 3600; i++) {
		int64_t at = i * S / 10;
		int64_t now = clock_to_ref(&c, (struct source_time){ at }).ns;
		clock_track(&c, (struct ref_time){ at }, at - now + (i % 4 ? 0 : 14000000), 1);
		cr_assert_leq(llabs(now - at), 2000000, "at %d: %ld", i, now - at);
	}
	cr_assert_eq(clock_describe(&c).drift_ppm, 0);
}

/* Pairs are met 3 s after their events were given a time, 2000 in a second: a correction shows only
 * in events that were read behind it, and must not be made again until then. */
Test(clock, a_correction_is_made_once)
{
	enum { RATE = 2000, LATE = 3 * RATE };
	static int64_t placed[LATE];
	struct clock c = { .state = CLOCK_SURE, .error_ns = 2000000, .rate_error = 300e-6 };
	uint64_t random = 1;
	for (int64_t i = 0; i < 300 * RATE; i++) {
		int64_t t = i * (S / RATE);
		if (i >= LATE) {
			int64_t then = t - 3 * S;
			clock_track(&c, (struct ref_time){ then }, then - placed[i % LATE],
				(uint64_t)(i - LATE + 1));
		}
		random = random * 6364136223846793005ull + 1442695040888963407ull;
		int64_t log = t - 1500000 - (int64_t)((double)t * 30e-6) -
			(int64_t)(random >> 44) % 200000;
		placed[i % LATE] = clock_to_ref(&c, (struct source_time){ log }).ns;
		c.placed = (uint64_t)i + 1;
		cr_assert_leq(llabs(placed[i % LATE] - t), 1800000, "at %ld", i);
		if (i > 30 * RATE)
			cr_assert_leq(llabs(placed[i % LATE] - t), 400000, "at %ld", i);
	}
	cr_assert_float_eq(clock_describe(&c).drift_ppm, 30, 2);
}
