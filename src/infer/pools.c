/* SPDX-License-Identifier: Apache-2.0 */
/* Cells by pool and length: see pools.h. */
#include "infer/pools.h"

#include <stdlib.h>

static int by_pool_and_length(const void *x, const void *y)
{
	const struct cell_tally *a = *(const struct cell_tally *const *)x;
	const struct cell_tally *b = *(const struct cell_tally *const *)y;
	if (a->pool != b->pool)
		return a->pool < b->pool ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return a < b ? -1 : a > b;
}

const struct cell_tally **pools_sort(const struct cell_tally *cells, size_t n, struct err *err)
{
	const struct cell_tally **sorted = malloc((n + 1) * sizeof *sorted);
	if (!sorted) {
		err_nomem(err);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		sorted[i] = &cells[i];
	qsort(sorted, n, sizeof *sorted, by_pool_and_length);
	return sorted;
}

size_t pools_same_pool(const struct cell_tally *const *cells, size_t n)
{
	size_t same = 1;
	while (same < n && cells[same]->pool == cells[0]->pool)
		same++;
	return same;
}

size_t pools_same_length(const struct cell_tally *const *cells, size_t n)
{
	size_t same = 1;
	while (same < n && cells[same]->length == cells[0]->length)
		same++;
	return same;
}
