/* SPDX-License-Identifier: Apache-2.0 */
/* Grades over whole groups, after the last packet. */
#ifndef WHOSENT_INFER_INFER_H
#define WHOSENT_INFER_INFER_H

#include <stddef.h>

#include "base/err.h"
#include "model/group.h"

/* Grade `pattern`: packets without evidence of their own whose whole group (one family, one
 * payload length) is one process's as far as there is evidence. Where more processes show the
 * pattern, they become `ambiguous` with those as candidates. `ret` is [n], parallel. */
int infer_pattern(
	const struct cell_tally *cells, size_t n, struct cell_verdict *ret, struct err *err);

#endif
