/* SPDX-License-Identifier: Apache-2.0 */
/* When the packets of cells came that lack evidence, and what else went on at that time: what the
 * grade `lifetime` is made of. */
#ifndef WHOSENT_DESCRIBE_TRAILS_H
#define WHOSENT_DESCRIBE_TRAILS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/map.h"
#include "model/group.h"
#include "model/settled.h"

struct trails {
	struct arena states;
	struct series **hosts; /* [n_hosts] what each host sent; NULL where it sent nothing */
	uint32_t n_hosts, n_trails;
	struct map peers;       /* address -> series */
	uint64_t peer_bits[16]; /* which of them it may be: most packets need no look-up */
	struct ref_time eras[LIMIT_ERAS]; /* sorted */
	size_t n_eras;
};

void trails_init(struct trails *t, struct hash_key key);
void trails_done(struct trails *t);

/* Does it leave one of our hosts without a process, for no other reason than missing evidence? A
 * log that denies a packet or lost some says more than that. */
bool trails_wanted(const struct settled *packet);

/* Another time at which cells end; above LIMIT_ERAS it is forgotten. */
void trails_add_era(struct trails *t, struct ref_time at);

/* How many of the eras' ends lie before it. */
uint32_t trails_era(const struct trails *t, const struct settled *packet);

/* Keeps what is to be kept of a packet of this cell. */
int trails_follow(struct trails *t, const struct settled *packet, bool first,
	struct cell_tally *cell, struct err *err);

const struct series *trails_host(const struct trails *t, uint32_t host);
const struct series *trails_peer(const struct trails *t, const struct addr *peer);

#endif
