/* SPDX-License-Identifier: Apache-2.0 */
/* Grade `lifetime`: which groups are tried with which processes, and what becomes of it. See
 * infer.h; the statistics are in trial.h. */
#include <stdlib.h>
#include <string.h>

#include "infer/pools.h"
#include "infer/trial.h"

/* Cells of one pool and one length. */
struct group {
	const struct cell_tally *const *cells;
	size_t n;
	uint32_t host;
};

struct run {
	const struct lifetime_ask *ask;
	const struct cell_tally *cells;
	struct cell_verdict *verdicts;
	struct group *groups;
	size_t n_groups;
	struct trial_group whole; /* of the group at hand: too large for the stack of a loop */
};

/* Packets of one pattern are one group, whatever is known of each. One cell with a process, with a
 * reason that says more than "no evidence", with a verdict, or without its times, and nothing is
 * said of any: it may be the very exception. */
static bool may_be_tried(const struct run *run, const struct group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct cell_tally *c = g->cells[i];
		const struct cell_verdict *v = &run->verdicts[c - run->cells];
		if (c->process != PROCESS_NONE || !c->trail || c->trail->timeless ||
			c->host != g->cells[0]->host || v->grade != GRADE_NONE ||
			v->reason != REASON_NONE)
			return false;
	}
	return g->cells[0]->host != UINT32_MAX;
}

/* A list that states lengths for some packets only: those without one may be of any group. */
static bool is_mixed(const struct cell_tally *const *pool, size_t n)
{
	return pool[0]->length != pool[n - 1]->length && pool[n - 1]->length == CELL_LENGTH_UNKNOWN;
}

static void add_groups(struct run *run, const struct cell_tally *const *pool, size_t n)
{
	if (is_mixed(pool, n))
		return;
	for (size_t i = 0, same; i < n; i += same) {
		same = pools_same_length(pool + i, n - i);
		struct group g = { .cells = pool + i, .n = same, .host = pool[i]->host };
		if (may_be_tried(run, &g))
			run->groups[run->n_groups++] = g;
	}
}

static void add_peer(struct trial_group *whole, const struct trail_peer *peer)
{
	uint32_t i = 0;
	while (i < whole->n_peers && !addr_equal(&whole->peers[i].addr, &peer->addr))
		i++;
	if (i < whole->n_peers)
		whole->peers[i].packets += peer->packets;
	else if (i < TRAIL_PEERS)
		whole->peers[whole->n_peers++] = *peer;
}

static void gather(struct trial_group *whole, const struct group *g)
{
	*whole = (struct trial_group){ .host = g->host };
	for (size_t i = 0; i < g->n; i++) {
		const struct trail *t = g->cells[i]->trail;
		series_merge(&whole->when, &t->when);
		for (uint32_t k = 0; k < t->n_peers; k++)
			add_peer(whole, &t->peers[k]);
	}
}

/* How much was tried on this host: each group with each process that stopped (Bonferroni). */
static double trials_on(const struct run *run, uint32_t host)
{
	double groups = 0, candidates = 0;
	for (size_t i = 0; i < run->n_groups; i++)
		groups += run->groups[i].host == host;
	for (size_t i = 0; i < run->ask->n_candidates; i++)
		candidates += run->ask->candidates[i].host == host;
	return groups * candidates;
}

/* Until when another end would be as good an explanation of the silence as the stop. */
static struct ref_time rival_until(
	const struct lifetime_span *span, struct ref_time last, const struct trial_result *t)
{
	struct ref_time until = { last.ns + 2 * t->longest_ns };
	return until.ns > span->to.ns ? until : span->to;
}

static bool ended_between(
	const struct lifetime_candidate *c, struct ref_time from, struct ref_time to)
{
	for (size_t k = 0; k < c->n_spans; k++)
		if (c->spans[k].has_to && c->spans[k].to.ns + c->error_ns >= from.ns &&
			c->spans[k].to.ns - c->error_ns - c->early_ns <= to.ns)
			return true;
	return false;
}

/* Did the other one end at each of these stops too? One that started behind the first packet
 * cannot have sent it. */
static bool is_rival(const struct run *run, const struct lifetime_candidate *c,
	const struct trial_result *t, const struct lifetime_candidate *other)
{
	const struct series *when = &run->whole.when;
	const struct lifetime_span *begin = &other->spans[0];
	if (other == c || other->host != c->host || other->n_spans == 0 ||
		(begin->has_from && begin->from.ns - other->error_ns > when->runs[0].first.ns))
		return false;
	for (uint32_t i = 0; i < t->lifetime.stops; i++) {
		const struct lifetime_span *span = &c->spans[t->stops[i]];
		struct ref_time last;
		if (!trial_last(c, t->stops[i], when, &last))
			return false;
		struct ref_time from = { last.ns - c->error_ns };
		struct ref_time to = rival_until(span, last, t);
		to.ns += c->error_ns;
		if (!ended_between(other, from, to))
			return false;
	}
	return true;
}

