/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that is set while its log is written, or while the capture is: see clock.h.
 *
 * From then on no event meets its packet any more. What lies behind the last pair is voted on again
 * (run_look), and a sure vote for another offset is the proof. */
#include <math.h>

#include "correlate/clock.h"

/* How many of its events meet a packet: of the last RECENT ones, and usually. A capture that was
 * filtered, or lost some, has few as ever; a fourth of that is worth a look. Each look at worst
 * reads what was read before, so after one in vain that share is the usual one, and they end. */
#define RECENT 64
#define USUAL 1024
#define WORTH_A_LOOK 4
#define VAIN_LOOKS 8
/* Where packets are lost, none of a burst of datagrams alike meets its own beyond doubt, and each
 * has some near. Behind a step few have. Wrong where all that is sent is alike and comes so densely
 * that events have packets near after a step, too: it is found out only when others come. */
#define NEAR_ENOUGH 0.5

void clock_meet(struct clock *c, const struct clock_pair *pair)
{
	c->last = *pair;
	c->recent += 1.0 / RECENT;
	c->doubt = c->suspect = false;
}

bool clock_given_up(const struct clock *c)
{
	return c->vain >= VAIN_LOOKS;
}

/* Wrong where the packets of a program end and its events do not (the capture was narrowed): then
 * a look finds nothing, and nothing changes. Wrong where an event meets by chance what it does not
 * belong to: on a busy flow few do. */
void clock_pass(struct clock *c, bool near)
{
	c->passed++;
	c->near += (near - c->near) / RECENT;
	c->recent -= c->recent / RECENT;
	c->usual += (c->recent - c->usual) / (double)(c->passed < USUAL ? c->passed : USUAL);
	if (c->passed >= RECENT && c->recent * WORTH_A_LOOK < c->usual && c->near < NEAR_ENOUGH &&
		c->last.event && c->state == CLOCK_SURE && !clock_given_up(c))
		c->suspect = true;
}

bool clock_agree(const struct clock *a, const struct clock *b)
{
	struct source_time then = { b->since_ns };
	double apart = (double)clock_offset(a, then) - (double)clock_offset(b, then);
	double drift =
		(a->rate_error + b->rate_error) * fabs((double)a->since_ns - (double)b->since_ns);
	return fabs(apart) <= 2 * ((double)a->error_ns + (double)b->error_ns) + drift;
}

bool clock_looked(struct clock *c, const struct clock *found)
{
	c->suspect = false;
	c->usual = c->recent;
	if (found->state != CLOCK_SURE || clock_agree(c, found)) {
		c->doubt = found->state != CLOCK_SURE;
		c->vain++;
		return false;
	}
	/* Of the same moment, not of the same stamp: between these two it ran, or did not. */
	struct ref_time then = clock_to_ref(found, (struct source_time){ found->since_ns });
	struct source_time before = { then.ns - c->offset_ns };
	c->stepped_ns += found->offset_ns - clock_offset(c, before);
	c->offset_ns = found->offset_ns;
	c->since_ns = found->since_ns;
	if (found->rate_error < c->rate_error) {
		c->rate = found->rate;
		c->rate_error = found->rate_error;
	}
	c->met = found->met;
	c->moved = c->placed;
	c->n_batch = c->n_medians = 0;
	c->vain = 0;
	c->passed = 0;
	c->recent = c->usual = c->near = 0;
	c->doubt = false;
	c->steps++;
	return true;
}
