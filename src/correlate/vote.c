/* SPDX-License-Identifier: Apache-2.0 */
/* Clock alignment by vote: see vote.h. */
#include "correlate/vote.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"
#include "base/sort.h"
#include "correlate/line.h"
#include "correlate/vote_inner.h"

#define SURE_PAIRS 8
/* A burst of datagrams is one coincidence, however many they are. */
#define SURE_MOMENTS 4
/* Logarithms of what chance may do: one in a million, and one in a hundred thousand
 * for each part of a capture that is asked. */
#define SURE_CHANCE -13.8
#define UNSURE_CHANCE -11.5
/* Zones run from -12 h to +14 h; between two zones lie at most 26 h, but a log and a capture of
 * one place differ by that place's zone only. Half a quarter hour is the most skew that a zone
 * leaves over. */
#define ZONE_REACH_NS ((14 * 3600 + 450) * STAMP_NS_PER_S)
/* What a drift adds up to in a century is no drift: such stamps are damage. */
#define MOST_BEND_NS 1e15
/* A slope counts that is so many times its error. Of few points the error itself is not well
 * known. */
#define CERTAIN 4
#define FEW 16
/* Below so many votes half of them is no answer of its own. */
#define HALVED_VOTES 64

struct election {
	const struct ballots *packets, *events;
	struct extent extents[2]; /* of these */
	int64_t front_ns;         /* the stamp that was written first */
	int64_t error_ns, width_ns;
	struct votes all, some; /* in order of the log; those that are looked at, by delta */
	struct sort_key *order; /* [all.n]: their places by delta */
	uint32_t *counts;       /* [n_keys], all 0 */
};

