/* SPDX-License-Identifier: Apache-2.0 */
/* Comments of annotated captures, "process: NAME pid=N grade=G". Private to this room. */
#ifndef WHOSENT_OUTPUT_PCAPNG_COMMENT_H
#define WHOSENT_OUTPUT_PCAPNG_COMMENT_H

#include <stdbool.h>

#include "base/str.h"
#include "model/report.h"
#include "model/sink.h"

/* The process of a claim by this grade: what the readers of captures take. */
void pcapng_comment_process(struct str *s, const struct process *process, enum grade grade);

/* The claim of one side of a packet, with all that is known of its process. `meant` is the side
 * that the packet's direction shows. */
void pcapng_comment_side(struct str *s, const struct sink_context *context,
	const struct packet_line *line, enum side side, enum side meant);

/* Where nobody is named: the reason of the end that may be ours. */
void pcapng_comment_reason(struct str *s, const struct packet_line *line);

/* Is it a comment that an earlier run wrote? *ret_named: it names a process. */
bool pcapng_comment_is_ours(struct span comment, bool *ret_named);

#endif
