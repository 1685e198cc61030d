/* SPDX-License-Identifier: Apache-2.0 */
/* Cells: packets of one family (transport, direction, local address, service port), one payload
 * length and one answer. Inferences over whole groups look at nothing else. */
#ifndef WHOSENT_MODEL_GROUP_H
#define WHOSENT_MODEL_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "model/claim.h"

#define CELL_LENGTH_UNKNOWN UINT32_MAX     /* no packet of the cell states its length */
#define CELL_LENGTH_MANY (UINT32_MAX - 1u) /* lengths are not told apart here */

struct cell_tally {
	uint32_t pool;   /* same family, whatever the filter selects */
	uint32_t length; /* bytes, or CELL_LENGTH_* */
	enum direction direction;
	process_handle process; /* PROCESS_NONE: `reason` */
	enum reason reason;
	uint64_t packets;
	uint64_t as_ports; /* packets claimed as `ports` or better */
	/* Of its packets that have no process: who may be behind them, the first few. */
	process_handle candidates[CLAIM_CANDIDATES];
	uint8_t n_candidates, because; /* enum because */
};

/* What an inference says of a cell; parallel to the tallies. */
struct cell_verdict {
	enum grade grade;       /* GRADE_NONE: nothing, or REASON_AMBIGUOUS below */
	process_handle process; /* where graded */
	enum reason reason;     /* REASON_AMBIGUOUS, or REASON_NONE: as it was */
	uint8_t n_candidates;
	bool more_candidates;
	process_handle candidates[CLAIM_CANDIDATES];
};

#endif
