/* SPDX-License-Identifier: Apache-2.0 */
/* Names for the report: see report.h. */
#include "model/report.h"

const char *clock_state_name(enum clock_state s)
{
	static const char *const names[] = {
		[CLOCK_NONE] = "none",
		[CLOCK_UNSURE] = "unsure",
		[CLOCK_SURE] = "sure",
		[CLOCK_GIVEN] = "given",
		[CLOCK_REFERENCE] = "reference",
	};
	return names[s];
}

const char *verdict_text(enum verdict v)
{
	static const char *const texts[VERDICT_COUNT] = {
		[VERDICT_CHOSEN] = "chosen",
		[VERDICT_OTHER_PACKET] = "vouches for another packet",
		[VERDICT_LENGTH] = "another length",
		[VERDICT_TIME] = "outside the clock's error",
		[VERDICT_ADDRESS] = "the ports agree, an address does not",
		[VERDICT_RIVAL] = "another process fits as well",
		[VERDICT_NOT_UNIQUE] = "cannot be told from its like",
		[VERDICT_SAME_FLOW] = "the same flow, another packet",
	};
	return texts[v];
}
