/* SPDX-License-Identifier: Apache-2.0 */
/* The window: packets and events that still wait for each other, oldest first. Both are chained
 * by flow (direction, side), and UDP also by its ports alone, for NAT and anonymised captures. */
#ifndef WHOSENT_CORRELATE_HOLD_H
#define WHOSENT_CORRELATE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/index.h"
#include "correlate/owners.h"
#include "model/record.h"

/* Places in the hold are running numbers; this one is nowhere. */
#define HOLD_NONE UINT32_MAX

/* The process that the capture itself states for a packet; `origin` 0: none. */
struct stated {
	process_handle process, effective; /* effective: or PROCESS_NONE */
	uint8_t origin;                    /* enum owner_origin */
	bool elsewhere; /* a later section of the file: of which machine it is, is not known */
	bool limited;   /* a limit was met: the capture states one, and it is not known whom */
};

struct held_packet {
	uint64_t number;
	struct ref_time when;
	uint32_t input;
	uint32_t flow; /* place in owners, or OWNERS_NONE */
	uint32_t next_in_flow, next_in_ports;
	uint32_t previous_in_flow; /* good where it is not the first of the chain */
	uint32_t ports;            /* place of its chain by ports, where it is in one */
	uint16_t interface;        /* of its input */
	uint8_t dir;
	bool has_time, selected;
	bool is_copy, copied; /* of another packet of the hold; has copies there (copies.h) */
	bool late; /* far behind what was read before: nothing can vouch for it by time */
	bool ports_chained;
	bool settled[SIDES]; /* the claim is made: by a match of the whole cluster */
	struct stated stated;
	struct evidence nat; /* number 0: none; else `flow` is that before or behind a router */
	struct digest digest;
	struct claim claims[SIDES]; /* once it is settled */
};

struct held_event {
	struct event event; /* oriented as its host means it */
	process_handle process;
	struct evidence evidence;
	struct ref_time when;
	int64_t error_ns; /* of its clock */
	bool sure;        /* its clock is */
	uint32_t flow;
	uint8_t dir, side;
	bool ports_chained;
	uint32_t ports;       /* as above */
	bool used;            /* it vouches for a packet */
	bool contested;       /* more than one packet fits its ports: it vouches for none by them */
	uint8_t near_packets; /* of its ports and length, that it may have been meant for */
	bool fits;            /* TCP: a packet began just where it does */
	uint32_t stream_from; /* TCP send and receive: offset of its first byte */
	uint32_t next_in_flow, next_in_ports;
};

struct ring {
	unsigned char *slots;
	size_t slot_size;
	uint32_t first, n, cap; /* running number of the oldest, how many, power of two */
};

/* Of a protocol without ports: 0 and its number. A datagram from port 0 is on no chain. */
struct ports_key {
	uint16_t sport, dport;
};

struct ports_chain {
	struct ports_key key;
	uint32_t next_free; /* among those that are empty */
	uint32_t first_packet, last_packet, n_packets;
	uint32_t first_event[SIDES], last_event[SIDES], n_events;
};

struct hold {
	struct ring packets, events;
	struct hash_key hash;
	/* UDP and protocols without ports, by ports_key. Chains stay at their place as long as they
	 * hold something. */
	struct index ports;
	struct ports_chain *chains;
	uint32_t n_chains, cap_chains, free_chain;
	uint32_t n_unbound; /* events without a flow, which only their ports can find */
};

void hold_init(struct hold *h, struct hash_key key);
void hold_done(struct hold *h);

/* A packet at the end, for the caller to fill: digest, input to `when`, and what it finds of flow,
 * dir and stated, which are nothing yet. Then hold_chain_packet. Good until the next of these
 * calls. NULL with ERR_NOMEM. The caller has made room below the limits. */
struct held_packet *hold_new_packet(struct hold *h, struct err *err);
int hold_chain_packet(struct hold *h, struct owners *o, struct held_packet *p, struct err *err);
/* The place of the one that came last; there must be one. */
uint32_t hold_newest_packet(const struct hold *h);

/* Appends and chains. The caller has set the fields down to the chain links and made room below the
 * limits. Returns the place; HOLD_NONE with ERR_NOMEM. */
uint32_t hold_add_event(
	struct hold *h, struct owners *o, const struct held_event *event, struct err *err);

/* Good until the next add. The place must be in the hold. */
struct held_packet *hold_packet(const struct hold *h, uint32_t place);
struct held_event *hold_event(const struct hold *h, uint32_t place);

/* The oldest, or NULL. */
struct held_packet *hold_oldest_packet(const struct hold *h);
struct held_event *hold_oldest_event(const struct hold *h);
/* Unchains and drops the oldest, which must exist. */
void hold_drop_packet(struct hold *h, struct owners *o);
void hold_drop_event(struct hold *h, struct owners *o);

/* Events older than `then` bear on no packet that is still to be settled: takes them off the front
 * of a chain, so that it is not walked again and again. They stay in the hold. */
void hold_pass_flow(
	struct hold *h, struct owned_flow *f, unsigned dir, enum side side, struct ref_time then);
/* The same for the one at the front, which must exist. */
void hold_pass_event(struct hold *h, struct owned_flow *f, unsigned dir, enum side side);
void hold_pass_ports(
	struct hold *h, const struct held_packet *p, enum side side, struct ref_time then);

/* The ends of the packet that the event tells of, as that packet runs. */
const struct endpoint *held_event_source(const struct held_event *e);
const struct endpoint *held_event_destination(const struct held_event *e);

/* Packets and events with these ports whatever their addresses, or NULL. */
const struct ports_chain *hold_ports(const struct hold *h, uint16_t sport, uint16_t dport);

/* The chain of this packet, or NULL. */
const struct ports_chain *hold_chain_of(const struct hold *h, const struct held_packet *p);

#endif
