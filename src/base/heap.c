/* SPDX-License-Identifier: Apache-2.0 */
/* Binary heap: see heap.h. */
#include "base/heap.h"

#include <stdbool.h>
#include <stdlib.h>

void heap_init(struct heap *h)
{
	*h = (struct heap){ 0 };
}

void heap_done(struct heap *h)
{
	if (!h)
		return;
	free(h->items);
	*h = (struct heap){ 0 };
}

static bool before(const struct heap_item *a, const struct heap_item *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->sequence < b->sequence;
}

int heap_push(struct heap *h, struct heap_item item, struct err *err)
{
	if (h->count == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 16;
		struct heap_item *items = realloc(h->items, cap * sizeof *items);
		if (!items)
			return err_nomem(err);
		h->items = items;
		h->cap = cap;
	}
	size_t at = h->count++;
	while (at && before(&item, &h->items[(at - 1) / 2])) {
		h->items[at] = h->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	h->items[at] = item;
	return 0;
}

/* Puts the item where it belongs, from the free place at the top downwards. */
static void sink(struct heap *h, struct heap_item item)
{
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= h->count)
			break;
		if (child + 1 < h->count && before(&h->items[child + 1], &h->items[child]))
			child++;
		if (!before(&h->items[child], &item))
			break;
		h->items[at] = h->items[child];
		at = child;
	}
	h->items[at] = item;
}

struct heap_item heap_pop(struct heap *h)
{
	struct heap_item top = h->items[0], last = h->items[--h->count];
	if (h->count)
		sink(h, last);
	return top;
}

struct heap_item heap_push_pop(struct heap *h, struct heap_item item)
{
	if (h->count == 0 || before(&item, &h->items[0]))
		return item;
	struct heap_item top = h->items[0];
	sink(h, item);
	return top;
}
