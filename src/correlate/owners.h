/* SPDX-License-Identifier: Apache-2.0 */
/* Who owned which flow, when. Ownership is an interval, stretched by events; port reuse and PID
 * reuse begin a new one. Bounded: idle entries go first. */
#ifndef WHOSENT_CORRELATE_OWNERS_H
#define WHOSENT_CORRELATE_OWNERS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/pool.h"
#include "base/queue.h"
#include "base/stamp.h"
#include "model/claim.h"
#include "model/digest.h"

#define OWNERS_NONE UINT32_MAX

/* One process's hold on one end of a flow, from its first to its last event there. */
struct tenure {
	process_handle process; /* PROCESS_NONE while there was no event */
	struct ref_time first, last;
	struct evidence evidence; /* its last event */
	uint32_t service;         /* tag of the service, 0, or SERVICE_SEVERAL */
};

/* The present owner and the one before: a packet waits at most for the hold, so that one step
 * back is enough for whatever is still undecided. Where the two take turns (a socket that was
 * inherited or passed on), the stretch of time in which they did is `mixed`. */
struct succession {
	struct tenure now, before;
	bool mixed;
	struct ref_time mixed_from, mixed_to;
};

extern const struct succession succession_nobody;

/* One direction of a TCP connection. Offsets are counted from the first data byte, modulo 2^32
 * as the sequence numbers are. */
struct stream {
	bool has_isn;
	bool ended, has_ack;    /* its FIN was settled; `ack` is known */
	bool logged_end;        /* the disconnect of the end that sends was logged */
	uint32_t ack;           /* the last number that it acknowledged of the other direction */
	uint32_t isn;           /* sequence number of its SYN */
	bool anchored[SIDES];   /* the log has this connection's connect or accept */
	uint32_t logged[SIDES]; /* bytes that events of that side account for */
	bool has_data;
	uint32_t next; /* sequence number behind the furthest byte seen on the wire */
};

struct flow_key {
	struct endpoint a, b; /* a sorts before b */
	uint8_t transport, zero;
};

/* Places in the hold of what belongs to one flow, by direction (0 is a to b) and side; OWNERS_NONE
 * where there is nothing. */
struct flow_chains {
	uint32_t first_packet[2], last_packet[2];
	uint32_t first_event[2][SIDES], last_event[2][SIDES];
};

extern const struct flow_chains flow_chains_none;

/* A UDP flow, or one TCP connection: the same ports again are another one. Most flows of a busy
 * server are datagrams with an event each that nobody asks for any more, so what those do not need
 * lies elsewhere. */
struct owned_flow {
	struct flow_key key;
	bool used;
	bool superseded;     /* a later connection of these ports stands in the index */
	bool closed;         /* TCP: a FIN, a RST or a disconnect was seen since it was opened */
	bool has_syn;        /* its SYN was captured */
	bool logged_open[2]; /* its connect or accept was logged for that end */
	uint32_t held;       /* packets and events in the hold that point here */
	struct ref_time touched;          /* last record */
	const struct flow_chains *chains; /* in the hold; owners_chains to write */
	const struct succession *ends[2]; /* of a and of b; owners_end to write */
	struct stream *streams;           /* TCP: [2], by direction; else NULL */
	/* Ever seen, by direction and side: from UINT16_MAX on they stand still. */
	uint16_t packets[2];
	uint16_t events[2][SIDES];
	uint32_t serial;    /* tells it from what stood at its place before */
	uint32_t next_free; /* among those that are free */
	struct ref_time syn, opened;
};
static_assert(sizeof(struct owned_flow) <= 128, "a million of them are held at most");

/* Which end of a flow (0: a, 1: b) is this side of a packet that runs in direction `dir`? */
static inline unsigned flow_end(unsigned dir, enum side side)
{
	return side == SIDE_SENDER ? dir : 1 - dir;
}

struct owners {
	struct hash_key hash;
	struct index index; /* of the keys of flows */
	struct owned_flow *flows;
	struct pool successions, connections, chains; /* those that flows point to */
	uint32_t n, cap, free_list;
	struct queue queue; /* of those in use */
	uint32_t live, serial;
	uint64_t evicted; /* flows that the limit pushed out before they were idle */
};

void owners_init(struct owners *o, struct hash_key key);
void owners_done(struct owners *o);

/* The flow of a packet, made where it is new. *ret_dir is 0 where it runs from a to b. The sender
 * is end *ret_dir, the receiver the other one. Returns its place, or OWNERS_NONE. Pointers into
 * o->flows are good until the next call. */
uint32_t owners_flow(struct owners *o, const struct flow *flow, uint8_t transport,
	struct ref_time now, unsigned *ret_dir, struct err *err);

/* The same without making one: OWNERS_NONE where it is not known. */
uint32_t owners_find(
	const struct owners *o, const struct flow *flow, uint8_t transport, unsigned *ret_dir);

/* Who held that end of the flow, to be stretched. NULL with ERR_NOMEM. */
struct succession *owners_end(
	struct owners *o, struct owned_flow *f, unsigned end, struct err *err);

/* The flow's chains, to be written. NULL with ERR_NOMEM. */
struct flow_chains *owners_chains(struct owners *o, struct owned_flow *f, struct err *err);
/* Nothing of the flow is in the hold any more. */
void owners_unchain(struct owners *o, struct owned_flow *f);

/* A new connection of the ports of `place`: an empty entry takes its place in the index, the old
 * one stays for what is still held. Returns the new place, or OWNERS_NONE. */
uint32_t owners_open(struct owners *o, uint32_t place, struct ref_time now, struct err *err);
/* The connection before, or OWNERS_NONE where it is forgotten. */
uint32_t owners_older(const struct owners *o, uint32_t place);

/* An event says that `process` holds this end at `when`. `service` is the tag of the service that
 * its thread ran for, or 0. */
void tenure_stretch(struct succession *s, process_handle process, uint32_t service,
	struct ref_time when, struct evidence evidence);

/* Did a process hold it then, or so long before its first or behind its last event? */
bool tenure_holds(
	const struct tenure *t, struct ref_time when, int64_t before_ns, int64_t behind_ns);

enum tenancy {
	TENANCY_NOBODY, /* nobody is known to have held it then */
	TENANCY_SOLE,   /* *ret_a held it */
	TENANCY_RIVALS, /* it went from *ret_a to *ret_b, and which of them it was is not known */
};

/* How sharp a question is. */
struct tenure_reach {
	int64_t error_ns; /* of the clock */
	/* How far a tenure may be stretched before its first and behind its last event, without
	 * another event to prove it. */
	int64_t before_ns, behind_ns;
	int64_t rival_ns; /* a tenure that is so near is a rival, though it could not claim it */
	bool turns; /* even between two events of the other, for it may have had a turn there */
};

/* Who held this end of a flow at `when`? */
enum tenancy tenure_at(const struct succession *s, struct ref_time when,
	const struct tenure_reach *reach, const struct tenure **ret_a, const struct tenure **ret_b);
/* Did two processes take turns on it around that time? */
bool tenure_mixed(
	const struct succession *s, struct ref_time when, const struct tenure_reach *reach);

#endif
