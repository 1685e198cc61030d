/* SPDX-License-Identifier: Apache-2.0 */
/* How the lines of a packet list are cut into columns: doc/packet-text.md. */
#ifndef WHOSENT_EVIDENCE_PACKET_COLUMNS_H
#define WHOSENT_EVIDENCE_PACKET_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "evidence/csv.h"

enum packet_column {
	COLUMN_OTHER = 0, /* a column of the user's own */
	COLUMN_NUMBER,
	COLUMN_TIME,
	COLUMN_SOURCE,
	COLUMN_DESTINATION,
	COLUMN_PROTOCOL,
	COLUMN_LENGTH,
	COLUMN_INFO,
	COLUMN_KINDS,
};

enum packet_shape {
	SHAPE_WORDS, /* separated by any number of blanks; Info is the last column */
	SHAPE_TABS,
	SHAPE_CSV,
};

struct packet_columns {
	enum packet_shape shape;
	bool named; /* a header line says so; else it is the order that Wireshark begins with */
	size_t n;
	uint8_t kinds[CSV_CELLS]; /* enum packet_column, from left to right */
};

/* The cells of one line. A column that the list does not have is empty. */
struct packet_cells {
	struct span text[COLUMN_KINDS];
	bool info_whole; /* nothing is cut off the end of Info */
};

enum packet_row_step {
	ROW_GOOD = 0,
	ROW_DAMAGED, /* no row of this shape */
	ROW_CUT,     /* the file ends inside it, and what was read may have lost characters */
};

/* Is this a header line? It names No., Source, Destination, Protocol and Info, each once; Time and
 * Length may be missing. */
bool packet_header_read(struct span line, struct packet_columns *ret);

/* The columns of a list without a header line; its shape is that of this line. Wrong for a list
 * whose address columns were turned, where no arrow shows it: its ends are mistaken. */
struct packet_columns packet_columns_usual(struct span line, bool length);

bool packet_columns_have(const struct packet_columns *columns, enum packet_column kind);

/* An empty line, or one of dots: what was left out when the list was printed. */
bool packet_line_is_gap(struct span line);

enum packet_row_step packet_cells_read(struct span line, bool whole,
	const struct packet_columns *columns, struct packet_cells *ret);

/* On cooked links ARP has no address to show, and the column is blank. */
bool packet_is_arp(struct span word);

#endif
