/* SPDX-License-Identifier: Apache-2.0 */
/* How far the run is: one line on standard error that is written over and over and is gone at the
 * end. Only where standard error is a terminal, and not with --quiet. */
#ifndef WHOSENT_CMD_PROGRESS_H
#define WHOSENT_CMD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence/input.h"

struct run_input;

struct progress {
	bool wanted;
	const char *what;               /* "reading": is under way; NULL: nothing is */
	const struct run_input *inputs; /* [n], borrowed */
	size_t n;
	uint64_t total;   /* bytes that will be read, as far as sizes are known */
	uint64_t before;  /* bytes that had been read when it began */
	uint64_t records; /* so far */
	int64_t next_ns;  /* when the line is written again, CLOCK_MONOTONIC */
};

void progress_init(struct progress *p, bool quiet);
/* A pass over the inputs that are open. */
void progress_begin(struct progress *p, const char *what, const struct run_input *inputs, size_t n);
void progress_end(struct progress *p);

/* The slow half of what follows: looks at the clock, and writes. */
void progress_look(struct progress *p);

/* Once for each record. */
static inline void progress_step(struct progress *p)
{
	if ((++p->records & 0xfff) == 0 && p->what)
		progress_look(p);
}

#endif
