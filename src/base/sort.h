/* SPDX-License-Identifier: Apache-2.0 */
/* Stable sorting of many things by numbers: by radix, in time that grows with their number only. */
#ifndef WHOSENT_BASE_SORT_H
#define WHOSENT_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

/* To sort by several numbers sort by the last first: what is equal keeps its order. */
struct sort_key {
	uint64_t key;
	uint32_t place; /* of what it stands for */
};

/* As a key: the order of numbers with a sign. */
static inline uint64_t sort_signed(int64_t v)
{
	return (uint64_t)v ^ 1ull << 63;
}

/* `spare` has room for as many. */
void sort_keys(struct sort_key *keys, struct sort_key *spare, size_t n);

/* Moves the n items of `size` bytes to where their keys are: items[keys[i].place] goes to items[i].
 * Afterwards keys[i].place is i. `spare` has room for one item. */
void sort_items(void *items, size_t size, struct sort_key *keys, size_t n, void *spare);

#endif
