/* SPDX-License-Identifier: Apache-2.0 */
/* Robust lines: see line.h. */
#include "correlate/line.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof *values, by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double slope_of(const struct line_point *points, size_t n)
{
	double outer[LINE_POINTS], inner[LINE_POINTS];
	size_t n_outer = 0;
	for (size_t i = 0; i < n; i++) {
		size_t n_inner = 0;
		for (size_t j = 0; j < n; j++)
			if (points[j].x != points[i].x)
				inner[n_inner++] = (double)(points[j].y - points[i].y) /
					(double)(points[j].x - points[i].x);
		if (n_inner)
			outer[n_outer++] = median(inner, n_inner);
	}
	return n_outer ? median(outer, n_outer) : 0;
}

/* The median distance of normal noise times this is its standard deviation. */
#define DEVIATION 1.4826

static double spread_about(const struct line_point *points, size_t n, double slope)
{
	double off[LINE_POINTS], sorted[LINE_POINTS];
	for (size_t i = 0; i < n; i++)
		sorted[i] = off[i] = (double)(points[i].y - points[0].y) -
			slope * (double)(points[i].x - points[0].x);
	double middle = median(sorted, n);
	for (size_t i = 0; i < n; i++)
		off[i] = fabs(off[i] - middle);
	return DEVIATION * median(off, n);
}

struct line line_fit(const struct line_point *points, size_t n)
{
	struct line l = { .slope = slope_of(points, n),
		.from = points[0].x,
		.span = points[n - 1].x - points[0].x };
	double mean = 0, squares = 0;
	for (size_t i = 0; i < n; i++)
		mean += (double)(points[i].x - l.from) / (double)n;
	for (size_t i = 0; i < n; i++) {
		double d = (double)(points[i].x - l.from) - mean;
		squares += d * d;
	}
	l.error = squares > 0 ? spread_about(points, n, l.slope) / sqrt(squares) : INFINITY;
	return l;
}
