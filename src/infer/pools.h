/* SPDX-License-Identifier: Apache-2.0 */
/* Cells in the order in which inferences look at them: pool by pool, and in a pool length by
 * length. */
#ifndef WHOSENT_INFER_POOLS_H
#define WHOSENT_INFER_POOLS_H

#include <stddef.h>

#include "base/err.h"
#include "model/group.h"

/* The n cells in that order; unknown lengths come last. The caller frees it. NULL with ERR_NOMEM.
 */
const struct cell_tally **pools_sort(const struct cell_tally *cells, size_t n, struct err *err);

/* How many at the front are of one pool; of a pool, how many have one length. n is not 0. */
size_t pools_same_pool(const struct cell_tally *const *cells, size_t n);
size_t pools_same_length(const struct cell_tally *const *cells, size_t n);

#endif
