/* SPDX-License-Identifier: Apache-2.0 */
/* Lays out one record of an event trace log. Private to etl.c. */
#ifndef WHOSENT_LAB_ETL_RECORD_H
#define WHOSENT_LAB_ETL_RECORD_H

#include <stdint.h>

#include "write/etl.h"

/* With its header, not rounded up. */
uint32_t etlog_record_bytes(const struct etlog_record *r);
void etlog_record_put(const struct etlog_record *r, uint8_t pointer, int64_t stamp, uint8_t *ret);

#endif
