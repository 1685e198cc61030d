/* SPDX-License-Identifier: Apache-2.0 */
/* The command lines of `whosent explain` and `whosent convert`. */
#ifndef WHOSENT_CMD_OPTIONS_H
#define WHOSENT_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "cmd/stopped.h"

/* FILE=VALUE of --clock and --host. */
struct assignment {
	const char *file, *value;
};

struct options {
	const char **files;
	size_t n_files;
	const char *filter, *rules_dir;
	uint64_t *frames; /* sorted */
	size_t n_frames;
	struct assignment *clocks, *hosts;
	size_t n_clocks, n_hosts;
	struct stopping *stopped; /* sorted by name and time */
	size_t n_stopped;
	const char *output;           /* its name in output.h, NULL for the first */
	FILE *out;                    /* NULL: standard output; convert's own */
	bool all_copies, no_comments; /* of convert */
	bool packets, quiet, verbose, no_sandbox, color;
	bool help;
};

/* ERR_USAGE where it is wrong. All borrows from argv; the arrays are freed by options_done. */
int options_parse(int argc, char **argv, struct options *ret, struct err *err);
void options_done(struct options *o);

enum options_of { OPTIONS_EXPLAIN, OPTIONS_CONVERT };
/* ERR_USAGE where one is given that the command does not know. */
int options_allow(const struct options *o, enum options_of command, struct err *err);

#endif