static int by_delta(const void *x, const void *y)
{
	const struct vote *a = x, *b = y;
	if (a->delta != b->delta)
		return a->delta < b->delta ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static int by_number(const void *x, const void *y)
{
	const struct vote *a = x, *b = y;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return by_delta(x, y);
}

static int by_x(const void *x, const void *y)
{
	const struct line_point *a = x, *b = y;
	return (a->x > b->x) - (a->x < b->x);
}

/* The window with most lone votes. */
static struct window fullest(const struct votes *v, int64_t width)
{
	struct window best = { 0 };
	size_t alone = 0, whole = 0;
	for (size_t from = 0, to = 0; from < v->n; from++) {
		for (; to < v->n && v->items[to].delta - v->items[from].delta <= width; to++) {
			alone += v->items[to].alone;
			whole += v->items[to].alone && v->items[to].whole;
		}
		if (alone > best.alone)
			best = (struct window){ from, to - from, alone, whole };
		alone -= v->items[from].alone;
		whole -= v->items[from].alone && v->items[from].whole;
	}
	return best;
}

/* The median of its lone votes. */
static int64_t middle_of(const struct votes *v, const struct window *w)
{
	size_t left = (w->alone - 1) / 2, i = w->from;
	while (!v->items[i].alone || left--)
		i++;
	return v->items[i].delta;
}

/* How far a line is carried on to the front of the log. */
#define FRONT_NS (3600 * STAMP_NS_PER_S)

/* From when on the offset holds: the front of the log, or the window's first event where stamps
 * lie so far before it that they may be damage. */
static int64_t begin_of(const struct votes *v, const struct window *w, int64_t front)
{
	int64_t first = INT64_MAX;
	for (size_t i = w->from; i < w->from + w->n; i++)
		if (v->items[i].alone && v->items[i].at < first)
			first = v->items[i].at;
	double before = (double)first - (double)front;
	return before > 0 && before <= (double)FRONT_NS ? front : first;
}

/* How many keys another window gathers, one that does not touch the best. Keys that occur a few
 * times count here: what fits two offsets elects neither. */
static size_t rival_keys(struct election *e, const struct window *best)
{
	const struct votes *v = &e->some;
	int64_t low = v->items[best->from].delta - e->width_ns;
	int64_t high = v->items[best->from + best->n - 1].delta + e->width_ns;
	size_t keys = 0, most = 0;
	for (size_t from = 0, to = 0; from < v->n; from++) {
		while (to < v->n && v->items[to].delta - v->items[from].delta <= e->width_ns)
			keys += e->counts[v->items[to++].key]++ == 0;
		if (keys > most && (v->items[to - 1].delta < low || v->items[from].delta > high))
			most = keys;
		keys -= --e->counts[v->items[from].key] == 0;
	}
	return most;
}

static size_t own_keys(struct election *e, const struct window *best)
{
	const struct vote *v = e->some.items + best->from;
	size_t keys = 0;
	for (size_t i = 0; i < best->n; i++)
		keys += e->counts[v[i].key]++ == 0;
	for (size_t i = 0; i < best->n; i++)
		e->counts[v[i].key] = 0;
	return keys;
}

/* At most LINE_POINTS lone votes of the window, in order of time. Every so many-th of the window,
 * which is in order of differences: none is left out for what it says. */
static size_t sample(const struct votes *v, const struct window *w, struct line_point *ret)
{
	size_t every = w->alone / LINE_POINTS + 1, seen = every / 2, n = 0;
	for (size_t i = w->from; i < w->from + w->n; i++)
		if (v->items[i].alone && seen++ % every == 0 && n < LINE_POINTS)
			ret[n++] = (struct line_point){ v->items[i].at, v->items[i].delta };
	if (n)
		qsort(ret, n, sizeof *ret, by_x);
	return n;
}

/* Takes the line out of the votes: then they say what the offset was at t->from. */
static void level(struct votes *v, const struct line *t)
{
	for (size_t i = 0; i < v->n; i++) {
		double more = t->slope * ((double)v->items[i].at - (double)t->from);
		/* What lies years away is damage, and may stay where it is. */
		if (fabs(more) < MOST_BEND_NS)
			v->items[i].delta -= (int64_t)more;
	}
	qsort(v->items, v->n, sizeof *v->items, by_delta);
}

/* The slope in a window; false where there is none, or where it may be noise. */
static bool find_tilt(
	const struct votes *v, const struct window *w, double certain, struct line *ret)
{
	struct line_point points[LINE_POINTS];
	size_t n = sample(v, w, points);
	*ret = (struct line){ .error = CLOCK_RATE_MOST };
	if (n < 3)
		return false;
	*ret = line_fit(points, n);
	return ret->span > 0 && fabs(ret->slope) <= CLOCK_RATE_MOST &&
		fabs(ret->slope) > certain * ret->error * (1 + FEW / (double)n);
}

/* How far apart two clocks drift at most while these votes were cast. */
static int64_t bend_of(const struct votes *v)
{
	double from = INFINITY, to = -INFINITY;
	for (size_t i = 0; i < v->n; i++) {
		from = fmin(from, (double)v->items[i].at);
		to = fmax(to, (double)v->items[i].at);
	}
	return v->n ? (int64_t)fmin(2 * CLOCK_RATE_MOST * (to - from), MOST_BEND_NS) : 0;
}

/* Levels the votes as long as that gathers no fewer of them in one window. The first line comes of
 * a window so wide that drift cannot lead out of it, the others of what it gathered. */
static struct line find_level(struct election *e)
{
	struct votes *v = &e->some;
	struct window best = fullest(v, e->width_ns);
	struct window wide = fullest(v, e->width_ns + bend_of(v));
	struct line total = { 0 }, more;
	for (int round = 0; round < 3; round++) {
		bool tilted = find_tilt(v, round ? &best : &wide, round ? 1 : CERTAIN, &more);
		if (!tilted && round == 0) {
			total.from = more.from;
			total.error = fmin(fabs(more.slope) + more.error, CLOCK_RATE_MOST);
		}
		if (!tilted)
			break;
		total.from = round ? total.from : more.from;
		more.from = total.from;
		level(v, &more);
		struct window now = fullest(v, e->width_ns);
		if (now.alone < best.alone) {
			more.slope = -more.slope;
			level(v, &more);
			break;
		}
		best = now;
		total.slope += more.slope;
		total.error = more.error;
		total.span = more.span;
	}
	return total;
}

/* What the winner says, whether it is believed or not. */
static struct clock says(const struct election *e, const struct window *best,
	const struct line *tilt, const struct clock *blank)
{
	struct clock c = *blank;
	c.pairs = best->alone;
	c.offset_ns = middle_of(&e->some, best);
	c.rate = tilt->slope;
	c.since_ns = begin_of(&e->some, best, e->front_ns);
	c.offset_ns += (int64_t)(c.rate * ((double)c.since_ns - (double)tilt->from));
	c.first_offset_ns = c.offset_ns;
	c.rate_error = tilt->error;
	c.has_met = true;
	c.met = clock_to_ref(&c, (struct source_time){ c.since_ns });
	return c;
}

/* Is the winner believed? Not asked where a sure clock says the same, for nothing hangs on it. */
static int decide(struct election *e, const struct line *tilt, const struct clock *known,
	struct clock *ret, struct err *err)
{
	const struct votes *v = &e->some;
	struct window best = fullest(v, e->width_ns);
	if (best.alone == 0)
		return 0;
	struct clock c = says(e, &best, tilt, ret);
	if (known && known->state == CLOCK_SURE && clock_agree(known, &c))
		return 0;
	struct variety variety;
	if (vote_variety(v, &best, e->width_ns, e->extents, &variety, err) < 0)
		return -1;
	size_t rival = rival_keys(e, &best);
	double chance = vote_chance(v, &best, e->width_ns);
	bool near = c.offset_ns <= ZONE_REACH_NS && c.offset_ns >= -ZONE_REACH_NS;
	bool present = false;
	if (variety.kinds >= SURE_PAIRS && variety.moments >= SURE_MOMENTS &&
		chance < SURE_CHANCE && rival * 2 <= own_keys(e, &best) &&
		vote_present(e->packets, e->events, &c, &present, err) < 0)
		return -1;
	if (present)
		c.state = CLOCK_SURE;
	/* A single pair that agrees in its ports only may be chance: two programs on two hosts may
	 * both send 137 to 137. Two in one window, or one with its addresses, are no chance. */
	else if (near && variety.pairs && rival < own_keys(e, &best) &&
		(best.alone >= 2 ? chance < UNSURE_CHANCE : best.whole > 0))
		c.state = CLOCK_UNSURE;
	if (c.state != CLOCK_NONE)
		*ret = c;
	return 0;
}

/* Puts all votes in order of the log, and finds out their order by delta. */
static int put_in_order(struct election *e, struct err *err)
{
	size_t n = e->all.n;
	struct sort_key *keys = malloc(2 * n * sizeof *keys);
	if (!keys)
		return err_nomem(err);
	e->order = keys;
	for (size_t i = 0; i < n; i++)
		keys[i] = (struct sort_key){ e->all.items[i].number, (uint32_t)i };
	sort_keys(keys, keys + n, n);
	for (size_t i = 0; i < n; i++)
		e->some.items[i] = e->all.items[keys[i].place];
	struct vote *v = e->some.items;
	e->some.items = e->all.items;
	e->all.items = v;
	/* Few votes are of one event. */
	for (size_t i = 1, at; i < n; i++)
		for (at = i; at > 0 && by_number(&v[at - 1], &v[at]) > 0; at--) {
			struct vote later = v[at - 1];
			v[at - 1] = v[at];
			v[at] = later;
		}
	for (size_t i = 0; i < n; i++)
		keys[i] = (struct sort_key){ sort_signed(v[i].at), (uint32_t)i };
	sort_keys(keys, keys + n, n);
	for (size_t i = 0; i < n; i++)
		keys[i].key = sort_signed(v[keys[i].place].delta);
	sort_keys(keys, keys + n, n);
	return 0;
}

/* The first `n` votes of the log. What all of them say is `known`, or NULL. */
static int elect(
	struct election *e, size_t n, const struct clock *known, struct clock *ret, struct err *err)
{
	e->some.n = 0;
	for (size_t i = 0; i < e->all.n; i++)
		if (e->order[i].place < n)
			e->some.items[e->some.n++] = e->all.items[e->order[i].place];
	struct line tilt = find_level(e);
	return decide(e, &tilt, known, ret, err);
}

/* Asks the whole log, then halves of it down to its front. A sure front that says something else is
 * right for the front. */
static int elect_front(struct election *e, struct clock *ret, struct err *err)
{
	const struct clock none = *ret;
	int rc = elect(e, e->all.n, NULL, ret, err);
	for (size_t n = e->all.n / 2; n >= HALVED_VOTES && rc == 0; n /= 2) {
		struct clock front = none;
		rc = elect(e, n, ret, &front, err);
		if (front.state == CLOCK_SURE)
			*ret = front;
	}
	return rc;
}

static int prepare(struct election *e, int64_t tick_ns, struct clock *ret, struct err *err)
{
	int64_t tick, coarse;
	if (ballots_tick(e->events, tick_ns, &tick, err) < 0 ||
		ballots_tick(e->packets, 0, &coarse, err) < 0)
		return -1;
	e->error_ns = tick > coarse ? tick : coarse;
	*ret = (struct clock){ .tick_ns = e->error_ns, .error_ns = e->error_ns };
	if (e->error_ns < CLOCK_JITTER_NS)
		e->error_ns = CLOCK_JITTER_NS;
	e->width_ns = 2 * e->error_ns;
	return 0;
}

static int64_t written_first(const struct ballots *events)
{
	const struct ballot *first = &events->items[0];
	for (size_t i = 1; i < events->n; i++)
		if (events->items[i].number < first->number)
			first = &events->items[i];
	return first->ns;
}

static int hold_election(struct election *e, struct clock *ret, struct err *err)
{
	e->front_ns = written_first(e->events);
	if (vote_extent(e->packets, e->width_ns, &e->extents[0], err) < 0 ||
		vote_extent(e->events, e->width_ns, &e->extents[1], err) < 0 ||
		votes_cast(&e->all, e->packets, e->events, err) < 0)
		return -1;
	if (e->all.n == 0)
		return 0;
	ret->error_ns = e->error_ns;
	e->some.items = malloc(e->all.n * sizeof *e->some.items);
	e->counts = calloc(e->all.n_keys + 1, sizeof *e->counts);
	if (!e->some.items || !e->counts)
		return err_nomem(err);
	large_pages(e->some.items, e->all.n * sizeof *e->some.items);
	return put_in_order(e, err) < 0 ? -1 : elect_front(e, ret, err);
}

int vote_align(struct ballots *packets, struct ballots *events, int64_t tick_ns, struct clock *ret,
	struct err *err)
{
	struct election e = { .packets = packets, .events = events };
	if (prepare(&e, tick_ns, ret, err) < 0)
		return -1;
	if (packets->n == 0 || events->n == 0)
		return 0;
	if (ballots_sort(packets, err) < 0 || ballots_sort(events, err) < 0)
		return -1;
	ballots_drop_copies(packets);
	int rc = hold_election(&e, ret, err);
	free(e.order);
	free(e.all.items);
	free(e.some.items);
	free(e.counts);
	return rc;
}
