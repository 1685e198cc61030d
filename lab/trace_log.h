/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a story as the event trace log that Windows would have kept of it, and says, record for
 * record, what a reader must find in it. */
#ifndef WHOSENT_LAB_TRACE_LOG_H
#define WHOSENT_LAB_TRACE_LOG_H

#include "trace_story.h"
#include "write/etl.h"

enum trace_packets { PACKETS_BESIDE, PACKETS_NONE, PACKETS_NDIS, PACKETS_PKTMON };

struct trace_plan {
	struct etlog_form form;
	enum trace_packets packets; /* the last two are in the log */
	bool manifest;              /* Kernel-Network and Kernel-Process; else the kernel logger */
	enum etlog_kind kind;       /* of kernel records: 0, COMPACT or FULL */
	uint32_t lose;              /* percent of the network events */
};

/* Appends the log to `log`, one line for each record that it yields to `lines`, and for each frame
 * that is in the capture what its processes are to `names`. Marks in the story what was dropped
 * and what is gone. Returns how many events the log says were lost. */
uint32_t trace_write(struct story *story, const struct trace_plan *plan, struct str *log,
	struct str *lines, struct str *names);

#endif
