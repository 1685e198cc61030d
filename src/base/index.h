/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes to places in an array of the caller's, who keeps the keys and compares them:
 *
 *   uint32_t at, place;
 *   for (place = index_first(&x, hash, &at); place != INDEX_NONE; place = index_next(&x, hash,
 * &at)) if (same(&things[place], key)) break;
 *
 * Open addressing with linear probing, 8 bytes a slot, at most 3/4 full. */
#ifndef WHOSENT_BASE_INDEX_H
#define WHOSENT_BASE_INDEX_H

#include <stdint.h>

#include "base/err.h"

#define INDEX_NONE UINT32_MAX

struct index_slot {
	uint32_t tag;   /* upper half of the hash; its own lower bits choose the slot */
	uint32_t place; /* INDEX_NONE: free */
};

struct index {
	struct index_slot *slots;
	uint32_t count, cap; /* cap: a power of two, or 0 */
};

void index_done(struct index *x); /* zeroed is empty */

/* Room for one more. Call it before index_first where the outcome may be index_add. */
int index_reserve(struct index *x, struct err *err);
/* There is room, and the place is not there. */
void index_add(struct index *x, uint64_t hash, uint32_t place);
/* Does nothing where it is not there. */
void index_remove(struct index *x, uint64_t hash, uint32_t place);

static inline uint32_t index_tag(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

static inline uint32_t index_from(const struct index *x, uint32_t tag, uint32_t *at)
{
	for (;; *at = (*at + 1) & (x->cap - 1)) {
		const struct index_slot *s = &x->slots[*at];
		if (s->place == INDEX_NONE || s->tag == tag)
			return s->place;
	}
}

static inline uint32_t index_first(const struct index *x, uint64_t hash, uint32_t *ret_at)
{
	uint32_t tag = index_tag(hash);
	if (x->cap == 0)
		return INDEX_NONE;
	*ret_at = tag & (x->cap - 1);
	return index_from(x, tag, ret_at);
}

static inline uint32_t index_next(const struct index *x, uint64_t hash, uint32_t *at)
{
	*at = (*at + 1) & (x->cap - 1);
	return index_from(x, index_tag(hash), at);
}

#endif
