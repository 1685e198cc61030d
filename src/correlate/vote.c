/* SPDX-License-Identifier: Apache-2.0 */
/* Clock alignment by vote: see vote.h. */
#include "correlate/vote.h"

#include <stdlib.h>
#include <string.h>

#include "model/claim.h"

/* Stamps of one moment in two kernel paths differ by scheduling and interrupt delays even with
 * perfect clocks: below 2 ms a difference says nothing. */
#define JITTER_NS 2000000

#define SURE_PAIRS 8
/* Zones run from -12 h to +14 h; between two zones lie at most 26 h, but a log and a capture of
 * one place differ by that place's zone only. Half a quarter hour is the most skew that a zone
 * leaves over. */
#define ZONE_REACH_NS ((14 * 3600 + 450) * STAMP_NS_PER_S)

void ballots_init(struct ballots *b, size_t max)
{
	*b = (struct ballots){ .max = max };
}

void ballots_done(struct ballots *b)
{
	if (!b)
		return;
	free(b->items);
	*b = (struct ballots){ 0 };
}

static int add(struct ballots *b, const struct ballot *item, struct err *err)
{
	if (b->n >= b->max)
		return 0;
	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 256;
		struct ballot *items = realloc(b->items, cap * sizeof *items);
		if (!items)
			return err_nomem(err);
		b->items = items;
		b->cap = cap;
	}
	b->items[b->n++] = *item;
	return 0;
}

int ballots_add_packet(
	struct ballots *b, const struct digest *d, struct source_time when, struct err *err)
{
	if (!digest_has(d, DIGEST_ADDRS | DIGEST_PORTS))
		return 0;
	bool length = digest_has(d, DIGEST_PAYLOAD);
	if (d->transport != TRANSPORT_UDP &&
		!(d->transport == TRANSPORT_TCP && length && d->payload_bytes > 0))
		return 0;
	struct ballot item = { .flow = d->flow,
		.transport = d->transport,
		.bytes = length ? d->payload_bytes : VOTE_NO_LENGTH,
		.ns = when.ns };
	return add(b, &item, err);
}

int ballots_add_event(
	struct ballots *b, const struct event *e, struct source_time when, struct err *err)
{
	if (e->op != EVENT_SEND && e->op != EVENT_RECV)
		return 0;
	bool sent = e->op == EVENT_SEND;
	struct ballot item = { .transport = e->transport,
		.bytes = e->bytes,
		.ns = when.ns,
		.side = sent ? SIDE_SENDER : SIDE_RECEIVER };
	item.flow.src = sent ? e->local : e->remote;
	item.flow.dst = sent ? e->remote : e->local;
	return add(b, &item, err);
}

/* Ports first: what addresses cannot be trusted for (NAT, anonymised captures) stays together. */
static int compare_ports(const struct ballot *a, const struct ballot *b)
{
	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	if (a->flow.src.port != b->flow.src.port)
		return a->flow.src.port < b->flow.src.port ? -1 : 1;
	if (a->flow.dst.port != b->flow.dst.port)
		return a->flow.dst.port < b->flow.dst.port ? -1 : 1;
	return 0;
}

static int compare_whole(const struct ballot *a, const struct ballot *b)
{
	int c = memcmp(&a->flow, &b->flow, sizeof a->flow);
	if (c == 0 && a->bytes != b->bytes)
		c = a->bytes < b->bytes ? -1 : 1;
	return c;
}

static int by_key(const void *x, const void *y)
{
	const struct ballot *a = x, *b = y;
	int c = compare_ports(a, b);
	if (c == 0)
		c = compare_whole(a, b);
	if (c == 0 && a->ns != b->ns)
		c = a->ns < b->ns ? -1 : 1;
	return c;
}

static bool length_fits(const struct ballot *packet, const struct ballot *event)
{
	return packet->bytes == VOTE_NO_LENGTH || packet->bytes == event->bytes;
}

struct votes {
	struct vote {
		int64_t delta;
		bool whole; /* addresses agree too */
	} * items;
	size_t n;
};

static void cast(struct votes *v, const struct ballot *packet, const struct ballot *event)
{
	v->items[v->n++] = (struct vote){ .delta = packet->ns - event->ns,
		.whole = memcmp(&packet->flow, &event->flow, sizeof packet->flow) == 0 };
}

/* Among packets and events of the same ports: those whose addresses and length occur once. */
static void cast_whole(
	struct votes *v, const struct ballot *p, size_t np, const struct ballot *e, size_t ne)
{
	size_t i = 0, j = 0;
	while (i < np && j < ne) {
		int c = compare_whole(&p[i], &e[j]);
		if (c == 0) {
			size_t pi = i, ej = j;
			while (i < np && compare_whole(&p[i], &p[pi]) == 0)
				i++;
			while (j < ne && compare_whole(&e[j], &e[ej]) == 0)
				j++;
			if (i - pi == 1 && j - ej == 1)
				cast(v, &p[pi], &e[ej]);
		} else if (c < 0) {
			i++;
		} else {
			j++;
		}
	}
}

static size_t same_ports(const struct ballot *items, size_t n)
{
	size_t k = 1;
	while (k < n && compare_ports(&items[0], &items[k]) == 0)
		k++;
	return k;
}

