/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and recognising the inputs of a run: see run.h. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/run.h"
#include "evidence/capture/capture.h"
#include "evidence/formats.h"

void run_damage(struct run *r, uint32_t input, const struct err *err)
{
	struct run_input *in = &r->inputs[input];
	in->failed = true;
	if (in->errors_shown < LIMIT_ERRORS_SHOWN)
		say_err(r->options->files[input], err);
	else if (in->errors_shown == LIMIT_ERRORS_SHOWN)
		say("%s: more damage follows; it is counted in the report",
			r->options->files[input]);
	in->errors_shown++;
}

static void open_one(struct run *r, uint32_t i)
{
	struct run_input *in = &r->inputs[i];
	struct err err = { 0 };
	r->reports[i].file = r->options->files[i];
	if (input_open(r->options->files[i], &in->input, &err) < 0) {
		run_damage(r, i, &err);
		return;
	}
	if (formats_recognise(in->input, &in->format, &err) < 0) {
		run_damage(r, i, &err);
		input_close(in->input);
		in->input = NULL;
		return;
	}
	r->reports[i].format = in->format;
}

static bool have_list(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->inputs[i].format == &format_packet_list)
			return true;
	return false;
}

int run_open(struct run *r, struct err *err)
{
	r->n = r->options->n_files;
	r->inputs = calloc(r->n, sizeof *r->inputs);
	r->clocks = calloc(r->n, sizeof *r->clocks);
	r->reports = calloc(r->n, sizeof *r->reports);
	if (!r->inputs || !r->clocks || !r->reports)
		return err_nomem(err);
	if (hosts_init(&r->hosts, r->n, r->key, err) < 0 ||
		coverage_init(&r->coverage, r->n, err) < 0 ||
		roster_new(r->key, &r->roster, err) < 0 || groups_new(r->key, &r->groups, err) < 0)
		return -1;
	complete_init(&r->complete, r->key);
	for (uint32_t i = 0; i < r->n; i++)
		open_one(r, i);
	for (size_t i = 0; i < r->n; i++)
		r->inputs[i].details = r->inputs[i].format == &format_packet_detail && have_list(r);
	return 0;
}

int run_sources(struct run *r, bool (*wanted)(const struct run_input *in), struct merge_input **ret,
	struct err *err)
{
	struct merge_input *sources = calloc(r->n, sizeof *sources);
	if (!sources)
		return err_nomem(err);
	for (uint32_t i = 0; i < r->n; i++) {
		const struct run_input *in = &r->inputs[i];
		struct err problem = { 0 };
		sources[i].clock = &r->clocks[i];
		sources[i].timeless = in->details;
		if (!in->input || !wanted(in))
			continue;
		if (formats_open(in->format, in->input, &sources[i].source, &problem) < 0)
			run_damage(r, i, &problem);
	}
	*ret = sources;
	return 0;
}

void run_close_sources(struct run *r, struct merge_input *sources)
{
	for (size_t i = 0; sources && i < r->n; i++)
		if (sources[i].source.format)
			source_close(&sources[i].source);
	free(sources);
}

void run_close(struct run *r)
{
	for (size_t i = 0; r->inputs && i < r->n; i++)
		input_close(r->inputs[i].input);
	for (size_t i = 0; i < r->n_frames; i++)
		free(r->frames[i].considered);
	join_free(r->join);
	groups_free(r->groups);
	roster_free(r->roster);
	rules_free(r->rules);
	filter_free(r->filter);
	coverage_done(&r->coverage);
	hosts_done(&r->hosts);
	complete_done(&r->complete);
	spill_close(&r->spill);
	free(r->frames);
	free(r->verdicts);
	free(r->findings);
	free(r->finding_number);
	free(r->reports);
	free(r->clocks);
	free(r->inputs);
}
