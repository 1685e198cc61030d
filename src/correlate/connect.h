/* SPDX-License-Identifier: Apache-2.0 */
/* Which TCP connection does a packet or an event belong to, where the same ports are used again?
 * Each connection has an entry of its own in the owners; only the latest is in the index. */
#ifndef WHOSENT_CORRELATE_CONNECT_H
#define WHOSENT_CORRELATE_CONNECT_H

#include "correlate/hold.h"
#include "correlate/owners.h"

/* Both take the place of the latest connection of the ports and return that of the one meant,
 * made where it is new; OWNERS_NONE where it is forgotten, or with ERR_NOMEM. `error_ns` is that
 * of the worst clock. */

/* A packet. A SYN with a sequence number of its own opens a connection, unless the log told of
 * that opening just before. */
uint32_t connect_packet(struct owners *o, uint32_t place, const struct held_packet *packet,
	int64_t error_ns, struct err *err);

/* An event. A connect or accept belongs to the SYN before it, or opens a connection whose SYN was
 * not captured. Others belong to the latest, but for the last words of the one before. */
uint32_t connect_event(struct owners *o, uint32_t place, const struct held_event *event,
	unsigned local_end, int64_t error_ns, struct err *err);

#endif
