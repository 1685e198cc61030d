/* SPDX-License-Identifier: Apache-2.0 */
/* Following a clock while its log is read: see clock.h.
 *
 * Each pair says what the offset was at its moment. The median of a batch is one point; through the
 * last points goes a line by the repeated median (line.h), so that neither a few wrong pairs nor a
 * few bad batches (a busy disk that delays the log) move it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/clock.h"

/* A batch ends after so long, however few pairs it has: at 300 ppm the clocks drift apart by 3 ms
 * meanwhile. */
#define BATCH_NS (10 * STAMP_NS_PER_S)
/* The level is that of the last points: many enough to outvote two bad ones. */
#define LEVEL_POINTS 5
/* From so many points on their slope is worth something. */
#define SLOPE_POINTS 4
/* A rate changes with the temperature, some 0.01 ppm in a second, and is never known better. */
#define WANDER_PER_S 1e-8
#define RATE_ERROR_LEAST 2e-6
/* More doubt than this would hold packets and events of other moments to be one. */
#define WIDEST_NS 100000000

int64_t clock_error(const struct clock *c, struct ref_time at)
{
	if (c->state != CLOCK_SURE || !c->has_met)
		return c->error_ns;
	double gap = fabs((double)at.ns - (double)c->met.ns);
	return c->error_ns + (int64_t)fmin(gap * fmax(c->rate_error, RATE_ERROR_LEAST), WIDEST_NS);
}

static int by_y(const void *a, const void *b)
{
	const struct line_point *x = a, *y = b;
	return (x->y > y->y) - (x->y < y->y);
}

/* Its median, as seen from its middle. */
static struct line_point close_batch(struct clock *c)
{
	struct line_point p = { .x = c->batch[0].x / 2 + c->batch[c->n_batch - 1].x / 2 };
	for (unsigned i = 0; i < c->n_batch; i++)
		c->batch[i].y += (int64_t)(c->rate * (double)(p.x - c->batch[i].x));
	qsort(c->batch, c->n_batch, sizeof *c->batch, by_y);
	p.y = c->batch[c->n_batch / 2].y;
	c->n_batch = 0;
	return p;
}

static void remember(struct clock *c, struct line_point p)
{
	/* Packets of several captures are not quite in order; a line needs them so. */
	while (c->n_medians && c->medians[c->n_medians - 1].x > p.x)
		c->n_medians--;
	if (c->n_medians == CLOCK_BATCHES)
		memmove(c->medians, c->medians + 1, --c->n_medians * sizeof *c->medians);
	c->medians[c->n_medians++] = p;
	if (!c->has_first_at)
		c->first_at.ns = p.x;
	c->has_first_at = true;
	double t = (double)(p.x - c->first_at.ns) / 1e9;
	double o = (double)(p.y - c->first_offset_ns - c->stepped_ns);
	c->n += 1;
	c->sum_t += t;
	c->sum_o += o;
	c->sum_tt += t * t;
	c->sum_to += t * o;
}

/* The last points say it only where they know better than what came before. */
static void learn_rate(struct clock *c, double seconds)
{
	c->rate_error = fmin(c->rate_error + seconds * WANDER_PER_S, CLOCK_RATE_MOST);
	if (c->n_medians < SLOPE_POINTS)
		return;
	struct line l = line_fit(c->medians, c->n_medians);
	double error = fmax(l.error, RATE_ERROR_LEAST);
	if (l.span <= 0 || error > c->rate_error || fabs(l.slope) > CLOCK_RATE_MOST)
		return;
	c->rate = l.slope;
	c->rate_error = error;
}

/* The median of what the last points say of `now`. */
static int64_t level(const struct clock *c, int64_t now)
{
	struct line_point said[LEVEL_POINTS];
	/* Without a slope an old point says nothing of now. */
	size_t n = c->n_medians < SLOPE_POINTS ? 1
		: c->n_medians < LEVEL_POINTS  ? c->n_medians
					       : LEVEL_POINTS;
	for (size_t i = 0; i < n; i++) {
		said[i] = c->medians[c->n_medians - n + i];
		said[i].y += (int64_t)(c->rate * (double)(now - said[i].x));
	}
	qsort(said, n, sizeof *said, by_y);
	return said[(n - 1) / 2].y / 2 + said[n / 2].y / 2;
}

/* One batch moves the clock by half of its error at most.
 * Wrong where a clock is set by less than its error in the middle of a capture: that looks like
 * drift for the time of a few batches, and pairs inside it may be graded `flow`, not `exact`. */
static void refine(struct clock *c, struct line_point p)
{
	int64_t before = c->n_medians ? c->medians[c->n_medians - 1].x : p.x;
	remember(c, p);
	int64_t old = clock_offset(c, (struct source_time){ p.x - p.y });
	learn_rate(c, (double)llabs(p.x - before) / 1e9);
	int64_t move = level(c, p.x) - old;
	if (move > c->error_ns / 2)
		move = c->error_ns / 2;
	if (move < -c->error_ns / 2)
		move = -c->error_ns / 2;
	c->since_ns = p.x - p.y;
	c->offset_ns = old + move;
	c->moved = c->placed;
}

void clock_track(struct clock *c, struct ref_time at, int64_t delta_ns, uint64_t event)
{
	if (c->state != CLOCK_SURE)
		return;
	struct source_time own = { at.ns - delta_ns - c->offset_ns };
	c->met = at;
	c->has_met = true;
	if (event <= c->moved)
		return;
	c->batch[c->n_batch++] = (struct line_point){ at.ns, clock_offset(c, own) + delta_ns };
	if (c->n_batch == CLOCK_TRACK || at.ns - c->batch[0].x >= BATCH_NS)
		refine(c, close_batch(c));
}
