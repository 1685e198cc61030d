/* SPDX-License-Identifier: Apache-2.0 */
/* How far apart are two clocks? Packets and events that are unmistakable on both sides vote.
 *
 * Each pair whose key (protocol, ports, length; addresses where they are equal) occurs once among
 * the packets and once among the events votes for the difference of its two stamps. The window
 * of two clock ticks that gathers most votes wins; the median of its votes is the offset. This
 * is the mode of a density with a boxcar kernel, which up to half of wrong pairs cannot move
 * (Chernoff, "Estimation of the mode", 1964).
 *
 * Where the votes reach over so long a time that two clocks may have drifted apart by a window,
 * they are first levelled by the line that a repeated median (line.h) lays through the fullest wide
 * window. Where that gives no sure answer, the first half of the log is asked alone, and so on:
 * behind it the clock may have been set, and what comes later is tracked (clock.h). */
#ifndef WHOSENT_CORRELATE_VOTE_H
#define WHOSENT_CORRELATE_VOTE_H

#include "correlate/ballots.h"
#include "correlate/clock.h"

/* Aligns a log with packets. `tick_ns` is what the format says its clock may stand still for; a
 * finer one is learned from the stamps. Sorts both sets. *ret is CLOCK_NONE where nothing wins. */
int vote_align(struct ballots *packets, struct ballots *events, int64_t tick_ns, struct clock *ret,
	struct err *err);

#endif
