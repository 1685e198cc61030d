/* SPDX-License-Identifier: Apache-2.0 */
/* One group against one process: see trial.h. */
#include "infer/trial.h"

#include <math.h>

/* Fewer intervals say nothing of a rate. */
#define LEAST_INTERVALS 8

/* The silence is so much longer than any gap before. */
#define LONGER 2

int trial_span(const struct lifetime_candidate *c, struct ref_time first, struct ref_time last)
{
	for (size_t i = 0; i < c->n_spans; i++) {
		const struct lifetime_span *s = &c->spans[i];
		if ((!s->has_from || first.ns >= s->from.ns - c->error_ns) &&
			(!s->has_to || last.ns <= s->to.ns + c->error_ns))
			return (int)i;
	}
	return -1;
}

bool trial_last(const struct lifetime_candidate *c, int span, const struct series *when,
	struct ref_time *ret)
{
	for (uint32_t i = when->n_runs; i-- > 0;) {
		const struct series_run *run = &when->runs[i];
		if (trial_span(c, run->first, run->last) != span)
			continue;
		*ret = run->last;
		return true;
	}
	return false;
}

/* The group while the process ran. */
struct course {
	double gaps_s, squares;
	int64_t longest_ns;
	struct ref_time first[LIFETIME_SPANS], last[LIFETIME_SPANS];
	bool any[LIFETIME_SPANS];
};

static double seconds(int64_t ns)
{
	return (double)ns / (double)STAMP_NS_PER_S;
}

/* False where a packet came while it did not run. */
static bool follow(
	const struct lifetime_candidate *c, const struct series *when, struct course *ret)
{
	*ret = (struct course){ 0 };
	for (uint32_t i = 0; i < when->n_runs; i++) {
		const struct series_run *run = &when->runs[i];
		int k = trial_span(c, run->first, run->last);
		if (k < 0)
			return false;
		int64_t gap = ret->any[k] ? run->first.ns - ret->last[k].ns : 0;
		if (!ret->any[k])
			ret->first[k] = run->first;
		ret->any[k] = true;
		ret->last[k] = run->last;
		ret->gaps_s += seconds(gap) + seconds(run->last.ns - run->first.ns);
		ret->squares += seconds(gap) * seconds(gap) + run->squares;
		if (gap > ret->longest_ns)
			ret->longest_ns = gap;
		if (run->longest_ns > ret->longest_ns)
			ret->longest_ns = run->longest_ns;
	}
	return true;
}

/* Do enough of the group's peers go on? The silence towards one that was shut down proves nothing.
 * A quarter is enough: of several controllers only one may have traffic of its own. Wrong where
 * that one goes on and the others went down at that moment, each of them silent in all the capture.
 */
static bool peers_go_on(const struct lifetime_ask *ask, const struct trial_group *group,
	struct ref_time from, struct ref_time to)
{
	uint64_t all = 0, alive = 0;
	for (uint32_t i = 0; i < group->n_peers; i++) {
		const struct trail_peer *p = &group->peers[i];
		const struct series *seen = ask->peer(ask->context, &p->addr);
		all += p->packets;
		if (seen && series_any(seen, from, to))
			alive += p->packets;
	}
	return alive * 4 >= all && alive > 0;
}

static bool is_lost(const struct lifetime_ask *ask, struct ref_time from, struct ref_time to)
{
	for (size_t i = 0; i < ask->n_losses; i++)
		if (ask->losses[i].from.ns <= to.ns && ask->losses[i].to.ns >= from.ns)
			return true;
	return ask->lost_somewhere;
}

/* What is added up over the stops. */
struct sums {
	const struct series *host;
	struct ref_time begin, end; /* of what the host sends */
	int64_t silent_ns;
	double window_ns, product;
	unsigned coincidences;
};

/* A coincidence of the group's end or start with the process's. */
static void add_coincidence(struct sums *s, int64_t apart_ns, int64_t error_ns)
{
	double apart = (double)(apart_ns > 0 ? apart_ns : 0) + (double)error_ns;
	double p = s->window_ns > 0 ? apart / s->window_ns : 1;
	s->product *= p < 1 ? p : 1;
	s->coincidences++;
}

static struct ref_time span_end(const struct lifetime_span *span, struct ref_time end)
{
	return span->has_to && span->to.ns < end.ns ? span->to : end;
}

/* How much of a silence counts: the time in which the capture surely went on, for something else
 * of the same host was in it. What is shorter than a tenth of it, or than the group's own gaps, is
 * no interruption. Wrong where a capture stands still again and again, each time for less. */
#define SILENCE_PARTS 10

static int64_t exposed_ns(
	const struct series *host, struct ref_time from, struct ref_time to, int64_t longest_ns)
{
	int64_t most = (to.ns - from.ns) / SILENCE_PARTS;
	return to.ns - from.ns -
		series_blind_ns(host, from, to, most > longest_ns ? most : longest_ns);
}

