/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes to places: see index.h. */
#include "base/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"

void index_done(struct index *x)
{
	if (!x)
		return;
	free(x->slots);
	*x = (struct index){ 0 };
}

static void put(struct index *x, struct index_slot slot)
{
	uint32_t at = slot.tag & (x->cap - 1);
	while (x->slots[at].place != INDEX_NONE)
		at = (at + 1) & (x->cap - 1);
	x->slots[at] = slot;
}

int index_reserve(struct index *x, struct err *err)
{
	if (x->count < x->cap / 4 * 3)
		return 0;
	struct index bigger = { .count = x->count, .cap = x->cap ? x->cap * 2 : 64 };
	bigger.slots = malloc(bigger.cap * sizeof *bigger.slots);
	if (!bigger.slots)
		return err_nomem(err);
	large_pages(bigger.slots, bigger.cap * sizeof *bigger.slots);
	/* All ones: every place is INDEX_NONE. */
	memset(bigger.slots, 0xff, bigger.cap * sizeof *bigger.slots);
	for (uint32_t i = 0; i < x->cap; i++)
		if (x->slots[i].place != INDEX_NONE)
			put(&bigger, x->slots[i]);
	free(x->slots);
	*x = bigger;
	return 0;
}

void index_add(struct index *x, uint64_t hash, uint32_t place)
{
	put(x, (struct index_slot){ .tag = index_tag(hash), .place = place });
	x->count++;
}

/* Backward-shift deletion: no tombstones, so probes stay short for ever. */
void index_remove(struct index *x, uint64_t hash, uint32_t place)
{
	uint32_t at, mask = x->cap - 1;
	uint32_t found = index_first(x, hash, &at);
	while (found != place && found != INDEX_NONE)
		found = index_next(x, hash, &at);
	if (found == INDEX_NONE)
		return;
	uint32_t hole = at;
	for (uint32_t i = (hole + 1) & mask; x->slots[i].place != INDEX_NONE; i = (i + 1) & mask) {
		uint32_t home = x->slots[i].tag & mask;
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		x->slots[hole] = x->slots[i];
		hole = i;
	}
	x->slots[hole].place = INDEX_NONE;
	x->count--;
}
