/* SPDX-License-Identifier: Apache-2.0 */
/* ICMP and other protocols without ports: events of raw sockets, and pings that were answered. */
#ifndef WHOSENT_CORRELATE_MATCH_RAW_H
#define WHOSENT_CORRELATE_MATCH_RAW_H

#include "correlate/match.h"

/* Pings that may still be answered share slots by place: one that was pushed out leaves its reply
 * to the flow's owner, and 1024 a hold is more than people send. */
#define ASKED 1024

/* A ping that was settled: who asked, or PROCESS_NONE. */
struct asked {
	bool used;
	uint32_t place, serial; /* of its flow */
	uint8_t dir;
	uint16_t seq;
	struct ref_time when;
	process_handle process;
	struct evidence evidence;
};

/* Packets and events of one pair of addresses, direction, protocol and length that lie within the
 * clock's error of each other are decided as a whole. As many events as packets, all of one
 * process: in order, each `exact`. Several processes: `ambiguous`. Else nothing, for a log of raw
 * sockets has no record of what the kernel sends for others: any of the packets may be such. */
void match_raw(struct match *m, uint32_t place, enum side side);

/* An echo reply goes to who asked with its identifier and number: `flow`, or `exact` with an event
 * of that process. True: its request was seen, and nobody else is to be asked. */
bool match_reply(struct match *m, uint32_t place, enum side side);

/* An echo request is settled. */
void match_asked(struct match *m, const struct held_packet *p);

/* Are these the packet's ends, seen from this side? */
bool match_raw_ends(const struct match *m, const struct held_packet *p, const struct held_event *e);

#endif
