/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of tracerpt's long form (Windows Vista and later). Private to the reader. */
#ifndef WHOSENT_EVIDENCE_TRACERPT_LONG_H
#define WHOSENT_EVIDENCE_TRACERPT_LONG_H

#include "evidence/csv.h"
#include "evidence/trace/dump_event.h"

/* Where the columns stand that are used. */
struct long_layout {
	size_t id, version, opcode, clock, data;
};

/* As all known versions of the tool have them. */
extern const struct long_layout long_layout_usual;

/* Is this the line of titles? Then it says where the columns are. */
bool long_titles(const struct csv_row *row, struct long_layout *ret);

/* Does a row without titles before it show that it is one of this form? */
bool long_is_row(const struct csv_row *row);

/* The row's cell of Clock-Time; false where the row is too short or cut there. */
bool long_clock(const struct long_layout *at, const struct csv_row *row, struct span *ret);

/* Fills the event; its spans borrow from the row. False where the columns before the user data are
 * not whole, or its numbers are none. `whole`: the line has its line feed. */
bool long_event(const struct long_layout *at, const struct csv_row *row, bool whole,
	struct dump_event *ret);

#endif
