/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, unpacking and recognising the inputs of a run: see run.h. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/run.h"
#include "evidence/capture/capture.h"
#include "evidence/formats.h"

static void damage(struct run_input *in, const struct err *err)
{
	in->failed = true;
	if (in->errors_shown < LIMIT_ERRORS_SHOWN)
		say_err(in->name, err);
	else if (in->errors_shown == LIMIT_ERRORS_SHOWN)
		say("%s: more damage follows; it is counted in the report", in->name);
	in->errors_shown++;
}

void run_damage(struct run *r, uint32_t input, const struct err *err)
{
	damage(&r->inputs[input], err);
}

static void drop(struct run_input *in, const struct err *err)
{
	damage(in, err);
	input_close(in->input);
	in->input = NULL;
}

/* What is packed needs a temporary file, which cannot be made any more inside the sandbox. */
static int open_one(struct run *r, struct run_input *in, const char *name, struct err *err)
{
	struct err problem = { 0 };
	in->name = strdup(name);
	if (!in->name)
		return err_nomem(err);
	if (input_open_until(name, r->interrupted, &in->input, &problem) < 0) {
		damage(in, &problem);
		return 0;
	}
	in->packed = unpack_wanted(in->input);
	if (in->packed && !r->unpacker && unpacker_new(&r->unpacker, &problem) < 0)
		drop(in, &problem);
	return 0;
}

int run_open(struct run *r, struct err *err)
{
	const struct options *o = r->options;
	r->inputs = calloc(o->n_files, sizeof *r->inputs);
	if (!r->inputs)
		return err_nomem(err);
	r->n = o->n_files;
	for (size_t i = 0; i < r->n; i++)
		if (open_one(r, &r->inputs[i], o->files[i], err) < 0)
			return -1;
	return 0;
}

/* Puts n empty places where input i was, whose name and bytes are gone. */
static int make_room(struct run *r, size_t i, size_t n, struct err *err)
{
	size_t behind = r->n - i - 1;
	struct run_input *inputs = reallocarray(r->inputs, r->n - 1 + n, sizeof *inputs);
	if (!inputs)
		return err_nomem(err);
	memmove(inputs + i + n, inputs + i + 1, behind * sizeof *inputs);
	memset(inputs + i, 0, n * sizeof *inputs);
	r->inputs = inputs;
	r->n = r->n - 1 + n;
	return 0;
}

/* Returns how many inputs came out of input i, at least one, or -1. */
static int unpack_one(struct run *r, size_t i, struct err *err)
{
	struct run_input *packed = &r->inputs[i];
	struct unpack_limits limits = unpack_limits_of(LIMIT_INPUTS - r->n + 1);
	struct unpacked_list list = { 0 };
	struct input *in = packed->input;
	packed->input = NULL;
	packed->packed = false;
	if (unpack(r->unpacker, in, &limits, &list, err) < 0)
		return -1;
	free(packed->name);
	packed->name = NULL;
	if (make_room(r, i, list.n, err) < 0) {
		unpacked_done(&list);
		return -1;
	}
	for (size_t k = 0; k < list.n; k++) {
		struct run_input *to = &r->inputs[i + k];
		struct unpacked *from = &list.items[k];
		*to = (struct run_input){ .name = from->name, .input = from->input };
		from->name = NULL;
		from->input = NULL;
		if (from->err.kind != ERR_NONE)
			damage(to, &from->err);
	}
	int n = (int)list.n;
	unpacked_done(&list);
	return n;
}

static int unpack_all(struct run *r, struct err *err)
{
	for (size_t i = 0; i < r->n;) {
		int n = r->inputs[i].input && r->inputs[i].packed ? unpack_one(r, i, err) : 1;
		if (n < 0)
			return -1;
		i += (size_t)n;
	}
	return 0;
}

static bool have_list(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->inputs[i].format == &format_packet_list)
			return true;
	return false;
}

int run_recognise(struct run *r, struct err *err)
{
	if (unpack_all(r, err) < 0)
		return -1;
	r->clocks = calloc(r->n, sizeof *r->clocks);
	r->reports = calloc(r->n, sizeof *r->reports);
	r->fragments = malloc(sizeof *r->fragments);
	if (!r->clocks || !r->reports || !r->fragments)
		return err_nomem(err);
	fragments_init(r->fragments);
	if (hosts_init(&r->hosts, r->n, r->key, err) < 0 ||
		coverage_init(&r->coverage, r->n, err) < 0 ||
		roster_new(r->key, &r->roster, err) < 0 || groups_new(r->key, &r->groups, err) < 0)
		return -1;
	complete_init(&r->complete, r->key);
	for (size_t i = 0; i < r->n; i++) {
		struct run_input *in = &r->inputs[i];
		struct err problem = { 0 };
		if (in->input && formats_recognise(in->input, &in->format, &problem) < 0)
			drop(in, &problem);
		r->reports[i].file = in->name;
		r->reports[i].format = in->format;
	}
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
	for (size_t i = 0; r->inputs && i < r->n; i++) {
		input_close(r->inputs[i].input);
		free(r->inputs[i].name);
	}
	unpacker_free(r->unpacker);
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
	free(r->fragments);
	spill_close(&r->spill);
	free(r->frames);
	free(r->verdicts);
	free(r->findings);
	free(r->finding_number);
	free(r->mappings);
	free(r->reports);
	free(r->clocks);
	free(r->inputs);
}
