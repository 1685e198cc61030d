/* SPDX-License-Identifier: Apache-2.0 */
/* From cells to findings: see groups.h. */
#include <stdlib.h>
#include <string.h>

#include "describe/cells.h"
#include "describe/groups.h"

/* A cell with its answer after the inferences. */
struct member {
	uint32_t cell, family, length;
	process_handle process;
	enum reason reason;
	const struct cell_verdict *verdict;
};

struct maker {
	struct groups *g;
	const struct groups_ask *ask;
	void *merged;             /* unordered states of the group at hand */
	struct finding *findings; /* one for each member at most */
	size_t n;
};

static struct member member_of(
	const struct groups *g, uint32_t cell, const struct cell_verdict *verdict)
{
	const struct cell_tally *t = &g->tally[cell];
	struct member m = { .cell = cell,
		.family = g->cell[cell].family,
		.length = t->length,
		.process = t->process,
		.reason = t->reason,
		.verdict = verdict };
	if (verdict->grade != GRADE_NONE) {
		m.process = verdict->process;
		m.reason = REASON_NONE;
	} else if (verdict->reason != REASON_NONE) {
		m.reason = verdict->reason;
	}
	return m;
}

/* Named ones first, by family and process; then unnamed ones, by reason and family, so that both
 * a family's and a reason's members lie together. */
static int by_answer(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	bool na = a->process != PROCESS_NONE, nb = b->process != PROCESS_NONE;
	if (na != nb)
		return na ? -1 : 1;
	if (a->reason != b->reason)
		return a->reason < b->reason ? -1 : 1;
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return (a->cell > b->cell) - (a->cell < b->cell);
}

/* The ordered states of a union of cells of one family, where a level keeps them; else NULL. */
static const void *ordered_of(const struct groups *g, const struct member *m, size_t n)
{
	const struct cell *first = &g->cell[m[0].cell];
	const struct family *f = &g->family[first->family];
	bool one_family = true, one_length = true, one_answer = true;
	for (size_t i = 1; i < n; i++) {
		const struct cell *c = &g->cell[m[i].cell];
		one_family = one_family && c->family == first->family;
		one_length = one_length && c->length_level == first->length_level;
		one_answer = one_answer && c->answer_level == first->answer_level;
	}
	if (n == 1)
		return first->ordered;
	if (one_family && n == f->level.cells && f->level.ordered)
		return f->level.ordered;
	if (one_length && n == g->level[first->length_level].cells)
		return level_ordered(g, &g->level[first->length_level]);
	if (one_answer && n == g->level[first->answer_level].cells)
		return level_ordered(g, &g->level[first->answer_level]);
	return NULL;
}

/* Without the order of its packets a group still shows whether it was one burst. */
static void interval_without_order(struct pattern *p)
{
	if (!p->has_time)
		return;
	p->interval = p->packets == 1                        ? INTERVAL_SINGLE
		: p->last.ns - p->first.ns <= STAMP_NS_PER_S ? INTERVAL_BURST
							     : INTERVAL_IRREGULAR;
}

static void add_cell(struct pattern *p, const struct cell *c, uint64_t *bytes_known)
{
	p->packets += c->packets;
	p->bytes += c->bytes;
	*bytes_known += c->bytes_known;
	p->answerable += c->answerable;
	p->answered += c->answered;
	if (!c->has_time)
		return;
	if (!p->has_time || c->first.ns < p->first.ns)
		p->first = c->first;
	if (!p->has_time || c->last.ns > p->last.ns)
		p->last = c->last;
	p->has_time = true;
}

static struct pattern pattern_of(struct maker *k, const struct member *m, size_t n)
{
	const struct family_key *key = &k->g->family[m[0].family].key;
	struct pattern p = { .transport = key->transport,
		.direction = key->direction,
		.has_icmp = key->has_icmp,
		.icmp_type = key->icmp_type,
		.icmp_code = key->icmp_code };
	uint64_t bytes_known = 0;
	memset(k->merged, 0, states_size(false));
	for (size_t i = 0; i < n; i++) {
		const struct cell *c = &k->g->cell[m[i].cell];
		const struct family_key *other = &k->g->family[m[i].family].key;
		add_cell(&p, c, &bytes_known);
		states_merge(k->merged, c->unordered);
		if (other->transport != p.transport)
			p.transport = TRANSPORT_NONE;
		if (other->direction != p.direction)
			p.direction = DIRECTION_NONE;
		p.has_icmp = p.has_icmp && other->has_icmp && other->icmp_type == p.icmp_type &&
			other->icmp_code == p.icmp_code;
	}
	p.has_bytes = bytes_known == p.packets;
	states_put(k->merged, false, &p);
	const void *ordered = ordered_of(k->g, m, n);
	if (ordered)
		states_put(ordered, true, &p);
	else
		interval_without_order(&p);
	return p;
}

static void add_proofs(struct finding *f, const struct cell *c)
{
	for (size_t i = 0; i < c->n_proofs; i++) {
		size_t at = f->n_proofs;
		while (at > 0 && f->proofs[at - 1].grade < c->proofs[i].grade)
			at--;
		if (at == FINDING_PROOFS)
			continue;
		if (f->n_proofs < FINDING_PROOFS)
			f->n_proofs++;
		memmove(&f->proofs[at + 1], &f->proofs[at],
			(f->n_proofs - at - 1) * sizeof *f->proofs);
		f->proofs[at] = c->proofs[i];
	}
}

