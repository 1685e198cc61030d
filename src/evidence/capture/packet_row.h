/* SPDX-License-Identifier: Apache-2.0 */
/* One line of Wireshark's packet list: doc/packet-text.md. */
#ifndef WHOSENT_EVIDENCE_PACKET_ROW_H
#define WHOSENT_EVIDENCE_PACKET_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "evidence/capture/packet_columns.h"
#include "evidence/capture/packet_time.h"
#include "model/digest.h"

struct packet_row {
	uint64_t number;
	struct packet_time time;
	bool proven; /* Info proves that the columns are where they were thought to be */
	struct digest digest;
};

/* One line by columns that a header line, or a row before, has shown. */
enum packet_row_step packet_row_read(
	struct span line, bool whole, const struct packet_columns *columns, struct packet_row *ret);

/* One line of a list that has no header line. *ret_columns is set where the row is `proven`; where
 * it is not, the length on the wire stays unknown, for its column may be missing. */
enum packet_row_step packet_row_guess(
	struct span line, bool whole, struct packet_columns *ret_columns, struct packet_row *ret);

#endif
