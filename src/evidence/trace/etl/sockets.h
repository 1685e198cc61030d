/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that a log names by their place in the kernel's memory, and what is known of each.
 * Private to the reader. */
#ifndef WHOSENT_EVIDENCE_ETL_SOCKETS_H
#define WHOSENT_EVIDENCE_ETL_SOCKETS_H

#include <stdint.h>

#include "base/map.h"

struct socket_entry {
	uint64_t place;
	uint32_t pid;
	uint32_t protocol; /* IP protocol number */
};

/* A place is used again once its socket is closed, so closing forgets. Wrong where a log lost both
 * a close and the next creation at the same place: it states that loss. */
void sockets_init(struct map *sockets);
/* Above LIMIT_ETL_SOCKETS nothing more is learned, and 0 is returned all the same. */
int sockets_learn(struct map *sockets, const struct socket_entry *entry, struct err *err);
const struct socket_entry *sockets_find(const struct map *sockets, uint64_t place); /* or NULL */
void sockets_forget(struct map *sockets, uint64_t place);

/* What a raw socket's datagram of so many bytes leaves behind the header that a digest takes off:
 * ICMP's is 8 bytes. Wrong where the program wrote the IP header too (IP_HDRINCL), or the driver
 * counts one of a received datagram: then the length is that of no packet, and none is claimed. */
uint32_t sockets_payload(uint32_t protocol, uint32_t bytes);

/* Which protocols of raw sockets are told. UDP and TCP need ports, which a raw socket does not
 * state, and 0 and 255 leave the protocol open. */
bool sockets_protocol(uint32_t protocol);

#endif
