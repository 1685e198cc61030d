/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the text of tracerpt as Windows XP and 2003 print it, the short one of Vista, and the long
 * one. */
#ifndef WHOSENT_LAB_TRACERPT_H
#define WHOSENT_LAB_TRACERPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "model/record.h"

struct tracerpt_style {
	bool titles; /* begins with the line of titles */
	bool nbsp;   /* rows begin with no-break spaces, as a web page leaves them */
	bool plain;  /* octets as they are; else with zeros to three digits */
	bool v2;     /* SendIPV4 with Vista's tail; else Send */
	bool longer; /* the long form; v2 in any case */
	bool crlf;
};

struct tracerpt_writer {
	struct str *out;
	struct tracerpt_style style;
	bool mapped;    /* IPv4 addresses of events are written as mapped ones, ::ffff:10.1.1.1 */
	uint64_t lines; /* physical lines so far: the number of the last row */
};

/* `out` is borrowed; ask out->failed at the end. Times are source time: UTC. */
void tracerpt_begin(struct tracerpt_writer *w, struct str *out, struct tracerpt_style style);
/* The EventTrace header row, which states what the session lost. */
void tracerpt_session(
	struct tracerpt_writer *w, int64_t ns, uint32_t lost_events, uint32_t lost_buffers);
void tracerpt_event(struct tracerpt_writer *w, int64_t ns, const struct event *event);
/* `type` is "Start", "End", "DCStart" or "DCEnd". Uses pid, parent and image of the note. */
void tracerpt_process(
	struct tracerpt_writer *w, int64_t ns, const char *type, const struct process_note *note);

uint64_t tracerpt_filetime(int64_t ns);

#endif
