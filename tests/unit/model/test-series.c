/* SPDX-License-Identifier: Apache-2.0 */
/* Times in bounded memory: what is kept of the longest gaps, in any order of packets. */
#include <criterion/criterion.h>

#include "model/series.h"

#define S STAMP_NS_PER_S

static struct ref_time at(int64_t s)
{
	return (struct ref_time){ s * S };
}

Test(series, few_packets_are_runs_of_their_own)
{
	struct series s = { 0 };
	for (int i = 0; i < 10; i++)
		series_add(&s, at(10 * i));
	cr_assert_eq(s.n_runs, 10);
	cr_assert_eq(s.packets, 10);
	cr_assert(series_any(&s, at(15), at(20)));
	cr_assert_not(series_any(&s, at(20), at(29)), "behind the first, up to the last");
}

Test(series, the_longest_gaps_stay)
{
	struct series s = { 0 };
	int64_t t = 0;
	for (int i = 0; i < 100000; i++) {
		t += i == 50000 ? 1000 : i % 1000 == 999 ? 60 : 1;
		series_add(&s, at(t));
	}
	cr_assert_eq(s.n_runs, SERIES_RUNS);
	cr_assert_eq(s.packets, 100000);
	uint64_t packets = 0;
	int64_t longest = 0;
	double squares = 0;
	for (uint32_t i = 0; i < s.n_runs; i++) {
		packets += s.runs[i].packets;
		squares += s.runs[i].squares;
		if (i && s.runs[i].first.ns - s.runs[i - 1].last.ns > longest)
			longest = s.runs[i].first.ns - s.runs[i - 1].last.ns;
		int64_t gap = i ? s.runs[i].first.ns - s.runs[i - 1].last.ns : 0;
		squares += (double)gap / S * ((double)gap / S);
		cr_assert_leq(s.runs[i].longest_ns, 60 * S);
	}
	cr_assert_eq(packets, 100000);
	cr_assert_eq(longest, 1000 * S);
	/* Of 99,999 gaps one has 1000 s, 100 have 60 s, the others 1 s. */
	cr_assert_float_eq(squares, 1e6 + 100 * 3600.0 + 99898, 1e-3);
}

Test(series, order_does_not_lose_packets)
{
	struct series s = { 0 };
	for (int i = 0; i < 1000; i++)
		series_add(&s, at((i * 7919) % 10007));
	uint64_t packets = 0;
	for (uint32_t i = 0; i < s.n_runs; i++) {
		packets += s.runs[i].packets;
		cr_assert_leq(s.runs[i].first.ns, s.runs[i].last.ns);
		if (i)
			cr_assert_gt(s.runs[i].first.ns, s.runs[i - 1].last.ns);
	}
	cr_assert_eq(packets, 1000);
	cr_assert_leq(s.n_runs, SERIES_RUNS);
}

Test(series, merging_keeps_all)
{
	struct series a = { 0 }, b = { 0 };
	for (int i = 0; i < 500; i++)
		series_add(i < 250 ? &a : &b, at(2 * i + (i >= 250 ? 1000 : 0)));
	series_merge(&a, &b);
	cr_assert_eq(a.packets, 500);
	cr_assert_leq(a.n_runs, SERIES_RUNS);
	cr_assert_not(series_any(&a, at(498), at(1499)), "the gap between the halves");
	cr_assert(series_any(&a, at(498), at(1500)));
	struct series inside = { 0 };
	series_add(&inside, at(101));
	series_merge(&a, &inside);
	cr_assert_eq(a.packets, 501);
	cr_assert_not(series_any(&a, at(498), at(1499)));
}

Test(series, blind_times)
{
	struct series s = { 0 };
	for (int i = 0; i <= 100; i++)
		series_add(&s, at(i));
	for (int i = 200; i <= 300; i++)
		series_add(&s, at(i));
	cr_assert_eq(series_blind_ns(&s, at(0), at(100), 5 * S), 0);
	cr_assert_eq(series_blind_ns(&s, at(50), at(250), 5 * S), 100 * S);
	cr_assert_eq(series_blind_ns(&s, at(50), at(250), 100 * S), 0, "not above it");
	cr_assert_eq(series_blind_ns(&s, at(150), at(160), 5 * S), 10 * S);
	cr_assert_eq(series_blind_ns(&s, at(250), at(400), 5 * S), 100 * S, "nothing behind it");
	cr_assert_eq(series_blind_ns(&s, at(-50), at(50), 5 * S), 50 * S, "nothing before it");
	struct series none = { 0 };
	cr_assert_eq(series_blind_ns(&none, at(0), at(9), S), 9 * S);
}