/* One stop, up to the next start. False where it refutes that the group died of it; a silence that
 * is too short to say anything is left out. */
static bool add_stop(const struct lifetime_ask *ask, const struct trial_group *group,
	const struct lifetime_candidate *c, const struct course *course, size_t k, struct sums *s,
	struct trial_result *ret)
{
	const struct lifetime_span *span = &c->spans[k];
	bool restarted = k + 1 < c->n_spans;
	struct ref_time to = restarted ? c->spans[k + 1].from : s->end;
	int64_t apart = span->to.ns - course->last[k].ns;
	/* What had ended before, ended of something else. */
	if (!course->any[k] || apart > course->longest_ns + c->error_ns)
		return false;
	/* What does not come back with the process did not live with it. */
	if (restarted && !course->any[k + 1] &&
		span_end(&c->spans[k + 1], s->end).ns - to.ns > LONGER * course->longest_ns)
		return false;
	int64_t silent = exposed_ns(s->host, span->to, to, course->longest_ns);
	if (silent < LONGER * course->longest_ns)
		return true;
	struct ref_time before = { course->last[k].ns - c->error_ns };
	if (is_lost(ask, before, to) || !peers_go_on(ask, group, span->to, to))
		return false;
	ret->stops[ret->lifetime.stops++] = (uint8_t)k;
	s->silent_ns += silent;
	add_coincidence(s, apart, c->error_ns);
	if (restarted && course->any[k + 1])
		add_coincidence(s, course->first[k + 1].ns - to.ns, c->error_ns);
	return true;
}

static double fisher(double product, unsigned k)
{
	double term = 1, sum = 0;
	if (product <= 0)
		return 0;
	for (unsigned j = 0; j < k; j++) {
		sum += term;
		term *= -log(product) / (double)(j + 1);
	}
	return product * sum < 1 ? product * sum : 1;
}

static int64_t present_ns(
	const struct lifetime_candidate *c, const struct series *when, struct ref_time end)
{
	int64_t all = 0;
	for (size_t k = 0; k < c->n_spans; k++) {
		struct ref_time from =
			c->spans[k].has_from ? c->spans[k].from : when->runs[0].first;
		struct ref_time to = c->spans[k].has_to ? c->spans[k].to : end;
		if (to.ns > from.ns)
			all += to.ns - from.ns;
	}
	return all;
}

/* A process that started while the capture ran: nothing may have come before, which `follow` has
 * seen to, and that the group began with it is one more coincidence. */
static void add_start(
	const struct lifetime_candidate *c, const struct course *course, struct sums *s)
{
	const struct lifetime_span *first = &c->spans[0];
	if (first->has_from && course->any[0] &&
		first->from.ns - s->begin.ns >= LONGER * course->longest_ns)
		add_coincidence(s, course->first[0].ns - first->from.ns, c->error_ns);
}

static bool all_stops(const struct lifetime_ask *ask, const struct trial_group *group,
	const struct lifetime_candidate *c, const struct course *course, struct sums *s,
	struct trial_result *ret)
{
	for (size_t k = 0; k < c->n_spans; k++)
		if (c->spans[k].has_to && c->spans[k].to.ns < s->end.ns &&
			(k == 0 || course->any[k]) && !add_stop(ask, group, c, course, k, s, ret))
			return false;
	return ret->lifetime.stops > 0;
}

bool trial_run(const struct lifetime_ask *ask, const struct trial_group *group,
	const struct lifetime_candidate *c, struct trial_result *ret)
{
	const struct series *when = &group->when;
	struct sums s = { .host = ask->host(ask->context, group->host), .product = 1 };
	struct course course;
	*ret = (struct trial_result){ 0 };
	if (c->rival_only || !s.host || s.host->n_runs == 0 || !follow(c, when, &course))
		return false;
	double intervals = course.squares > 0 ? course.gaps_s * course.gaps_s / course.squares : 0;
	if (intervals < LEAST_INTERVALS)
		return false;
	s.begin = s.host->runs[0].first;
	s.end = s.host->runs[s.host->n_runs - 1].last;
	s.window_ns = (double)(s.end.ns - when->runs[0].first.ns);
	add_start(c, &course, &s);
	if (!all_stops(ask, group, c, &course, &s, ret))
		return false;
	int64_t present = present_ns(c, when, s.end);
	double share = (double)present / ((double)present + (double)s.silent_ns);
	double silence = pow(share, intervals), moment = fisher(s.product, s.coincidences);
	ret->p_value = silence > moment ? silence : moment;
	ret->longest_ns = course.longest_ns;
	ret->lifetime.known = true;
	ret->lifetime.before = when->packets;
	ret->lifetime.before_ns = present;
	ret->lifetime.after_ns = s.silent_ns;
	ret->lifetime.stopped = c->spans[ret->stops[0]].to;
	return true;
}
