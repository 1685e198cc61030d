/* SPDX-License-Identifier: Apache-2.0 */
/* Merging sources: see merge.h. */
#include "correlate/merge.h"

#include <stdlib.h>

#include "base/heap.h"

struct head {
	struct merged item;
	bool ended;
	/* How its stamps go on, for merge_input.leapt. */
	uint64_t n_times;
	int64_t last_ns, most_gap_ns;
};

struct merge {
	struct merge_input *inputs;
	struct head *heads; /* [n]: the next record of each input */
	size_t n, n_ended;
	struct heap heap;
	uint32_t *empty; /* inputs whose head must be read, a stack */
	size_t n_empty;
};

int merge_new(struct merge_input *inputs, size_t n, struct merge **ret, struct err *err)
{
	struct merge *m = calloc(1, sizeof *m);
	if (!m)
		return err_nomem(err);
	m->inputs = inputs;
	m->n = n;
	heap_init(&m->heap);
	m->heads = calloc(n + 1, sizeof *m->heads);
	m->empty = calloc(n + 1, sizeof *m->empty);
	if (!m->heads || !m->empty) {
		merge_free(m);
		return err_nomem(err);
	}
	for (size_t i = n; i-- > 0;) {
		if (inputs[i].source.self)
			m->empty[m->n_empty++] = (uint32_t)i;
		else
			m->heads[i].ended = true;
	}
	*ret = m;
	return 0;
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	heap_done(&m->heap);
	free(m->heads);
	free(m->empty);
	free(m);
}

/* The first records show what gaps are usual. */
#define USUAL_RECORDS 32
#define LEAP_GAPS 8
#define LEAP_NS STAMP_NS_PER_S

/* Wrong for a pause that is many times longer than any before, at the end of a working day; whoever
 * is told of it has to see what comes behind. */
static bool leaps(struct head *h, struct source_time when)
{
	int64_t gap, usual = h->most_gap_ns;
	bool first = h->n_times++ == 0;
	if (__builtin_sub_overflow(when.ns, h->last_ns, &gap))
		gap = 0;
	h->last_ns = when.ns;
	if (first)
		return false;
	h->most_gap_ns = gap > usual ? gap : usual;
	if (gap < -LEAP_NS)
		return true;
	return h->n_times > USUAL_RECORDS && gap > LEAP_NS && gap / LEAP_GAPS > usual;
}

static int fill(struct merge *m, uint32_t input, struct heap_item *ret, struct err *err)
{
	struct merge_input *from = &m->inputs[input];
	struct merged *item = &m->heads[input].item;
	int rc = source_next(&from->source, &item->record, err);
	bool lost = rc < 0 && (err->kind == ERR_SYSTEM || err->kind == ERR_NOMEM);
	if (rc == SOURCE_END || lost) {
		m->heads[input].ended = true;
		m->n_ended++;
	}
	if (rc != SOURCE_ITEM)
		return rc;
	item->record.input = input;
	item->has_ref = item->record.has_time && !from->timeless && clock_usable(from->clock);
	item->ref.ns = INT64_MIN;
	if (item->has_ref && from->leapt && leaps(&m->heads[input], item->record.when))
		from->leapt(from->context, input, &item->record);
	if (item->has_ref) {
		item->ref = clock_to_ref(from->clock, item->record.when);
		from->clock->placed = item->record.number;
	}
	*ret = (struct heap_item){ .time = item->ref.ns, .rank = input };
	return SOURCE_ITEM;
}

static int give(struct merge *m, uint32_t input, const struct merged **ret)
{
	*ret = &m->heads[input].item;
	m->empty[m->n_empty++] = input;
	return SOURCE_ITEM;
}

int merge_next(struct merge *m, const struct merged **ret, uint32_t *ret_input, struct err *err)
{
	while (m->n_empty) {
		struct heap_item next;
		uint32_t input = m->empty[m->n_empty - 1];
		int rc = m->heads[input].ended ? SOURCE_END : fill(m, input, &next, err);
		if (rc < 0) {
			*ret_input = input;
			return -1;
		}
		m->n_empty--;
		/* All others are in the heap: mostly this one goes on, and need not enter it. */
		if (rc == SOURCE_ITEM && m->n_empty == 0)
			return give(m, heap_push_pop(&m->heap, next).rank, ret);
		if (rc == SOURCE_ITEM && heap_push(&m->heap, next, err) < 0) {
			*ret_input = input;
			return -1;
		}
	}
	return m->heap.count ? give(m, heap_pop(&m->heap).rank, ret) : SOURCE_END;
}

size_t merge_n_ended(const struct merge *m)
{
	return m->n_ended;
}

bool merge_ended(const struct merge *m, uint32_t input)
{
	return m->heads[input].ended;
}
