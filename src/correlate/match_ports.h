/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams whose addresses agree with no event: NAT, anonymised captures. */
#ifndef WHOSENT_CORRELATE_MATCH_PORTS_H
#define WHOSENT_CORRELATE_MATCH_PORTS_H

#include "correlate/match.h"

/* UDP whose addresses agree with no event while ports, length and time agree with exactly one,
 * and exactly one packet agrees with that: `ports`. Mappings of addresses learn from it. */
void match_ports(struct match *m, uint32_t place, enum side side);

/* Is the event beyond doubt this datagram's own, by ports, length and moment? Not where another
 * packet of these lies near, for its own event may be lost and this one the other's, nor an event
 * of another process. match_ports goes before. Wrong where that other packet was not
 * captured, and of two processes that share the port one has lost its events. */
bool match_ports_sole(
	struct match *m, const struct held_packet *p, enum side side, const struct held_event *own);

#endif
