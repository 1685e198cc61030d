/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers are opened when the stamp of their first record is due, and merged by the stamps of their
 * next ones: see walk.h.
 *
 * Records of one buffer rise; where they do not, they keep the order of the file, for nobody can
 * say which of the stamps is wrong. */
#include "evidence/trace/etl/walk.h"

#include <stdlib.h>

#define SLOT_BITS 16

static uint64_t sequence_of(uint64_t off, unsigned slot)
{
	return off << SLOT_BITS | slot;
}

static bool before(const struct heap_item *a, const struct heap_item *b)
{
	return a->time != b->time ? a->time < b->time : a->sequence < b->sequence;
}

int etl_walk_init(struct etl_walk *w, struct input *in, size_t most_bytes, struct err *err)
{
	*w = (struct etl_walk){ .in = in, .most_bytes = most_bytes };
	heap_init(&w->heap);
	w->slots = calloc(ETL_SLOTS_MOST, sizeof(struct etl_buffer *));
	w->empty = calloc(ETL_SLOTS_MOST, sizeof *w->empty);
	if (!w->slots || !w->empty)
		return err_nomem(err);
	if (etl_index_build(in, &w->index, err) < 0)
		return -1;
	w->packed = etl_packed_for(&w->index);
	return 0;
}

void etl_walk_done(struct etl_walk *w)
{
	for (size_t i = 0; i < w->n_slots; i++) {
		free(w->slots[i]->bytes);
		free(w->slots[i]);
	}
	free(w->slots);
	free(w->empty);
	free(w->packed.bytes);
	heap_done(&w->heap);
	etl_index_done(&w->index);
}

static void resize(struct etl_walk *w, struct etl_buffer *b, uint8_t *bytes, size_t cap)
{
	w->bytes = w->bytes - b->cap + cap;
	b->bytes = bytes;
	b->cap = cap;
}

static void drop_bytes(struct etl_walk *w, struct etl_buffer *b)
{
	free(b->bytes);
	resize(w, b, NULL, 0);
}

/* Makes room in a slot that is empty. 0 where there is none: the buffer waits. */
static int make_room(struct etl_walk *w, struct etl_buffer *b, size_t needs, struct err *err)
{
	if (needs <= b->cap)
		return 1;
	drop_bytes(w, b);
	for (size_t i = 0; i < w->n_empty && w->bytes + needs > w->most_bytes; i++)
		drop_bytes(w, w->slots[w->empty[i]]);
	/* Where nothing is open, one buffer always is. */
	if (w->bytes && w->bytes + needs > w->most_bytes)
		return 0;
	uint8_t *bytes = malloc(needs);
	if (!bytes)
		return err_nomem(err);
	resize(w, b, bytes, needs);
	return 1;
}

/* Returns 1 with a slot that is empty, 0 where all are in use. */
static int find_slot(struct etl_walk *w, uint16_t *ret, struct err *err)
{
	if (w->n_empty) {
		*ret = w->empty[w->n_empty - 1];
		return 1;
	}
	if (w->n_slots == ETL_SLOTS_MOST)
		return 0;
	struct etl_buffer *b = calloc(1, sizeof *b);
	if (!b)
		return err_nomem(err);
	w->slots[w->n_slots] = b;
	*ret = (uint16_t)w->n_slots++;
	w->empty[w->n_empty++] = *ret;
	return 1;
}

static void set_empty(struct etl_walk *w, uint16_t slot)
{
	w->empty[w->n_empty++] = slot;
}

/* Opens the next buffer. Returns 1 and its slot; 0 where it has to wait: then what it holds may
 * come late, and the merger of all inputs takes late records as they are. */
