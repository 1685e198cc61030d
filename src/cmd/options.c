/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `whosent explain`: see options.h. */
#include "cmd/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"

enum {
	OPT_FRAME = 256,
	OPT_JSON,
	OPT_PACKETS,
	OPT_CLOCK,
	OPT_HOST,
	OPT_STOPPED,
	OPT_RULES,
	OPT_COLOR,
	OPT_NO_SANDBOX,
	OPT_ALL_COPIES,
	OPT_NO_COMMENTS
};

static const struct option long_options[] = {
	{ "filter", required_argument, NULL, 'f' },
	{ "frame", required_argument, NULL, OPT_FRAME },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "packets", no_argument, NULL, OPT_PACKETS },
	{ "clock", required_argument, NULL, OPT_CLOCK },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "stopped", required_argument, NULL, OPT_STOPPED },
	{ "rules", required_argument, NULL, OPT_RULES },
	{ "color", required_argument, NULL, OPT_COLOR },
	{ "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
	{ "all-copies", no_argument, NULL, OPT_ALL_COPIES },
	{ "no-comments", no_argument, NULL, OPT_NO_COMMENTS },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int by_number(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
	return (a > b) - (a < b);
}

static int parse_frames(struct options *o, const char *list, struct err *err)
{
	struct span rest = span_text(list);
	while (rest.p) {
		struct span one = text_trim(text_split(&rest, ','));
		uint64_t number;
		if (!text_u64(one, &number) || number == 0)
			return err_set(err, ERR_USAGE,
				"--frame takes frame numbers from 1, separated by commas, not "
				"\"%s\"",
				list);
		uint64_t *frames = realloc(o->frames, (o->n_frames + 1) * sizeof *frames);
		if (!frames)
			return err_nomem(err);
		o->frames = frames;
		o->frames[o->n_frames++] = number;
	}
	qsort(o->frames, o->n_frames, sizeof *o->frames, by_number);
	return 0;
}

/* The last '=' divides, for file names may have one. Cuts argv in place. */
static int parse_assignment(struct assignment **list, size_t *n, char *text, struct err *err)
{
	char *equals = strrchr(text, '=');
	if (!equals || equals == text || !equals[1])
		return err_set(err, ERR_USAGE, "FILE=VALUE is expected, not \"%s\"", text);
	struct assignment *more = realloc(*list, (*n + 1) * sizeof *more);
	if (!more)
		return err_nomem(err);
	*equals = '\0';
	*list = more;
	more[(*n)++] = (struct assignment){ .file = text, .value = equals + 1 };
	return 0;
}

static int parse_stopped(struct options *o, const char *text, struct err *err)
{
	if (o->n_stopped == LIMIT_STOPPED)
		return err_set(err, ERR_USAGE, "--stopped can be given %u times", LIMIT_STOPPED);
	struct stopping *more = realloc(o->stopped, (o->n_stopped + 1) * sizeof *more);
	if (!more)
		return err_nomem(err);
	o->stopped = more;
	if (stopped_parse(text, &more[o->n_stopped], err) < 0)
		return -1;
	stopped_sort(more, ++o->n_stopped);
	return 0;
}

static int parse_color(struct options *o, const char *when, struct err *err)
{
	if (strcmp(when, "always") == 0)
		o->color = true;
	else if (strcmp(when, "never") == 0)
		o->color = false;
	else if (strcmp(when, "auto") != 0)
		return err_set(
			err, ERR_USAGE, "--color is auto, always or never, not \"%s\"", when);
	return 0;
}

static int bad_option(int option, struct err *err)
{
	return option == ':'
		? err_set(err, ERR_USAGE, "the last option lacks its value")
		: err_set(err, ERR_USAGE, "an unknown option; --help lists those that there are");
}

static int parse_one(struct options *o, int option, struct err *err)
{
	switch (option) {
	case 'f':
		o->filter = optarg;
		return 0;
	case OPT_FRAME:
		return parse_frames(o, optarg, err);
	case OPT_JSON:
		o->output = "json";
		return 0;
	case OPT_PACKETS:
		o->packets = true;
		return 0;
	case OPT_CLOCK:
		return parse_assignment(&o->clocks, &o->n_clocks, optarg, err);
	case OPT_HOST:
		return parse_assignment(&o->hosts, &o->n_hosts, optarg, err);
	case OPT_STOPPED:
		return parse_stopped(o, optarg, err);
	case OPT_RULES:
		o->rules_dir = optarg;
		return 0;
	case OPT_COLOR:
		return parse_color(o, optarg, err);
	case OPT_NO_SANDBOX:
		o->no_sandbox = true;
		return 0;
	case OPT_ALL_COPIES:
		o->all_copies = true;
		return 0;
	case OPT_NO_COMMENTS:
		o->no_comments = true;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case 'h':
		o->help = true;
		return 0;
	default:
		return bad_option(option, err);
	}
}

int options_parse(int argc, char **argv, struct options *ret, struct err *err)
{
	int option;
	*ret = (struct options){ .color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") };
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":f:qvh", long_options, NULL)) != -1)
		if (parse_one(ret, option, err) < 0)
			return -1;
	ret->n_files = (size_t)(argc - optind);
	if (ret->help)
		return 0;
	if (stopped_check(ret->stopped, ret->n_stopped, err) < 0)
		return -1;
	if (ret->n_files == 0)
		return err_set(err, ERR_USAGE, "no file is given");
	if (ret->n_files > LIMIT_INPUTS)
		return err_set(err, ERR_USAGE, "%zu files are given, %u can be read at once",
			ret->n_files, LIMIT_INPUTS);
	ret->files = calloc(ret->n_files, sizeof *ret->files);
	if (!ret->files)
		return err_nomem(err);
	for (size_t i = 0; i < ret->n_files; i++)
		ret->files[i] = argv[optind + (int)i];
	return 0;
}

static int not_here(const char *option, const char *command, struct err *err)
{
	return err_set(err, ERR_USAGE, "%s is no option of %s", option, command);
}

int options_allow(const struct options *o, enum options_of command, struct err *err)
{
	if (command == OPTIONS_EXPLAIN)
		return o->all_copies     ? not_here("--all-copies", "explain", err)
			: o->no_comments ? not_here("--no-comments", "explain", err)
					 : 0;
	return o->n_frames     ? not_here("--frame", "convert", err)
		: o->output    ? not_here("--json", "convert", err)
		: o->packets   ? not_here("--packets", "convert", err)
		: o->rules_dir ? not_here("--rules", "convert", err)
			       : 0;
}

void options_done(struct options *o)
{
	free(o->files);
	free(o->frames);
	free(o->clocks);
	free(o->hosts);
	free(o->stopped);
	*o = (struct options){ 0 };
}
