/* SPDX-License-Identifier: Apache-2.0 */
/* A booth for tests of the vote: datagrams and events are told, and then counted. */
#ifndef WHOSENT_TEST_BOOTH_H
#define WHOSENT_TEST_BOOTH_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "correlate/vote.h"
#include "model/claim.h"

#define S 1000000000ll
#define TICK 15625000ll

struct booth {
	struct ballots packets, events;
	uint64_t random, numbers;
};

static inline void begin(struct booth *b)
{
	ballots_init(&b->packets, 100000);
	ballots_init(&b->events, 100000);
	b->random = 42;
}

static inline struct clock count(struct booth *b)
{
	struct clock c;
	struct err err = { 0 };
	cr_assert_eq(vote_align(&b->packets, &b->events, TICK, &c, &err), 0);
	ballots_done(&b->packets);
	ballots_done(&b->events);
	return c;
}

static inline struct endpoint at(uint8_t host, uint16_t port)
{
	uint8_t bytes[4] = { 10, 0, 0, host };
	return (struct endpoint){ .addr = addr_v4(bytes), .port = port };
}

struct datagram {
	uint8_t from;
	uint16_t sport, dport;
	uint32_t bytes;
};

static inline void packet_of(struct booth *b, struct datagram g, int64_t ns)
{
	struct err err = { 0 };
	struct digest d = { .known = DIGEST_ADDRS | DIGEST_PORTS | DIGEST_PAYLOAD,
		.transport = TRANSPORT_UDP,
		.payload_bytes = g.bytes };
	struct record r = { .when = { ns }, .number = ++b->numbers };
	d.flow.src = at(g.from, g.sport);
	d.flow.dst = at(200, g.dport);
	cr_assert_eq(ballots_add_packet(&b->packets, &d, &r, &err), 0);
}

static inline void event_of(struct booth *b, struct datagram g, int64_t ns)
{
	struct err err = { 0 };
	struct record r = { .when = { ns },
		.number = ++b->numbers,
		.event = { .op = EVENT_SEND,
			.transport = TRANSPORT_UDP,
			.bytes = g.bytes,
			.local = at(g.from, g.sport),
			.remote = at(200, g.dport) } };
	cr_assert_eq(ballots_add_event(&b->events, &r, &err), 0);
}

static inline void packet(struct booth *b, uint8_t from, uint16_t sport, uint16_t dport, int64_t ns)
{
	packet_of(b, (struct datagram){ from, sport, dport, 8 }, ns);
}

static inline void event(struct booth *b, uint8_t from, uint16_t sport, uint16_t dport, int64_t ns)
{
	event_of(b, (struct datagram){ from, sport, dport, 8 }, ns);
}

/* The same on each run. */
static inline uint32_t chance(struct booth *b, uint32_t below)
{
	b->random = b->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((b->random >> 33) % below);
}

#endif
