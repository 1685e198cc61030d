/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks of inputs against the reference clock. The only code that turns struct source_time into
 * struct ref_time; an offset never travels without its error and its state. */
#ifndef WHOSENT_CORRELATE_CLOCK_H
#define WHOSENT_CORRELATE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stamp.h"
#include "model/report.h"

#define CLOCK_TRACK 32

struct clock {
	enum clock_state state;
	uint64_t pairs;
	int64_t first_offset_ns; /* as aligned; what the report states */
	int64_t offset_ns;       /* as refined while running */
	int64_t error_ns;        /* a pair may disagree by so much */
	int64_t tick_ns;         /* the clock may stand still for so long */

	/* Refinement: residuals of sure pairs, CLOCK_TRACK at a time. */
	int64_t residual[CLOCK_TRACK];
	unsigned n_residual;
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

static inline struct ref_time clock_to_ref(const struct clock *c, struct source_time t)
{
	struct ref_time ref;
	if (__builtin_add_overflow(t.ns, c->offset_ns, &ref.ns) || ref.ns > CLOCK_MOST_NS ||
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
	return c->state == CLOCK_SURE || c->state == CLOCK_GIVEN || c->state == CLOCK_REFERENCE;
}

/* A packet and the one event that vouches for it were `delta_ns` apart (packet minus aligned
 * event) at `at`. Moves offset_ns slowly; claims already made stay. */
void clock_track(struct clock *c, struct ref_time at, int64_t delta_ns);

struct clock_report clock_describe(const struct clock *c);

/* Nanoseconds as written with --clock: "+4h", "-7h30m", "0.312s", "+14400.3124402". False if
 * the text is none of these. */
bool clock_parse_offset(struct span text, int64_t *ret_ns);

#endif
