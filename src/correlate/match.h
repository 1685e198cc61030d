/* SPDX-License-Identifier: Apache-2.0 */
/* Which event vouches for which packet? Called for the oldest packet of the hold, when all that
 * can bear on it has been read. */
#ifndef WHOSENT_CORRELATE_MATCH_H
#define WHOSENT_CORRELATE_MATCH_H

#include <stdlib.h>

#include "base/err.h"
#include "correlate/coverage.h"
#include "correlate/endpoints.h"
#include "correlate/hold.h"
#include "correlate/hosts.h"
#include "correlate/mapping.h"
#include "correlate/owners.h"

struct match {
	struct hold *hold;
	struct owners *owners;
	const struct endpoints *endpoints;
	const struct hosts *hosts;
	const struct map *seen; /* addresses of the captures: keys are struct addr */
	bool shows_local;       /* some of them are ours */
	struct mappings *mappings;
	const struct coverage *coverage;
	struct anchor *anchors; /* match_anchor.h */
	struct asked *asked;    /* match_raw.h */
};

int match_init(struct match *m, struct err *err);
void match_done(struct match *m);

/* Records come in order of time but for so much: several processors, buffers of a log. A walk
 * along a chain may stop that far behind its window. */
#define MATCH_DISORDER_NS 200000000

static inline bool match_length_fits(const struct held_packet *p, const struct held_event *e)
{
	return !digest_has(&p->digest, DIGEST_PAYLOAD) || p->digest.payload_bytes == e->event.bytes;
}

static inline bool match_in_time(const struct held_packet *p, const struct held_event *e)
{
	return llabs(p->when.ns - e->when.ns) <= e->error_ns;
}

static inline bool match_same_length(const struct held_packet *a, const struct held_packet *b)
{
	if (!digest_has(&a->digest, DIGEST_PAYLOAD) || !digest_has(&b->digest, DIGEST_PAYLOAD))
		return true;
	return a->digest.payload_bytes == b->digest.payload_bytes;
}

/* The packet's flow as the logs know it; `buf` is room for one that a router translated. */
static inline const struct flow *match_flow(
	const struct match *m, const struct held_packet *p, struct flow *buf)
{
	if (p->nat.number == 0 || p->flow == OWNERS_NONE)
		return &p->digest.flow;
	const struct flow_key *key = &m->owners->flows[p->flow].key;
	*buf = p->dir ? (struct flow){ key->b, key->a } : (struct flow){ key->a, key->b };
	return buf;
}

/* UDP. Packets and events of one flow, direction, side and length that lie within the clock's
 * error of each other form a cluster, which is decided as a whole:
 *   as many events as packets, all of one process: in order, each `exact`;
 *   other numbers, but one process: `flow`, for which event is whose cannot be said;
 *   several processes: `ambiguous`, in whatever order they may have sent.
 * Sets claims and `settled` of the packets concerned. Nothing where no event is near. */
void match_datagram(struct match *m, uint32_t place, enum side side);

/* The same of an unbound socket, whose events state no local address; all else must agree, and the
 * clock must be sure. */
void match_wildcard(struct match *m, uint32_t place, enum side side);

/* TCP. A SYN with its connect or accept event; a segment that is sent again with its retransmit
 * event; data whose bytes lie in the ranges that the events of one process account for, counted
 * from an anchor (match_anchor.h). Same outcome. */
void match_stream(struct match *m, uint32_t place, enum side side);

/* All sides of the oldest packet are settled: events that are too old for those behind it are
 * taken off the chains. */
void match_pass(struct match *m, const struct held_packet *p, int64_t error_ns);
void match_pass_stream(struct match *m, const struct held_packet *p); /* its part for TCP */

/* The event vouches for this side of the packet. */
void match_settle(struct held_packet *p, enum side side, struct held_event *e, enum grade grade);

#endif
