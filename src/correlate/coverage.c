/* SPDX-License-Identifier: Apache-2.0 */
/* What the logs could have said: see coverage.h. */
#include "correlate/coverage.h"

#include <stdlib.h>

#include "model/digest.h"

int coverage_init(struct coverage *c, size_t n_inputs, struct err *err)
{
	*c = (struct coverage){ .n = n_inputs };
	c->logs = calloc(n_inputs + 1, sizeof *c->logs);
	return c->logs ? 0 : err_nomem(err);
}

void coverage_done(struct coverage *c)
{
	if (!c)
		return;
	free(c->logs);
	*c = (struct coverage){ 0 };
}

void coverage_add(struct coverage *c, uint32_t input, const struct source_format *format,
	uint32_t host, const struct clock *clock)
{
	c->logs[input] = (struct coverage_log){ .present = true,
		.host = host,
		.traces = format->traces_shown ? 0 : format->traces,
		.shown = format->traces_shown,
		.clock = clock };
}

void coverage_see(struct coverage *c, uint32_t input, struct ref_time when)
{
	struct coverage_log *log = &c->logs[input];
	if (!log->begun || when.ns < log->first.ns)
		log->first = when;
	if (!log->begun || when.ns > log->last.ns)
		log->last = when;
	log->begun = true;
}

void coverage_show(struct coverage *c, uint32_t input, unsigned traces)
{
	struct coverage_log *log = &c->logs[input];
	if (log->shown)
		log->traces |= traces;
}

void coverage_lose(
	struct coverage *c, uint32_t input, const struct ref_time *when, int64_t lasts_ns)
{
	struct coverage_log *log = &c->logs[input];
	if (!when) {
		log->lost_somewhere = true;
	} else if (lasts_ns == INT64_MAX) {
		if (!log->lost_on || when->ns < log->lost_from.ns)
			log->lost_from = *when;
		log->lost_on = true;
	} else {
		size_t i = log->n_losses++ % COVERAGE_LOSSES;
		log->losses[i].from = log->losses[i].to = *when;
		if (__builtin_add_overflow(when->ns, lasts_ns, &log->losses[i].to.ns))
			log->losses[i].to.ns = INT64_MAX / 2;
	}
}

bool coverage_lost_between(
	const struct coverage *c, uint32_t input, struct ref_time from, struct ref_time to)
{
	const struct coverage_log *log = &c->logs[input];
	if (log->lost_on && log->lost_from.ns >= from.ns && log->lost_from.ns <= to.ns)
		return true;
	size_t n = log->n_losses < COVERAGE_LOSSES ? log->n_losses : COVERAGE_LOSSES;
	for (size_t i = 0; i < n; i++)
		if (log->losses[i].from.ns <= to.ns && log->losses[i].to.ns >= from.ns)
			return true;
	return false;
}

void coverage_end(struct coverage *c, uint32_t input)
{
	c->logs[input].ended = true;
}

static unsigned traces_bit(uint8_t transport)
{
	switch (transport) {
	case TRANSPORT_TCP:
		return TRACES_TCP;
	case TRANSPORT_UDP:
		return TRACES_UDP;
	case TRANSPORT_ICMP:
	case TRANSPORT_ICMPV6:
		return TRACES_ICMP;
	default:
		return 0;
	}
}

static bool lost_in(const struct coverage_log *log, struct ref_time from, struct ref_time to)
{
	int64_t error = log->clock->error_ns;
	if (log->lost_somewhere || (log->lost_on && to.ns >= log->lost_from.ns - error))
		return true;
	/* Older ones than are remembered. */
	if (from.ns < to.ns && log->n_losses > COVERAGE_LOSSES)
		return true;
	size_t n = log->n_losses < COVERAGE_LOSSES ? log->n_losses : COVERAGE_LOSSES;
	for (size_t i = 0; i < n; i++)
		if (to.ns >= log->losses[i].from.ns - error &&
			from.ns <= log->losses[i].to.ns + error)
			return true;
	return false;
}

/* How far one log gets; the log that gets furthest decides. */
static enum reason one(const struct coverage_log *log, uint8_t transport,
	const struct ref_time *when, enum detail *ret_detail)
{
	/* A list names the application's protocol only, or a header was cut off: it may well be one
	 * that the log holds. */
	*ret_detail = DETAIL_NO_TRANSPORT;
	if (transport == TRANSPORT_NONE)
		return REASON_NO_EVIDENCE;
	*ret_detail = DETAIL_NONE;
	if (!(log->traces & traces_bit(transport)))
		return REASON_NOT_TRACED;
	*ret_detail = when ? DETAIL_NO_CLOCK : DETAIL_NO_TIME;
	if (!when || !clock_usable(log->clock))
		return REASON_NO_EVIDENCE;
	*ret_detail = DETAIL_CLOCK_SET;
	if (log->clock->doubt)
		return REASON_NO_EVIDENCE;
	*ret_detail = DETAIL_NONE;
	int64_t error = clock_error(log->clock, *when);
	if (!log->begun || when->ns < log->first.ns - error ||
		(log->ended && when->ns > log->last.ns + error))
		return REASON_OUTSIDE_EVIDENCE;
	return lost_in(log, *when, *when) ? REASON_LOST_EVENTS : REASON_NOT_IN_LOG;
}

/* A trace that holds no network events at all, say packets only, is no log that could deny. */
static bool speaks(const struct coverage_log *log)
{
	return log->present && (log->traces || !log->shown);
}

bool coverage_host_lost(
	const struct coverage *c, uint32_t host, struct ref_time from, struct ref_time to)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->logs[i].present && c->logs[i].host == host && lost_in(&c->logs[i], from, to))
			return true;
	return false;
}

bool coverage_reaches(const struct coverage *c, uint32_t input, struct ref_time when)
{
	const struct coverage_log *log = &c->logs[input];
	return log->present && log->begun && (!log->ended || when.ns <= log->last.ns);
}

bool coverage_any(const struct coverage *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (speaks(&c->logs[i]))
			return true;
	return false;
}

enum reason coverage_reason(const struct coverage *c, uint32_t host, uint8_t transport,
	const struct ref_time *when, enum detail *ret_detail)
{
	/* From "cannot say" to "says no": a second log that covers the packet outweighs a first
	 * one that does not. A loss outweighs a clean denial, for the event may be in it. */
	static const uint8_t weight[REASON_COUNT] = {
		[REASON_NOT_TRACED] = 1,
		[REASON_NO_EVIDENCE] = 2,
		[REASON_OUTSIDE_EVIDENCE] = 3,
		[REASON_NOT_IN_LOG] = 4,
		[REASON_LOST_EVENTS] = 5,
	};
	enum reason best = REASON_NONE;
	*ret_detail = DETAIL_NONE;
	for (size_t i = 0; i < c->n; i++) {
		const struct coverage_log *log = &c->logs[i];
		if (!speaks(log) || log->host != host)
			continue;
		enum detail detail;
		enum reason r = one(log, transport, when, &detail);
		if (best == REASON_NONE || weight[r] > weight[best]) {
			best = r;
			*ret_detail = detail;
		}
	}
	return best == REASON_NONE ? REASON_NO_EVIDENCE : best;
}
