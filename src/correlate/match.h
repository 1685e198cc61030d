/* SPDX-License-Identifier: Apache-2.0 */
/* Which event vouches for which packet? Called for the oldest packet of the hold, when all that
 * can bear on it has been read. */
#ifndef WHOSENT_CORRELATE_MATCH_H
#define WHOSENT_CORRELATE_MATCH_H

#include "correlate/hold.h"
#include "correlate/hosts.h"
#include "correlate/owners.h"

struct match {
	struct hold *hold;
	struct owners *owners;
	const struct hosts *hosts;
	const struct map *seen; /* addresses of the capture: keys are struct addr */
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

/* UDP whose addresses agree with no event while ports, length and time agree with exactly one,
 * and exactly one packet agrees with that: `ports`, or `exact` where the event's local address is
 * only the wildcard. */
void match_ports(struct match *m, uint32_t place, enum side side);

/* The event vouches for this side of the packet. */
void match_settle(struct held_packet *p, enum side side, struct held_event *e, enum grade grade);

#endif
