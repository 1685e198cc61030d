/* SPDX-License-Identifier: Apache-2.0 */
/* Packets and events as far as the vote on a clock looks at them. */
#ifndef WHOSENT_CORRELATE_BALLOTS_H
#define WHOSENT_CORRELATE_BALLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/stamp.h"
#include "model/digest.h"
#include "model/record.h"

#define VOTE_NO_LENGTH UINT32_MAX

/* Stamps of one moment in two kernel paths differ by scheduling and interrupt delays even with
 * perfect clocks: below 2 ms a difference says nothing. */
#define CLOCK_JITTER_NS 2000000

/* One packet or one event. */
struct ballot {
	struct flow flow; /* as the packet runs */
	uint32_t bytes;   /* payload, or VOTE_NO_LENGTH */
	uint8_t transport;
	uint8_t side;    /* enum side: whose event it is; SIDE_SENDER for packets */
	int64_t ns;      /* on its own clock */
	uint64_t number; /* of its record: the order in which they were written */
};

struct ballots {
	struct ballot *items;
	size_t n, cap, max;
};

void ballots_init(struct ballots *b, size_t max);
void ballots_done(struct ballots *b);

/* Add what can vote (UDP, and TCP with payload); the rest is passed over. Full at `max`: ignored,
 * the start of a file is enough. */
int ballots_add_packet(
	struct ballots *b, const struct digest *d, const struct record *record, struct err *err);
int ballots_add_event(struct ballots *b, const struct record *record, struct err *err);

/* Ports first: what addresses cannot be trusted for (NAT, anonymised captures) stays together. */
int ballot_compare_ports(const struct ballot *a, const struct ballot *b);
/* Addresses, ports and length of two that have the same ports. */
int ballot_compare_whole(const struct ballot *a, const struct ballot *b);

/* By ports, then whole key, then time; events by side before all. */
int ballots_sort(struct ballots *b, struct err *err);

/* Of packets that are alike within CLOCK_JITTER_NS the first stays: a mirrored port shows each one
 * twice, and then no key would occur once. Sorted before and after. */
void ballots_drop_copies(struct ballots *packets);

/* How long the clock stands still, seen from the stamps: at most `most`, unless all are whole
 * numbers of a coarser unit (text that states seconds). 0: not at all. */
int ballots_tick(const struct ballots *b, int64_t most, int64_t *ret_ns, struct err *err);

#endif
