/* SPDX-License-Identifier: Apache-2.0 */
/* When packets came, in bounded memory: as runs between the longest gaps that there were. It
 * answers where nothing came, and how even it came in between. */
#ifndef WHOSENT_MODEL_SERIES_H
#define WHOSENT_MODEL_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stamp.h"

/* A service that is stopped and started again leaves a few long gaps; what is shorter than the
 * longest ones needs no place of its own. */
#define SERIES_RUNS 64

/* Packets between two of the gaps that are kept. No gap inside is longer than one of those. */
struct series_run {
	struct ref_time first, last;
	uint64_t packets;
	int64_t longest_ns; /* of the gaps inside */
	double squares;     /* sum of the squares of the gaps inside, in s^2 */
};

/* Zeroed at birth, copied as bytes. Runs are sorted and do not overlap. */
struct series {
	uint64_t packets;
	int64_t least_ns; /* once full: the shortest gap that is kept */
	uint32_t n_runs;
	struct series_run runs[SERIES_RUNS + 1]; /* the last one is for the one that comes */
};

/* Stamps may go back: such a packet falls into the run around it, whose gaps then count as longer
 * than they are, or makes one of its own. */
void series_add(struct series *s, struct ref_time when);
void series_merge(struct series *into, const struct series *from);

/* Did a packet surely come behind `from` and not behind `to`? */
bool series_any(const struct series *s, struct ref_time from, struct ref_time to);

/* How much of the time from `from` to `to` may lie in gaps above `most_ns`. */
int64_t series_blind_ns(
	const struct series *s, struct ref_time from, struct ref_time to, int64_t most_ns);

#endif
