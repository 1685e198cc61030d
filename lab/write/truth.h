/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what is true of a capture that the lab has made: one line of tab-separated text for each
 * frame. A reader of results compares with it; the tool never sees it.
 *
 *   frame  sender  sender_pid  receiver  receiver_pid  event
 *
 * A side is the grade that the evidence allows, or a reason code with "-" for the PID; "-" with a
 * PID where the PID is true and no grade is asked. `event` is "kept" or "dropped" for a frame with
 * an event of its own, "none" for the others. Grades are those of a whole log: where rows were
 * dropped, a flow whose events are all gone cannot be known, nor TCP data without an anchor. */
#ifndef WHOSENT_LAB_TRUTH_H
#define WHOSENT_LAB_TRUTH_H

#include <stdint.h>

#include "base/str.h"
#include "model/claim.h"

struct truth_side {
	enum grade grade;
	enum reason reason; /* where there is no process */
	uint32_t pid;
};

enum truth_event { TRUTH_NO_EVENT, TRUTH_KEPT, TRUTH_DROPPED };

struct truth {
	struct truth_side sides[SIDES];
	enum truth_event event;
};

void truth_begin(struct str *out);
void truth_line(struct str *out, uint64_t frame, const struct truth *truth);

static inline struct truth_side truth_process(enum grade grade, uint32_t pid)
{
	return (struct truth_side){ .grade = grade, .pid = pid };
}

static inline struct truth_side truth_reason(enum reason reason)
{
	return (struct truth_side){ .reason = reason };
}

#endif
