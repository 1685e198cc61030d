/* SPDX-License-Identifier: Apache-2.0 */
/* The grade `lifetime`: the inference over the groups that lack evidence. See lifetimes.h. */
#include "cmd/lifetimes.h"

#include <stdlib.h>

struct lifetime_candidate *lifetimes_add(struct lifetimes *m, uint32_t host, struct err *err)
{
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 16;
		struct lifetime_candidate *list = realloc(m->list, cap * sizeof *list);
		if (!list) {
			err_nomem(err);
			return NULL;
		}
		m->list = list;
		m->cap = cap;
	}
	struct lifetime_candidate *c = &m->list[m->n++];
	*c = (struct lifetime_candidate){
		.host = host, .watched_from = { INT64_MIN }, .watched_to = { INT64_MAX }
	};
	return c;
}

/* When the groups that could be explained began. */
static void see_groups(struct lifetimes *m, const struct cell_tally *cells, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!cells[i].trail || cells[i].trail->when.n_runs == 0)
			continue;
		struct ref_time first = cells[i].trail->when.runs[0].first;
		if (!m->any || first.ns < m->first.ns)
			m->first = first;
		if (!m->any || first.ns > m->last.ns)
			m->last = first;
		m->any = true;
	}
}

static const struct series *host_series(void *context, uint32_t host)
{
	const struct run *r = context;
	return groups_host(r->groups, host);
}

static const struct series *peer_series(void *context, const struct addr *peer)
{
	const struct run *r = context;
	return groups_peer(r->groups, peer);
}

int run_lifetimes(struct run *r, struct err *err)
{
	struct lifetimes m = { .run = r };
	size_t n;
	const struct cell_tally *cells = groups_tallies(r->groups, &n);
	m.all = roster_all(r->roster, &m.n_all);
	see_groups(&m, cells, n);
	int rc = m.any ? lifetimes_add_ended(&m, err) : 0;
	bool too_many = rc == 1;
	if (rc == 0)
		rc = lifetimes_add_stopped(&m, err);
	struct lifetime_ask ask = { .candidates = m.list,
		.n_candidates = m.n,
		.losses = r->losses.list,
		.n_losses = r->losses.n,
		.lost_somewhere = r->losses.somewhere,
		.host = host_series,
		.peer = peer_series,
		.context = r };
	if (rc == 0)
		rc = infer_lifetime(&ask, cells, n, r->verdicts, err);
	free(m.list);
	return too_many ? 0 : rc;
}
