/* SPDX-License-Identifier: Apache-2.0 */
/* What the providers of one file share, as the reader sees it; theirs is provider.h. Private to the
 * reader. */
#ifndef WHOSENT_EVIDENCE_ETL_SHARED_H
#define WHOSENT_EVIDENCE_ETL_SHARED_H

#include "base/map.h"
#include "evidence/trace/etl/provider.h"

#define ETL_ALSO_MOST 32u
#define ETL_ENDED_MOST 64u

/* A thread that has ended, and the stamp of that: what bears the same stamp may still be its own.
 */
struct etl_ended {
	uint32_t tid;
	int64_t raw;
};

struct etl_shared {
	struct map threads;
	struct etl_ended ended[ETL_ENDED_MOST];
	unsigned n_ended;
	unsigned seen; /* ETL_SEEN_* */
	uint32_t interfaces;
	int64_t raw; /* stamp of the record that is being read */
	struct record also[ETL_ALSO_MOST];
	unsigned n_also, next_also;
	uint64_t dropped; /* records for which `also` had no room */
};

void etl_shared_init(struct etl_shared *s);
void etl_shared_done(struct etl_shared *s);

/* Before each record that a provider reads. */
static inline void etl_shared_begin(struct etl_shared *s, int64_t raw)
{
	s->raw = raw;
	s->n_also = s->next_also = 0;
}

/* The next record of the present moment, or NULL. */
struct record *etl_shared_also(struct etl_shared *s);

#endif
