/* SPDX-License-Identifier: Apache-2.0 */
/* Grade `pattern`: see infer.h. */
#include <stdlib.h>

#include "infer/infer.h"
#include "infer/pools.h"

static bool by_sender(const struct cell_tally *c)
{
	return c->direction == DIRECTION_OUT || c->direction == DIRECTION_LOCAL;
}

/* Reasons that only say that evidence is missing; the others say what is the case. */
static bool lacks_evidence(const struct cell_tally *c)
{
	return c->process == PROCESS_NONE &&
		(c->reason == REASON_NOT_IN_LOG || c->reason == REASON_OUTSIDE_EVIDENCE ||
			c->reason == REASON_LOST_EVENTS || c->reason == REASON_NO_EVIDENCE);
}

/* What a group's evidence says. */
struct witness {
	uint64_t with_event, denied; /* packets with an event; packets that the log denies */
	process_handle process;      /* of the former, or PROCESS_NONE */
	bool several;                /* there are others than it */
};

static struct witness hear(const struct cell_tally *const *group, size_t n)
{
	struct witness w = { .process = PROCESS_NONE };
	for (size_t i = 0; i < n; i++) {
		if (group[i]->as_ports) {
			w.with_event += group[i]->as_ports;
			w.several |= w.process != PROCESS_NONE && w.process != group[i]->process;
			w.process = group[i]->process;
		} else if (group[i]->reason == REASON_NOT_IN_LOG) {
			w.denied += group[i]->packets;
		}
	}
	return w;
}

/* The evidence of a pool, by process; what is above MOST has no say in it, and so forbids all. */
#define POOL_PROCESSES 32

struct pool_evidence {
	struct {
		process_handle process;
		uint64_t packets;
	} of[POOL_PROCESSES];
	size_t n;
	bool more;
};

static void add_evidence(struct pool_evidence *e, process_handle process, uint64_t packets)
{
	size_t i = 0;
	while (i < e->n && e->of[i].process != process)
		i++;
	if (i == POOL_PROCESSES) {
		e->more = true;
		return;
	}
	if (i == e->n)
		e->of[e->n++].process = process;
	e->of[i].packets += packets;
}

static struct pool_evidence evidence_of(const struct cell_tally *const *pool, size_t n)
{
	struct pool_evidence e = { 0 };
	for (size_t i = 0; i < n; i++)
		if (pool[i]->as_ports)
			add_evidence(&e, pool[i]->process, pool[i]->as_ports);
	return e;
}

static uint64_t packets_of(const struct pool_evidence *e, process_handle process)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->of[i].process == process)
			return e->of[i].packets;
	return 0;
}

/* Where a family has many lengths, one of them is a pattern of a process only if the others that
 * send in the family show that they do not use it. Each that did as this process does would have
 * sent so many packets of this length that to have none of them is no chance: one in e^TELLING.
 * Wrong where another process uses the length only while the log loses its events. */
#define TELLING 10

static bool rivals_keep_off(const struct pool_evidence *pool, const struct witness *group)
{
	process_handle process = group->process;
	double share = (double)group->with_event / (double)packets_of(pool, process);
	for (size_t i = 0; i < pool->n; i++)
		if (pool->of[i].process != process && (double)pool->of[i].packets * share < TELLING)
			return false;
	return !pool->more;
}

/* A log that holds nine in ten of a group's packets is no excerpt: what it lacks was not sent by
 * what it records. */
static bool log_is_complete(const struct witness *w)
{
	return w->with_event * 10 >= (w->with_event + w->denied) * 9;
}

static bool mentions_others(const struct cell_tally *c, process_handle process)
{
	for (unsigned i = 0; i < c->n_candidates; i++)
		if (c->candidates[i] != process)
			return true;
	return false;
}

/* Wrong where a second process sent the same pattern and the log has not one of its events: an
 * excerpt of one process's rows. That is why `pattern` is below every grade with evidence. */
static struct cell_verdict judge(const struct cell_tally *c, const struct witness *w)
{
	struct cell_verdict v = { .process = PROCESS_NONE };
	/* Where several do the same, that is no evidence of this packet: its own reason says more.
	 */
	if (!lacks_evidence(c) || w->process == PROCESS_NONE || w->several)
		return v;
	/* What a capture says of these very packets is not outvoted by others. */
	if (mentions_others(c, w->process))
		return v;
	if (c->reason == REASON_NOT_IN_LOG && log_is_complete(w))
		return v;
	v.grade = GRADE_PATTERN;
	v.process = w->process;
	return v;
}

static size_t known_lengths(const struct cell_tally *const *pool, size_t n)
{
	size_t lengths = 0;
	for (size_t i = 0; i < n; i++)
		if (pool[i]->length != CELL_LENGTH_UNKNOWN &&
			(i == 0 || pool[i]->length != pool[i - 1]->length))
			lengths++;
	return lengths;
}

struct run {
	const struct cell_tally *cells;
	struct cell_verdict *verdicts;
};

static void judge_group(const struct run *run, const struct cell_tally *const *group, size_t n,
	const struct witness *w)
{
	for (size_t i = 0; i < n; i++)
		run->verdicts[group[i] - run->cells] = judge(group[i], w);
}

/* One length of a pool that has others. */
static void judge_length(const struct run *run, const struct cell_tally *const *group, size_t n,
	const struct pool_evidence *pool)
{
	struct witness w = hear(group, n);
	if (w.process != PROCESS_NONE && rivals_keep_off(pool, &w))
		judge_group(run, group, n, &w);
}

/* A list states no lengths: its packets share a pool's pattern only where the pool has just one
 * length that anything states. Lengths that are not told apart (TCP) are no pattern. */
static void judge_pool(const struct run *run, const struct cell_tally *const *pool, size_t n)
{
	if (!by_sender(pool[0]) || pool[0]->length == CELL_LENGTH_MANY)
		return;
	if (known_lengths(pool, n) <= 1) {
		struct witness w = hear(pool, n);
		judge_group(run, pool, n, &w);
		return;
	}
	struct pool_evidence evidence = evidence_of(pool, n);
	for (size_t i = 0, same; i < n; i += same) {
		same = pools_same_length(pool + i, n - i);
		if (pool[i]->length < CELL_LENGTH_MANY)
			judge_length(run, pool + i, same, &evidence);
	}
}

int infer_pattern(
	const struct cell_tally *cells, size_t n, struct cell_verdict *ret, struct err *err)
{
	const struct cell_tally **sorted = pools_sort(cells, n, err);
	struct run run = { .cells = cells, .verdicts = ret };
	if (!sorted)
		return -1;
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct cell_verdict){ .process = PROCESS_NONE };
	for (size_t i = 0, same; i < n; i += same) {
		same = pools_same_pool(sorted + i, n - i);
		judge_pool(&run, sorted + i, same);
	}
	free(sorted);
	return 0;
}
