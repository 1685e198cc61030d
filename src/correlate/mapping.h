/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses that a capture shows in place of others: NAT, or a capture that was anonymised. Learned
 * from datagrams that agree with an event in all but the address. Only one-to-one mappings count:
 * where several addresses share one, it says nothing of whose a packet is. */
#ifndef WHOSENT_CORRELATE_MAPPING_H
#define WHOSENT_CORRELATE_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/map.h"
#include "model/report.h"

struct mappings {
	struct map there; /* address of the trace -> that of a capture */
	struct map back;
	bool proven; /* one is: worth asking */
	bool failed; /* memory ran out */
};

/* One datagram and its event. */
struct mapping_pair {
	uint32_t capture; /* the input that has the datagram */
	struct addr trace, captured;
	uint16_t ports[2];
};

void mappings_init(struct mappings *m, struct hash_key key);
void mappings_done(struct mappings *m);

/* Takes one more pair in. False where it contradicts what was proven before: one of the two is
 * wrong, and which one is not known. */
bool mappings_learn(struct mappings *m, const struct mapping_pair *pair);

/* The trace's address for that of a capture where it is proven, or NULL. Good until the next
 * mappings_learn. */
const struct addr *mappings_trace(
	const struct mappings *m, uint32_t capture, const struct addr *captured);

/* The other way round. */
const struct addr *mappings_captured(
	const struct mappings *m, uint32_t capture, const struct addr *trace);

/* Those proven that change an address, most packets first. *ret is the caller's to free. */
int mappings_list(const struct mappings *m, struct mapping **ret, size_t *ret_n, struct err *err);

#endif
