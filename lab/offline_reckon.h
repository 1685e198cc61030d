/* SPDX-License-Identifier: Apache-2.0 */
/* For each side of each frame of lab-offline: who it was, and `best`, the strongest grade that the
 * written evidence supports. It is reckoned from what truly happened and what was written of it,
 * and knows nothing of how the tool works.
 *
 * Datagrams. `exact`: the side's own event was kept, and so many events as frames of this flow,
 * direction and length lie so close together that the clock cannot tell them apart, all of one
 * process. Other numbers, one process: `flow`. Several processes: `ambiguous`, but where the
 * numbers agree either answer is right, for then order decides. Where IPv6 is copied the numbers
 * are not known. Without its own event: `flow` where the same process has an event on the same flow
 * before and behind it, `endpoint` where it has them on the same local port, and nobody else has
 * one between them; else a reason. An event of somebody else within the hold may make it
 * `ambiguous`.
 *
 * Notes of processes. Where those of an end and of the next start under its PID were lost, the
 * trace shows one process for both, and the name of either is right.
 *
 * Connections. `exact`: data whose bytes, and all before them, have kept events of one process,
 * from a connect or accept event and a handshake that were written; handshakes and retransmissions
 * with their own event. `flow`: all else of a connection with a kept event, where one process had
 * it. Two that share it: data with such events is theirs, the rest is nearest to the event before
 * and behind it; where these differ, or both took turns, it is `ambiguous`. After its process has
 * ended a connection is the kernel's.
 *
 * Echoes. A request through a raw socket is `exact` by the socket's own event, and the answer is of
 * the same process. Most logs have no such events: `not-traced`.
 *
 * Groups. Each receiver whose event was kept is one of the receivers.
 *
 * Behind a NAT, or with other addresses: `ports` for a datagram whose event was kept, where ports
 * and length are those of one frame and one event within the clock's error. Nothing is asked of
 * what else agrees.
 *
 * "-" asks for nothing: where the contract leaves a choice (the first packets of a connection that
 * was open before, the moments after a clock was set), and where the evidence that is left shows
 * another process than the true one, and no tool could know better; those are counted. */
#ifndef WHOSENT_LAB_OFFLINE_RECKON_H
#define WHOSENT_LAB_OFFLINE_RECKON_H

#include "offline_observe.h"

enum { BEST_WHO = 6 };

struct best {
	const char *word;                      /* a grade, a reason or "-" */
	bool or_ambiguous, or_reason, or_name; /* that is right as well */
	bool misled;                           /* the evidence shows another process */
	bool left;            /* the true one left an event of the same kind somewhere */
	size_t who[BEST_WHO]; /* whom to name is not wrong */
	unsigned n_who;
};

/* A kept event or a side of a frame, ordered by what a clock cannot tell apart. */
struct reckon_item {
	struct {
		unsigned host, out;
		struct addr local, remote;
		uint16_t local_port, remote_port;
		uint32_t bytes;
	} key;
	int64_t ns;
	size_t index; /* of the call, or of the frame */
	bool event;
};

/* What lies together. */
struct reckon_cluster {
	size_t packets, events;
	size_t process; /* of its events */
	bool several;
};

/* What an event has in common with others of its kind: a service is a port below 1024. */
struct reckon_kind {
	size_t process;
	uint32_t bytes; /* of datagrams */
	uint16_t service;
	uint8_t transport, out;
};

struct reckon {
	const struct observed *o;
	const struct world *w;
	int64_t blur_ns[WORLD_HOSTS]; /* closer together nothing can be told apart */
	struct reckon_cluster *clusters;
	size_t *cluster_of;        /* [2 * n_frames], or WORLD_NONE */
	int64_t *nearest;          /* [2 * n_frames]: how far away an event of the cluster is */
	struct reckon_kind *kinds; /* of all kept calls, in order */
	size_t n_kinds;
	size_t *ports; /* kept datagram calls by host, local port, family and time */
	size_t n_ports;
	size_t *of_link, *link_first; /* calls by connection, in order; [n_links + 1] */
	bool *link_syn;               /* a frame of its handshake was written */
	size_t pairs[WORLD_HOSTS];    /* keys that occur once on both sides */
};

void reckon_init(struct reckon *r, const struct observed *o);
void reckon_done(struct reckon *r);
void reckon_side(const struct reckon *r, size_t frame, enum side side, struct best *ret);

/* truth.tsv: file, frame, kind, and for both sides best, what is right as well, and who (PID and
 * image, separated by "|"). */
void reckon_write(const struct reckon *r, const char *const captures[], struct str *out);
/* clocks.tsv: file, the least and the most that is to be added to its clock (ns), tick, pairs, how
 * fast it runs (ppm), how long. */
void reckon_clocks(const struct reckon *r, const char *const files[], struct str *out);

/* Parts of it. */
void reckon_datagram(const struct reckon *r, size_t frame, enum side side, struct best *ret);
void reckon_echo(const struct reckon *r, size_t frame, enum side side, struct best *ret);
void reckon_stream(const struct reckon *r, size_t frame, enum side side, struct best *ret);
void best_who(struct best *b, size_t process);
/* A reason for what has no event. */
void best_missing(const struct reckon *r, unsigned host, int64_t ns, struct best *b);

#define RECKON_HOLD_NS 2000000000ll
#define RECKON_IDLE_NS 120000000000ll

#endif
