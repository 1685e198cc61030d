/* SPDX-License-Identifier: Apache-2.0 */
/* Time. What a source wrote and what the report says are different types on purpose: only
 * correlate/clock turns one into the other, and knows the error that it makes. */
#ifndef WHOSENT_BASE_STAMP_H
#define WHOSENT_BASE_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

/* Nanoseconds since 1970-01-01 00:00:00 on the clock of one input, its zone as it came. */
struct source_time {
	int64_t ns;
};

/* The same on the reference clock, that of the first input with packets. */
struct ref_time {
	int64_t ns;
};

#define STAMP_NS_PER_S 1000000000ll
#define STAMP_TEXT_BYTES 40

/* FILETIME: 100 ns ticks since 1601-01-01 UTC ([MS-DTYP] 2.3.3). False where it is before 1970
 * or beyond int64 nanoseconds (year 2262): such a value is damage in a network trace. */
bool stamp_from_filetime(uint64_t ticks, struct source_time *ret);

/* Seconds and a fraction in units of 1/unit_per_s; false on overflow. */
bool stamp_from_parts(
	uint64_t seconds, uint64_t fraction, uint64_t unit_per_s, struct source_time *ret);

/* "2010-01-14 15:20:14.454856" (a blank or T between, 0 to 9 decimals, no zone); false if not. */
bool stamp_parse_civil(struct span text, struct source_time *ret);

/* Writes RFC 3339 UTC with nanoseconds, "2010-01-14T15:20:14.454856000Z". */
void stamp_format_rfc3339(int64_t ns, char buf[static STAMP_TEXT_BYTES]);

/* Writes "2010-01-14 15:20:14.454856": microseconds, and nanoseconds only where they are needed. */
void stamp_format_civil(int64_t ns, char buf[static STAMP_TEXT_BYTES]);

#endif
