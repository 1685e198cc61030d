/* SPDX-License-Identifier: Apache-2.0 */
/* When packets came: see series.h. */
#include "model/series.h"

#include <string.h>

static double squared(int64_t ns)
{
	double s = (double)ns / (double)STAMP_NS_PER_S;
	return s * s;
}

static int64_t gap_behind(const struct series_run *run)
{
	return run[1].first.ns - run[0].last.ns;
}

static void stretch(struct series_run *run, int64_t gap_ns)
{
	if (gap_ns <= 0)
		return;
	run->squares += squared(gap_ns);
	if (gap_ns > run->longest_ns)
		run->longest_ns = gap_ns;
}

/* Makes one run of i and i + 1: the gap between them becomes one inside. */
static void join(struct series *s, uint32_t i)
{
	struct series_run *a = &s->runs[i], *b = a + 1;
	stretch(a, gap_behind(a));
	a->packets += b->packets;
	a->squares += b->squares;
	if (b->longest_ns > a->longest_ns)
		a->longest_ns = b->longest_ns;
	if (b->last.ns > a->last.ns)
		a->last = b->last;
	memmove(b, b + 1, (s->n_runs - i - 2) * sizeof *b);
	s->n_runs--;
}

static uint32_t shortest_gap(const struct series *s)
{
	uint32_t best = 0;
	for (uint32_t i = 1; i + 1 < s->n_runs; i++)
		if (gap_behind(&s->runs[i]) < gap_behind(&s->runs[best]))
			best = i;
	return best;
}

/* Puts a run in its place, with those that it overlaps. Above the limit the shortest gap goes,
 * which may be the one before or behind the new run. */
static void insert(struct series *s, const struct series_run *new)
{
	uint32_t at = s->n_runs;
	while (at > 0 && s->runs[at - 1].first.ns > new->first.ns)
		at--;
	memmove(&s->runs[at + 1], &s->runs[at], (s->n_runs - at) * sizeof *new);
	s->runs[at] = *new;
	s->n_runs++;
	if (at > 0 && gap_behind(&s->runs[at - 1]) <= 0)
		join(s, --at);
	while (at + 1 < s->n_runs && gap_behind(&s->runs[at]) <= 0)
		join(s, at);
	if (s->n_runs > SERIES_RUNS)
		join(s, shortest_gap(s));
	if (s->n_runs == SERIES_RUNS)
		s->least_ns = gap_behind(&s->runs[shortest_gap(s)]);
}

void series_add(struct series *s, struct ref_time when)
{
	struct series_run *last = s->n_runs ? &s->runs[s->n_runs - 1] : NULL;
	s->packets++;
	if (last && when.ns >= last->last.ns && when.ns - last->last.ns <= s->least_ns) {
		stretch(last, when.ns - last->last.ns);
		last->last = when;
		last->packets++;
		return;
	}
	insert(s, &(struct series_run){ .first = when, .last = when, .packets = 1 });
}

void series_merge(struct series *into, const struct series *from)
{
	for (uint32_t i = 0; i < from->n_runs; i++)
		insert(into, &from->runs[i]);
	into->packets += from->packets;
}

bool series_any(const struct series *s, struct ref_time from, struct ref_time to)
{
	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct series_run *run = &s->runs[i];
		if ((run->first.ns > from.ns && run->first.ns <= to.ns) ||
			(run->last.ns > from.ns && run->last.ns <= to.ns))
			return true;
		if (run->first.ns <= from.ns && run->last.ns > to.ns &&
			run->longest_ns < to.ns - from.ns)
			return true;
	}
	return false;
}

static int64_t shared_ns(
	struct ref_time a, struct ref_time b, struct ref_time from, struct ref_time to)
{
	int64_t begin = a.ns > from.ns ? a.ns : from.ns, end = b.ns < to.ns ? b.ns : to.ns;
	return end > begin ? end - begin : 0;
}

/* Where in a run its long gaps lie is not kept: all of it may be one. */
int64_t series_blind_ns(
	const struct series *s, struct ref_time from, struct ref_time to, int64_t most_ns)
{
	int64_t blind = 0;
	struct ref_time at = from;
	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct series_run *run = &s->runs[i];
		if (i == 0 || run->first.ns - at.ns > most_ns)
			blind += shared_ns(at, run->first, from, to);
		if (run->longest_ns > most_ns)
			blind += shared_ns(run->first, run->last, from, to);
		at = run->last;
	}
	return blind + shared_ns(at, to, from, to);
}
