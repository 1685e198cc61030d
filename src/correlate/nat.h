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

struct nat {
	struct map flows; /* a flow as it is seen somewhere -> the same on the other side */
};

void nat_init(struct nat *n, struct hash_key key);
void nat_done(struct nat *n);

/* A full table forgets it. ERR_NOMEM. */
int nat_learn(
	struct nat *n, const struct translation *t, struct evidence evidence, struct err *err);

/* Turns a packet's flow into that which the logs of our hosts know: who opened a connection knows
 * it as it was before the router, who answers as it is behind. False, and nothing done, where it is
 * that already, or where none of our hosts is behind it. */
bool nat_translate(const struct nat *n, const struct hosts *hosts, uint8_t transport,
	struct flow *flow, struct evidence *ret);

#endif
