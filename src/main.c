/* SPDX-License-Identifier: Apache-2.0 */
/* whosent: which process sent this packet, and why? The table of commands, nothing else. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/large.h"
#include "cmd/cmd.h"

static const struct command *const commands[] = {
	&command_explain,
	&command_convert,
	&command_collect,
	NULL,
};

static int help(FILE *out, int code)
{
	fprintf(out,
		"Usage: whosent COMMAND [OPTIONS] ...\n\n"
		"Which process sent this packet, and why?\n\nCommands:\n");
	for (const struct command *const *c = commands; *c; c++)
		fprintf(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
	fprintf(out, "\n`whosent COMMAND --help` says more; so does the manual, whosent(1).\n");
	return code;
}

int main(int argc, char **argv)
{
	large_setup();
	if (argc < 2)
		return help(stderr, EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(stdout, EXIT_DONE);
	if (strcmp(argv[1], "--version") == 0) {
		printf("whosent %s\n", WHOSENT_VERSION);
		return EXIT_DONE;
	}
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp(argv[1], (*c)->name) == 0)
			return (*c)->run(argc - 1, argv + 1);
	say("there is no command \"%s\"; `whosent --help` lists them", argv[1]);
	return EXIT_USAGE;
}
