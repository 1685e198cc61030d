/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that were captured more than once: at a span port, in two captures, before and behind a
 * router. A copy takes part in nothing and shares the answer of the first one. */
#ifndef WHOSENT_CORRELATE_COPIES_H
#define WHOSENT_CORRELATE_COPIES_H

#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "correlate/clock.h"
#include "correlate/hold.h"

struct copies {
	struct map links;           /* place in the hold -> link: of copies, and of what has some */
	const struct clock *clocks; /* [n_inputs]; borrowed */
	unsigned most;              /* earlier packets of a flow that one is compared with */
	int64_t furthest_ns;        /* what is further behind is the original of nothing */
	struct evidence original;   /* copies_original() points here */
};

void copies_init(
	struct copies *c, const struct clock *clocks, unsigned n_captures, struct hash_key key);
void copies_done(struct copies *c);

/* The packet of the hold that *p, which just came in the direction p->dir of the flow, is a copy
 * of, or HOLD_NONE. `said`: its source says that it is one of an earlier packet. */
uint32_t copies_find(const struct copies *c, const struct hold *h, const struct owned_flow *f,
	const struct held_packet *p, bool said);
/* The copy at `place` is one of the packet at `original`. */
int copies_link(
	struct copies *c, struct hold *h, uint32_t original, uint32_t place, struct err *err);

/* The claims of the packet at `place` are made: its copies take them over. */
void copies_share(struct copies *c, struct hold *h, uint32_t place);
/* What the copy at `place` is one of; good until the next call. */
const struct evidence *copies_original(struct copies *c, uint32_t place);
/* The mark that was left with the packet which the copy at `place` is one of. */
uint32_t copies_mark(const struct copies *c, uint32_t place);
/* The packet at `place` leaves the hold, with this mark for its copies. */
void copies_drop(struct copies *c, uint32_t place, uint32_t mark);

#endif
