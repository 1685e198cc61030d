/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of events in a dump of xperf, and which of their columns are used. Private to the reader.
 */
#ifndef WHOSENT_EVIDENCE_DUMPER_KIND_H
#define WHOSENT_EVIDENCE_DUMPER_KIND_H

#include "evidence/csv.h"
#include "evidence/trace/dump_event.h"

#define KIND_NAME_BYTES 128
#define KIND_COLUMNS 40 /* those that are used stand among the first 20 */

struct dumper_kind {
	char name[KIND_NAME_BYTES];
	enum dump_class class;
	unsigned version, what; /* as in struct dump_event */
	uint8_t time;           /* column */
	uint8_t process;        /* column of "name (pid)", or 0 */
	uint8_t n;
	const char *fields[KIND_COLUMNS]; /* name of each column's field, or NULL */
};

/* From the header's line for it. False where the kind is of no use, or lacks a column. */
bool dumper_kind_read(const struct csv_row *titles, struct dumper_kind *ret);

/* The fields of one event of that kind. False where the row is too short for them, or its process
 * is not stated as "name (pid)". */
bool dumper_kind_event(
	const struct dumper_kind *k, const struct csv_row *row, bool whole, struct dump_event *ret);

#endif
