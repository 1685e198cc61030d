/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of kernel event logs. */
#ifndef WHOSENT_EVIDENCE_TRACE_H
#define WHOSENT_EVIDENCE_TRACE_H

#include "model/source.h"

/* The CSV of tracedmp (2000) and tracerpt (XP, 2003): doc/tracerpt-csv.md. */
extern const struct source_format format_tracerpt_csv;

#endif
