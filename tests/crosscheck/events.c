/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what a reader makes of a log, one tab-separated line for each record that is no packet:
 * events FILE. Times are nanoseconds since 1970. */
#include <inttypes.h>
#include <stdio.h>

#include "evidence/formats.h"

static const char *const ops[] = { "?", "send", "recv", "connect", "accept", "reconnect",
	"disconnect", "retransmit", "hold" };
static const char *const notes[] = { "running", "start", "end" };

static void print_end(const struct endpoint *e)
{
	char text[ADDR_TEXT_BYTES];
	printf("\t%s\t%u", addr_format(&e->addr, text), e->port);
}

static void print_event(const struct event *e)
{
	printf("event\t%s\t%u\t%" PRIu32 "\t%" PRIu32, ops[e->op], e->transport, e->pid, e->bytes);
	print_end(&e->local);
	print_end(&e->remote);
	printf("\t%d\t%u\t%" PRIu32, e->either_way, e->traces, e->tag);
}

static void print_process(const struct process_note *n)
{
	printf("process\t%s\t%" PRIu32 "\t%" PRIu32 "\t%.*s\t%.*s\t%" PRIu32 "\t%d", notes[n->what],
		n->pid, n->has_parent ? n->parent : 0, (int)n->image.n, n->image.p,
		(int)n->services.n, n->services.p, n->tag, n->image_cut);
	printf("\t%" PRId64, n->has_start ? n->start.ns : 0);
}

static void print_record(const struct record *r)
{
	char text[ADDR_TEXT_BYTES];
	if (r->kind == RECORD_PACKET)
		return;
	printf("%" PRIu64 "\t%" PRId64 "\t", r->number, r->has_time ? r->when.ns : 0);
	if (r->kind == RECORD_EVENT)
		print_event(&r->event);
	else if (r->kind == RECORD_PROCESS)
		print_process(&r->process);
	else if (r->kind == RECORD_ADDRESS)
		printf("address\t%s", addr_format(&r->address.addr, text));
	else
		printf("loss\t%" PRIu64, r->loss.count);
	printf("\n");
}

static int dump(struct input *in, struct err *err)
{
	const struct source_format *format;
	struct source source;
	struct record r;
	int rc, bad = 0;
	if (formats_recognise(in, &format, err) < 0 || formats_open(format, in, &source, err) < 0)
		return -1;
	while ((rc = source_next(&source, &r, err)) != SOURCE_END) {
		char text[400];
		if (rc >= 0) {
			print_record(&r);
			continue;
		}
		err_format(err, text, sizeof text);
		fprintf(stderr, "events: %s\n", text);
		bad = 1;
		if (err->kind == ERR_SYSTEM || err->kind == ERR_NOMEM)
			break;
	}
	source_close(&source);
	return bad;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct input *in;
	if (argc != 2) {
		fprintf(stderr, "usage: events FILE\n");
		return 2;
	}
	int rc = input_open(argv[1], &in, &err);
	if (rc == 0) {
		rc = dump(in, &err);
		input_close(in);
	}
	if (rc < 0) {
		char text[400];
		err_format(&err, text, sizeof text);
		fprintf(stderr, "events: %s: %s\n", argv[1], text);
	}
	return rc ? 1 : 0;
}
