/* SPDX-License-Identifier: Apache-2.0 */
/* Radix sort: see sort.h. */
#include "base/sort.h"

#include <stdbool.h>
#include <string.h>

/* Below so many the counts of a radix cost more than moving each to its place. */
#define FEW 48

static void insert_all(struct sort_key *keys, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sort_key item = keys[i];
		size_t at = i;
		for (; at > 0 && keys[at - 1].key > item.key; at--)
			keys[at] = keys[at - 1];
		keys[at] = item;
	}
}

/* Which bits are not the same in all of them; 0 where they are in order already. */
static uint64_t bits_that_matter(const struct sort_key *keys, size_t n)
{
	uint64_t differ = 0;
	bool fell = false;
	for (size_t i = 1; i < n; i++) {
		differ |= keys[i].key ^ keys[0].key;
		fell |= keys[i].key < keys[i - 1].key;
	}
	return fell ? differ : 0;
}

static void by_byte(const struct sort_key *from, struct sort_key *to, size_t n, unsigned shift)
{
	size_t at[256] = { 0 }, sum = 0;
	for (size_t i = 0; i < n; i++)
		at[from[i].key >> shift & 0xff]++;
	for (size_t b = 0; b < 256; b++) {
		size_t count = at[b];
		at[b] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[from[i].key >> shift & 0xff]++] = from[i];
}

void sort_keys(struct sort_key *keys, struct sort_key *spare, size_t n)
{
	struct sort_key *from = keys, *to = spare;
	if (n <= FEW) {
		insert_all(keys, n);
		return;
	}
	uint64_t matter = bits_that_matter(keys, n);
	for (unsigned shift = 0; shift < 64; shift += 8) {
		if (!(matter >> shift & 0xff))
			continue;
		by_byte(from, to, n, shift);
		struct sort_key *sorted = to;
		to = from;
		from = sorted;
	}
	if (from != keys)
		memcpy(keys, from, n * sizeof *keys);
}

/* Ring by ring, so that each is moved once. */
void sort_items(void *items, size_t size, struct sort_key *keys, size_t n, void *spare)
{
	unsigned char *to = items;
	for (size_t i = 0; i < n; i++) {
		if (keys[i].place == i)
			continue;
		memcpy(spare, to + i * size, size);
		size_t at = i, from;
		for (; (from = keys[at].place) != i; at = from) {
			memcpy(to + at * size, to + from * size, size);
			keys[at].place = (uint32_t)at;
		}
		memcpy(to + at * size, spare, size);
		keys[at].place = (uint32_t)at;
	}
}
