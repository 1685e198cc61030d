/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of kernel event logs. */
#ifndef WHOSENT_EVIDENCE_TRACE_H
#define WHOSENT_EVIDENCE_TRACE_H

#include "model/source.h"

/* The CSV of tracedmp (2000) and tracerpt: doc/tracerpt-csv.md. */
extern const struct source_format format_tracerpt_csv;
/* The XML of tracerpt (Windows Vista and later): doc/tracerpt-xml.md. */
extern const struct source_format format_tracerpt_xml;
/* The text of `xperf -a dumper`: doc/xperf-dumper.md. */
extern const struct source_format format_xperf_dumper;
/* The .etl files of Windows themselves: doc/etl.md. */
extern const struct source_format format_etl;

#endif
