/* SPDX-License-Identifier: Apache-2.0 */
/* From groups to the rows of the report: inferences, rules, candidates, titles, order. See run.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sort.h"
#include "cmd/run.h"
#include "cmd/title.h"
#include "infer/infer.h"

static const struct process *process_of(const struct run *r, process_handle h)
{
	size_t n;
	const struct process *all = roster_all(r->roster, &n);
	return h == PROCESS_NONE ? NULL : &all[h];
}

static bool explains(void *context, const struct pattern *pattern, process_handle process)
{
	const struct run *r = context;
	struct explanation e;
	return rules_explain(r->rules, pattern, process_of(r, process), &e);
}

static void add_candidate(struct finding *f, process_handle process, const char *because)
{
	for (size_t i = 0; i < f->n_candidates; i++)
		if (f->candidates[i].process == process)
			return;
	if (f->n_candidates == FINDING_CANDIDATES)
		return;
	struct candidate *c = &f->candidates[f->n_candidates++];
	c->process = process;
	snprintf(c->because, sizeof c->because, "%s", because);
}

/* Nobody is named, but the rule expects a program and such a program runs: say so, no more. */
static void add_expected(const struct run *r, struct finding *f)
{
	size_t n;
	const struct process *all = roster_all(r->roster, &n);
	if (f->process != PROCESS_NONE || !f->has_explanation)
		return;
	for (size_t i = 0; i < n; i++) {
		char because[160];
		if (!all[i].image || !rules_expects(r->rules, f->explanation.id, &all[i]))
			continue;
		snprintf(because, sizeof because, "rule %s expects it and it runs on the host",
			f->explanation.id);
		add_candidate(f, (process_handle)i, because);
	}
}

static void add_rivals(const struct run *r, struct finding *f, uint32_t place)
{
	size_t n;
	const struct cell_tally *cells = groups_tallies(r->groups, &n);
	if (f->reason != REASON_AMBIGUOUS)
		return;
	for (uint32_t i = 0; i < n; i++) {
		const struct cell_verdict *v = &r->verdicts[i];
		if (groups_finding_of(r->groups, i) != place || cells[i].process != PROCESS_NONE)
			continue;
		for (unsigned k = 0; k < v->n_candidates; k++)
			add_candidate(f, v->candidates[k], "it sends packets of the same pattern");
	}
}

/* A process that stopped when the group did, where that is no proof, and why it is none. */
static void add_stopped(struct finding *f, const struct cell_verdict *v)
{
	char because[sizeof f->candidates[0].because], when[STAMP_TEXT_BYTES];
	const struct lifetime *life = &v->lifetime;
	stamp_format_civil(life->stopped.ns, when);
	if (v->n_candidates > 1)
		snprintf(because, sizeof because,
			"it stopped when these packets did, at %s, and so did others", when);
	else
		snprintf(because, sizeof because,
			"it stopped when these packets did, at %s; by chance alone with p = %.2g",
			when, life->p_value);
	for (unsigned k = 0; k < v->n_candidates; k++)
		add_candidate(f, v->candidates[k], because);
}

/* The proof of the grade `lifetime`, and who nearly got it. Of several groups in one finding the
 * weakest proof counts. */
static void add_lifetimes(const struct run *r, struct finding *found, size_t n)
{
	size_t n_cells;
	groups_tallies(r->groups, &n_cells);
	for (uint32_t i = 0; i < n_cells; i++) {
		const struct cell_verdict *v = &r->verdicts[i];
		uint32_t place = groups_finding_of(r->groups, i);
		if (place >= n || !v->lifetime.known)
			continue;
		struct finding *f = &found[place];
		if (v->grade == GRADE_NONE)
			add_stopped(f, v);
		else if (!f->lifetime.known || v->lifetime.p_value > f->lifetime.p_value)
			f->lifetime = v->lifetime;
	}
}

/* Whom the claims of single packets mention. */
static void add_mentioned(const struct run *r, struct finding *found, size_t n)
{
	size_t n_cells;
	const struct cell_tally *cells = groups_tallies(r->groups, &n_cells);
	for (size_t i = 0; i < n; i++)
		found[i].n_expected = found[i].n_candidates;
	for (uint32_t i = 0; i < n_cells; i++) {
		uint32_t place = groups_finding_of(r->groups, i);
		if (place >= n || found[place].process != PROCESS_NONE)
			continue;
		for (uint8_t k = 0; k < cells[i].n_candidates; k++)
			add_candidate(&found[place], cells[i].candidates[k],
				because_text((enum because)cells[i].because));
	}
}

