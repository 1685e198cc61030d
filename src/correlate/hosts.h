/* SPDX-License-Identifier: Apache-2.0 */
/* The computers whose evidence was given, and which addresses are theirs. */
#ifndef WHOSENT_CORRELATE_HOSTS_H
#define WHOSENT_CORRELATE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/map.h"
#include "model/addr.h"
#include "model/record.h"

#define HOST_NONE UINT32_MAX
#define HOST_SHARED (UINT32_MAX - 1) /* inside the table: an address of several hosts */

/* What one input has shown so far. */
struct hosts_input {
	bool has_evidence; /* its records tie processes to addresses */
	bool knows;        /* it showed a local address itself */
	bool told;         /* its interfaces' descriptions list their addresses */
	bool states;       /* its packets name processes */
};

struct hosts {
	uint32_t *of_input; /* [n_inputs] */
	const char **given; /* [n_inputs] name by --host, or NULL; borrowed */
	size_t n_inputs;
	const char **names; /* [n] or NULL each */
	size_t n;           /* at least 1 once settled */
	bool settled;
	struct map locals;         /* address -> input while learning, host once settled */
	struct host_slot *recent;  /* addresses that were asked for last */
	struct hosts_input *shown; /* [n_inputs] */
};

int hosts_init(struct hosts *h, size_t n_inputs, struct hash_key key, struct err *err);
void hosts_done(struct hosts *h);

/* --host FILE=NAME. */
void hosts_name_input(struct hosts *h, uint32_t input, const char *name);

/* Learns the local address of an event: while the logs are peeked at (before hosts_settle) and
 * while they are read. A full table (LIMIT_ADDRESSES) forgets the address, no more. */
int hosts_see_event(struct hosts *h, uint32_t input, const struct event *e, struct err *err);

/* An address of the host that the input says it was captured on. Same limit. */
int hosts_see_address(struct hosts *h, uint32_t input, const struct addr *local, struct err *err);

/* Learns which end of a packet is local whose process the capture states: the one that it says
 * sent or received it. */
int hosts_see_owned(
	struct hosts *h, uint32_t input, const struct digest *d, bool looked_up, struct err *err);

/* Makes hosts of inputs: those of one name, and logs that share a local address, are one host. An
 * input without name and without addresses belongs to the only host; where there are several it
 * belongs to none (HOST_NONE). */
int hosts_settle(struct hosts *h, struct err *err);

/* May a process of that host be at this address? No where it is another host's, or that of several
 * (two machines behind NATs, the loopback of many): flows of theirs look alike. */
bool hosts_may_be_at(const struct hosts *h, uint32_t host, const struct addr *a);

/* The host that owns the address, or HOST_NONE. Loopback addresses belong to the only host. */
uint32_t hosts_of_addr(const struct hosts *h, const struct addr *a);

/* Is it an address of the machine that this input was written on? What other inputs know does not
 * count where this one knows nothing: it may be of another machine. */
bool hosts_owns(const struct hosts *h, uint32_t input, const struct addr *a);

/* Is any local address known? */
bool hosts_any_local(const struct hosts *h);

/* The event as its host means it: a UDP receive whose orientation the format leaves open is
 * turned so that its local end is a local address. */
struct event hosts_orient(const struct hosts *h, const struct event *e);

#endif
