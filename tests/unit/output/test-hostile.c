/* SPDX-License-Identifier: Apache-2.0 */
/* Names that try to act on the terminal, to break the line, or to break JSON, through every place
 * of every sink that shows what came from an input. */
#include "fixture.h"
#include "json_valid.h"

static const char *const names[] = {
	"\x1b[2J\x1b]0;owned\x07",
	"a\nEvery frame has an answer: 99 by process, 0 by reason.",
	"a\r\t\x0b\x7f",
	"\"},\"process\":{\"pid\":4,\"name\":\"System",
	"back\\slash\\\"",
	"exe.\xe2\x80\xae"
	"txt\xe2\x81\xa9",
	"\xff\xfe\xc3",
	"\xc2\x9b"
	"31m\x9b"
	"31m",
	"\x01\x02\x03\x04",
	"{\"a\":1}\n{\"b\":2}\n",
	"%s%n%d",
};

static struct fixture x;

static void everything(const struct sink_ops *ops, void *self, struct fixture *f)
{
	struct considered c = { .evidence = { 2, 1 },
		.op = EVENT_SEND,
		.transport = TRANSPORT_UDP,
		.local = f->digest.flow.src,
		.remote = f->digest.flow.dst,
		.process = 1 };
	if (ops->begin)
		cr_assert_eq(ops->begin(self, &f->report, NULL), 0);
	cr_assert_eq(ops->packet(self, &f->line, NULL), 0);
	cr_assert_eq(ops->dossier(self, &f->line, &c, 1, NULL), 0);
	cr_assert_eq(ops->finding(self, &f->finding, NULL), 0);
	cr_assert_eq(ops->summary(self, &f->report, NULL), 0);
}

/* One name in every place at once. */
static void fill(const char *name, const char *const *hosts, const char *const *references)
{
	fixture_fill(&x);
	for (size_t i = 0; i < 4; i++)
		x.inputs[i].file = name;
	for (size_t i = 0; i < 3; i++) {
		x.processes[i].image = name;
		x.processes[i].services = name;
	}
	x.context.hosts = hosts;
	x.context.n_hosts = 2;
	struct finding *f = &x.finding;
	snprintf(f->title, sizeof f->title, "%s sends", name);
	f->n_candidates = 1;
	f->candidates[0].process = 1;
	snprintf(f->candidates[0].because, sizeof f->candidates[0].because, "%s", name);
	struct explanation *e = &f->explanation;
	e->id = e->title = e->why = e->confirm = e->stop = e->expected = name;
	e->references = references;
	e->agreement = AGREEMENT_NO;
	memcpy(f->pattern.payload_prefix, "\x1b[31m\xff", 6);
	f->pattern.payload_prefix_n = 6;
	f->pattern.payload = PAYLOAD_CONSTANT;
	x.sides[SIDE_RECEIVER] = claim_reason(REASON_AMBIGUOUS, DETAIL_NONE);
	x.sides[SIDE_RECEIVER].about = 1;
	x.sides[SIDE_RECEIVER].n_candidates = 1;
	x.sides[SIDE_RECEIVER].candidates[0] = 2;
	x.report.filter = name;
}

Test(hostile, terminal)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *hosts[] = { names[i], names[i] }, *refs[] = { names[i], names[i] };
		fill(names[i], hosts, refs);
		x.context.verbose = true;
		char *got = fixture_run(&output_terminal, &x, everything);
		fixture_harmless(got);
		/* Only one line says this, and it is ours. */
		char *ours = strstr(got, "\nEvery frame has an answer: 15");
		cr_assert_not_null(ours, "%s", got);
		cr_assert_null(strstr(got, "\nEvery frame has an answer: 99"), "%s", got);
		free(got);
	}
}

Test(hostile, json)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *hosts[] = { names[i], names[i] }, *refs[] = { names[i], names[i] };
		fill(names[i], hosts, refs);
		char *got = fixture_run(&output_json, &x, everything);
		cr_assert(valid_lines(got), "%s", got);
		fixture_harmless(got);
		size_t lines = 0;
		for (const char *p = got; *p; p++)
			lines += *p == '\n';
		cr_assert_eq(lines, 4);
		free(got);
	}
}

/* A handle or an input that is out of range (a bug elsewhere) is no reason to read wild. */
Test(hostile, numbers_out_of_range)
{
	const struct sink_ops *const sinks[] = { &output_terminal, &output_json };
	for (size_t i = 0; i < 2; i++) {
		fixture_fill(&x);
		x.context.n_processes = 0;
		x.context.n_inputs = 0;
		x.sides[SIDE_SENDER].n_evidence = 200;
		x.finding.n_proofs = 200;
		char *got = fixture_run(sinks[i], &x, everything);
		cr_assert_gt(strlen(got), 100);
		free(got);
	}
}

Test(hostile, a_name_of_a_megabyte)
{
	char *name = malloc((1 << 20) + 1);
	memset(name, 'n', 1 << 20);
	name[1 << 20] = '\0';
	fixture_fill(&x);
	x.processes[0].image = name;
	/* The terminal says that it cannot, and the next call works again. */
	struct err err = { 0 };
	void *self = NULL;
	char *text = NULL;
	size_t n = 0;
	x.context.out = open_memstream(&text, &n);
	cr_assert_eq(output_terminal.open(&x.context, &self, &err), 0);
	cr_assert_eq(output_terminal.packet(self, &x.line, &err), -1);
	cr_assert_eq(err.kind, ERR_NOMEM);
	x.processes[0].image = "store.exe";
	cr_assert_eq(output_terminal.packet(self, &x.line, &err), 0);
	output_terminal.close(self);
	fclose(x.context.out);
	cr_assert_not_null(strstr(text, "store.exe (2136) exact\n"));
	free(text);
	free(name);
}
