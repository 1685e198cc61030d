/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for one reader, named by FUZZ_FORMAT at compile time: bytes to records, records to
 * digests, and what came out through every sink. A reader may refuse anything; it must end, and
 * it must never yield a record that the sinks cannot show. */
#include <stdio.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "evidence/capture/capture.h"
#include "evidence/input.h"
#include "evidence/table/table.h"
#include "evidence/trace/trace.h"
#include "output/output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* More records than bytes cannot be, unless the format expands them. */
#ifndef FUZZ_EXPANDS
#define FUZZ_EXPANDS 0
#endif
#define CALLS_MOST(n) ((n) + 16 + FUZZ_EXPANDS)

struct fuzz {
	struct sink_context context;
	struct input_report report;
	struct process process;
	const struct sink_ops *sinks[2];
	void *selves[2];
};

static void show_packet(struct fuzz *f, const struct record *rec)
{
	struct digest digest;
	struct claim sides[SIDES] = { claim_reason(REASON_NO_EVIDENCE, DETAIL_NONE),
		claim_reason(REASON_OTHER_HOST, DETAIL_NONE) };
	struct err err;
	decode_packet(&rec->packet, &digest);
	struct packet_line line = { .number = rec->number,
		.has_time = rec->has_time,
		.when = { rec->when.ns },
		.digest = &digest,
		.sides = sides };
	for (int i = 0; i < 2; i++)
		f->sinks[i]->packet(f->selves[i], &line, &err);
}

static void show_process(struct fuzz *f, const struct record *rec)
{
	char image[256], services[256];
	struct err err;
	struct finding finding = { .number = 1, .pattern = { .packets = 1 } };
	finding.grades[GRADE_EXACT] = 1;
	snprintf(image, sizeof image, "%.*s", (int)rec->process.image.n,
		(const char *)rec->process.image.p);
	snprintf(services, sizeof services, "%.*s", (int)rec->process.services.n,
		(const char *)rec->process.services.p);
	snprintf(finding.title, sizeof finding.title, "%.200s", image);
	f->process =
		(struct process){ .pid = rec->process.pid, .image = image, .services = services };
	for (int i = 0; i < 2; i++)
		f->sinks[i]->finding(f->selves[i], &finding, &err);
	f->process = (struct process){ 0 }; /* its strings end here */
}

/* What a packet says of its processes, as if a table said so. */
static void show_owner(struct fuzz *f, const struct owner *owner)
{
	struct record rec = { .kind = RECORD_PROCESS };
	rec.process.pid = owner->pid;
	rec.process.image = owner->image;
	show_process(f, &rec);
	rec.process.pid = owner->effective;
	rec.process.image = owner->effective_image;
	show_process(f, &rec);
}

static void begin(struct fuzz *f)
{
	struct err err;
	*f = (struct fuzz){ .sinks = { &output_terminal, &output_json } };
	f->report.file = "fuzz";
	f->context = (struct sink_context){ .out = fopen("/dev/null", "w"),
		.processes = &f->process,
		.n_processes = 1,
		.n_hosts = 1,
		.inputs = &f->report,
		.n_inputs = 1 };
	for (int i = 0; i < 2; i++)
		if (!f->context.out || f->sinks[i]->open(&f->context, &f->selves[i], &err) < 0)
			abort();
}

static void end(struct fuzz *f)
{
	for (int i = 0; i < 2; i++)
		f->sinks[i]->close(f->selves[i]);
	fclose(f->context.out);
}

static void read_all(struct fuzz *f, struct input *in, size_t n)
{
	const struct source_format *format = &FUZZ_FORMAT;
	struct source source = { .format = format };
	struct err err;
	struct record rec;
	if (format->open(in, &source.self, &err) < 0)
		return;
	size_t calls = 0;
	for (int rc; (rc = source_next(&source, &rec, &err)) != SOURCE_END; calls++) {
		if (calls > CALLS_MOST(n))
			abort(); /* it does not end */
		if (rc == SOURCE_ITEM && rec.kind == RECORD_PACKET)
			show_packet(f, &rec);
		if (rc == SOURCE_ITEM && rec.kind == RECORD_PACKET && rec.packet.owner)
			show_owner(f, rec.packet.owner);
		if (rc == SOURCE_ITEM && rec.kind == RECORD_PROCESS)
			show_process(f, &rec);
	}
	source_close(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz f;
	struct input *in;
	struct err err;
	begin(&f);
	FUZZ_FORMAT.recognise(span_of(data, n), true);
	if (input_memory("fuzz", span_of(data, n), &in, &err) == 0) {
		read_all(&f, in, n);
		input_close(in);
	}
	end(&f);
	return 0;
}
