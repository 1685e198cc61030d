/* SPDX-License-Identifier: Apache-2.0 */
/* One line of Wireshark's packet list: doc/packet-text.md. */
#ifndef WHOSENT_EVIDENCE_PACKET_ROW_H
#define WHOSENT_EVIDENCE_PACKET_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/stamp.h"
#include "model/digest.h"

enum packet_columns {
	COLUMNS_UNKNOWN = 0, /* no header line was seen */
	COLUMNS_PLAIN,       /* No. Time Source Destination Protocol Info */
	COLUMNS_LENGTH,      /* the same with Length before Info */
};

struct packet_row {
	uint64_t number;
	struct source_time when;
	bool two_addresses; /* source and destination are IP addresses */
	struct digest digest;
};

enum packet_row_step {
	ROW_GOOD = 0,
	ROW_DAMAGED, /* no row of this shape */
	ROW_CUT,     /* the file ends inside it, and what was read may have lost characters */
};

/* A header line, with which *ret is set? */
bool packet_header_read(struct span line, enum packet_columns *ret);

/* An empty line, or one of dots: what was left out when the list was printed. */
bool packet_line_is_gap(struct span line);

enum packet_row_step packet_row_read(
	struct span line, bool whole, enum packet_columns columns, struct packet_row *ret);

#endif
