/* SPDX-License-Identifier: Apache-2.0 */
/* Commands. Each is one file with one struct command; main.c holds the table. */
#ifndef WHOSENT_CMD_CMD_H
#define WHOSENT_CMD_CMD_H

#include "base/err.h"

/* Exit codes, DESIGN section 5. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* no input gave records, or the work failed */
	EXIT_USAGE = 2,
	EXIT_PARTIAL = 3, /* some input gave records, and some was damaged, missing or unknown */
	EXIT_INTERRUPTED = 130,
};

struct command {
	const char *name;
	const char *summary;               /* one line for whosent --help */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct command command_explain;
extern const struct command command_convert;
extern const struct command command_collect;

/* "whosent: FILE: MESSAGE" on standard error; `file` may be NULL. Control characters are made
 * visible. */
void say_err(const char *file, const struct err *err);
__attribute__((format(printf, 1, 2))) void say(const char *fmt, ...);
/* A line on a terminal that the next message or status takes the place of; NULL takes it away. Only
 * for what is ours: nothing is escaped. */
__attribute__((format(printf, 1, 2))) void say_status(const char *fmt, ...);

struct rules;
/* Built-in rules, then those of a directory (*.yaml, in order of name) where `dir` is not NULL. */
int load_rules(const char *dir, struct rules **ret, struct err *err);

#endif
