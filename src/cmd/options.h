/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `whosent explain`. */
#ifndef WHOSENT_CMD_OPTIONS_H
#define WHOSENT_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

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
	const char *output; /* its name in output.h, NULL for the first */
	bool packets, quiet, verbose, no_sandbox, color;
	bool help;
};

/* ERR_USAGE where it is wrong. All borrows from argv; the arrays are freed by options_done. */
int options_parse(int argc, char **argv, struct options *ret, struct err *err);
void options_done(struct options *o);

#endif
