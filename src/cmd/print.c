/* SPDX-License-Identifier: Apache-2.0 */
/* The report: findings at once, packets by a second reading of the captures. See run.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/run.h"
#include "output/output.h"

/* A claim of the first pass after the inferences over its group. */
static void apply(const struct run *r, uint32_t cell, struct claim *sender)
{
	const struct cell_verdict *v = &r->verdicts[cell];
	if (sender->grade != GRADE_NONE)
		return;
	if (v->grade != GRADE_NONE) {
		*sender = claim_reason(REASON_NONE, DETAIL_NONE);
		sender->grade = (uint8_t)v->grade;
		sender->process = v->process;
	} else if (v->reason != REASON_NONE) {
		*sender = claim_reason(v->reason, DETAIL_NONE);
		sender->n_candidates = v->n_candidates;
		sender->more_candidates = v->more_candidates;
		memcpy(sender->candidates, v->candidates, sizeof sender->candidates);
	}
}

/* The packet's finding, and the candidates that come with it where nobody is named. */
static void add_finding(const struct run *r, uint32_t cell, struct packet_line *line)
{
	uint32_t place = groups_finding_of(r->groups, cell);
	if (place == UINT32_MAX)
		return;
	line->finding = r->finding_number[place];
	const struct finding *f = &r->findings[line->finding - 1];
	if (line->sides[SIDE_SENDER].grade == GRADE_NONE && f->process == PROCESS_NONE) {
		line->expected = f->candidates;
		line->n_expected = f->n_expected;
	}
}

struct printer {
	struct run *run;
	const struct sink_ops *sink;
	void *self;
};

static FILE *out_of(const struct run *r)
{
	return r->options->out ? r->options->out : stdout;
}

static int put_packet(
	struct printer *p, const struct merged *m, const struct digest *digest, struct err *err)
{
	struct spilled record;
	if (spill_read(&p->run->spill, &record, err) < 0)
		return -1;
	if (!record.selected)
		return 0;
	apply(p->run, record.cell, &record.claims[SIDE_SENDER]);
	struct packet_line line = { .input = m->record.input,
		.number = m->record.number,
		.has_time = m->has_ref,
		.when = m->ref,
		.digest = digest,
		.packet = m->record.kind == RECORD_PACKET ? &m->record.packet : NULL,
		.sides = record.claims,
		.outer = record.outer,
		.duplicate_of = record.is_copy ? &record.original : NULL,
		.direction = record.direction };
	if (p->run->options->out && (!line.packet || line.packet->digested))
		p->run->inputs[line.input].without_bytes++;
	add_finding(p->run, record.cell, &line);
	return p->sink->packet(p->self, &line, err);
}

static bool is_capture(const struct run_input *in)
{
	return in->format->yields & YIELDS_PACKETS;
}

static bool is_log(const struct run_input *in)
{
	return in->format->yields & YIELDS_EVENTS;
}

static int put_rest(struct printer *p, struct err *err)
{
	const struct detail_frame **rest;
	size_t n;
	if (complete_rest(&p->run->complete, &rest, &n, err) < 0)
		return -1;
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct merged m = { .record = {
					    .input = rest[i]->input, .number = rest[i]->number } };
		rc = put_packet(p, &m, &rest[i]->digest, err);
	}
	free(rest);
	return rc;
}

/* The same choice as in the first pass: what got a claim there takes it here. */
static int put_record(struct printer *p, const struct merged *m, uint64_t *left, struct err *err)
{
	struct run *r = p->run;
	struct digest digest;
	enum side side;
	bool told = false;
	if (m->record.kind == RECORD_PACKET) {
		--*left;
		if (run_digest(r, m, &digest, &told, err) < 0)
			return -1;
		told = told && (!m->record.packet.copy || r->options->all_copies);
	} else if (m->record.kind == RECORD_EVENT && r->only_events) {
		told = run_told(r, m, &digest, &side);
		*left -= told;
	}
	return told ? put_packet(p, m, &digest, err) : 0;
}

static int put_merged(struct printer *p, struct merge *m, struct err *err)
{
	const struct merged *item;
	uint32_t input;
	int rc;
	uint64_t left = 0;
	for (size_t i = 0; i < p->run->n; i++)
		left += p->run->reports[i].packets + p->run->inputs[i].told;
	while (left && (rc = merge_next(m, &item, &input, err)) != SOURCE_END) {
		if (rc < 0 && err->kind == ERR_NOMEM)
			return -1;
		if (rc > 0 && put_record(p, item, &left, err) < 0)
			return -1;
		progress_step(&p->run->progress);
	}
	return 0;
}

