/* SPDX-License-Identifier: Apache-2.0 */
/* The correlator: takes merged records in, gives settled packets out, in the order in which the
 * packets came. */
#ifndef WHOSENT_CORRELATE_JOIN_H
#define WHOSENT_CORRELATE_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "correlate/coverage.h"
#include "correlate/hosts.h"
#include "correlate/roster.h"
#include "model/record.h"
#include "model/settled.h"

struct join;

struct join_setup {
	struct hash_key key;
	struct hosts *hosts; /* settled; all four are borrowed */
	struct roster *roster;
	struct coverage *coverage;
	struct clock *clocks;    /* [n_inputs]; refined while running */
	unsigned n_captures;     /* inputs with packets */
	const uint64_t *watched; /* sorted frame numbers of --frame */
	size_t n_watched;
	int (*settled)(void *context, const struct settled *packet, struct err *err);
	void *context;
};

int join_new(const struct join_setup *setup, struct join **ret, struct err *err);
void join_free(struct join *j); /* accepts NULL */

/* An address that a capture shows; also told by join_packet. Telling them early (from what was
 * peeked at) spares `ports` a wrong guess at the front of a capture. */
int join_see_address(struct join *j, const struct addr *a, struct err *err);

/* `when` is NULL where the record states no time, or none that can be compared. Records come in
 * order of time, give or take the hold. */
int join_packet(struct join *j, const struct record *record, const struct digest *digest,
	const struct ref_time *when, bool selected, struct err *err);
int join_event(
	struct join *j, const struct record *record, const struct ref_time *when, struct err *err);

/* A router states the two sides of a connection; it holds for packets that come later. */
int join_translation(struct join *j, const struct record *record, struct err *err);

/* Settles what is still held. */
int join_finish(struct join *j, struct err *err);

/* Addresses that captures show in place of the logs' ones: see mappings_list. */
int join_mappings(const struct join *j, struct mapping **ret, size_t *ret_n, struct err *err);

/* Packets, events and flows that a limit pushed out. */
uint64_t join_evicted(const struct join *j);

#endif
