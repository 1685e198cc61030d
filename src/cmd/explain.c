/* SPDX-License-Identifier: Apache-2.0 */
/* whosent explain: the main job, offline. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/run.h"

static const char usage[] =
	"Usage: whosent explain [OPTIONS] FILE...\n\n"
	"Names the process behind each packet. FILEs are captures, kernel event logs and process\n"
	"tables, in any order; each is recognised by its content. `-` is standard input.\n\n"
	"  -f, --filter EXPR        report only packets that match (pcap-filter(7))\n"
	"      --frame N[,N...]     the proof for these frames, with all that was considered\n"
	"      --packets            a line for each packet too\n"
	"      --json               one JSON object per line\n"
	"      --clock FILE=OFFSET  add this to FILE's clock: +4h, -7h30m, 0.312s\n"
	"      --host FILE=NAME     FILE is evidence of the computer NAME\n"
	"      --stopped NAME@TIME  NAME (image, service or PID) was stopped then; ..TIME adds "
	"when\n"
	"                           it was started again\n"
	"      --rules DIR          more rules (*.yaml)\n"
	"      --color WHEN         auto, always or never\n"
	"      --no-sandbox         keep the right to open files, to connect and to run programs\n"
	"  -q, --quiet              no section on the inputs\n"
	"  -v, --verbose            more detail\n"
	"  -h, --help               this text\n";

static int run(int argc, char **argv)
{
	struct options o;
	struct err err = { 0 };
	int code;
	if (options_parse(argc, argv, &o, &err) < 0 ||
		options_allow(&o, OPTIONS_EXPLAIN, &err) < 0) {
		say_err(NULL, &err);
		code = err.kind == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
	} else if (o.help) {
		fputs(usage, stdout);
		code = EXIT_DONE;
	} else {
		code = run_session(&o);
	}
	options_done(&o);
	return code;
}

const struct command command_explain = {
	.name = "explain",
	.summary = "name the process behind each packet of captures, offline",
	.run = run,
};
