/* SPDX-License-Identifier: Apache-2.0 */
/* The Time column of a packet list: doc/packet-text.md. */
#ifndef WHOSENT_EVIDENCE_PACKET_TIME_H
#define WHOSENT_EVIDENCE_PACKET_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/stamp.h"

enum packet_time_kind {
	TIME_NONE = 0,  /* the cell is empty */
	TIME_REFERENCE, /* "*REF*": the seconds behind it are counted from here */
	TIME_DATE,      /* a date and a time of day, or seconds since 1970 */
	TIME_DAY,       /* a time of day: of which day, it does not say */
	TIME_SECONDS,   /* since the first frame, or since the frame before */
};

struct packet_time {
	enum packet_time_kind kind;
	struct source_time when; /* TIME_DAY: on 1970-01-01 */
};

/* False where the text is none of these. */
bool packet_time_read(struct span text, struct packet_time *ret);

/* What the times of one list mean, learned row by row. Zeroed at first. */
struct packet_clock {
	enum packet_time_kind kind; /* of the first row that states a time */
	bool differences;           /* the seconds do not count from one moment */
	uint64_t steps, falls;      /* rows, and those that are earlier than the row before */
	int64_t last_ns, day_ns;    /* of the row before; midnights passed */
};

/* The place of a row on the clock of its list. False where it has none. */
bool packet_clock_place(
	struct packet_clock *c, const struct packet_time *time, struct source_time *ret);

/* Are these rows enough to say that the seconds count from the frame before each? */
bool packet_clock_falls(const struct packet_clock *c);

#endif
