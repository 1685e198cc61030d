/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic that fits at a wrong offset: no such offset is ever sure. And what looks like it, but is
 * right all the same. */
#include <criterion/criterion.h>

#include "booth.h"

/* Ten sockets that tell ten hosts they are alive, every 60 s and a little in turn. */
static void beats(struct booth *b, bool events, int turns, int64_t from)
{
	for (int turn = 0; turn < turns; turn++)
		for (int i = 0; i < 10; i++) {
			struct datagram g = { 1, (uint16_t)(50000 + i), 7000, 40 };
			int64_t ns = from + turn * 60 * S + i * 3 * S;
			if (events)
				event_of(b, g, ns);
			else
				packet_of(b, g, ns);
		}
}

/* Datagrams of new ports, at odd times. */
static void chatter(struct booth *b, bool events, int n, uint16_t port, int64_t from)
{
	for (int i = 0; i < n; i++) {
		struct datagram g = { 1, (uint16_t)(port + i), 53, 30 + (uint32_t)(i * 7 % 40) };
		int64_t ns = from + i * (S / 3) + (i * 7919 % 89) * 1000000ll;
		if (events)
			event_of(b, g, ns);
		else
			packet_of(b, g, ns);
	}
}

Test(doubt, one_turn_of_what_is_periodic_in_the_capture)
{
	struct booth b;
	begin(&b);
	beats(&b, false, 5, 1000 * S);
	beats(&b, true, 1, 10000 * S);
	cr_assert_neq(count(&b).state, CLOCK_SURE, "it fits at five offsets");
}

/* The capture shows the beats twice but for the last ones: those are alone in both files. */
Test(doubt, alone_only_because_the_capture_ends)
{
	struct booth b;
	begin(&b);
	for (int i = 0; i < 60; i++) {
		struct datagram g = { 1, (uint16_t)(50000 + i), 7000, 40 };
		packet_of(&b, g, 1000 * S + i * S);
		if (i < 40)
			packet_of(&b, g, 1060 * S + i * S);
		if (i >= 40)
			event_of(&b, g, 9000 * S + i * S);
	}
	cr_assert_eq(count(&b).state, CLOCK_NONE);
}

/* Both saw one turn, each another one. What else they saw does not agree. */
Test(doubt, the_same_beats_among_other_traffic_of_another_hour)
{
	struct booth b;
	begin(&b);
	beats(&b, false, 1, 1000 * S);
	chatter(&b, false, 90, 20000, 1000 * S);
	beats(&b, true, 1, 4600 * S);
	chatter(&b, true, 90, 30000, 4600 * S);
	cr_assert_neq(count(&b).state, CLOCK_SURE);
	begin(&b);
	beats(&b, false, 1, 1000 * S);
	chatter(&b, false, 90, 20000, 1000 * S);
	beats(&b, true, 1, 4600 * S);
	chatter(&b, true, 90, 20000, 4600 * S);
	struct clock c = count(&b);
	cr_assert_eq(c.state, CLOCK_SURE, "all of it agrees");
	cr_assert_eq(c.offset_ns, -3600 * S);
}

/* One service of many hosts, once each: the ports are the same for all. */
Test(doubt, equal_service_ports_of_many_hosts)
{
	struct booth b;
	begin(&b);
	for (uint8_t host = 1; host < 60; host++) {
		packet(&b, host, 514, 514, host * S);
		event(&b, host, 514, 514, 500 * S + host * S);
	}
	cr_assert_neq(count(&b).state, CLOCK_SURE);
	begin(&b);
	for (uint8_t i = 0; i < 60; i++) {
		packet(&b, 1, (uint16_t)(130 + i), (uint16_t)(130 + i), i * S);
		event(&b, 2, (uint16_t)(130 + i), (uint16_t)(130 + i), 500 * S + i * S);
	}
	cr_assert_eq(count(&b).state, CLOCK_NONE, "nor do they stand for other hosts'");
}

/* A burst that is sent again from the same ports on another day is one coincidence. */
Test(doubt, a_single_burst)
{
	struct booth b;
	begin(&b);
	for (int i = 0; i < 50; i++) {
		packet(&b, 1, (uint16_t)(20000 + i), 9, 100 * S + i * 20000);
		event(&b, 1, (uint16_t)(20000 + i), 9, 40 * S);
	}
	cr_assert_neq(count(&b).state, CLOCK_SURE);
}

/* Two days of one server: of 16 bits of ports many agree by chance, at any difference. */
Test(doubt, two_days_of_one_server)
{
	for (uint64_t seed = 1; seed < 40; seed++) {
		struct booth b;
		begin(&b);
		b.random = seed;
		for (int i = 0; i < 8000; i++) {
			packet(&b, 1, (uint16_t)(1024 + chance(&b, 60000)), 53,
				i * (S / 50) + chance(&b, 15000000));
			event(&b, 1, (uint16_t)(1024 + chance(&b, 60000)), 53,
				i * (S / 50) + chance(&b, 15000000));
		}
		struct clock c = count(&b);
		cr_assert_eq(c.state, CLOCK_NONE, "seed %lu: state %d, %lu pairs", seed, c.state,
			c.pairs);
	}
}

/* Ports that rise and begin anew every 100 s, at regular times: a shift by that fits as well. */
Test(doubt, rising_ports_that_begin_anew)
{
	struct booth b;
	begin(&b);
	for (int i = 0; i < 1500; i++)
		packet(&b, 1, (uint16_t)(1025 + i % 1000), 9, i * (S / 10));
	for (int i = 600; i < 900; i++)
		event(&b, 1, (uint16_t)(1025 + i % 1000), 9, 7000 * S + i * (S / 10));
	cr_assert_eq(count(&b).state, CLOCK_NONE);
}

/* Beats that come again, and enough that does not: that is an ordinary server. */
Test(doubt, periodic_traffic_beside_other)
{
	struct booth b;
	begin(&b);
	beats(&b, false, 10, 1000 * S);
	beats(&b, true, 10, 1000 * S);
	chatter(&b, false, 900, 20000, 1000 * S);
	chatter(&b, true, 900, 20000, 1000 * S);
	struct clock c = count(&b);
	cr_assert_eq(c.state, CLOCK_SURE);
	cr_assert_eq(c.offset_ns, 0);
}

/* A mirrored port shows each packet twice. */
Test(doubt, copies_are_one)
{
	struct booth b;
	begin(&b);
	chatter(&b, false, 60, 20000, 1000 * S);
	chatter(&b, false, 60, 20000, 1000 * S + 300000);
	chatter(&b, true, 60, 20000, 400 * S);
	struct clock c = count(&b);
	cr_assert_eq(c.state, CLOCK_SURE);
	cr_assert_eq(c.offset_ns, 600 * S);
	cr_assert_eq(c.pairs, 60);
}

/* Addresses that were replaced vote by their ports. */
Test(doubt, anonymised_addresses)
{
	struct booth b;
	begin(&b);
	for (int i = 0; i < 60; i++) {
		packet(&b, 77, (uint16_t)(20000 + i), 53, i * S);
		event(&b, 1, (uint16_t)(20000 + i), 53, i * S - 3600 * S);
	}
	struct clock c = count(&b);
	cr_assert_eq(c.state, CLOCK_SURE);
	cr_assert_eq(c.offset_ns, 3600 * S);
}
