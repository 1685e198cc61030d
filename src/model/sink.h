/* SPDX-License-Identifier: Apache-2.0 */
/* The push port: every output takes the report in this order:
 *   begin, packet*, dossier*, finding*, summary, end. */
#ifndef WHOSENT_MODEL_SINK_H
#define WHOSENT_MODEL_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "model/finding.h"
#include "model/process.h"
#include "model/report.h"

/* What every output may look at; borrowed for the life of the sink. */
struct sink_context {
	FILE *out;
	bool color;
	bool quiet;                      /* no section on the inputs */
	bool verbose;                    /* details that most do not want */
	bool bare;                       /* an annotated capture without comments */
	bool only_events;                /* what is counted are events: no input has packets */
	const struct process *processes; /* indexed by process_handle; good at the time of a call */
	size_t n_processes;
	const char *const *hosts; /* names, indexed by process.host; NULL where it has none */
	size_t n_hosts;
	const struct input_report *inputs; /* [report.n_inputs], indexed by record.input */
	size_t n_inputs;
};

struct sink_ops {
	const char *name;
	int (*open)(const struct sink_context *context, void **ret_self, struct err *err);
	/* Any of these may be NULL. Each returns 0, or -1 where the output failed. */
	int (*begin)(void *self, const struct report *report, struct err *err);
	int (*packet)(void *self, const struct packet_line *line, struct err *err);
	int (*dossier)(void *self, const struct packet_line *line,
		const struct considered *considered, size_t n, struct err *err);
	int (*finding)(void *self, const struct finding *finding, struct err *err);
	int (*summary)(void *self, const struct report *report, struct err *err);
	/* Flushes; a full disk shows here at the latest. */
	int (*end)(void *self, struct err *err);
	void (*close)(void *self); /* accepts NULL */
};

#endif
