/* SPDX-License-Identifier: Apache-2.0 */
/* Who held which local endpoint, whatever the peer. Ownership is an interval, as in owners.h. */
#ifndef WHOSENT_CORRELATE_ENDPOINTS_H
#define WHOSENT_CORRELATE_ENDPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/map.h"
#include "correlate/owners.h"

struct endpoints {
	struct map map; /* local endpoint -> succession */
	bool limited;   /* one could not be kept: what is not known may be owned */
};

void endpoints_init(struct endpoints *e, struct hash_key key);
void endpoints_done(struct endpoints *e);

/* An event says that `process` has this local endpoint at `when`. */
void endpoints_bind(struct endpoints *e, uint8_t transport, const struct endpoint *local,
	process_handle process, struct ref_time when, struct evidence evidence);
/* NULL where nothing is known of it. Good until the next endpoints_bind. */
const struct succession *endpoints_at(
	const struct endpoints *e, uint8_t transport, const struct endpoint *local);

#endif
