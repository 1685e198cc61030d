/* SPDX-License-Identifier: Apache-2.0 */
/* Where the bytes that a log counts lie in the sequence numbers of a TCP stream: known from the
 * connection's start, or found in the middle by three lengths in a row that fit. */
#ifndef WHOSENT_CORRELATE_MATCH_ANCHOR_H
#define WHOSENT_CORRELATE_MATCH_ANCHOR_H

#include "correlate/match.h"

/* A flow's direction and side share a slot with others: whose it was loses it, and its bytes are of
 * the flow until the anchor is found anew. */
#define ANCHORS 16384

/* What was found of one direction and side. */
struct anchor {
	uint32_t place, serial; /* of the flow */
	uint8_t dir, side;
	uint8_t units;         /* lengths in a row that fitted, up to 3; 0: the slot is empty */
	bool varied;           /* they were not all equal */
	uint32_t first;        /* the first of them */
	uint32_t zero;         /* the sequence number of the log's byte 0 */
	struct ref_time since; /* of the first event that fitted: it holds from there on */
};

/* What holds of a packet's stream. */
struct anchored {
	uint32_t zero;
	struct ref_time since;
	bool from_start; /* of the connection */
};

bool anchor_known(
	const struct match *m, const struct held_packet *p, enum side side, struct anchored *ret);

/* Does it hold for this event too? Not behind a loss that the log states. */
bool anchor_holds(const struct match *m, const struct anchored *a, const struct held_event *e);

/* Looks for the anchor from this packet on, whose bytes are new. True: a new one is known. */
bool anchor_find(struct match *m, uint32_t place, enum side side);

/* What is sent was handed over before; what is received is handed on afterwards. */
bool anchor_in_turn(const struct held_packet *p, const struct held_event *e);

#endif
