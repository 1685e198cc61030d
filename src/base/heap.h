/* SPDX-License-Identifier: Apache-2.0 */
/* A binary min-heap of (time, rank, sequence) for merges: equal times leave in order of rank,
 * then of sequence, so that equal inputs give equal output. */
#ifndef WHOSENT_BASE_HEAP_H
#define WHOSENT_BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct heap_item {
	int64_t time;
	uint32_t rank;
	uint64_t sequence;
};

struct heap {
	struct heap_item *items;
	size_t count, cap;
};

void heap_init(struct heap *h);
void heap_done(struct heap *h);
int heap_push(struct heap *h, struct heap_item item, struct err *err);
/* The heap must not be empty. */
struct heap_item heap_pop(struct heap *h);
/* Both in one step: the earliest of the items and this one, which the others keep. */
struct heap_item heap_push_pop(struct heap *h, struct heap_item item);

#endif
