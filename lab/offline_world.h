/* SPDX-License-Identifier: Apache-2.0 */
/* What truly happened in a case of lab-offline, on one clock: processes that begin and end, calls
 * that their kernels log, packets on the wire with whoever stood behind both of their sides. What
 * a capture or a trace makes of it is no matter here. */
#ifndef WHOSENT_LAB_OFFLINE_WORLD_H
#define WHOSENT_LAB_OFFLINE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/claim.h"
#include "model/record.h"
#include "offline_scenario.h"
#include "random.h"
#include "write/frame.h"

#define WORLD_MS 1000000ll
#define WORLD_START 1263482400000000000ll /* 2010-01-14 15:20:00 */
#define WORLD_NONE SIZE_MAX

/* Hosts of ours have numbers below; the world's others are all one. */
enum { WORLD_HOSTS = 3, WORLD_OTHERS = 99, WORLD_RECEIVERS = 3 };

struct world_process {
	unsigned host;
	uint32_t pid, parent;
	const char *image;
	int64_t from, to; /* outside of the case where it runs all the time */
	/* What the trace makes of it. */
	bool start_lost, end_lost;
	size_t first; /* whom the trace shows it as: the first of those that nothing parts, or
			 itself */
};

struct world_call {
	int64_t ns;
	unsigned host;
	size_t process;
	struct event event;
	bool mapped;       /* an IPv4 address stands in its event as a mapped one */
	struct addr local; /* the true one; the event's may be 0.0.0.0 */
	size_t link;       /* TCP: its connection, or WORLD_NONE, */
	unsigned end;      /* and which end of it */
	uint32_t from, to; /* TCP: which bytes of its direction */
	/* What the trace makes of it. */
	bool kept, near_loss;
	int64_t stamp;
};

/* One side of a packet. Several owners: receivers of a group, or all who hold a connection. */
struct world_side {
	unsigned host;
	enum reason reason; /* where there is no owner */
	size_t owners[WORLD_RECEIVERS], calls[WORLD_RECEIVERS];
	unsigned n_owners, n_calls;
};

struct world_packet {
	int64_t ns;
	const char *kind; /* a word, for whoever looks at failures */
	struct frame frame;
	uint64_t filling; /* of the payload */
	uint32_t bytes;   /* UDP: payload of the whole datagram */
	bool later;       /* a later fragment of it */
	uint16_t arp;     /* operation, or 0 */
	size_t quoted;    /* an ICMP error's packet, or WORLD_NONE */
	size_t link;      /* TCP: its connection */
	bool out;         /* TCP: from the end that opened it */
	bool again;       /* TCP: bytes that were sent before, or a probe */
	uint32_t from, to;
	struct world_side sides[SIDES];
};

struct world_end {
	unsigned host;
	size_t process; /* or WORLD_NONE */
	struct station station;
	uint16_t port;
	bool v6; /* of the two addresses of the station this one */
};

struct world_link {
	struct world_end ends[2]; /* [0] opened it */
	int64_t from, to;
	bool before_all; /* it was open before anything was captured */
	bool shared;
};

struct world {
	const struct scenario *scenario;
	struct random random;
	struct random families; /* which addresses are taken; by itself, so that it changes nothing
				 * else */
	bool v6;                /* the scene is between IPv6 addresses */
	int64_t ns, end_ns;     /* now; when the case is over, about */
	struct station hosts[WORLD_HOSTS];
	struct world_process *processes;
	struct world_call *calls;
	struct world_packet *packets;
	struct world_link *links;
	size_t n_processes, n_calls, n_packets, n_links;
	size_t cap_processes, cap_calls, cap_packets, cap_links;
	int64_t (*free_at)[2][65536]; /* [host][TCP?][port]: taken until then */
	uint16_t next_port[WORLD_HOSTS], ip_id;
};

/* Plays the whole case. Ends the program where memory is gone. */
void world_play(struct world *w, const struct scenario *s);
void world_done(struct world *w);

/* The parts of it, for one another. */
uint32_t world_below(struct world *w, uint32_t n);
int64_t world_between(struct world *w, int64_t low, int64_t high);
bool world_chance(struct world *w, enum param thousandth);
int64_t world_lag(struct world *w);
struct addr world_addr(const struct station *station, bool v6);
/* A process of the host that lives from `from` to `to`; WORLD_NONE where there is none. */
size_t world_anyone(struct world *w, unsigned host, int64_t from, int64_t to);
struct world_end world_peer(struct world *w, uint16_t port);
/* An ephemeral port of the host that is free, taken until `until`. */
uint16_t world_port(struct world *w, unsigned host, bool tcp, int64_t until);
struct world_end world_ours(struct world *w, unsigned host, size_t process, uint16_t port);

size_t world_call(struct world *w, const struct world_call *call);
struct world_packet *world_packet(struct world *w, const struct world_packet *packet);
struct event world_event(enum event_op op, uint8_t transport, const struct world_end *local,
	const struct world_end *remote);
/* A side whose owner is the end's process, or no host of ours. */
struct world_side world_side(const struct world_end *end);

/* A datagram from ends[0] to ends[1]. Each end that is ours logs it, `lag` away from the wire. */
struct world_datagram {
	int64_t ns, lag;
	struct world_end ends[2];
	uint32_t bytes;
	bool wildcard; /* our ends' events state no local address */
	const char *kind;
};
size_t world_datagram(struct world *w, const struct world_datagram *d);

/* Scenes; each plays from w->ns on, in its own time. */
void world_udp_scene(struct world *w);
void world_turnover_scene(struct world *w);
void world_shared_udp_scene(struct world *w);
void world_group_scene(struct world *w);
void world_tcp_scene(struct world *w);
void world_shared_tcp_scene(struct world *w);
void world_tuple_scene(struct world *w);
void world_old_links(struct world *w);
void world_kernel_scene(struct world *w);
void world_foreign_scene(struct world *w);
void world_spoofed_scene(struct world *w);

#endif
