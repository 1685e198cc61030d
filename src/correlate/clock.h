/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks of inputs against the reference clock. The only code that turns struct source_time into
 * struct ref_time; an offset never travels without its error and its state. */
#ifndef WHOSENT_CORRELATE_CLOCK_H
#define WHOSENT_CORRELATE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stamp.h"
#include "correlate/line.h"
#include "model/report.h"

/* Residuals of one batch, and medians of batches that the rate is computed from. */
#define CLOCK_TRACK 32
#define CLOCK_BATCHES 32

/* No two clocks that a system keeps drift apart by more: crystals are within 100 ppm, and a time
 * service slews by some 200 more. */
#define CLOCK_RATE_MOST 300e-6

struct clock {
	enum clock_state state;
	uint64_t pairs;
	int64_t first_offset_ns; /* as aligned; what the report states */
	int64_t offset_ns;       /* as refined while running: at since_ns of its own time */
	int64_t since_ns;
	double rate, rate_error; /* by how much the reference runs faster, about 1e-6 */
	int64_t error_ns;        /* a pair may disagree by so much, while pairs come */
	int64_t tick_ns;         /* the clock may stand still for so long */

	/* Has it been set while its log was written? (clock_steps.c) */
	bool doubt;           /* it may have been: until a pair is beyond doubt, none is by time */
	bool suspect;         /* so many events without a packet: worth a look */
	uint32_t steps;       /* times that it was set */
	uint32_t vain;        /* looks that found nothing */
	int64_t stepped_ns;   /* what the steps add up to */
	uint64_t passed;      /* events that left the window, since it was last set */
	double recent, usual; /* the share of them that met their packet, beyond doubt */
	double near;          /* of the last ones, that met packets like theirs */
	struct clock_pair {
		uint64_t event; /* records' numbers; 0: none was met */
		uint64_t packet;
		uint32_t capture; /* the packet's input */
	} last;

	/* Refinement (clock_track.c). Events are given a time when they are read and meet their
	 * packets seconds later: those that were read before the clock last moved say nothing of
	 * how it stands now. */
	uint64_t placed;     /* number of the last record that was given a time */
	uint64_t moved;      /* what it was when the clock last moved */
	struct ref_time met; /* the last pair, where has_met */
	bool has_met;
	struct line_point batch[CLOCK_TRACK];     /* reference time, offset */
	struct line_point medians[CLOCK_BATCHES]; /* of the last batches, oldest first */
	unsigned n_batch, n_medians;
	/* Sums for the slope of offset over time (least squares), in seconds from first_at. */
	bool has_first_at;
	struct ref_time first_at;
	double n, sum_t, sum_o, sum_tt, sum_to;
};

/* The clock of the first input with packets, and of inputs that state no times. */
struct clock clock_reference(void);
/* As said with --clock FILE=OFFSET. */
struct clock clock_given(int64_t offset_ns, int64_t tick_ns);

/* Stamps of another age are damage, and bent until windows around them can be reckoned with. */
#define CLOCK_MOST_NS (INT64_MAX / 2)

/* What is added to a stamp of its own. */
static inline int64_t clock_offset(const struct clock *c, struct source_time t)
{
	if (c->rate == 0)
		return c->offset_ns;
	return c->offset_ns + (int64_t)(c->rate * ((double)t.ns - (double)c->since_ns));
}

static inline struct ref_time clock_to_ref(const struct clock *c, struct source_time t)
{
	struct ref_time ref;
	if (__builtin_add_overflow(t.ns, clock_offset(c, t), &ref.ns) || ref.ns > CLOCK_MOST_NS ||
		ref.ns < -CLOCK_MOST_NS)
		ref.ns = t.ns < 0 ? -CLOCK_MOST_NS : CLOCK_MOST_NS;
	return ref;
}

/* May its times be compared with the reference at all? */
static inline bool clock_usable(const struct clock *c)
{
	return c->state != CLOCK_NONE;
}

/* May an event vouch for one packet among several alike? */
static inline bool clock_sure(const struct clock *c)
{
	return (c->state == CLOCK_SURE && !c->doubt) || c->state == CLOCK_GIVEN ||
		c->state == CLOCK_REFERENCE;
}

/* How far the stamps of a pair may lie apart at that time: more, the longer no pair was seen, for
 * the clocks drift apart. */
int64_t clock_error(const struct clock *c, struct ref_time at);

/* A packet and the one event that vouches for it, record number `event`, were `delta_ns` apart
 * (packet minus aligned event) at `at`. Moves the clock slowly; claims already made stay. */
void clock_track(struct clock *c, struct ref_time at, int64_t delta_ns, uint64_t event);

/* An event vouches for a packet. */
void clock_meet(struct clock *c, const struct clock_pair *pair);
/* An event left the window, met beyond doubt or not; `near`: packets like its own were near. Sets
 * `suspect` where far fewer than usual were met. */
void clock_pass(struct clock *c, bool near);
/* Do two say the same, but for drift, of the moment that `b` begins with? */
bool clock_agree(const struct clock *a, const struct clock *b);
/* What a look found, by a vote on what comes behind the last pair. True where the clock was set:
 * from the next record on it is another one. */
bool clock_looked(struct clock *c, const struct clock *found);
/* No more looks: they cost a part of the reading, and found nothing. */
bool clock_given_up(const struct clock *c);

struct clock_report clock_describe(const struct clock *c);

/* Nanoseconds as written with --clock: "+4h", "-7h30m", "0.312s", "+14400.3124402". False if
 * the text is none of these. */
bool clock_parse_offset(struct span text, int64_t *ret_ns);

#endif
