/* SPDX-License-Identifier: Apache-2.0 */
/* A packet list says little of many frames, packet details say much of few: two records of one
 * frame number become one packet. */
#ifndef WHOSENT_CORRELATE_COMPLETE_H
#define WHOSENT_CORRELATE_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/map.h"
#include "model/digest.h"

struct complete {
	struct map frames;
};

struct detail_frame {
	uint64_t number; /* key */
	uint32_t input;
	bool taken;
	struct digest digest;
};

void complete_init(struct complete *c, struct hash_key key);
void complete_done(struct complete *c);

/* Keeps a frame's details. ERR_LIMIT above LIMIT_DETAILS. A second text of one number is kept from
 * the first only. */
int complete_add(struct complete *c, uint64_t number, uint32_t input, const struct digest *digest,
	struct err *err);

/* Adds to *d what the details know beyond it. False where there are none, or where they tell of
 * another packet (addresses or ports differ: the same number in another capture). */
bool complete_fill(struct complete *c, uint64_t number, struct digest *d);

/* Details that no list mentioned, by number. The array is the caller's to free. */
int complete_rest(
	const struct complete *c, const struct detail_frame ***ret, size_t *ret_n, struct err *err);

#endif
