/* SPDX-License-Identifier: Apache-2.0 */
/* Who held which local endpoint, whatever the peer. Holding is an interval, stretched by events; a
 * bind lasts until its end is told. A wildcard stands for all addresses of its host and family. */
#ifndef WHOSENT_CORRELATE_ENDPOINTS_H
#define WHOSENT_CORRELATE_ENDPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/index.h"
#include "base/queue.h"
#include "correlate/roster.h"
#include "model/claim.h"
#include "model/record.h"

#define ENDPOINT_HOLDERS 2

struct holder {
	process_handle process; /* PROCESS_NONE: nobody */
	uint32_t peer;          /* hash of the first peer's endpoint */
	struct ref_time first, last;
	struct evidence evidence; /* its last event */
	bool several;             /* it had more than one peer: the socket is nobody's alone */
	bool bound;               /* said to hold the endpoint as such, from `first` on */
	bool released;            /* said to have let it go, at `last` */
};

static inline bool holder_within(const struct holder *h, struct ref_time when, int64_t reach)
{
	return when.ns >= h->first.ns - reach && when.ns <= h->last.ns + reach;
}

struct endpoints {
	struct hash_key hash;
	struct index index; /* of the keys of entries */
	struct endpoint_entry *entries;
	uint32_t n, cap, free_list;
	struct queue queue; /* of those in use */
	bool limited;       /* one was forgotten that may still be held, the last one at: */
	struct ref_time limited_at;
	bool connections_limited; /* the same of those of connections */
};

void endpoints_init(struct endpoints *e, struct hash_key key);
void endpoints_done(struct endpoints *e);

/* An event of `process` at its local endpoint. */
struct binding {
	uint32_t host;
	process_handle process;
	uint8_t transport;
	struct endpoint local, peer;
	struct ref_time when;
	struct evidence evidence;
	bool bound;      /* no peer: it holds the endpoint as such */
	bool connection; /* TCP: of one connection, which says nothing of who listens */
};
void endpoints_bind(struct endpoints *e, const struct binding *b);
/* It says that the process let the endpoint go. */
void endpoints_release(struct endpoints *e, const struct binding *b);

struct endpoint_question {
	uint32_t host;
	uint8_t transport;
	bool connections; /* of TCP: not who listens, but whose connections it has */
	bool receives; /* the packet goes to the endpoint: a bind to its very address wins there */
	struct endpoint local;
	struct ref_time when;
	int64_t error_ns; /* of the clock */
};

/* Someone else than the owner who had the endpoint so near that the packet may be theirs, or NULL.
 * Good until the next endpoints_bind. */
const struct holder *endpoints_rival(
	const struct endpoints *e, const struct endpoint_question *q, process_handle owner);

/* Who was seen last at this very endpoint, [ENDPOINT_HOLDERS], or NULL: nobody, or the limit does
 * not let us know. *ret_crowd: others before them, not long ago. Good until the next
 * endpoints_bind. */
const struct holder *endpoints_seen(
	const struct endpoints *e, const struct endpoint_question *q, bool *ret_crowd);

/* May a limit have pushed out just that one? */
bool endpoints_limited(const struct endpoints *e, struct ref_time when);

/* Who held the endpoint? */
struct endpoint_answer {
	const struct holder *sole; /* NULL where nobody is proved to, or more than one may have */
	bool proved;               /* somebody is */
	bool open;                 /* `sole` has no event behind the packet's time */
	bool more;                 /* there were others than: */
	size_t n;
	process_handle processes[CLAIM_CANDIDATES]; /* who may have held it */
	struct evidence evidence[CLAIM_EVIDENCE];   /* of the first of them */
};
void endpoints_ask(const struct endpoints *e, const struct roster *roster,
	const struct endpoint_question *q, struct endpoint_answer *ret);

#endif
