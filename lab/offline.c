/* SPDX-License-Identifier: Apache-2.0 */
/* lab-offline OUTDIR --seed N [--packets N] [--PARAM VALUE ...]
 *
 * Plays a case that is drawn from its seed and writes what a capture, traces and process tables
 * show of it, and the truth:
 *
 *   capture-C.pcap, trace-H.csv or trace-H.etl, roster-H.txt   for each host H
 *   arguments     what to call whosent explain with, one argument on each line
 *   truth.tsv     who it was, and what can be known of it: offline_reckon.h
 *   clocks.tsv    what is to be added to the clock of each trace
 *   scenario.tsv  the parameters; each can be given as an option */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "files.h"
#include "offline_reckon.h"

#define OUTPUT_BYTES ((size_t)1 << 31)

struct options {
	const char *out;
	uint64_t seed;
	bool given[PARAM_COUNT];
	int64_t v[PARAM_COUNT];
};

static bool number(const char *text, int64_t *ret)
{
	bool minus = *text == '-';
	uint64_t v;
	if (!text_u64(span_text(text + minus), &v) || v > INT64_MAX)
		return false;
	*ret = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

static bool parse(int argc, char **argv, struct options *ret)
{
	struct option names[PARAM_COUNT + 2] = { { "seed", 1, NULL, PARAM_COUNT } };
	for (int i = 0; i < PARAM_COUNT; i++)
		names[i + 1] = (struct option){ scenario_name((enum param)i), 1, NULL, i };
	int64_t v;
	int c;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c < 0 || c > PARAM_COUNT || !number(optarg, &v))
			return false;
		if (c == PARAM_COUNT) {
			ret->seed = (uint64_t)v;
			continue;
		}
		ret->given[c] = true;
		ret->v[c] = v;
	}
	ret->out = argv[optind];
	return optind + 1 == argc;
}

static void write_host(
	const struct observed *o, unsigned host, const char *out, struct str *arguments)
{
	const int64_t *v = o->world->scenario->v;
	bool etl = v[PARAM_FORM] >= FORM_ETL, named = v[PARAM_HOSTS] > 1;
	char trace[32], roster[32];
	struct str text;
	str_init(&text, OUTPUT_BYTES);
	snprintf(trace, sizeof trace, "trace-%u.%s", host, etl ? "etl" : "csv");
	snprintf(roster, sizeof roster, "roster-%u.txt", host);
	if (etl)
		observed_etl(o, host, &text);
	else
		observed_csv(o, host, &text);
	files_write(out, trace, &text);
	str_printf(arguments, "%s\n", trace);
	if (named)
		str_printf(arguments, "--host\n%s=host%u\n", trace, host);
	if (v[PARAM_ROSTER]) {
		str_reset(&text);
		observed_roster(o, host, &text);
		files_write(out, roster, &text);
		str_printf(arguments, "%s\n", roster);
		if (named)
			str_printf(arguments, "--host\n%s=host%u\n", roster, host);
	}
	str_done(&text);
}

static const char *const captures[] = { "capture-0.pcap", "capture-1.pcap" };

static void write_truth(const struct observed *o, const char *out)
{
	static const char *const names[2][WORLD_HOSTS] = { { "trace-0.csv", "trace-1.csv",
								   "trace-2.csv" },
		{ "trace-0.etl", "trace-1.etl", "trace-2.etl" } };
	struct reckon r;
	struct str text;
	str_init(&text, OUTPUT_BYTES);
	reckon_init(&r, o);
	reckon_write(&r, captures, &text);
	files_write(out, "truth.tsv", &text);
	str_reset(&text);
	reckon_clocks(&r, names[o->world->scenario->v[PARAM_FORM] >= FORM_ETL], &text);
	files_write(out, "clocks.tsv", &text);
	str_reset(&text);
	scenario_print(o->world->scenario, &text);
	files_write(out, "scenario.tsv", &text);
	str_done(&text);
	reckon_done(&r);
}

static void run(const struct scenario *s, const char *out)
{
	struct world w;
	struct observed o;
	struct str text, arguments;
	str_init(&text, OUTPUT_BYTES);
	str_init(&arguments, OUTPUT_BYTES);
	world_play(&w, s);
	observe(&o, &w);
	files_folder(out);
	for (unsigned i = 0; i < s->v[PARAM_CAPTURES]; i++) {
		str_reset(&text);
		observed_capture(&o, i, &text);
		files_write(out, captures[i], &text);
		str_printf(&arguments, "%s\n", captures[i]);
	}
	for (unsigned host = 0; host < s->v[PARAM_HOSTS]; host++)
		write_host(&o, host, out, &arguments);
	files_write(out, "arguments", &arguments);
	write_truth(&o, out);
	str_done(&text);
	str_done(&arguments);
	observed_done(&o);
	world_done(&w);
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1 };
	struct scenario s;
	bool good = parse(argc, argv, &o);
	scenario_draw(&s, o.seed, o.given[PARAM_PACKETS] ? o.v[PARAM_PACKETS] : 0);
	for (int i = 0; i < PARAM_COUNT; i++)
		good = good && (!o.given[i] || scenario_set(&s, (enum param)i, o.v[i]));
	if (!good) {
		fputs("usage: lab-offline OUTDIR [--seed N]", stderr);
		for (int i = 0; i < PARAM_COUNT; i++)
			fprintf(stderr, " [--%s N]", scenario_name((enum param)i));
		fputs("\n", stderr);
		return 2;
	}
	run(&s, o.out);
	return 0;
}
