/* SPDX-License-Identifier: Apache-2.0 */
/* Cells: packets of one family (transport, direction, local address, service port), one payload
 * length and one answer. Inferences over whole groups look at nothing else. */
#ifndef WHOSENT_MODEL_GROUP_H
#define WHOSENT_MODEL_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "model/addr.h"
#include "model/claim.h"
#include "model/series.h"

#define CELL_LENGTH_UNKNOWN UINT32_MAX     /* no packet of the cell states its length */
#define CELL_LENGTH_MANY (UINT32_MAX - 1u) /* lengths are not told apart here */

#define TRAIL_PEERS 8

struct trail_peer {
	struct addr addr;
	uint64_t packets;
};

/* When the packets of a cell came, and to whom. */
struct trail {
	struct series when;
	uint64_t timeless;                    /* packets that state no time */
	struct trail_peer peers[TRAIL_PEERS]; /* the first few */
	uint32_t n_peers;
};

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
	uint32_t host; /* whose packets they are; UINT32_MAX where nobody's, or of several */
	/* Of packets that leave a host and merely lack evidence; NULL for others, and above
	 * LIMIT_TRAILS. */
	struct trail *trail;
};

/* How a group lives and dies with a process. */
struct lifetime {
	bool known;
	double p_value;    /* by chance alone it would do so this often */
	uint64_t before;   /* packets while it ran */
	int64_t before_ns; /* the time in which they came */
	int64_t after_ns;  /* the silence while it did not run, of all stops */
	uint32_t stops;
	struct ref_time stopped; /* the first time */
};

/* What an inference says of a cell; parallel to the tallies. */
struct cell_verdict {
	enum grade grade;       /* GRADE_NONE: nothing, or REASON_AMBIGUOUS below */
	process_handle process; /* where graded */
	enum reason reason;     /* REASON_AMBIGUOUS, or REASON_NONE: as it was */
	uint8_t n_candidates;
	bool more_candidates;
	process_handle candidates[CLAIM_CANDIDATES];
	/* With GRADE_LIFETIME its proof. Without a grade, where it is known: `candidates` stopped
	 * when the group did, which is no proof. */
	struct lifetime lifetime;
};

#endif
