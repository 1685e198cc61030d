/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the vote: vote.c, vote_cast.c and vote_doubt.c. */
#ifndef WHOSENT_CORRELATE_VOTE_INNER_H
#define WHOSENT_CORRELATE_VOTE_INNER_H

#include "correlate/ballots.h"
#include "correlate/clock.h"

/* A pair of packet and event that may be one. */
struct vote {
	int64_t delta;   /* packet minus event, levelled */
	int64_t at;      /* the event's stamp */
	int64_t seen;    /* the packet's */
	uint64_t number; /* of the event's record */
	uint64_t trait;  /* ports and length: alike for one service of many hosts */
	uint32_t key;    /* pairs of one key have one number */
	bool alone;      /* its key occurs once on both sides */
	bool whole;      /* addresses agree too */
};

struct votes {
	struct vote *items;
	size_t n, cap;
	uint32_t n_keys;
};

/* Sorted ballots in; all votes of both sides' events, those of keys that occur a few times too. */
int votes_cast(struct votes *v, const struct ballots *packets, const struct ballots *events,
	struct err *err);

/* Places in votes that are sorted by delta. */
struct window {
	size_t from, n;
	size_t alone, whole; /* of its votes: lone ones, and lone ones whose addresses agree */
};

/* The logarithm of how likely chance alone gathers so many lone votes in a window. */
double vote_chance(const struct votes *v, const struct window *best, int64_t width_ns);

/* From when to when ballots reach, and the period with which several keys come again (0: none). */
struct extent {
	int64_t from, to, period;
};

int vote_extent(const struct ballots *b, int64_t width_ns, struct extent *ret, struct err *err);

/* How many different kinds of pairs agree, and in how many moments? Not counted are those that may
 * be alone only because their next turn is outside of both files. */
struct variety {
	size_t pairs, kinds, moments;
};

int vote_variety(const struct votes *v, const struct window *best, int64_t width_ns,
	const struct extent extents[static 2], struct variety *ret, struct err *err);

/* With this offset, is there an event for many of the packets of the time that both cover, or a
 * packet for many of the events? */
int vote_present(const struct ballots *packets, const struct ballots *events,
	const struct clock *clock, bool *ret, struct err *err);

#endif
