/* SPDX-License-Identifier: Apache-2.0 */
/* One thing that the log of lab-trace tells. Private to trace_log.c and trace_told.c. */
#ifndef WHOSENT_LAB_TRACE_TOLD_H
#define WHOSENT_LAB_TRACE_TOLD_H

#include "record_line.h"
#include "trace_log.h"

enum told_kind {
	TOLD_RUNNING, /* index: of story_processes */
	TOLD_THREAD,
	TOLD_LIFE,
	TOLD_SERVICE,
	TOLD_CARD,
	TOLD_EVENT, /* index: of the stage's events */
	TOLD_FRAME, /* index: of its frames; part: which copy */
	TOLD_V6,
	TOLD_RAW,
	TOLD_NOTHING,
};

struct told {
	enum told_kind kind;
	int64_t ns; /* on the log's clock */
	size_t place, index;
	unsigned part;
	uint64_t buffer; /* its serial number, or 0 where nothing was written */
	uint64_t at;     /* where that lies in the file */
	int64_t stamp;
	bool given; /* a reader finds `record` */
	struct record record;
	size_t thread; /* the event's tag needs this record of a thread, or SIZE_MAX */
};

struct told_list {
	struct told *items;
	size_t n, cap;
};

struct trace {
	struct story *story;
	const struct trace_plan *plan;
	struct etlog w;
	struct random random;
	uint8_t network; /* version of TcpIp and UdpIp */
	bool thread_gone[64];
	bool raw_open;
};

struct told *trace_told_add(struct told_list *list, enum told_kind kind, int64_t ns);
/* Writes it to the log, and fills in what a reader finds. */
void trace_told_write(struct trace *t, struct told *told);

#endif
