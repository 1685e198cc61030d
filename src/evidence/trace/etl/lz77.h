/* SPDX-License-Identifier: Apache-2.0 */
/* Plain LZ77 of [MS-XCA] 2.4, which compressed buffers of event trace logs are made of. Private to
 * the reader. */
#ifndef WHOSENT_EVIDENCE_ETL_LZ77_H
#define WHOSENT_EVIDENCE_ETL_LZ77_H

#include "base/cursor.h"
#include "base/err.h"

/* Expands `in` into the `n` bytes at `out` and stops when they are full: what may follow in `in` is
 * not looked at. Returns 0; -1 where the stream ends before or contradicts itself (offsets relative
 * to `in`). *ret_n is what stands in `out`, in either case. */
int lz77_expand(struct span in, uint8_t *out, size_t n, size_t *ret_n, struct err *err);

#endif
