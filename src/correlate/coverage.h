/* SPDX-License-Identifier: Apache-2.0 */
/* What the logs could have said: from when to when, which protocols, and where they state a
 * loss. It turns "no event" into the right reason. */
#ifndef WHOSENT_CORRELATE_COVERAGE_H
#define WHOSENT_CORRELATE_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "correlate/clock.h"
#include "model/claim.h"
#include "model/source.h"

/* Losses that are remembered; older ones are forgotten, for no packet of the hold can
 * still be near them. */
#define COVERAGE_LOSSES 256

struct coverage_log {
	bool present;  /* this input is a log that yields events */
	uint32_t host; /* or HOST_NONE */
	unsigned traces;
	bool shown; /* `traces` is what its events have shown so far, and may be nothing */
	const struct clock *clock; /* borrowed */
	bool begun, ended;
	struct ref_time first, last; /* of its records, where begun */
	bool lost_somewhere;         /* it states a loss and not when */
	bool lost_on;                /* from lost_from on, and nothing says until when */
	struct ref_time lost_from;
	struct {
		struct ref_time from, to;
	} losses[COVERAGE_LOSSES];
	size_t n_losses; /* ever; the last COVERAGE_LOSSES are kept */
};

struct coverage {
	struct coverage_log *logs; /* [n], indexed by input */
	size_t n;
};

int coverage_init(struct coverage *c, size_t n_inputs, struct err *err);
void coverage_done(struct coverage *c);

void coverage_add(struct coverage *c, uint32_t input, const struct source_format *format,
	uint32_t host, const struct clock *clock);
/* A record of the log was read; its time stretches what the log covers. */
void coverage_see(struct coverage *c, uint32_t input, struct ref_time when);
/* An event of a provider that logs these protocols (TRACES_*): see source_format.traces_shown. The
 * first one may stand far behind the first packet, so what was peeked at is told too. */
void coverage_show(struct coverage *c, uint32_t input, unsigned traces);
/* It states a loss that began at `when` (NULL: it does not say) and took so long (loss.lasts_ns).
 */
void coverage_lose(
	struct coverage *c, uint32_t input, const struct ref_time *when, int64_t lasts_ns);
/* Does it state that something was lost between these two? What it lost at no stated time is not
 * looked at. */
bool coverage_lost_between(
	const struct coverage *c, uint32_t input, struct ref_time from, struct ref_time to);
/* The log has no more records. */
void coverage_end(struct coverage *c, uint32_t input);

/* Does any log of the host state a loss in that stretch of time? */
bool coverage_host_lost(
	const struct coverage *c, uint32_t host, struct ref_time from, struct ref_time to);
/* Was that log still being written at `when`? */
bool coverage_reaches(const struct coverage *c, uint32_t input, struct ref_time when);

/* Is there any log at all? */
bool coverage_any(const struct coverage *c);

/* Why is there no event of this protocol on this host at this time (NULL: not stated)? Never
 * REASON_NONE: where a log covers it all the answer is REASON_NOT_IN_LOG. */
enum reason coverage_reason(const struct coverage *c, uint32_t host, uint8_t transport,
	const struct ref_time *when, enum detail *ret_detail);

#endif