/* A cell has one answer: its packets are all named, or all without a name for one reason. */
static void add_grades(struct finding *f, const struct groups *g, const struct member *m)
{
	const struct cell *c = &g->cell[m->cell];
	for (int grade = 0; grade < GRADE_COUNT; grade++)
		f->grades[grade] += c->grades[grade];
	if (g->tally[m->cell].process != PROCESS_NONE)
		return;
	if (m->verdict->grade != GRADE_NONE)
		f->grades[m->verdict->grade] += c->packets;
	else
		f->reasons[m->reason] += c->packets;
}

/* The one service of all that is named, where there is one. What an inference named follows. */
static uint32_t service_of(const struct groups *g, const struct member *m, size_t n)
{
	uint32_t service = 0;
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		if (g->tally[m[i].cell].process == PROCESS_NONE)
			continue;
		uint32_t own = g->cell[m[i].cell].service;
		service = !any || own == service ? own : SERVICE_SEVERAL;
		any = true;
	}
	return service;
}

static void emit(struct maker *k, const struct member *m, size_t n, const struct pattern *pattern)
{
	struct finding *f = &k->findings[k->n];
	memset(f, 0, sizeof *f);
	f->process = m[0].process;
	f->reason = m[0].reason;
	f->service = service_of(k->g, m, n);
	f->pattern = *pattern;
	for (size_t i = 0; i < n; i++) {
		struct cell *c = &k->g->cell[m[i].cell];
		add_grades(f, k->g, &m[i]);
		add_proofs(f, c);
		c->finding = (uint32_t)k->n;
	}
	k->n++;
}

static size_t same_length(const struct member *m, size_t n)
{
	size_t k = 1;
	while (k < n && m[k].length == m[0].length)
		k++;
	return k;
}

static bool explained(struct maker *k, const struct pattern *p, process_handle process)
{
	return k->ask->explains(k->ask->context, p, process);
}

/* Members of one family and one answer. Takes out of them what the knowledge base explains: the
 * whole, or single lengths. What stays is moved to the front; returns how many that are. */
static size_t split(struct maker *k, struct member *m, size_t n)
{
	struct pattern p = pattern_of(k, m, n);
	if (explained(k, &p, m[0].process)) {
		emit(k, m, n, &p);
		return 0;
	}
	size_t stay = 0;
	for (size_t i = 0; i < n;) {
		size_t same = same_length(m + i, n - i);
		bool taken = false;
		if (same < n && m[i].length < CELL_LENGTH_MANY) {
			p = pattern_of(k, m + i, same);
			taken = explained(k, &p, m[i].process);
			if (taken)
				emit(k, m + i, same, &p);
		}
		if (!taken) {
			memmove(m + stay, m + i, same * sizeof *m);
			stay += same;
		}
		i += same;
	}
	return stay;
}

static size_t same_group(const struct member *m, size_t n)
{
	size_t k = 1;
	while (k < n && m[k].family == m[0].family && m[k].process == m[0].process &&
		m[k].reason == m[0].reason)
		k++;
	return k;
}

/* A process's families are rows of their own; what is unnamed and unexplained becomes one row for
 * each reason. */
static void make(struct maker *k, struct member *m, size_t n)
{
	size_t pooled = 0; /* unexplained members of the reason at hand, at the front of m */
	for (size_t i = 0; i < n;) {
		size_t same = same_group(m + i, n - i);
		bool last = i + same == n || m[i + same].reason != m[i].reason;
		bool named = m[i].process != PROCESS_NONE;
		struct member *rest = m + i;
		size_t n_rest = split(k, rest, same);
		if (!named) {
			memmove(m + pooled, rest, n_rest * sizeof *m);
			pooled += n_rest;
			rest = m;
			n_rest = last ? pooled : 0;
		}
		if (n_rest) {
			struct pattern p = pattern_of(k, rest, n_rest);
			emit(k, rest, n_rest, &p);
		}
		if (last)
			pooled = 0;
		i += same;
	}
}

int groups_findings(struct groups *g, const struct cell_verdict *verdicts,
	const struct groups_ask *ask, struct finding **ret, size_t *ret_n, struct err *err)
{
	struct member *members = malloc((g->n_cells + 1) * sizeof *members);
	struct maker k = { .g = g, .ask = ask };
	size_t n = 0;
	k.merged = malloc(states_size(false));
	for (uint32_t i = 0; i < g->n_cells && members; i++)
		if (g->family[g->cell[i].family].selected)
			members[n++] = member_of(g, i, &verdicts[i]);
	/* What is not filled of it has no memory behind it. */
	k.findings = malloc((n + 1) * sizeof *k.findings);
	int rc = members && k.merged && k.findings ? 0 : err_nomem(err);
	if (rc == 0 && n) {
		qsort(members, n, sizeof *members, by_answer);
		make(&k, members, n);
	}
	free(members);
	free(k.merged);
	if (rc < 0) {
		free(k.findings);
		return -1;
	}
	*ret = k.findings;
	*ret_n = k.n;
	return 0;
}
