/* SPDX-License-Identifier: Apache-2.0 */
/* Processes whose end a log states, or that must have ended: see lifetimes.h. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cmd/lifetimes.h"

/* Stamps of events and of packets are not taken at the same place: never closer than this. */
#define LEAST_ERROR_NS 1000000

/* What the logs that tell of ends know of one host. */
struct watch {
	bool any, sure;
	int64_t error_ns;
	struct ref_time from, to;
};

/* A log that lost records may have lost the end of another process. */
static struct watch watch_of(const struct run *r, uint32_t host)
{
	struct watch w = { .sure = true, .from = { INT64_MIN }, .to = { INT64_MAX } };
	for (size_t i = 0; i < r->n; i++) {
		const struct input_report *report = &r->reports[i];
		const struct clock *clock = &r->clocks[i];
		if (!r->inputs[i].ends || r->hosts.of_input[i] != host)
			continue;
		w.any = true;
		w.sure = w.sure && clock_sure(clock) && report->has_time &&
			report->tally.lost == 0 && report->tally.damaged == 0;
		int64_t error = clock->error_ns + clock->tick_ns;
		w.error_ns = error > w.error_ns ? error : w.error_ns;
		if (report->first.ns > w.from.ns)
			w.from = report->first;
		if (report->last.ns < w.to.ns)
			w.to = report->last;
	}
	if (w.error_ns < LEAST_ERROR_NS)
		w.error_ns = LEAST_ERROR_NS;
	return w;
}

/* May it be behind any group at all? Not where it was over before, or began behind the first packet
 * of each. */
static bool is_near(
	const struct lifetimes *m, const struct process *first, const struct process *last)
{
	return (!last->has_end || last->end.ns >= m->first.ns) &&
		(!first->has_start || first->start.ns <= m->last.ns);
}

/* Runs of one program, one behind the other. */
static int add_runs(struct lifetimes *m, const process_handle *runs, size_t n, struct err *err)
{
	const struct process *begin = &m->all[runs[0]], *end = &m->all[runs[n - 1]];
	struct ref_time first, last = end->end;
	if (!is_near(m, begin, end))
		return 0;
	struct watch w = watch_of(m->run, begin->host);
	struct lifetime_candidate *c = lifetimes_add(m, begin->host, err);
	if (!c)
		return -1;
	if (end->has_end && !end->ended)
		roster_seen(m->run->roster, runs[n - 1], &first, &last);
	c->rival_only = (end->has_end && !end->ended) || !w.sure;
	c->early_ns = end->has_end && last.ns < end->end.ns ? end->end.ns - last.ns : 0;
	c->error_ns = w.error_ns;
	c->watched_from = w.from;
	c->watched_to = w.to;
	for (size_t i = 0; i < n; i++) {
		const struct process *p = &m->all[runs[i]];
		c->spans[c->n_spans++] = (struct lifetime_span){ .process = runs[i],
			.has_from = p->has_start,
			.from = p->start,
			.has_to = p->has_end,
			.to = p->end };
	}
	return 0;
}

/* A service that is started again is a new process of the same program: what comes back with it
 * lived with both. Wrong where two programs of one name take turns, the second by chance when the
 * first one's packets are taken up by a third process. */
static bool take_turns(const struct lifetimes *m, const process_handle *runs, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		const struct process *p = &m->all[runs[i]], *next = &m->all[runs[i + 1]];
		if (!p->ended || !next->has_start || next->start.ns <= p->end.ns)
			return false;
	}
	return n <= LIFETIME_SPANS;
}

struct named {
	const struct process *all;
	process_handle handle;
};

static int by_name_and_start(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	const struct process *p = &a->all[a->handle], *q = &b->all[b->handle];
	if (p->host != q->host)
		return p->host < q->host ? -1 : 1;
	if (!p->image != !q->image)
		return p->image ? -1 : 1;
	int order = p->image ? strcmp(p->image, q->image) : 0;
	if (order)
		return order;
	int64_t s = p->has_start ? p->start.ns : INT64_MIN;
	int64_t t = q->has_start ? q->start.ns : INT64_MIN;
	if (s != t)
		return s < t ? -1 : 1;
	return (a->handle > b->handle) - (a->handle < b->handle);
}

static bool same_program(const struct process *p, const struct process *q)
{
	return p->host == q->host && p->image && q->image && strcmp(p->image, q->image) == 0;
}

/* All runs of one program: as one where they take turns, else each that ended by itself. */
static int add_program(struct lifetimes *m, const process_handle *runs, size_t n, struct err *err)
{
	if (take_turns(m, runs, n) && m->all[runs[0]].has_end)
		return add_runs(m, runs, n, err);
	for (size_t i = 0; i < n; i++) {
		if (m->n > LIMIT_ENDED)
			return 1;
		if (m->all[runs[i]].has_end && add_runs(m, &runs[i], 1, err) < 0)
			return -1;
	}
	return 0;
}

static int add_sorted(
	struct lifetimes *m, struct named *sorted, process_handle *runs, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < m->n_all; i++)
		sorted[i] = (struct named){ m->all, (process_handle)i };
	qsort(sorted, m->n_all, sizeof *sorted, by_name_and_start);
	for (size_t i = 0; i < m->n_all; i++)
		runs[i] = sorted[i].handle;
	for (size_t i = 0, same; i < m->n_all && rc == 0; i += same) {
		for (same = 1; i + same < m->n_all &&
			same_program(&m->all[runs[i]], &m->all[runs[i + same]]);)
			same++;
		rc = m->n > LIMIT_ENDED ? 1 : add_program(m, &runs[i], same, err);
	}
	return rc;
}

int lifetimes_add_ended(struct lifetimes *m, struct err *err)
{
	struct named *sorted = malloc((m->n_all + 1) * sizeof *sorted);
	process_handle *runs = malloc((m->n_all + 1) * sizeof *runs);
	int rc = sorted && runs ? add_sorted(m, sorted, runs, err) : err_nomem(err);
	free(sorted);
	free(runs);
	return rc;
}
