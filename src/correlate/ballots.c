/* SPDX-License-Identifier: Apache-2.0 */
/* Ballots: see ballots.h. */
#include "correlate/ballots.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"
#include "base/sort.h"
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
		large_pages(items, cap * sizeof *items);
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

/* Most ports are met a few times. */
#define SHORT_RUN 16

static void sort_run(struct ballot *items, size_t n)
{
	if (n > SHORT_RUN) {
		qsort(items, n, sizeof *items, by_key);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct ballot item = items[i];
		size_t at = i;
		for (; at > 0 && by_key(&items[at - 1], &item) > 0; at--)
			items[at] = items[at - 1];
		items[at] = item;
	}
}

int ballots_sort(struct ballots *b, struct err *err)
{
	struct ballot spare;
	struct sort_key *keys = malloc((2 * b->n + 1) * sizeof *keys);
	if (!keys)
		return err_nomem(err);
	for (size_t i = 0; i < b->n; i++) {
		const struct ballot *item = &b->items[i];
		keys[i] = (struct sort_key){ (uint64_t)item->side << 40 |
				(uint64_t)item->transport << 32 |
				(uint64_t)item->flow.src.port << 16 | item->flow.dst.port,
			(uint32_t)i };
	}
	sort_keys(keys, keys + b->n, b->n);
	sort_items(b->items, sizeof *b->items, keys, b->n, &spare);
	for (size_t from = 0, to = 0; from < b->n; from = to) {
		while (to < b->n && keys[to].key == keys[from].key)
			to++;
		sort_run(&b->items[from], to - from);
	}
	free(keys);
	return 0;
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

/* In the order in which they were written, so that stamps of before and after a clock was set do
 * not mix. Wrong where a coarse clock is set more than twice in the front of its log: then its
 * tick seems finer than it is, and fewer pairs agree. */
static int64_t smallest_step(const struct ballots *b, struct sort_key *keys, int64_t most)
{
	int64_t least[ODD_STEPS + 1];
	for (size_t k = 0; k <= ODD_STEPS; k++)
		least[k] = most;
	for (size_t i = 0; i < b->n; i++)
		keys[i] = (struct sort_key){ b->items[i].number, (uint32_t)i };
	sort_keys(keys, keys + b->n, b->n);
	for (size_t i = 1; i < b->n; i++) {
		int64_t step;
		if (__builtin_sub_overflow(
			    b->items[keys[i].place].ns, b->items[keys[i - 1].place].ns, &step))
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
	struct sort_key *keys = malloc(2 * b->n * sizeof *keys);
	if (!keys)
		return err_nomem(err);
	*ret_ns = smallest_step(b, keys, most);
	*ret_ns = *ret_ns > unit ? *ret_ns : unit;
	free(keys);
	return 0;
}
