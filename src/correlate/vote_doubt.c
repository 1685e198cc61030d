/* SPDX-License-Identifier: Apache-2.0 */
/* What speaks against an offset that won the vote: see vote_inner.h. */
#include <math.h>
#include <stdlib.h>

#include "base/sort.h"
#include "correlate/vote_inner.h"

#define DAY_NS (86400 * STAMP_NS_PER_S)

/* The logarithm of P(X >= k) for a Poisson variable, by its first term and a geometric series. */
static double log_tail(double mean, double k)
{
	if (k <= mean)
		return 0;
	return k * log(mean) - mean - lgamma(k + 1) - log(1 - mean / (k + 1));
}

/* Lone votes within `reach` of the middle of the window, those in it not counted. */
static double votes_around(const struct votes *v, const struct window *best, int64_t reach)
{
	int64_t middle = v->items[best->from + best->n / 2].delta;
	double n = 0;
	for (size_t i = 0; i < v->n; i++)
		if (v->items[i].alone && (i < best->from || i >= best->from + best->n) &&
			fabs((double)v->items[i].delta - (double)middle) <= (double)reach)
			n++;
	return n;
}

/* Keys of two days that agree by chance (ephemeral ports are 16 bits) are spread over all
 * differences, most densely where the days overlap best. That density is seen around the window, at
 * several scales, and Poisson's law says how many fall into one window. */
double vote_chance(const struct votes *v, const struct window *best, int64_t width_ns)
{
	double n = 0, all = 0, width = (double)width_ns;
	for (size_t i = 0; i < v->n; i++)
		all += v->items[i].alone;
	for (size_t i = best->from; i < best->from + best->n; i++)
		n += v->items[i].alone;
	double range = (double)v->items[v->n - 1].delta - (double)v->items[0].delta;
	range = range > (double)DAY_NS ? range : (double)DAY_NS;
	double mean = (all - n + 1) * width / range;
	for (double reach = 8 * width; reach < range; reach *= 8) {
		double here = votes_around(v, best, (int64_t)reach) * width / (2 * reach);
		mean = here > mean ? here : mean;
	}
	return n < 1 ? 0 : log(all) + log_tail(mean, n - 1);
}

/* So many keys that come again after the same time are a period, and no coincidence. */
#define PERIOD_KEYS 4

/* The lag that most keys have in common, 0 where fewer than PERIOD_KEYS do. Of a lag the place is
 * the number of its key. */
static int64_t common_lag(const struct sort_key *lags, size_t n, int64_t width_ns, uint32_t *counts)
{
	size_t keys = 0, most = PERIOD_KEYS - 1;
	int64_t period = 0;
	for (size_t from = 0, to = 0; from < n; from++) {
		while (to < n && lags[to].key - lags[from].key <= (uint64_t)width_ns)
			keys += counts[lags[to++].place]++ == 0;
		if (keys > most) {
			most = keys;
			period = (int64_t)lags[to - 1].key;
		}
		keys -= --counts[lags[from].place] == 0;
	}
	return period;
}

static size_t collect_lags(const struct ballots *b, int64_t least, struct sort_key *lags)
{
	size_t n = 0;
	uint32_t key = 0;
	for (size_t i = 1; i < b->n; i++) {
		const struct ballot *last = &b->items[i - 1], *this = &b->items[i];
		int64_t lag;
		if (last->side != this->side || ballot_compare_ports(last, this) != 0 ||
			ballot_compare_whole(last, this) != 0)
			key++;
		else if (!__builtin_sub_overflow(this->ns, last->ns, &lag) && lag > least)
			lags[n++] = (struct sort_key){ (uint64_t)lag, key };
	}
	return n;
}

int vote_extent(const struct ballots *b, int64_t width_ns, struct extent *ret, struct err *err)
{
	*ret = (struct extent){ INT64_MAX, INT64_MIN, 0 };
	for (size_t i = 0; i < b->n; i++) {
		ret->from = b->items[i].ns < ret->from ? b->items[i].ns : ret->from;
		ret->to = b->items[i].ns > ret->to ? b->items[i].ns : ret->to;
	}
	struct sort_key *lags = malloc((2 * b->n + 1) * sizeof *lags);
	uint32_t *counts = calloc(b->n + 1, sizeof *counts);
	int rc = lags && counts ? 0 : err_nomem(err);
	if (rc == 0) {
		size_t n = collect_lags(b, 2 * width_ns, lags);
		sort_keys(lags, lags + n, n);
		ret->period = common_lag(lags, n, width_ns, counts);
	}
	free(lags);
	free(counts);
	return rc;
}

/* Would the key have been seen again in this file, if it came with the period? */
static bool would_return(const struct extent *e, int64_t ns, int64_t period)
{
	double t = (double)ns, lag = (double)period;
	return t + lag <= (double)e->to || t - lag >= (double)e->from;
}

/* Values that are more than `apart` from the one before. */
static size_t groups(struct sort_key *values, size_t n, uint64_t apart)
{
	size_t groups = n > 0;
	sort_keys(values, values + n, n);
	uint64_t last = n ? values[0].key : 0;
	for (size_t i = 1; i < n; i++) {
		if (values[i].key - last <= apart)
			continue;
		groups++;
		last = values[i].key;
	}
	return groups;
}

/* Wrong where a period is longer than both files and they are of different turns of it: each key
 * occurs once in each, and nothing shows that it ever returns. Then vote_present must find
 * packets that do not repeat. */
