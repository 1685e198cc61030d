/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that lives and dies together. Pointers stay valid until arena_done. */
#ifndef WHOSENT_BASE_ARENA_H
#define WHOSENT_BASE_ARENA_H

#include <stddef.h>

#include "base/cursor.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	size_t used, max; /* bytes handed out, and their limit */
};

void arena_init(struct arena *a, size_t max);
void arena_done(struct arena *a);

/* Zeroed, aligned for any type. NULL where memory or the limit is met. */
void *arena_alloc(struct arena *a, size_t n);
/* A NUL-terminated copy; NULL as above. Bytes of the span are kept as they are. */
char *arena_text(struct arena *a, struct span s);

#endif
