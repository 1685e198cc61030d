/* SPDX-License-Identifier: Apache-2.0 */
/* The inner half of groups.h: families, levels and cells, and their property states. */
#ifndef WHOSENT_DESCRIBE_CELLS_H
#define WHOSENT_DESCRIBE_CELLS_H

#include "base/arena.h"
#include "base/map.h"
#include "describe/groups.h"
#include "describe/property.h"
#include "describe/trails.h"

/* No padding: hashed and compared as bytes. */
struct family_key {
	struct addr local; /* ours, or all zero */
	uint16_t service_port;
	uint8_t service_side; /* 0 neither, 1 source, 2 destination */
	uint8_t transport, direction, has_icmp, icmp_type, icmp_code;
};

/* A level that keeps ordered states only: a family, one length of it, or one answer of it. */
struct level {
	uint32_t cells; /* that belong to it */
	uint32_t first; /* of them */
	/* NULL where another one's are the same: its only cell's, or of a family its only length's.
	 */
	void *ordered;
};

struct family {
	struct family_key key;
	bool selected;
	uint32_t pool;      /* the first family that differs in `selected` at most */
	uint32_t n_lengths; /* told apart so far */
	struct level level;
};

/* All that tells cells apart, as it stands in the packet; no padding: hashed and compared as bytes.
 */
struct raw_key {
	struct family_key family;
	uint32_t selected, length, answer, era;
};

#define CELL_PROOFS 2

/* Cells are many, and each packet is another one's: what is asked and counted for each stands in
 * three lines of the cache. */
struct cell {
	uint64_t packets, bytes, bytes_known, answerable, answered;
	struct ref_time first, last;
	uint32_t host; /* as in struct cell_tally */
	bool has_time;
	uint8_t n_proofs, strongest; /* grade of the first proof */
	struct raw_key key;          /* of its first packet */
	void *unordered, *ordered;
	uint64_t grades[GRADE_COUNT];
	uint32_t service; /* of its named packets: a tag, 0 or SERVICE_SEVERAL */
	uint32_t family, length_level, answer_level; /* places */
	uint32_t finding;
	struct proof proofs[CELL_PROOFS];
};

/* Where packets like this one went, by hash: saves the look-ups in the tables. */
struct memo {
	uint32_t tag;  /* more of the hash */
	uint32_t cell; /* its place and 1, or 0 */
};

#define CELL_MEMOS 8192

struct groups {
	struct map families, levels, cells; /* key -> place */
	struct arena states;
	struct family *family;
	struct level *level;
	struct cell *cell;
	struct cell_tally *tally; /* beside cell */
	bool tallied;             /* it is up to date */
	struct trails trails;
	struct memo *memos; /* [CELL_MEMOS] */
	uint32_t n_families, cap_families, n_levels, cap_levels, n_cells, cap_cells;
};

/* States of all unordered (or all ordered) properties, one behind the other. */
size_t states_size(bool ordered);
void states_add(void *states, bool ordered, const struct settled *packet);
void states_merge(void *into, const void *from); /* unordered ones */
void states_put(const void *states, bool ordered, struct pattern *ret);

/* Of a length or an answer. */
const void *level_ordered(const struct groups *g, const struct level *l);

/* The cell of this packet, made where it is new. UINT32_MAX where memory is gone. Above
 * LIMIT_FAMILIES and LIMIT_CELLS packets fall into coarser ones. */
uint32_t cells_of(struct groups *g, const struct settled *packet, struct err *err);

#endif
