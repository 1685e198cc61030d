/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in parts: the event of a datagram vouches for its first part, and the later ones have the
 * answer of that. */
#ifndef WHOSENT_CORRELATE_PARTS_H
#define WHOSENT_CORRELATE_PARTS_H

#include "correlate/hold.h"

/* Packets whose first part was settled not long ago. What comes later takes their slots. */
#define PARTS 256

struct part {
	bool used;
	uint8_t dir;
	uint32_t place, serial; /* of the flow */
	uint32_t id;            /* fragment_id */
	struct ref_time when;
	struct claim claims[SIDES];
};

/* The packet is settled: keeps its claims where it is the first of several parts. */
void parts_keep(
	struct part parts[static PARTS], const struct owners *o, const struct held_packet *p);

/* The claim that a later part takes from the first one, or NULL where that was not captured. A
 * later part has no event of its own, so an `exact` one becomes `flow`. */
const struct claim *parts_claim(const struct part parts[static PARTS], const struct owners *o,
	const struct held_packet *p, enum side side);

#endif
