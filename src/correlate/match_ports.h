/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams whose addresses agree with no event: unbound sockets, NAT, anonymised captures. */
#ifndef WHOSENT_CORRELATE_MATCH_PORTS_H
#define WHOSENT_CORRELATE_MATCH_PORTS_H

#include "correlate/match.h"

/* UDP of an unbound socket: the event states no local address, all else agrees with exactly one
 * event, and exactly one packet agrees with that: `exact`. */
void match_wildcard(struct match *m, uint32_t place, enum side side);

/* UDP whose addresses agree with no event while ports, length and time agree with exactly one,
 * and exactly one packet agrees with that: `ports`. Mappings of addresses learn from it. */
void match_ports(struct match *m, uint32_t place, enum side side);

#endif