int vote_variety(const struct votes *v, const struct window *best, int64_t width_ns,
	const struct extent extents[static 2], struct variety *ret, struct err *err)
{
	struct sort_key *pairs = malloc((2 * best->n + 1) * sizeof *pairs);
	if (!pairs)
		return err_nomem(err);
	int64_t period =
		extents[0].period > extents[1].period ? extents[0].period : extents[1].period;
	size_t n = 0;
	for (size_t i = best->from; i < best->from + best->n; i++) {
		const struct vote *vote = &v->items[i];
		if (!vote->alone ||
			(period && !would_return(&extents[0], vote->seen, period) &&
				!would_return(&extents[1], vote->at, period)))
			continue;
		pairs[n++] = (struct sort_key){ vote->trait, (uint32_t)i };
	}
	*ret = (struct variety){ .pairs = n, .kinds = groups(pairs, n, 0) };
	for (size_t i = 0; i < n; i++)
		pairs[i].key = sort_signed(v->items[pairs[i].place].at);
	ret->moments = groups(pairs, n, (uint64_t)width_ns);
	free(pairs);
	return 0;
}

/* Something with these ports was at that time on the reference clock: in order of ports, then time.
 */
struct spots {
	struct sort_key *ports; /* the place is that of the time; as many behind them are spare */
	int64_t *ns;
	size_t n;
	int64_t from, to;
	uint64_t low[65536 / 64]; /* lower ports that occur */
};

static uint16_t low_port(uint64_t ports)
{
	uint16_t src = (uint16_t)(ports >> 16), dst = (uint16_t)ports;
	return src < dst ? src : dst;
}

static int spots_fill(
	struct spots *s, const struct ballots *b, const struct clock *clock, struct err *err)
{
	s->ports = malloc((2 * b->n + 1) * sizeof *s->ports);
	s->ns = malloc((b->n + 1) * sizeof *s->ns);
	if (!s->ports || !s->ns)
		return err_nomem(err);
	s->n = b->n;
	s->from = INT64_MAX;
	s->to = INT64_MIN;
	for (size_t i = 0; i < b->n; i++) {
		int64_t ns = clock_to_ref(clock, (struct source_time){ b->items[i].ns }).ns;
		s->from = ns < s->from ? ns : s->from;
		s->to = ns > s->to ? ns : s->to;
		s->ns[i] = ns;
		s->ports[i] = (struct sort_key){ sort_signed(ns), (uint32_t)i };
	}
	sort_keys(s->ports, s->ports + s->n, s->n);
	for (size_t i = 0; i < b->n; i++) {
		const struct ballot *item = &b->items[s->ports[i].place];
		uint64_t ports = (uint64_t)item->transport << 32 |
			(uint64_t)item->flow.src.port << 16 | item->flow.dst.port;
		uint16_t low = low_port(ports);
		s->low[low / 64] |= 1ull << low % 64;
		s->ports[i].key = ports;
	}
	sort_keys(s->ports, s->ports + s->n, s->n);
	return 0;
}

static int64_t spot_ns(const struct spots *s, size_t i)
{
	return s->ns[s->ports[i].place];
}

/* Of those in the time of both, and of services that both know: what share meets the other? Both
 * are in order, so one walk goes along with the other. */
static double share_met(const struct spots *these, const struct spots *those, int64_t reach)
{
	int64_t from = these->from > those->from ? these->from : those->from;
	int64_t to = these->to < those->to ? these->to : those->to;
	double all = 0, met = 0;
	size_t k = 0;
	for (size_t i = 0; i < these->n; i++) {
		uint64_t ports = these->ports[i].key;
		int64_t ns = spot_ns(these, i);
		uint16_t low = low_port(ports);
		if (ns < from - reach || ns > to + reach ||
			!(those->low[low / 64] & 1ull << low % 64))
			continue;
		while (k < those->n &&
			(those->ports[k].key < ports ||
				(those->ports[k].key == ports && spot_ns(those, k) < ns - reach)))
			k++;
		all++;
		met += k < those->n && those->ports[k].key == ports &&
			spot_ns(those, k) <= ns + reach;
	}
	return all > 0 ? met / all : 0;
}

/* A quarter allows for a log that lost half of its rows beside a capture that lost half of its
 * packets. By ports alone, for TCP events are not cut as packets are. Wrong for a mirrored port
 * that shows many hosts and was filtered by address as well: the clock stays unsure. */
#define PRESENT_SHARE 0.25
#define PRESENT_NS STAMP_NS_PER_S

int vote_present(const struct ballots *packets, const struct ballots *events,
	const struct clock *clock, bool *ret, struct err *err)
{
	const struct clock reference = clock_reference();
	int64_t reach = PRESENT_NS + clock->error_ns;
	struct spots *s = calloc(2, sizeof *s);
	int rc = s ? 0 : err_nomem(err);
	if (rc == 0)
		rc = spots_fill(&s[0], packets, &reference, err);
	if (rc == 0)
		rc = spots_fill(&s[1], events, clock, err);
	if (rc == 0)
		*ret = share_met(&s[0], &s[1], reach) >= PRESENT_SHARE ||
			share_met(&s[1], &s[0], reach) >= PRESENT_SHARE;
	for (int i = 0; s && i < 2; i++) {
		free(s[i].ports);
		free(s[i].ns);
	}
	free(s);
	return rc;
}
