/* SPDX-License-Identifier: Apache-2.0 */
/* Alignment of clocks: right, unsure, or not at all, but never sure and wrong. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "correlate/vote.h"
#include "model/claim.h"

#define S 1000000000ll
#define TICK 15625000ll

struct booth {
	struct ballots packets, events;
	uint64_t random;
};

static void begin(struct booth *b)
{
	ballots_init(&b->packets, 100000);
	ballots_init(&b->events, 100000);
	b->random = 42;
}

static struct clock count(struct booth *b)
{
	struct clock c;
	struct err err = { 0 };
	cr_assert_eq(vote_align(&b->packets, &b->events, TICK, &c, &err), 0);
	ballots_done(&b->packets);
	ballots_done(&b->events);
	return c;
}

static struct endpoint at(uint8_t host, uint16_t port)
{
	uint8_t bytes[4] = { 10, 0, 0, host };
	return (struct endpoint){ .addr = addr_v4(bytes), .port = port };
}

static void packet(struct booth *b, uint8_t from, uint16_t sport, uint16_t dport, int64_t ns)
{
	struct err err = { 0 };
	struct digest d = { .known = DIGEST_ADDRS | DIGEST_PORTS | DIGEST_PAYLOAD,
		.transport = TRANSPORT_UDP,
		.payload_bytes = 8 };
	d.flow.src = at(from, sport);
	d.flow.dst = at(200, dport);
	cr_assert_eq(ballots_add_packet(&b->packets, &d, (struct source_time){ ns }, &err), 0);
}

static void event(struct booth *b, uint8_t from, uint16_t sport, uint16_t dport, int64_t ns)
{
	struct err err = { 0 };
	struct event e = { .op = EVENT_SEND,
		.transport = TRANSPORT_UDP,
		.bytes = 8,
		.local = at(from, sport),
		.remote = at(200, dport) };
	cr_assert_eq(ballots_add_event(&b->events, &e, (struct source_time){ ns }, &err), 0);
}

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
	}
	event(&b, 1, 1, 1, 3 * S + 400);
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
