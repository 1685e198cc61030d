/* SPDX-License-Identifier: Apache-2.0 */
/* Property: the time between packets. Mean and deviation by Welford's method (1962). */
#include <math.h>

#include "describe/property.h"

struct interval {
	uint64_t n; /* packets with a time */
	struct ref_time first, last;
	double mean, m2; /* of the gaps, in ns */
};

static void add(void *state, const struct settled *packet)
{
	struct interval *v = state;
	if (!packet->has_time)
		return;
	if (v->n == 0) {
		v->first = packet->when;
	} else {
		double gap = (double)(packet->when.ns - v->last.ns);
		double delta = gap - v->mean;
		v->mean += delta / (double)v->n;
		v->m2 += delta * (gap - v->mean);
	}
	v->last = packet->when;
	v->n++;
}

static void put(const void *state, struct pattern *ret)
{
	const struct interval *v = state;
	uint64_t gaps = v->n ? v->n - 1 : 0;
	if (v->n == 0)
		return;
	double deviation = gaps ? sqrt(v->m2 / (double)gaps) : 0;
	if (gaps == 0)
		ret->interval = INTERVAL_SINGLE;
	else if (v->last.ns - v->first.ns <= STAMP_NS_PER_S)
		ret->interval = INTERVAL_BURST;
	else if (gaps >= 5 && v->mean > 0 && deviation < 0.1 * v->mean)
		ret->interval = INTERVAL_PERIODIC;
	else
		ret->interval = INTERVAL_IRREGULAR;
	if (ret->interval == INTERVAL_PERIODIC)
		ret->period_ns = llround(v->mean);
}

const struct property property_interval = {
	.name = "interval",
	.size = sizeof(struct interval),
	.add = add,
	.put = put,
};
