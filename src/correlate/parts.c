/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in parts: see parts.h. */
#include "correlate/parts.h"

#include "base/limits.h"

static unsigned slot_of(const struct held_packet *p)
{
	return (p->flow * 31 + p->digest.fragment_id * 7 + p->dir) % PARTS;
}

void parts_keep(
	struct part parts[static PARTS], const struct owners *o, const struct held_packet *p)
{
	if (!digest_has(&p->digest, DIGEST_PART) || digest_has(&p->digest, DIGEST_FRAGMENT) ||
		p->flow == OWNERS_NONE)
		return;
	struct part *part = &parts[slot_of(p)];
	*part = (struct part){ .used = true,
		.dir = p->dir,
		.place = p->flow,
		.serial = o->flows[p->flow].serial,
		.id = p->digest.fragment_id,
		.when = p->when };
	for (int side = 0; side < SIDES; side++) {
		struct claim *c = &part->claims[side];
		*c = p->claims[side];
		c->has_delta = false;
		if (c->grade == GRADE_EXACT)
			c->grade = GRADE_FLOW;
	}
}

/* All parts of a packet leave in one go. Wrong where the first part of the next packet with this
 * identification was not captured, and that packet came within the hold: 65,536 datagrams to one
 * host. Its sender has the same socket, or the port went to another process meanwhile. */
const struct claim *parts_claim(const struct part parts[static PARTS], const struct owners *o,
	const struct held_packet *p, enum side side)
{
	if (p->flow == OWNERS_NONE || !digest_has(&p->digest, DIGEST_PART))
		return NULL;
	const struct part *part = &parts[slot_of(p)];
	bool same = part->used && part->place == p->flow && part->dir == p->dir &&
		part->serial == o->flows[p->flow].serial && part->id == p->digest.fragment_id &&
		p->when.ns - part->when.ns <= LIMIT_HOLD_NS;
	return same ? &part->claims[side] : NULL;
}
