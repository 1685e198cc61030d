/* SPDX-License-Identifier: Apache-2.0 */
/* Names of strengths: see finding.h. */
#include "model/finding.h"

const char *strength_name(enum strength s)
{
	static const char *const names[] = {
		[STRENGTH_NONE] = "none",
		[STRENGTH_WEAK] = "weak",
		[STRENGTH_MEDIUM] = "medium",
		[STRENGTH_STRONG] = "strong",
	};
	return names[s];
}
