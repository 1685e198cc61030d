/* SPDX-License-Identifier: Apache-2.0 */
/* Groups packets that belong together and describes what they have in common, streaming.
 *
 * A packet falls into a *family* (transport, direction, local address, service port, ICMP type and
 * code) and in it into a *cell*: one payload length and one answer (process or reason). A cell
 * keeps all properties. Properties that depend on the order of packets cannot be put together
 * again from cells, so they are kept at four levels: cell, length, answer, family. A group is a
 * union of cells; where the union is one of the four levels, the ordered properties are known. */
#ifndef WHOSENT_DESCRIBE_GROUPS_H
#define WHOSENT_DESCRIBE_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "model/finding.h"
#include "model/group.h"
#include "model/series.h"
#include "model/settled.h"

struct groups;

int groups_new(struct hash_key key, struct groups **ret, struct err *err);
void groups_free(struct groups *g); /* accepts NULL */

/* *ret_cell is the place of the packet's cell, from 0. */
int groups_add(struct groups *g, const struct settled *packet, uint32_t *ret_cell, struct err *err);

/* Indexed by cell; good until the next groups_add. */
const struct cell_tally *groups_tallies(struct groups *g, size_t *ret_n);

/* Packets that merely lack evidence fall into other cells before and behind this time, so that an
 * inference may name another process for each part. Before any groups_add of a packet behind it;
 * above LIMIT_ERAS it is forgotten. */
void groups_add_era(struct groups *g, struct ref_time at);

/* When this host sent anything, and when this peer of a cell with a trail did; NULL where that is
 * not known. */
const struct series *groups_host(const struct groups *g, uint32_t host);
const struct series *groups_peer(const struct groups *g, const struct addr *peer);

struct groups_ask {
	/* Does the knowledge base explain this pattern of this process (PROCESS_NONE: unnamed)? A
	 * length of a family that it explains becomes a finding of its own. */
	bool (*explains)(void *context, const struct pattern *pattern, process_handle process);
	void *context;
};

/* Makes the findings, in order of first appearance: number, process, reason, pattern, grades,
 * reasons and proofs are filled. Packets that the filter left out are in none. `verdicts` is
 * parallel to the tallies. *ret is the caller's to free. */
int groups_findings(struct groups *g, const struct cell_verdict *verdicts,
	const struct groups_ask *ask, struct finding **ret, size_t *ret_n, struct err *err);

/* Place in *ret above of the finding that took this cell, or UINT32_MAX. */
uint32_t groups_finding_of(const struct groups *g, uint32_t cell);

#endif
