/* SPDX-License-Identifier: Apache-2.0 */
/* Things of one size that come and go and never move. What is given back is used again first, so
 * that memory grows to the most that lived at a time. */
#ifndef WHOSENT_BASE_POOL_H
#define WHOSENT_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct pool {
	size_t size; /* of a thing: a multiple of 8 */
	unsigned char **chunks;
	size_t n_chunks, cap_chunks;
	size_t fresh; /* things of the last chunk that were never used */
	void *free;   /* the one given back last; its first bytes point to the one before */
};

void pool_init(struct pool *p, size_t size);
void pool_done(struct pool *p);
/* Its bytes are whatever they were. NULL with ERR_NOMEM. */
void *pool_take(struct pool *p, struct err *err);
void pool_give(struct pool *p, void *thing); /* accepts NULL */

#endif