/* Was everything that ended in that time seen to end? */
static bool is_watched(
	const struct run *run, const struct lifetime_candidate *c, const struct trial_result *t)
{
	for (uint32_t i = 0; i < t->lifetime.stops; i++) {
		const struct lifetime_span *span = &c->spans[t->stops[i]];
		struct ref_time last;
		if (!trial_last(c, t->stops[i], &run->whole.when, &last) ||
			last.ns < c->watched_from.ns ||
			rival_until(span, last, t).ns > c->watched_to.ns)
			return false;
	}
	return true;
}

static process_handle first_process(const struct lifetime_candidate *c)
{
	for (size_t k = 0; k < c->n_spans; k++)
		if (c->spans[k].process != PROCESS_NONE)
			return c->spans[k].process;
	return PROCESS_NONE;
}

static bool is_of(const struct lifetime_candidate *c, process_handle process)
{
	for (size_t k = 0; k < c->n_spans; k++)
		if (c->spans[k].process == process)
			return true;
	return false;
}

/* A capture that mentions another process for these very packets is not outvoted. */
static bool mentions_others(const struct group *g, const struct lifetime_candidate *c)
{
	for (size_t i = 0; i < g->n; i++)
		for (unsigned k = 0; k < g->cells[i]->n_candidates; k++)
			if (!is_of(c, g->cells[i]->candidates[k]))
				return true;
	return false;
}

/* Of several processes that fit, and of one whose p-value is too great, none is named. */
static void mention(const struct run *run, const struct group *g, const struct lifetime *life,
	process_handle process)
{
	for (size_t i = 0; i < g->n && process != PROCESS_NONE; i++) {
		struct cell_verdict *v = &run->verdicts[g->cells[i] - run->cells];
		v->lifetime = *life;
		if (v->n_candidates < CLAIM_CANDIDATES)
			v->candidates[v->n_candidates++] = process;
		else
			v->more_candidates = true;
	}
}

static void name(const struct run *run, const struct group *g, const struct lifetime *life,
	const struct lifetime_candidate *c)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct series *when = &g->cells[i]->trail->when;
		struct cell_verdict *v = &run->verdicts[g->cells[i] - run->cells];
		int span = trial_span(c, when->runs[0].first, when->runs[when->n_runs - 1].last);
		if (span < 0 || c->spans[span].process == PROCESS_NONE)
			continue;
		v->grade = GRADE_LIFETIME;
		v->process = c->spans[span].process;
		v->lifetime = *life;
	}
}

/* What fits one group best, and how many rivals it has. */
struct best {
	const struct lifetime_candidate *candidate;
	struct trial_result trial;
};

static void judge(struct run *run, const struct group *g)
{
	const struct lifetime_ask *ask = run->ask;
	struct best best = { 0 };
	gather(&run->whole, g);
	for (size_t i = 0; i < ask->n_candidates; i++) {
		const struct lifetime_candidate *c = &ask->candidates[i];
		struct trial_result t;
		if (c->host != g->host || !trial_run(ask, &run->whole, c, &t) ||
			(best.candidate && t.p_value >= best.trial.p_value))
			continue;
		best = (struct best){ .candidate = c, .trial = t };
	}
	const struct lifetime_candidate *c = best.candidate;
	if (!c || mentions_others(g, c))
		return;
	struct lifetime life = best.trial.lifetime;
	double p = best.trial.p_value * trials_on(run, g->host);
	life.p_value = p < 1 ? p : 1;
	if (life.p_value > LIFETIME_P_MENTION)
		return;
	bool alone = is_watched(run, c, &best.trial);
	for (size_t i = 0; i < ask->n_candidates; i++)
		alone = alone && !is_rival(run, c, &best.trial, &ask->candidates[i]);
	if (alone && life.p_value <= LIFETIME_P) {
		name(run, g, &life, c);
		return;
	}
	mention(run, g, &life, first_process(c));
	for (size_t i = 0; i < ask->n_candidates; i++)
		if (is_rival(run, c, &best.trial, &ask->candidates[i]))
			mention(run, g, &life, first_process(&ask->candidates[i]));
}

int infer_lifetime(const struct lifetime_ask *ask, const struct cell_tally *cells, size_t n,
	struct cell_verdict *verdicts, struct err *err)
{
	struct run run = { .ask = ask, .cells = cells, .verdicts = verdicts };
	if (ask->n_candidates == 0)
		return 0;
	const struct cell_tally **sorted = pools_sort(cells, n, err);
	run.groups = malloc((n + 1) * sizeof *run.groups);
	if (!sorted || !run.groups) {
		free(sorted);
		free(run.groups);
		return err_nomem(err);
	}
	for (size_t i = 0, same; i < n; i += same) {
		same = pools_same_pool(sorted + i, n - i);
		add_groups(&run, sorted + i, same);
	}
	for (size_t i = 0; i < run.n_groups; i++)
		judge(&run, &run.groups[i]);
	free(run.groups);
	free(sorted);
	return 0;
}