/* How much a row wants an explanation: lower comes first. */
static int rank(const struct finding *f)
{
	if (f->has_explanation && f->explanation.agreement == AGREEMENT_NO)
		return 0;
	if (f->process != PROCESS_NONE && !f->has_explanation)
		return 1;
	return f->has_explanation ? 2 : 3;
}

struct ordered {
	const struct finding *finding;
	uint32_t place;
};

static int by_rank(const void *x, const void *y)
{
	const struct ordered *a = x, *b = y;
	int ra = rank(a->finding), rb = rank(b->finding);
	if (ra != rb)
		return ra - rb;
	uint64_t na = a->finding->pattern.packets, nb = b->finding->pattern.packets;
	if (na != nb)
		return na > nb ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

/* Sorts the rows and numbers them; finding_number maps the places of groups_findings. */
static int sort(struct run *r, struct finding *found, size_t n, struct err *err)
{
	struct finding spare;
	struct ordered *order = malloc((n + 1) * sizeof *order);
	struct sort_key *keys = malloc((n + 1) * sizeof *keys);
	r->finding_number = calloc(n + 1, sizeof *r->finding_number);
	if (!order || !keys || !r->finding_number) {
		free(order);
		free(keys);
		return err_nomem(err);
	}
	for (uint32_t i = 0; i < n; i++)
		order[i] = (struct ordered){ .finding = &found[i], .place = i };
	if (n)
		qsort(order, n, sizeof *order, by_rank);
	for (uint32_t i = 0; i < n; i++) {
		r->finding_number[order[i].place] = i + 1;
		found[order[i].place].number = i + 1;
		keys[i] = (struct sort_key){ .place = order[i].place };
	}
	/* Rows are large: each is moved once. */
	sort_items(found, sizeof *found, keys, n, &spare);
	free(order);
	free(keys);
	return 0;
}

static void add_up(struct run *r, size_t n)
{
	struct report *report = &r->report;
	for (size_t i = 0; i < n; i++) {
		const struct finding *f = &r->findings[i];
		report->packets += f->pattern.packets;
		for (int g = 0; g < GRADE_COUNT; g++)
			report->grades[g] += f->grades[g];
		for (int k = 0; k < REASON_COUNT; k++)
			report->reasons[k] += f->reasons[k];
	}
	for (uint32_t i = 0; i < r->n; i++) {
		r->reports[i].has_clock = r->inputs[i].has_clock;
		r->reports[i].clock = clock_describe(&r->clocks[i]);
	}
	report->inputs = r->reports;
	report->n_inputs = r->n;
	report->findings = r->findings;
	report->n_findings = n;
	report->filter = r->options->filter;
	report->only_events = r->only_events;
}

/* Which computer's process it is: said only where there are several. */
static const char *host_name(const struct run *r, const struct process *process)
{
	return r->hosts.n > 1 ? r->hosts.names[process->host] : NULL;
}

int run_conclude(struct run *r, struct err *err)
{
	size_t n_cells, n = 0;
	struct finding *found = NULL;
	if (roster_bind(r->roster, err) < 0)
		return -1;
	const struct cell_tally *cells = groups_tallies(r->groups, &n_cells);
	r->verdicts = calloc(n_cells + 1, sizeof *r->verdicts);
	if (!r->verdicts)
		return err_nomem(err);
	if (infer_pattern(cells, n_cells, r->verdicts, err) < 0 || run_lifetimes(r, err) < 0)
		return -1;
	struct groups_ask ask = { .explains = explains, .context = r };
	if (groups_findings(r->groups, r->verdicts, &ask, &found, &n, err) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		struct finding *f = &found[i];
		const struct process *process = process_of(r, f->process);
		f->has_explanation = rules_explain(r->rules, &f->pattern, process, &f->explanation);
		add_expected(r, f);
		add_rivals(r, f, i);
		title_make(f, process, process ? host_name(r, process) : NULL, r->only_events);
	}
	add_lifetimes(r, found, n);
	add_mentioned(r, found, n);
	r->findings = found;
	if (sort(r, found, n, err) < 0)
		return -1;
	add_up(r, n);
	return 0;
}
