/* SPDX-License-Identifier: Apache-2.0 */
/* How far apart are two clocks? Packets and events that are unmistakable on both sides vote.
 *
 * Each pair whose key (protocol, ports, length; addresses where they are equal) occurs once among
 * the packets and once among the events votes for the difference of its two stamps. The window
 * of two clock ticks that gathers most votes wins; the median of its votes is the offset. This
 * is the mode of a density with a boxcar kernel, which up to half of wrong pairs cannot move
 * (Chernoff, "Estimation of the mode", 1964). */
#ifndef WHOSENT_CORRELATE_VOTE_H
#define WHOSENT_CORRELATE_VOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/stamp.h"
#include "correlate/clock.h"
#include "model/digest.h"
#include "model/record.h"

#define VOTE_NO_LENGTH UINT32_MAX

/* One packet or one event, as far as voting looks at it. */
struct ballot {
	struct flow flow; /* as the packet runs */
	uint32_t bytes;   /* payload, or VOTE_NO_LENGTH */
	uint8_t transport;
	uint8_t side; /* enum side: whose event it is; SIDE_SENDER for packets */
	int64_t ns;   /* on its own clock */
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
	struct ballots *b, const struct digest *d, struct source_time when, struct err *err);
int ballots_add_event(
	struct ballots *b, const struct event *e, struct source_time when, struct err *err);

/* Aligns a log with packets. `tick_ns` is what the format says its clock may stand still for; a
 * finer one is learned from the stamps. Sorts both sets. *ret is CLOCK_NONE where nothing wins. */
int vote_align(struct ballots *packets, struct ballots *events, int64_t tick_ns, struct clock *ret,
	struct err *err);

#endif
