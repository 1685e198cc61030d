/* SPDX-License-Identifier: Apache-2.0 */
/* Which packet and which event may be one? See vote.h. */
#include <stdlib.h>
#include <string.h>

#include "base/large.h"
#include "base/limits.h"
#include "correlate/vote_inner.h"
#include "model/claim.h"

/* A key that occurs a few times may be paired in all ways: such votes elect nobody, but show what
 * other offsets the traffic would fit. Above so many ways it says nothing. */
#define WAYS 64

struct run {
	const struct ballot *items;
	size_t n;
};

static bool length_fits(const struct ballot *packet, const struct ballot *event)
{
	return packet->bytes == VOTE_NO_LENGTH || packet->bytes == event->bytes;
}

/* Ports that only one socket of the network has for a while: not two servers, nor two halves of
 * one protocol (137, 5353), which every host sends from and to. */
static bool ports_tell(const struct ballot *b)
{
	return b->flow.src.port != b->flow.dst.port &&
		(b->flow.src.port >= 1024 || b->flow.dst.port >= 1024);
}

static int push(struct votes *v, const struct ballot *packet, const struct ballot *event,
	bool alone, struct err *err)
{
	struct vote vote = { .at = event->ns,
		.seen = packet->ns,
		.number = event->number,
		.trait = (uint64_t)packet->flow.src.port << 48 |
			(uint64_t)packet->flow.dst.port << 32 | event->bytes,
		.key = v->n_keys,
		.alone = alone,
		.whole = memcmp(&packet->flow, &event->flow, sizeof packet->flow) == 0 };
	/* Differences of differences are reckoned with. */
	if (__builtin_sub_overflow(packet->ns, event->ns, &vote.delta) ||
		llabs(vote.delta) > CLOCK_MOST_NS / 2 || v->n == LIMIT_VOTES)
		return 0;
	if (v->n == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 256;
		struct vote *items = realloc(v->items, cap * sizeof *items);
		if (!items)
			return err_nomem(err);
		large_pages(items, cap * sizeof *items);
		v->items = items;
		v->cap = cap;
	}
	v->items[v->n++] = vote;
	return 0;
}

/* All of one key. */
static int cast(struct votes *v, struct run p, struct run e, struct err *err)
{
	bool alone = p.n == 1 && e.n == 1;
	if (p.n == 0 || e.n == 0 || p.n > WAYS || e.n > WAYS || p.n * e.n > WAYS)
		return 0;
	v->n_keys++;
	for (size_t i = 0; i < p.n; i++)
		for (size_t j = 0; j < e.n; j++)
			if (length_fits(&p.items[i], &e.items[j]) &&
				push(v, &p.items[i], &e.items[j], alone, err) < 0)
				return -1;
	return 0;
}

static size_t same_whole(struct run r)
{
	size_t k = 1;
	while (k < r.n && ballot_compare_whole(&r.items[0], &r.items[k]) == 0)
		k++;
	return k;
}

static size_t same_ports(struct run r)
{
	size_t k = 1;
	while (k < r.n && ballot_compare_ports(&r.items[0], &r.items[k]) == 0)
		k++;
	return k;
}

static void skip(struct run *r, size_t n)
{
	r->items += n;
	r->n -= n;
}

/* Among packets and events of the same ports: by addresses and length. *ret_met: some agree. */
static int cast_whole(struct votes *v, struct run p, struct run e, bool *ret_met, struct err *err)
{
	*ret_met = false;
	while (p.n && e.n) {
		int c = ballot_compare_whole(p.items, e.items);
		size_t np = c <= 0 ? same_whole(p) : 0, ne = c >= 0 ? same_whole(e) : 0;
		*ret_met |= c == 0;
		if (c == 0 &&
			cast(v, (struct run){ p.items, np }, (struct run){ e.items, ne }, err) < 0)
			return -1;
		skip(&p, np);
		skip(&e, ne);
	}
	return 0;
}

/* Of the same ports. Where no addresses agree (NAT, an anonymised capture), by ports alone. */
static int cast_ports(struct votes *v, struct run p, struct run e, struct err *err)
{
	bool met;
	if (cast_whole(v, p, e, &met, err) < 0)
		return -1;
	return met || !ports_tell(p.items) ? 0 : cast(v, p, e, err);
}

static int cast_side(struct votes *v, struct run p, struct run e, struct err *err)
{
	while (p.n && e.n) {
		int c = ballot_compare_ports(p.items, e.items);
		size_t np = c <= 0 ? same_ports(p) : 0, ne = c >= 0 ? same_ports(e) : 0;
		if (c == 0 &&
			cast_ports(v, (struct run){ p.items, np }, (struct run){ e.items, ne },
				err) < 0)
			return -1;
		skip(&p, np);
		skip(&e, ne);
	}
	return 0;
}

int votes_cast(struct votes *v, const struct ballots *packets, const struct ballots *events,
	struct err *err)
{
	size_t sent = 0;
	while (sent < events->n && events->items[sent].side == SIDE_SENDER)
		sent++;
	struct run p = { packets->items, packets->n };
	struct run out = { events->items, sent };
	struct run in = { events->items + sent, events->n - sent };
	return cast_side(v, p, out, err) < 0 || cast_side(v, p, in, err) < 0 ? -1 : 0;
}
