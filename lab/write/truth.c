/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what is true of a capture that the lab has made: see truth.h. */
#include "write/truth.h"

#include <inttypes.h>

void truth_begin(struct str *out)
{
	str_text(out, "frame\tsender\tsender_pid\treceiver\treceiver_pid\tevent\n");
}

static void side(struct str *out, const struct truth_side *side)
{
	if (side->reason != REASON_NONE)
		str_printf(out, "\t%s\t-", reason_name(side->reason));
	else if (side->grade != GRADE_NONE)
		str_printf(out, "\t%s\t%u", grade_name(side->grade), side->pid);
	else
		str_printf(out, "\t-\t%u", side->pid);
}

void truth_line(struct str *out, uint64_t frame, const struct truth *truth)
{
	static const char *const events[] = { "none", "kept", "dropped" };
	str_printf(out, "%" PRIu64, frame);
	side(out, &truth->sides[SIDE_SENDER]);
	side(out, &truth->sides[SIDE_RECEIVER]);
	str_printf(out, "\t%s\n", events[truth->event]);
}
