/* SPDX-License-Identifier: Apache-2.0 */
/* Event trace logs have no magic number; this knows them by what must be true of their front.
 * Private to the reader. */
#ifndef WHOSENT_EVIDENCE_ETL_SIGHT_H
#define WHOSENT_EVIDENCE_ETL_SIGHT_H

#include <stdbool.h>

#include "base/cursor.h"

bool etl_recognise(struct span head, bool whole);

#endif
