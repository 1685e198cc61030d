/* SPDX-License-Identifier: Apache-2.0 */
/* What the providers of packets have in common. Private to the reader. */
#ifndef WHOSENT_EVIDENCE_ETL_PACKETS_H
#define WHOSENT_EVIDENCE_ETL_PACKETS_H

#include "evidence/trace/etl/provider.h"

/* LINKTYPE_* of tcpdump.org/linktypes.html. */
enum { ETL_LINK_ETHERNET = 1, ETL_LINK_RAW = 101, ETL_LINK_WIRELESS = 105 };

/* Interfaces of one provider in one file. Hosts of virtual machines have some hundred. */
#define ETL_INTERFACES_MOST 4096u
#define ETL_INTERFACE_NAME_BYTES 128u

/* One interface: a place of the system at which packets were seen. It stays where it is until the
 * file is closed. */
struct etl_place {
	uint64_t key; /* what the provider knows it by */
	struct capture_interface interface;
	char name[ETL_INTERFACE_NAME_BYTES];
	struct etl_place *next; /* of its slot */
	/* A packet in parts: what has come of it. */
	bool open;
	uint8_t *bytes;
	size_t n, cap;
};

#define ETL_PLACE_SLOTS 256u

struct etl_places {
	struct etl_place *slots[ETL_PLACE_SLOTS];
	unsigned n;
};

void etl_places_done(struct etl_places *p);
/* The place of that key, made where it is new (*ret_new): the caller then names it. NULL with
 * ERR_LIMIT or ERR_NOMEM. */
struct etl_place *etl_place_of(struct etl_places *p, struct etl_shared *shared, uint64_t key,
	bool *ret_new, struct err *err);
/* For packets of another link type a place is another interface. */
static inline uint64_t etl_place_key(uint32_t a, uint32_t b, uint32_t link_type)
{
	return ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15ull + link_type;
}

/* Makes *ret a packet of that place; time and number stay. */
void etl_packet(struct record *ret, const struct etl_place *at, struct span bytes);

/* Length of an IP packet as its header states it; 0 where it is none or too short to tell. */
uint32_t etl_ip_bytes(struct span packet);

/* Length on the wire of a frame of which only the front is there, as its IP header states it; at
 * least what is there. */
uint32_t etl_wire_bytes(struct span bytes, uint32_t link_type);

#endif
