/* SPDX-License-Identifier: Apache-2.0 */
/* Large pages for large tables. They are read here and there, so that with small pages each access
 * costs a walk through the page tables too; and a page costs as much to touch first whether it is
 * small or large. */
#ifndef WHOSENT_BASE_LARGE_H
#define WHOSENT_BASE_LARGE_H

#include <stddef.h>

/* Once, at the start: lets each large block have pages of its own, which grow without a copy and go
 * back to the system. */
void large_setup(void);

/* The n bytes at p, fresh from malloc, calloc or realloc, will be used as a whole: asks the system
 * for large pages. Does nothing for small n, for NULL, and where the system has none. */
void large_pages(void *p, size_t n);

#endif
