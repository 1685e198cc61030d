/* SPDX-License-Identifier: Apache-2.0 */
/* Ballots: see ballots.h. */
#include "correlate/ballots.h"

#include <stdlib.h>
#include <string.h>

#include "model/claim.h"

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
	struct ballots *b, const struct digest *d, const struct record *record, struct err *err)
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
		.ns = record->when.ns,
		.number = record->number };
	return add(b, &item, err);
}

int ballots_add_event(struct ballots *b, const struct record *record, struct err *err)
{
	const struct event *e = &record->event;
	if (e->op != EVENT_SEND && e->op != EVENT_RECV)
		return 0;
	bool sent = e->op == EVENT_SEND;
	struct ballot item = { .transport = e->transport,
		.bytes = e->bytes,
		.ns = record->when.ns,
		.number = record->number,
		.side = sent ? SIDE_SENDER : SIDE_RECEIVER };
	item.flow.src = sent ? e->local : e->remote;
	item.flow.dst = sent ? e->remote : e->local;
	return add(b, &item, err);
}

int ballot_compare_ports(const struct ballot *a, const struct ballot *b)
{
	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	if (a->flow.src.port != b->flow.src.port)
		return a->flow.src.port < b->flow.src.port ? -1 : 1;
	if (a->flow.dst.port != b->flow.dst.port)
		return a->flow.dst.port < b->flow.dst.port ? -1 : 1;
	return 0;
}

int ballot_compare_whole(const struct ballot *a, const struct ballot *b)
{
	int c = memcmp(&a->flow, &b->flow, sizeof a->flow);
	if (c == 0 && a->bytes != b->bytes)
		c = a->bytes < b->bytes ? -1 : 1;
	return c;
}

static int by_key(const void *x, const void *y)
{
	const struct ballot *a = x, *b = y;
	if (a->side != b->side)
		return a->side < b->side ? -1 : 1;
	int c = ballot_compare_ports(a, b);
	if (c == 0)
		c = ballot_compare_whole(a, b);
	if (c == 0 && a->ns != b->ns)
		c = a->ns < b->ns ? -1 : 1;
	if (c == 0 && a->number != b->number)
		c = a->number < b->number ? -1 : 1;
	return c;
}

void ballots_sort(struct ballots *b)
{
	if (b->n)
		qsort(b->items, b->n, sizeof *b->items, by_key);
}

void ballots_drop_copies(struct ballots *packets)
{
	size_t kept = 0;
	for (size_t i = 0; i < packets->n; i++) {
		const struct ballot *this = &packets->items[i];
		const struct ballot *last = kept ? &packets->items[kept - 1] : NULL;
		if (last && ballot_compare_ports(last, this) == 0 &&
			ballot_compare_whole(last, this) == 0 &&
			this->ns - last->ns <= CLOCK_JITTER_NS)
			continue;
		packets->items[kept++] = *this;
	}
	packets->n = kept;
}

/* Below this number of stamps it is chance that all are whole seconds. */
#define UNIT_STAMPS 8
/* The finest clocks are seen to be fine by one pair of stamps only; a clock that is set shows one
 * odd step. So the smallest steps are passed over. */
#define ODD_STEPS 2

static int64_t unit_of(const struct ballots *b)
{
	static const int64_t units[] = { STAMP_NS_PER_S, STAMP_NS_PER_S / 10,
		STAMP_NS_PER_S / 100 };
	for (size_t u = 0; b->n >= UNIT_STAMPS && u < sizeof units / sizeof *units; u++) {
		size_t i = 0;
		bool moved = false;
		while (i < b->n && b->items[i].ns % units[u] == 0) {
			moved |= b->items[i].ns != b->items[0].ns;
			i++;
		}
		if (i == b->n && moved)
			return units[u];
	}
	return 0;
}

struct written {
	uint64_t number;
	int64_t ns;
};

static int by_number(const void *x, const void *y)
{
	const struct written *a = x, *b = y;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (a->ns > b->ns) - (a->ns < b->ns);
}

/* In the order in which they were written, so that stamps of before and after a clock was set do
 * not mix. Wrong where a coarse clock is set more than twice in the front of its log: then its
 * tick seems finer than it is, and fewer pairs agree. */
static int64_t smallest_step(struct written *w, size_t n, int64_t most)
{
	int64_t least[ODD_STEPS + 1];
	for (size_t k = 0; k <= ODD_STEPS; k++)
		least[k] = most;
	qsort(w, n, sizeof *w, by_number);
	for (size_t i = 1; i < n; i++) {
		int64_t step;
		if (__builtin_sub_overflow(w[i].ns, w[i - 1].ns, &step))
			continue;
		for (size_t k = 0; step > 0 && k <= ODD_STEPS; k++) {
			int64_t smaller = step < least[k] ? step : least[k];
			step = step < least[k] ? least[k] : step;
			least[k] = smaller;
		}
	}
	return least[ODD_STEPS];
}

int ballots_tick(const struct ballots *b, int64_t most, int64_t *ret_ns, struct err *err)
{
	int64_t unit = unit_of(b);
	*ret_ns = most > unit ? most : unit;
	if (b->n < 2 || *ret_ns == unit)
		return 0;
	struct written *w = malloc(b->n * sizeof *w);
	if (!w)
		return err_nomem(err);
	for (size_t i = 0; i < b->n; i++)
		w[i] = (struct written){ b->items[i].number, b->items[i].ns };
	*ret_ns = smallest_step(w, b->n, most);
	*ret_ns = *ret_ns > unit ? *ret_ns : unit;
	free(w);
	return 0;
}
