/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of the first pass, kept in an unlinked temporary file for the second: one fixed record a
 * packet, in the order in which packets are settled. */
#ifndef WHOSENT_CMD_SPILL_H
#define WHOSENT_CMD_SPILL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "model/claim.h"

struct spilled {
	struct claim claims[SIDES];
	struct outer_claim outer[SIDES]; /* good for a packet with DIGEST_OUTER */
	uint32_t cell;
	uint8_t direction;
	bool selected, is_copy;
	struct evidence original; /* the packet that it is a copy of */
};

struct spill {
	FILE *file; /* NULL: nothing is kept */
};

int spill_open(struct spill *s, struct err *err); /* before the sandbox: it makes a file */
void spill_close(struct spill *s);
int spill_write(struct spill *s, const struct spilled *record, struct err *err);
int spill_rewind(struct spill *s, struct err *err);
int spill_read(struct spill *s, struct spilled *ret, struct err *err);

#endif
