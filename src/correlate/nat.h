/* SPDX-License-Identifier: Apache-2.0 */
/* What a router states of the connections that it translates: the same packets have other addresses
 * and ports before and behind it. */
#ifndef WHOSENT_CORRELATE_NAT_H
#define WHOSENT_CORRELATE_NAT_H

#include "base/err.h"
#include "base/hash.h"
#include "base/map.h"
#include "correlate/hosts.h"
#include "model/claim.h"
#include "model/record.h"

struct nat_use; /* of a flow by one connection, while that lasted */

struct nat {
	struct map flows; /* a flow as it is seen somewhere -> its uses */
	struct nat_use *uses;
	uint32_t n_uses, cap_uses;
};

void nat_init(struct nat *n, struct hash_key key);
void nat_done(struct nat *n);

struct nat_line {
	const struct translation *translation;
	struct ref_time when; /* where it is not merely listed; the router's clock is believed to be
			       * right, or given */
	struct evidence evidence;
};

/* A full table forgets the flow. ERR_NOMEM. */
int nat_learn(struct nat *n, const struct nat_line *line, struct err *err);

/* Turns the flow of a packet of that time into that which the logs of our hosts know: who opened a
 * connection knows it as it was before the router, who answers as it is behind. False, and nothing
 * done, where it is that already, where none of our hosts is behind it, and where several
 * connections used the flow and it is not certain which one did. */
bool nat_translate(struct nat *n, const struct hosts *hosts, uint8_t transport,
	struct ref_time when, struct flow *flow, struct evidence *ret);

#endif
