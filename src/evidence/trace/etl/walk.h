/* SPDX-License-Identifier: Apache-2.0 */
/* The records of all buffers of a log in order of time, with few buffers in memory. Private to the
 * reader. */
#ifndef WHOSENT_EVIDENCE_ETL_WALK_H
#define WHOSENT_EVIDENCE_ETL_WALK_H

#include "base/heap.h"
#include "evidence/trace/etl/buffers.h"

/* Buffers that are open at a time, whatever their size: two for each of the 2048 processors that a
 * buffer can name. */
#define ETL_SLOTS_MOST 4096u

struct etl_walk {
	struct input *in;
	struct etl_index index;
	size_t next;               /* entry that is opened next */
	struct etl_buffer **slots; /* open ones and empty ones */
	uint16_t *empty;           /* those that are empty */
	size_t n_slots, n_empty;
	size_t bytes, most_bytes;   /* of all slots */
	struct heap heap;           /* of open buffers, by their next record */
	struct etl_buffer *present; /* the one that is read, or NULL */
	uint16_t present_slot;
	/* The present one is read up to here: the earliest of all others. */
	struct heap_item until;
	struct etl_packed packed;
};

/* `w` needs etl_walk_done in either case. `most_bytes` is LIMIT_ETL_WINDOW_BYTES, and less in
 * tests. */
int etl_walk_init(struct etl_walk *w, struct input *in, size_t most_bytes, struct err *err);
void etl_walk_done(struct etl_walk *w);

/* The buffer whose rec comes next, good until the next call: 1. 0 at the end. -1: *ret is the
 * buffer that is damaged, or NULL where reading fails or memory is gone. */
int etl_walk_next(struct etl_walk *w, struct etl_buffer **ret, struct err *err);

/* The same where the present buffer goes on with a record of the most frequent type: it was given
 * by etl_walk_next before. Else NULL, and nothing has changed. */
static inline struct etl_buffer *etl_walk_fast(struct etl_walk *w)
{
	struct etl_buffer *b = w->present;
	return b && etl_buffer_fast(b, w->until.time) ? b : NULL;
}

#endif
