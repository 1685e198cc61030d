/* SPDX-License-Identifier: Apache-2.0 */
/* Merges sources by reference time. Records without a time, or whose clock could not be aligned,
 * come before all others; equal times leave in order of input. */
#ifndef WHOSENT_CORRELATE_MERGE_H
#define WHOSENT_CORRELATE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "correlate/clock.h"
#include "model/source.h"

struct merge_input {
	struct source source; /* self NULL: nothing to read */
	struct clock *clock;  /* may be refined while merging; told what was placed by it */
	bool timeless;        /* its times are not used */
	/* Told of a record whose stamp lies far from the one before, further than is usual in this
	 * input, before its time is used: the clock may have been set. Or NULL. */
	void (*leapt)(void *context, uint32_t input, const struct record *record);
	void *context;
};

struct merge;

/* `inputs` is borrowed until merge_free, which closes no source. */
int merge_new(struct merge_input *inputs, size_t n, struct merge **ret, struct err *err);
void merge_free(struct merge *m); /* accepts NULL */

struct merged {
	struct record record; /* .input is set; what it borrows is good until the next call */
	bool has_ref;
	struct ref_time ref;
};

/* SOURCE_ITEM and *ret, good until the next call; SOURCE_END; or -1: *ret_input is damaged (call
 * again: it may go on, or has ended).
 */
int merge_next(struct merge *m, const struct merged **ret, uint32_t *ret_input, struct err *err);

/* How many inputs have no more records, and has this one none? */
size_t merge_n_ended(const struct merge *m);
bool merge_ended(const struct merge *m, uint32_t input);

#endif