/* Events of one side, sorted, against sorted packets. */
static void cast_all(struct votes *v, const struct ballots *packets, const struct ballot *events,
	size_t n_events)
{
	size_t i = 0, j = 0;
	while (i < packets->n && j < n_events) {
		const struct ballot *p = &packets->items[i], *e = &events[j];
		int c = compare_ports(p, e);
		if (c == 0) {
			size_t np = same_ports(p, packets->n - i), ne = same_ports(e, n_events - j);
			if (np == 1 && ne == 1 && length_fits(p, e))
				cast(v, p, e);
			else
				cast_whole(v, p, np, e, ne);
			i += np;
			j += ne;
		} else if (c < 0) {
			i++;
		} else {
			j++;
		}
	}
}

static int by_side_and_key(const void *x, const void *y)
{
	const struct ballot *a = x, *b = y;
	return a->side != b->side ? (a->side < b->side ? -1 : 1) : by_key(x, y);
}

static int by_delta(const void *x, const void *y)
{
	const struct vote *a = x, *b = y;
	return (a->delta > b->delta) - (a->delta < b->delta);
}

static int by_time(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return (a > b) - (a < b);
}

/* The smallest step between two different stamps, as long as it is below what the format allows:
 * a clock that has been seen to move by 100 ns has no tick of 15 ms. */
static int learn_tick(const struct ballots *events, int64_t most, int64_t *ret, struct err *err)
{
	*ret = most;
	if (events->n < 2)
		return 0;
	int64_t *ns = malloc(events->n * sizeof *ns);
	if (!ns)
		return err_nomem(err);
	for (size_t i = 0; i < events->n; i++)
		ns[i] = events->items[i].ns;
	qsort(ns, events->n, sizeof *ns, by_time);
	for (size_t i = 1; i < events->n; i++)
		if (ns[i] != ns[i - 1] && ns[i] - ns[i - 1] < *ret)
			*ret = ns[i] - ns[i - 1];
	free(ns);
	return 0;
}

struct window {
	size_t from, n, whole;
};

/* The window of `width` with most votes among those that do not touch `not_near`. */
static struct window fullest(const struct votes *v, int64_t width, const struct window *not_near)
{
	struct window best = { 0 };
	for (size_t from = 0, to = 0; from < v->n; from++) {
		while (to < v->n && v->items[to].delta - v->items[from].delta <= width)
			to++;
		if (to - from <= best.n)
			continue;
		if (not_near && v->items[to - 1].delta + width >= v->items[not_near->from].delta &&
			v->items[from].delta - width <=
				v->items[not_near->from + not_near->n - 1].delta)
			continue;
		best = (struct window){ .from = from, .n = to - from };
	}
	for (size_t i = best.from; i < best.from + best.n; i++)
		best.whole += v->items[i].whole;
	return best;
}

static void decide(const struct votes *v, int64_t tick, struct clock *ret)
{
	int64_t error = tick > JITTER_NS ? tick : JITTER_NS;
	struct window best = fullest(v, 2 * error, NULL);
	*ret = (struct clock){ .state = CLOCK_NONE, .tick_ns = tick, .error_ns = error };
	if (best.n == 0)
		return;
	struct window rival = fullest(v, 2 * error, &best);
	int64_t offset = v->items[best.from + (best.n - 1) / 2].delta;
	bool near = offset <= ZONE_REACH_NS && offset >= -ZONE_REACH_NS;
	if (best.n >= SURE_PAIRS && rival.n * 2 <= best.n)
		ret->state = CLOCK_SURE;
	/* A single pair that agrees in its ports only may be chance: two programs on two hosts may
	 * both send 137 to 137. Two in one window, or one with its addresses, are no chance. */
	else if (near && rival.n < best.n && (best.whole > 0 || best.n >= 2))
		ret->state = CLOCK_UNSURE;
	if (ret->state == CLOCK_NONE)
		return;
	ret->pairs = best.n;
	ret->offset_ns = ret->first_offset_ns = offset;
}

int vote_align(struct ballots *packets, struct ballots *events, int64_t tick_ns, struct clock *ret,
	struct err *err)
{
	int64_t tick;
	if (learn_tick(events, tick_ns, &tick, err) < 0)
		return -1;
	*ret = (struct clock){ .state = CLOCK_NONE, .tick_ns = tick, .error_ns = tick };
	if (packets->n == 0 || events->n == 0)
		return 0;
	struct votes v = { .items = malloc(events->n * sizeof *v.items) };
	if (!v.items)
		return err_nomem(err);
	qsort(packets->items, packets->n, sizeof *packets->items, by_key);
	qsort(events->items, events->n, sizeof *events->items, by_side_and_key);
	size_t sent = 0;
	while (sent < events->n && events->items[sent].side == SIDE_SENDER)
		sent++;
	cast_all(&v, packets, events->items, sent);
	cast_all(&v, packets, events->items + sent, events->n - sent);
	if (v.n)
		qsort(v.items, v.n, sizeof *v.items, by_delta);
	decide(&v, tick, ret);
	free(v.items);
	return 0;
}
