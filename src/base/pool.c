/* SPDX-License-Identifier: Apache-2.0 */
/* Things of one size: see pool.h. */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"

/* The first chunk has so many things, and each has twice as many as the one before, up to: */
#define FIRST_THINGS 256u
#define MOST_THINGS 65536u

void pool_init(struct pool *p, size_t size)
{
	*p = (struct pool){ .size = (size + 7) & ~(size_t)7 };
}

void pool_done(struct pool *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_chunks; i++)
		free(p->chunks[i]);
	free(p->chunks);
	*p = (struct pool){ .size = p->size };
}

static int add_chunk(struct pool *p, struct err *err)
{
	if (p->n_chunks == p->cap_chunks) {
		size_t cap = p->cap_chunks ? p->cap_chunks * 2 : 16;
		unsigned char **chunks = realloc(p->chunks, cap * sizeof *chunks);
		if (!chunks)
			return err_nomem(err);
		p->chunks = chunks;
		p->cap_chunks = cap;
	}
	size_t things = p->n_chunks < 8 ? FIRST_THINGS << p->n_chunks : MOST_THINGS;
	unsigned char *chunk = malloc(things * p->size);
	if (!chunk)
		return err_nomem(err);
	large_pages(chunk, things * p->size);
	p->chunks[p->n_chunks++] = chunk;
	p->fresh = things;
	return 0;
}

void *pool_take(struct pool *p, struct err *err)
{
	void *thing = p->free;
	if (thing) {
		memcpy(&p->free, thing, sizeof p->free);
		return thing;
	}
	if (p->fresh == 0 && add_chunk(p, err) < 0)
		return NULL;
	return p->chunks[p->n_chunks - 1] + --p->fresh * p->size;
}

void pool_give(struct pool *p, void *thing)
{
	if (!thing)
		return;
	memcpy(thing, &p->free, sizeof p->free);
	p->free = thing;
}
