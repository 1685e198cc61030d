/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the terminal report share. Each function below appends to t->out; the sink
 * writes it when the call ends. */
#ifndef WHOSENT_OUTPUT_TERMINAL_H
#define WHOSENT_OUTPUT_TERMINAL_H

#include "model/sink.h"
#include "output/layout.h"
#include "output/words.h"

/* What was printed last: another kind begins behind an empty line. */
enum terminal_section {
	SECTION_NOTHING,
	SECTION_INPUTS,
	SECTION_PACKETS,
	SECTION_OTHER, /* each has an empty line of its own before it */
};

struct terminal {
	const struct sink_context *context;
	struct layout layout;
	struct str out;
	struct str text, lead; /* the row in the making */
	bool failed;           /* a row did not fit into memory */
	enum terminal_section last;
};

/* Rows stand under the finding's title, their text behind the labels. */
#define ROW_LABEL "   "
#define ROW_INDENT 13
#define ROW_BYTES (1024u * 1024) /* of one row: long names, and all candidates */

void terminal_begin_section(struct terminal *t, enum terminal_section section);

/* Rows: the text is collected in t->text, and taken from there. */
void terminal_row(struct terminal *t, const char *label);
/* The same with a lead of any width (t->lead) that the text hangs behind. */
void terminal_hang(struct terminal *t, size_t indent);

void terminal_inputs(struct terminal *t, const struct report *report);
void terminal_packet(struct terminal *t, const struct packet_line *line);
void terminal_dossier(struct terminal *t, const struct packet_line *line,
	const struct considered *considered, size_t n);
void terminal_finding(struct terminal *t, const struct finding *finding);
void terminal_summary(struct terminal *t, const struct report *report);

/* "payload 8 bytes; source ports rise 35996-36016; ..." Empty where nothing is known. */
void terminal_pattern(struct str *s, const struct pattern *pattern);

/* The process of a claim with a grade; all of them, where a group's packet was received by several.
 */
void terminal_named(struct str *s, const struct sink_context *c, const struct claim *claim);
/* "UDP, length 8", "ICMP echo request, id 512, seq 1, payload 1" */
void terminal_protocol(struct str *s, const struct digest *d);

/* How a grade is put into words: "by ports", and what it means. */
const char *terminal_grade(enum grade grade);
const char *terminal_grade_text(enum grade grade);

#endif