static int open_next(struct etl_walk *w, uint16_t *ret_slot, struct err *err)
{
	struct etl_opening from = {
		.in = w->in, .ix = &w->index, .entry = w->next, .packed = &w->packed
	};
	size_t needs;
	uint16_t slot = 0;
	int rc = find_slot(w, &slot, err);
	if (rc <= 0)
		return rc;
	if (etl_buffer_peek(&from, &needs, err) < 0)
		return -1;
	struct etl_buffer *b = w->slots[slot];
	rc = make_room(w, b, needs, err);
	if (rc <= 0)
		return rc;
	if (etl_buffer_open(b, &from, err) < 0)
		return -1;
	w->n_empty--;
	w->next++;
	*ret_slot = slot;
	return 1;
}

static struct heap_item entry_item(const struct etl_walk *w)
{
	const struct etl_entry *e = &w->index.entries[w->next];
	return (struct heap_item){ e->stamp, 0, sequence_of(etl_entry_off(e), 0) };
}

static bool entry_is_due(const struct etl_walk *w)
{
	if (w->next == w->index.n)
		return false;
	struct heap_item item = entry_item(w);
	return w->heap.count == 0 || before(&item, &w->heap.items[0]);
}

/* What the present buffer must not pass. */
static void set_until(struct etl_walk *w, bool waiting)
{
	w->until = (struct heap_item){ INT64_MAX, 0, UINT64_MAX };
	if (w->heap.count)
		w->until = w->heap.items[0];
	if (w->next == w->index.n || waiting)
		return;
	struct heap_item item = entry_item(w);
	if (before(&item, &w->until))
		w->until = item;
}

static int damaged(struct etl_walk *w, uint16_t slot, struct etl_buffer **ret)
{
	/* The caller still looks at it; the next call finds its end. */
	w->present = *ret = w->slots[slot];
	w->present_slot = slot;
	return -1;
}

static int push(struct etl_walk *w, uint16_t slot, struct err *err)
{
	const struct etl_buffer *b = w->slots[slot];
	return heap_push(&w->heap, (struct heap_item){ b->raw, 0, sequence_of(b->off, slot) }, err);
}

/* Chooses the buffer with the earliest record, and opens those that are due before it. */
static int choose(struct etl_walk *w, struct etl_buffer **ret, struct err *err)
{
	bool waiting = false;
	while (!waiting && entry_is_due(w)) {
		uint16_t slot;
		int rc = open_next(w, &slot, err);
		if (rc < 0)
			return -1;
		waiting = rc == 0;
		if (waiting)
			break;
		rc = etl_buffer_next(w->slots[slot], err);
		if (rc < 0)
			return damaged(w, slot, ret);
		if (rc == 0)
			set_empty(w, slot);
		else if (push(w, slot, err) < 0)
			return -1;
	}
	if (w->heap.count == 0)
		return 0;
	struct heap_item top = heap_pop(&w->heap);
	w->present_slot = top.sequence & UINT16_MAX;
	*ret = w->present = w->slots[w->present_slot];
	set_until(w, waiting);
	return 1;
}

/* The present buffer's next record is not the next of all: it changes places with the earliest of
 * the other open ones. False where a buffer has to be opened first. */
static bool change(struct etl_walk *w, const struct heap_item *item)
{
	if (w->heap.count == 0 || entry_is_due(w))
		return false;
	struct heap_item top = heap_push_pop(&w->heap, *item);
	w->present_slot = top.sequence & UINT16_MAX;
	w->present = w->slots[w->present_slot];
	set_until(w, false);
	return true;
}

int etl_walk_next(struct etl_walk *w, struct etl_buffer **ret, struct err *err)
{
	struct etl_buffer *b = w->present;
	*ret = NULL;
	if (!b)
		return choose(w, ret, err);
	int rc = etl_buffer_fast(b, INT64_MAX) ? 1 : etl_buffer_next(b, err);
	if (rc == 1) {
		struct heap_item item = { b->raw, 0, sequence_of(b->off, w->present_slot) };
		if (before(&item, &w->until) || change(w, &item)) {
			*ret = w->present;
			return 1;
		}
		if (heap_push(&w->heap, item, err) < 0)
			return -1;
	} else if (rc < 0) {
		*ret = b;
		return -1;
	} else {
		set_empty(w, w->present_slot);
	}
	w->present = NULL;
	return choose(w, ret, err);
}
