/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of comma-separated text as tracerpt, tasklist and Wireshark write them: padded cells,
 * strings in double quotes (RFC 4180), any bytes inside. */
#ifndef WHOSENT_EVIDENCE_CSV_H
#define WHOSENT_EVIDENCE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cursor.h"

/* The widest row that is read is that of a session's header in the long form: 19 columns and 21
 * fields, of which the time zone may be printed as several. */
#define CSV_CELLS 64

struct csv_cell {
	struct span text; /* trimmed; without the quotes; a doubled quote inside stays doubled */
	bool quoted;      /* began with a quote */
	bool whole;       /* a comma or its closing quote stands behind it: nothing was cut off */
};

/* Cells borrow from the line. What stands behind CSV_CELLS cells is counted by no one. */
struct csv_row {
	struct csv_cell cells[CSV_CELLS];
	size_t n;
	size_t sound; /* cells before the first whose quotes are broken; all where none is */
};

/* Splits a line. False where a quoted cell is not closed, or something follows its quote. */
bool csv_split(struct span line, struct csv_row *ret);

#endif
