/* SPDX-License-Identifier: Apache-2.0 */
/* The times of --stopped on the reference clock: see run.h. */
#include "cmd/run.h"

/* The input whose clock is the reference: the first one with packets, or else with events. */
static const struct run_input *reference(const struct run *r)
{
	unsigned what = r->only_events ? YIELDS_EVENTS : YIELDS_PACKETS;
	for (size_t i = 0; i < r->n; i++)
		if (r->inputs[i].input && !r->inputs[i].details &&
			(r->inputs[i].format->yields & what))
			return &r->inputs[i];
	return NULL;
}

/* A time without a zone is one of the report. One with a zone can be put there only where the
 * capture's own times are UTC. */
int run_stopped(struct run *r, struct err *err)
{
	const struct options *o = r->options;
	const struct run_input *first = reference(r);
	for (size_t i = 0; i < o->n_stopped; i++) {
		const struct stopping *s = &o->stopped[i];
		if (s->zoned && first && !first->format->zone_stated)
			return err_set(err, ERR_USAGE,
				"--stopped states a zone and %s does not: give the time as the "
				"report prints its times",
				first->name);
		/* What comes within the error of a time belongs to the side that has packets. */
		groups_add_era(r->groups, (struct ref_time){ s->from.ns + STOPPED_ERROR_NS });
		if (s->restarted)
			groups_add_era(r->groups, (struct ref_time){ s->to.ns - STOPPED_ERROR_NS });
	}
	return 0;
}
