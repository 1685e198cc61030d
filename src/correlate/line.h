/* SPDX-License-Identifier: Apache-2.0 */
/* A straight line through points of which up to half may be wrong.
 *
 * The repeated median (Siegel, "Robust regression using repeated medians", Biometrika 69, 1982):
 * the slope is the median over all points of the median slope from that point to the others. Its
 * breakdown point is one half; that of Theil and Sen is 29 %, that of least squares nothing. */
#ifndef WHOSENT_CORRELATE_LINE_H
#define WHOSENT_CORRELATE_LINE_H

#include <stddef.h>
#include <stdint.h>

/* What a slope is computed from at most: n * n slopes are sorted. */
#define LINE_POINTS 128

struct line_point {
	int64_t x, y;
};

struct line {
	double slope, error; /* of y over x; error: its standard error */
	int64_t from, span;  /* of x */
};

/* `points` are sorted by x, at least 2 and at most LINE_POINTS. The error is that of least squares,
 * with the spread of the points about the line by their median distance from it. */
struct line line_fit(const struct line_point *points, size_t n);

#endif
