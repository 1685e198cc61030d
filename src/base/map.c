/* SPDX-License-Identifier: Apache-2.0 */
/* Hash table: see map.h. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"

void map_init(struct map *m, size_t entry_size, size_t key_size, size_t max, struct hash_key key)
{
	*m = (struct map){ .entry_size = entry_size, .key_size = key_size, .max = max, .key = key };
}

void map_done(struct map *m)
{
	if (!m)
		return;
	free(m->tags);
	free(m->entries);
	m->tags = NULL;
	m->entries = NULL;
	m->count = m->cap = 0;
}

static uint32_t tag_of(const struct map *m, const void *key)
{
	return (uint32_t)(hash_bytes(m->key, key, m->key_size) >> 32) | 1u;
}

static void *entry_at(const struct map *m, size_t slot)
{
	return m->entries + slot * m->entry_size;
}

/* The home slot uses all tag bits but the lowest, which only says "occupied". */
static size_t home(const struct map *m, uint32_t tag)
{
	return (tag >> 1) & (m->cap - 1);
}

/* Keys are short: a call for so few bytes is dear. */
static bool same_key(const unsigned char *a, const unsigned char *b, size_t n)
{
	for (; n >= 8; n -= 8, a += 8, b += 8)
		if (hash_load64(a) != hash_load64(b))
			return false;
	for (; n > 0; n--, a++, b++)
		if (*a != *b)
			return false;
	return true;
}

static size_t probe(const struct map *m, const void *key, uint32_t tag)
{
	size_t slot = home(m, tag);
	while (m->tags[slot] &&
		(m->tags[slot] != tag || !same_key(entry_at(m, slot), key, m->key_size)))
		slot = (slot + 1) & (m->cap - 1);
	return slot;
}

void *map_find(const struct map *m, const void *key)
{
	if (m->cap == 0)
		return NULL;
	size_t slot = probe(m, key, tag_of(m, key));
	return m->tags[slot] ? entry_at(m, slot) : NULL;
}

static int grow(struct map *m, struct err *err)
{
	struct map bigger = *m;
	bigger.cap = m->cap ? m->cap * 2 : 64;
	bigger.tags = calloc(bigger.cap, sizeof *bigger.tags);
	bigger.entries = malloc(bigger.cap * m->entry_size);
	if (!bigger.tags || !bigger.entries) {
		free(bigger.tags);
		free(bigger.entries);
		return err_nomem(err);
	}
	large_pages(bigger.entries, bigger.cap * m->entry_size);
	for (size_t i = 0; i < m->cap; i++) {
		if (!m->tags[i])
			continue;
		size_t slot = home(&bigger, m->tags[i]);
		while (bigger.tags[slot])
			slot = (slot + 1) & (bigger.cap - 1);
		bigger.tags[slot] = m->tags[i];
		memcpy(entry_at(&bigger, slot), entry_at(m, i), m->entry_size);
	}
	free(m->tags);
	free(m->entries);
	*m = bigger;
	return 0;
}

void *map_put(struct map *m, const void *key, bool *ret_new, struct err *err)
{
	uint32_t tag = tag_of(m, key);
	size_t slot = 0;
	if (m->cap) {
		slot = probe(m, key, tag);
		if (m->tags[slot]) {
			*ret_new = false;
			return entry_at(m, slot);
		}
	}
	if (m->count >= m->max) {
		err_set(err, ERR_LIMIT, "a table is full at %zu entries", m->max);
		return NULL;
	}
	if (m->count + 1 > m->cap / 4 * 3) {
		if (grow(m, err) < 0)
			return NULL;
		slot = probe(m, key, tag);
	}
	m->tags[slot] = tag;
	m->count++;
	memset(entry_at(m, slot), 0, m->entry_size);
	memcpy(entry_at(m, slot), key, m->key_size);
	*ret_new = true;
	return entry_at(m, slot);
}

/* Backward-shift deletion: no tombstones, so probes stay short for ever. */
void map_remove(struct map *m, void *entry)
{
	size_t mask = m->cap - 1;
	size_t hole = (size_t)((unsigned char *)entry - m->entries) / m->entry_size;
	for (size_t next = (hole + 1) & mask; m->tags[next]; next = (next + 1) & mask) {
		if (((next - home(m, m->tags[next])) & mask) < ((next - hole) & mask))
			continue;
		m->tags[hole] = m->tags[next];
		memcpy(entry_at(m, hole), entry_at(m, next), m->entry_size);
		hole = next;
	}
	m->tags[hole] = 0;
	m->count--;
}

static void *from_slot(const struct map *m, size_t slot)
{
	for (; slot < m->cap; slot++)
		if (m->tags[slot])
			return entry_at(m, slot);
	return NULL;
}

void *map_first(const struct map *m)
{
	return from_slot(m, 0);
}

void *map_after(const struct map *m, const void *entry)
{
	return from_slot(
		m, (size_t)((const unsigned char *)entry - m->entries) / m->entry_size + 1);
}
