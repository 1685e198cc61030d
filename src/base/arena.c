/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas: see arena.h. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 65536u

struct arena_chunk {
	struct arena_chunk *next;
	size_t at, n;
	alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){ .max = max };
}

void arena_done(struct arena *a)
{
	if (!a)
		return;
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;
		free(a->chunks);
		a->chunks = next;
	}
	a->used = 0;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t need = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (need < n || need > a->max || a->used > a->max - need)
		return NULL;
	struct arena_chunk *c = a->chunks;
	if (!c || c->n - c->at < need) {
		size_t size = need > CHUNK_BYTES ? need : CHUNK_BYTES;
		c = calloc(1, sizeof *c + size);
		if (!c)
			return NULL;
		c->n = size;
		c->next = a->chunks;
		a->chunks = c;
	}
	void *p = c->bytes + c->at;
	c->at += need;
	a->used += need;
	return p;
}

char *arena_text(struct arena *a, struct span s)
{
	char *p = arena_alloc(a, s.n + 1);
	if (p && s.n)
		memcpy(p, s.p, s.n);
	return p;
}
