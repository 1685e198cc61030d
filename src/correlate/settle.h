/* SPDX-License-Identifier: Apache-2.0 */
/* The answer for one packet: evidence first, then what the kernel makes by itself, then the reason
 * why there is no evidence. */
#ifndef WHOSENT_CORRELATE_SETTLE_H
#define WHOSENT_CORRELATE_SETTLE_H

#include "correlate/copies.h"
#include "correlate/coverage.h"
#include "correlate/dossier.h"
#include "correlate/join.h"
#include "correlate/match.h"
#include "correlate/parts.h"

struct settler {
	struct match match;
	const struct coverage *coverage;
	const struct roster *roster;
	struct copies *copies;
	int64_t error_ns;        /* of the worst log's clock */
	const uint64_t *evicted; /* packets and events that the hold's limits pushed out */
	bool unvouched; /* the side that is settled now would be named, were the clock trusted */
	bool no_ports;  /* too many addresses to say which the captures show */
	struct dossier dossier;
	struct part parts[PARTS];
	struct outer_claim outer[SIDES]; /* of the packet last settled */
};

/* Settles the oldest packet of the hold (`place`) and fills *ret, whose members up to `when` are
 * the caller's. Of a watched packet *ret also borrows a dossier, good until the next call. */
int settle_packet(struct settler *s, uint32_t place, struct settled *ret, struct err *err);

#endif
