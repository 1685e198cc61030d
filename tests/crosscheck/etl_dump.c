/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what the reader of event trace logs makes of one, tab-separated, to be compared by etl.py:
 *
 *   etl-dump walk FILE      KIND RAW FILETIME PAYLOAD of every record, in order of time: KIND is
 *                           "hook 080a", "id GUID 42" (the GUID as it lies in the file),
 *                           "class GUID 11" or "other"; FILETIME is in 100 ns
 *   etl-dump events FILE    NANOSECONDS OPERATION TRANSPORT PID BYTES LOCAL REMOTE of every event
 *   etl-dump buffers FILE   place, stamp and processor of every buffer, in order of time
 *
 * and at the end "damaged N", "lost N" and "skipped N". Packed files are unpacked. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/formats.h"
#include "evidence/trace/etl/walk.h"
#include "evidence/trace/trace.h"
#include "evidence/unpack.h"

/* 1970 in 100 ns since 1601. */
static const int64_t filetime_1970 = 116444736000000000;

static void print_hex(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
}

static void print_kind(const struct etl_record *rec)
{
	if (rec->class == ETL_OTHER) {
		printf("other");
	} else if (rec->class == ETL_KERNEL) {
		printf("hook %02x%02x", rec->group, rec->opcode);
	} else {
		printf(rec->class == ETL_CLASSIC ? "class " : "id ");
		print_hex(rec->guid->b, sizeof rec->guid->b);
		printf(" %u", rec->class == ETL_CLASSIC ? rec->opcode : rec->id);
	}
}

static void say(const struct err *err)
{
	char text[400];
	err_format(err, text, sizeof text);
	fprintf(stderr, "etl-dump: %s\n", text);
}

static void print_record(const struct etl_walk *w, const struct etl_record *rec)
{
	struct source_time when;
	print_kind(rec);
	printf("\t%" PRId64 "\t", rec->class == ETL_OTHER ? 0 : rec->raw);
	if (rec->class != ETL_OTHER && etl_logfile_time(&w->index.logfile, rec->raw, &when))
		printf("%" PRId64, when.ns / 100 + filetime_1970);
	printf("\t");
	print_hex(rec->payload.p, rec->payload.n < 64 ? rec->payload.n : 64);
	printf("\n");
}

static int dump_walk(struct input *in, struct err *err)
{
	struct etl_walk w;
	struct etl_buffer *b;
	unsigned damaged = 0;
	int rc = etl_walk_init(&w, in, LIMIT_ETL_WINDOW_BYTES, err);
	while (rc == 0 && (rc = etl_walk_next(&w, &b, err)) != 0) {
		if (rc < 0 && !b)
			break;
		if (rc < 0) {
			damaged++;
			say(err);
		} else {
			print_record(&w, &b->rec);
		}
		rc = 0;
	}
	printf("damaged %u\nlost %" PRIu64 "\n", damaged + (w.index.damage.kind != ERR_NONE),
		w.index.lost);
	etl_walk_done(&w);
	return rc;
}

static int dump_buffers(struct input *in, struct err *err)
{
	struct etl_index ix;
	int rc = etl_index_build(in, &ix, err);
	for (size_t i = 0; i < ix.n; i++)
		printf("%" PRIu64 "\t%" PRId64 "\t%u\n", etl_entry_off(&ix.entries[i]),
			ix.entries[i].stamp, etl_entry_processor(&ix.entries[i]));
	etl_index_done(&ix);
	return rc;
}

static void print_endpoint(const struct endpoint *e, char end)
{
	char text[ADDR_TEXT_BYTES];
	addr_format(&e->addr, text);
	printf("%s %u%c", text, e->port, end);
}

static void print_event(const struct record *r)
{
	const struct event *e = &r->event;
	printf("%" PRId64 "\t%u\t%u\t%" PRIu32 "\t%" PRIu32 "\t", r->has_time ? r->when.ns : 0,
		e->op, e->transport, e->pid, e->bytes);
	print_endpoint(&e->local, '\t');
	print_endpoint(&e->remote, '\n');
}

static int dump_events(struct input *in, struct err *err)
{
	struct source source = { .format = &format_etl };
	struct record r;
	int rc = format_etl.open(in, &source.self, err);
	if (rc < 0)
		return -1;
	while ((rc = source_next(&source, &r, err)) != SOURCE_END)
		if (rc < 0)
			say(err);
		else if (r.kind == RECORD_EVENT)
			print_event(&r);
	const struct tally *t = format_etl.tally(source.self);
	printf("damaged %" PRIu64 "\nlost %" PRIu64 "\nskipped %" PRIu64 "\n", t->damaged, t->lost,
		t->skipped);
	source_close(&source);
	return 0;
}

static int dump(const char *how, struct input *in, struct err *err)
{
	const struct source_format *format;
	if (formats_recognise(in, &format, err) < 0 || format != &format_etl) {
		fprintf(stderr, "etl-dump: %s is no event trace log\n", input_name(in));
		return 0;
	}
	if (strcmp(how, "walk") == 0)
		return dump_walk(in, err);
	return strcmp(how, "events") == 0 ? dump_events(in, err) : dump_buffers(in, err);
}

static int dump_unpacked(const char *how, struct input *in, struct err *err)
{
	struct unpack_limits limits = unpack_limits_of(LIMIT_INPUTS);
	struct unpacked_list list = { 0 };
	struct unpacker *unpacker;
	if (unpacker_new(&unpacker, err) < 0)
		return -1;
	int rc = unpack(unpacker, in, &limits, &list, err);
	for (size_t i = 0; i < list.n && rc == 0; i++)
		if (list.items[i].input)
			rc = dump(how, list.items[i].input, err);
	unpacked_done(&list);
	unpacker_free(unpacker);
	return rc;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct input *in;
	if (argc != 3) {
		fprintf(stderr, "usage: etl-dump walk|events|buffers FILE\n");
		return 2;
	}
	int rc = input_open(argv[2], &in, &err);
	if (rc == 0)
		rc = dump_unpacked(argv[1], in, &err);
	if (rc < 0)
		say(&err);
	return rc < 0 ? 1 : 0;
}
