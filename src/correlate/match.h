/* SPDX-License-Identifier: Apache-2.0 */
/* Which event vouches for which packet? Called for the oldest packet of the hold, when all that
 * can bear on it has been read. */
#ifndef WHOSENT_CORRELATE_MATCH_H
#define WHOSENT_CORRELATE_MATCH_H

#include "correlate/endpoints.h"
#include "correlate/hold.h"
#include "correlate/hosts.h"
#include "correlate/owners.h"

struct match {
	struct hold *hold;
	struct owners *owners;
	const struct endpoints *endpoints;
	const struct hosts *hosts;
	const struct map *seen; /* addresses of the captures: keys are struct addr */
	bool shows_local;       /* some of them are ours */
};

/* UDP. Packets and events of one flow, direction, side and length that lie within the clock's
 * error of each other form a cluster, which is decided as a whole:
 *   as many events as packets, all of one process: in order, each `exact`;
 *   other numbers, but one process: `flow`, for which event is whose cannot be said;
 *   several processes: `ambiguous`, in whatever order they may have sent.
 * Sets claims and `settled` of the packets concerned. Nothing where no event is near. */
void match_datagram(struct match *m, uint32_t place, enum side side);

/* TCP. A SYN with its connect or accept event; data whose bytes lie in the ranges that the
 * events of one process account for, counted from the connection's start. Same outcome. */
void match_stream(struct match *m, uint32_t place, enum side side);

/* UDP of an unbound socket: the event states no local address, all else agrees with exactly one
 * event, and exactly one packet agrees with that: `exact`. */
void match_wildcard(struct match *m, uint32_t place, enum side side);

/* UDP whose addresses agree with no event while ports, length and time agree with exactly one,
 * and exactly one packet agrees with that: `ports`. */
void match_ports(struct match *m, uint32_t place, enum side side);

/* All sides of the oldest packet are settled: events that are too old for those behind it are
 * taken off the chains. */
void match_pass(struct match *m, const struct held_packet *p, int64_t error_ns);
void match_pass_stream(struct match *m, const struct held_packet *p); /* its part for TCP */

/* The event vouches for this side of the packet. */
void match_settle(struct held_packet *p, enum side side, struct held_event *e, enum grade grade);

#endif
