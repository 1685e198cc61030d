/* SPDX-License-Identifier: Apache-2.0 */
/* Names of pattern kinds: see pattern.h. */
#include "model/pattern.h"

const char *number_kind_name(enum number_kind k)
{
	static const char *const names[] = {
		[NUMBER_UNKNOWN] = "unknown",
		[NUMBER_CONSTANT] = "constant",
		[NUMBER_SET] = "set",
		[NUMBER_RISING] = "rising",
		[NUMBER_RANGE] = "range",
		[NUMBER_VARIED] = "varied",
	};
	return names[k];
}

const char *interval_kind_name(enum interval_kind k)
{
	static const char *const names[] = {
		[INTERVAL_UNKNOWN] = "unknown",
		[INTERVAL_SINGLE] = "single",
		[INTERVAL_BURST] = "burst",
		[INTERVAL_PERIODIC] = "periodic",
		[INTERVAL_IRREGULAR] = "irregular",
	};
	return names[k];
}

const char *payload_kind_name(enum payload_kind k)
{
	static const char *const names[] = {
		[PAYLOAD_UNKNOWN] = "unknown",
		[PAYLOAD_CONSTANT] = "constant",
		[PAYLOAD_PREFIX] = "prefix",
		[PAYLOAD_VARIED] = "varied",
	};
	return names[k];
}
