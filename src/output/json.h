/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the JSON output share: one function for each kind of line, and the objects
 * that appear in several of them. */
#ifndef WHOSENT_OUTPUT_JSON_H
#define WHOSENT_OUTPUT_JSON_H

#include "model/sink.h"
#include "output/json_writer.h"

/* {"event":{"dataset":"whosent.NAME"} and no end yet. */
void json_begin_line(struct json *j, const char *dataset);

/* Keys of a packet line up to the open object `whosent`, whose end and the line's end are the
 * caller's. */
void json_packet(struct json *j, const struct sink_context *c, const struct packet_line *line);
void json_considered(struct json *j, const struct sink_context *c,
	const struct considered *considered, size_t n);

/* Whole lines. */
void json_finding(struct json *j, const struct sink_context *c, const struct finding *f);
void json_summary(struct json *j, const struct report *report);

/* `service`: a tag, 0 or SERVICE_SEVERAL. */
void json_process(
	struct json *j, const struct sink_context *c, process_handle handle, uint32_t service);
void json_key_time(struct json *j, const char *key, struct ref_time when);
void json_key_evidence(struct json *j, const char *key, const struct sink_context *c,
	const struct evidence *evidence, size_t n);
void json_key_transport(struct json *j, uint8_t transport);
/* {"number":1,"file":"..."} */
void json_key_frame(struct json *j, const struct sink_context *c, uint32_t input, uint64_t number);
/* "grades":{...},"reasons":{...}: only what there is, grades strongest first. */
void json_counts(struct json *j, const uint64_t *grades, const uint64_t *reasons);

#endif
