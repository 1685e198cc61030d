/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON object per line, with names of the Elastic Common Schema: the sink. */
#include "output/json.h"

#include <errno.h>
#include <stdlib.h>

#include "output/output.h"

/* One line; the summary of 1024 inputs with the longest file names is the largest. */
#define LINE_MAX_BYTES (64u * 1024 * 1024)

struct json_output {
	const struct sink_context *context;
	struct str line;
};

static int open_json(const struct sink_context *context, void **ret_self, struct err *err)
{
	struct json_output *o = calloc(1, sizeof *o);
	if (!o)
		return err_nomem(err);
	o->context = context;
	str_init(&o->line, LINE_MAX_BYTES);
	*ret_self = o;
	return 0;
}

static void close_json(void *self)
{
	struct json_output *o = self;
	if (!o)
		return;
	str_done(&o->line);
	free(o);
}

static int write_line(struct json_output *o, struct err *err)
{
	str_char(&o->line, '\n');
	bool failed = o->line.failed;
	size_t n = o->line.n, written = 0;
	errno = 0;
	if (!failed)
		written = fwrite(o->line.p, 1, n, o->context->out);
	int sys = errno;
	str_reset(&o->line);
	if (failed)
		return err_set(err, ERR_NOMEM, "no memory for a line of JSON");
	if (written != n)
		return err_sys(err, sys, "cannot write the report");
	return 0;
}

void json_begin_line(struct json *j, const char *dataset)
{
	char name[64];
	snprintf(name, sizeof name, "whosent.%s", dataset);
	json_key_object(j, "event");
	json_key_text(j, "dataset", name);
	json_end(j);
}

static int packet(void *self, const struct packet_line *line, struct err *err)
{
	struct json_output *o = self;
	struct json j;
	json_init(&j, &o->line);
	json_object(&j);
	if (line->has_time)
		json_key_time(&j, "@timestamp", line->when);
	json_begin_line(&j, "packet");
	json_packet(&j, o->context, line);
	json_end(&j);
	json_end(&j);
	return write_line(o, err);
}

static int dossier(void *self, const struct packet_line *line, const struct considered *considered,
	size_t n, struct err *err)
{
	struct json_output *o = self;
	struct json j;
	json_init(&j, &o->line);
	json_object(&j);
	if (line->has_time)
		json_key_time(&j, "@timestamp", line->when);
	json_begin_line(&j, "dossier");
	json_packet(&j, o->context, line);
	json_considered(&j, o->context, considered, n);
	json_end(&j);
	json_end(&j);
	return write_line(o, err);
}

static int finding(void *self, const struct finding *f, struct err *err)
{
	struct json_output *o = self;
	struct json j;
	json_init(&j, &o->line);
	json_finding(&j, o->context, f);
	return write_line(o, err);
}

static int summary(void *self, const struct report *report, struct err *err)
{
	struct json_output *o = self;
	struct json j;
	json_init(&j, &o->line);
	json_summary(&j, report);
	return write_line(o, err);
}

static int end(void *self, struct err *err)
{
	struct json_output *o = self;
	if (fflush(o->context->out) != 0 || ferror(o->context->out))
		return err_sys(err, errno, "cannot write the report");
	return 0;
}

const struct sink_ops output_json = {
	.name = "json",
	.open = open_json,
	.packet = packet,
	.dossier = dossier,
	.finding = finding,
	.summary = summary,
	.end = end,
	.close = close_json,
};
