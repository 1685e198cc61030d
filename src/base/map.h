/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of fixed-size entries whose first bytes are the key.
 *
 *   struct flow_entry { struct flow_key key; ...values... };
 *   map_init(&m, sizeof(struct flow_entry), sizeof(struct flow_key), LIMIT_FLOWS, hash_key);
 *
 * Keys are compared byte by byte: zero their padding. Open addressing with linear probing, at
 * most 3/4 full. Entries move when the table grows or one is removed: a pointer is good until
 * the next map_put or map_remove. */
#ifndef WHOSENT_BASE_MAP_H
#define WHOSENT_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

struct map {
	size_t entry_size, key_size;
	size_t count, cap, max; /* entries, slots (a power of two), most entries */
	uint32_t *tags;         /* hash of the slot's key with the low bit set, or 0 */
	unsigned char *entries;
	struct hash_key key;
};

void map_init(struct map *m, size_t entry_size, size_t key_size, size_t max, struct hash_key key);
void map_done(struct map *m);

void *map_find(const struct map *m, const void *key); /* or NULL */
/* Finds or adds (zeroed behind the key). NULL with ERR_LIMIT or ERR_NOMEM. */
void *map_put(struct map *m, const void *key, bool *ret_new, struct err *err);
void map_remove(struct map *m, void *entry);

/* Walks in slot order, which differs from run to run: sort before anything is shown.
 *   for (void *e = map_first(&m); e; e = map_after(&m, e)) */
void *map_first(const struct map *m);
void *map_after(const struct map *m, const void *entry);

#endif