/* Reads the captures again, in the same order, and gives each packet its claim. */
static int put_packets(struct printer *p, struct err *err)
{
	struct merge_input *sources;
	struct merge *m = NULL;
	fragments_init(p->run->fragments);
	if (spill_rewind(&p->run->spill, err) < 0 ||
		run_sources(p->run, p->run->only_events ? is_log : is_capture, &sources, err) < 0)
		return -1;
	int rc = merge_new(sources, p->run->n, &m, err);
	/* Lines on the terminal say enough. */
	if (!isatty(fileno(out_of(p->run))))
		progress_begin(&p->run->progress, "writing", p->run->inputs, p->run->n);
	if (rc == 0)
		rc = put_merged(p, m, err);
	progress_end(&p->run->progress);
	if (rc == 0 && !*p->run->interrupted)
		rc = put_rest(p, err);
	merge_free(m);
	run_close_sources(p->run, sources);
	return rc;
}

static int put_frames(struct printer *p, struct err *err)
{
	for (size_t i = 0; i < p->run->n_frames; i++) {
		struct watched_frame *f = &p->run->frames[i];
		apply(p->run, f->cell, &f->sides[SIDE_SENDER]);
		f->line.digest = &f->digest;
		f->line.sides = f->sides;
		f->line.outer = f->outer;
		f->line.duplicate_of = f->is_copy ? &f->original : NULL;
		add_finding(p->run, f->cell, &f->line);
		if (p->sink->dossier(p->self, &f->line, f->considered, f->n_considered, err) < 0)
			return -1;
	}
	return 0;
}

static int put_findings(struct printer *p, struct err *err)
{
	const struct report *report = &p->run->report;
	for (size_t i = 0; p->sink->finding && i < report->n_findings; i++)
		if (p->sink->finding(p->self, &report->findings[i], err) < 0)
			return -1;
	return p->sink->summary ? p->sink->summary(p->self, report, err) : 0;
}

static void say_without_bytes(struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		uint64_t n = r->inputs[i].without_bytes;
		if (n == 0)
			continue;
		struct err err;
		err_set(&err, ERR_UNSUPPORTED,
			"%" PRIu64 " frames of text have no bytes and are left out", n);
		say_err(r->inputs[i].name, &err);
		r->inputs[i].failed = true;
	}
}

static int put_all(struct printer *p, struct err *err)
{
	const struct options *o = p->run->options;
	if (p->sink->begin && p->sink->begin(p->self, &p->run->report, err) < 0)
		return -1;
	if (o->packets && put_packets(p, err) < 0)
		return -1;
	say_without_bytes(p->run);
	int rc = o->n_frames ? put_frames(p, err) : put_findings(p, err);
	return rc == 0 && p->sink->end ? p->sink->end(p->self, err) : rc;
}

static const char **host_names(const struct run *r)
{
	const char **names = calloc(r->hosts.n + 1, sizeof *names);
	for (size_t i = 0; names && i < r->hosts.n; i++)
		names[i] = i < r->hosts.n_inputs ? r->hosts.names[i] : NULL;
	return names;
}

static const struct sink_ops *output_named(const char *name)
{
	const struct sink_ops *const *o = outputs;
	while (name && *o && strcmp((*o)->name, name) != 0)
		o++;
	return *o ? *o : outputs[0];
}

int run_output(struct run *r, struct err *err)
{
	FILE *out = out_of(r);
	struct sink_context context = { .out = out,
		.bare = r->options->no_comments,
		.color = r->options->color,
		.quiet = r->options->quiet,
		.verbose = r->options->verbose,
		.only_events = r->only_events,
		.inputs = r->reports,
		.n_inputs = r->n,
		.n_hosts = r->hosts.n };
	context.processes = roster_all(r->roster, &context.n_processes);
	const char **names = host_names(r);
	if (!names)
		return err_nomem(err);
	context.hosts = names;
	struct printer p = { .run = r, .sink = output_named(r->options->output) };
	int rc = p.sink->open(&context, &p.self, err);
	if (rc == 0)
		rc = put_all(&p, err);
	p.sink->close(p.self);
	free(names);
	if (rc == 0 && fflush(out) != 0)
		rc = err_sys(err, errno, "cannot write the report");
	return rc;
}
