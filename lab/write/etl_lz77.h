/* SPDX-License-Identifier: Apache-2.0 */
/* Packs bytes as Plain LZ77 ([MS-XCA] 2.3), which compressed buffers of event trace logs hold. */
#ifndef WHOSENT_LAB_ETL_LZ77_H
#define WHOSENT_LAB_ETL_LZ77_H

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

/* What `n` bytes may become at the most. */
static inline size_t etl_lz77_bound(size_t n)
{
	return n + n / 8 + 16;
}

/* Returns how many bytes it wrote; `out` holds etl_lz77_bound(in.n). */
size_t etl_lz77_pack(struct span in, uint8_t *out);

#endif
