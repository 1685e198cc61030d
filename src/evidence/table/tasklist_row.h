/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a Windows process table, from text to a process. Private to the reader. */
#ifndef WHOSENT_EVIDENCE_TASKLIST_ROW_H
#define WHOSENT_EVIDENCE_TASKLIST_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

#define SHAPE_COLUMNS 9 /* of tasklist /V, the widest table */

/* Where the columns stand, in characters, from the line of "=====". It is the same in every
 * language; only the widths differ: PID has 6 on XP and 2003, 8 later. */
struct table_shape {
	size_t n;
	size_t start[SHAPE_COLUMNS], width[SHAPE_COLUMNS];
};

struct table_row {
	uint32_t pid;
	struct span image; /* borrows from the line */
	bool image_cut;    /* fills its column: the name may go on */
	bool has_list;     /* the table has a third column with services or modules */
	struct span list;  /* that column, "A, B," */
};

/* The line is the rule under the titles. */
bool shape_of(struct span line, struct table_shape *ret);

/* Each says whether the line is a row of its form; then *ret is filled. `whole`: the line has its
 * line feed. Without one, a row is taken only where image and PID are provably complete. */
bool row_by_columns(
	const struct table_shape *shape, struct span line, bool whole, struct table_row *ret);
/* "store.exe 2136 Console 0 1,040,592 K": one blank or more between, no rule needed. */
bool row_by_words(struct span line, bool whole, struct table_row *ret);
/* "store.exe 2136 MSExchangeIS": the same of tasklist /SVC. */
bool row_with_list(struct span line, bool whole, struct table_row *ret);
/* "store.exe","2136","MSExchangeIS": tasklist /FO CSV. */
bool row_of_csv(struct span line, bool whole, struct table_row *ret);
/* "Image Name","PID",...: the titles of /FO CSV; only the word PID is the same everywhere. */
bool titles_of_csv(struct span line);

/* Some word is a number. */
bool has_number(struct span line);

#endif
