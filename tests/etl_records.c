/* SPDX-License-Identifier: Apache-2.0 */
/* Prints every record of an input as one line (lab/record_line.h), then what was met on the way:
 * etl-records FILE. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "evidence/formats.h"
#include "record_line.h"

static void print(struct str *line, const struct record *r)
{
	str_reset(line);
	record_line(line, r);
	fputs(str_get(line), stdout);
}

static void complain(const struct err *err)
{
	char text[400];
	err_format(err, text, sizeof text);
	printf("damage\t%s\n", text);
}

static int dump(struct input *in, struct str *line, struct err *err)
{
	const struct source_format *format;
	struct source source;
	if (formats_recognise(in, &format, err) < 0 || formats_open(format, in, &source, err) < 0)
		return -1;
	struct record r;
	int rc;
	while ((rc = source_next(&source, &r, err)) != SOURCE_END) {
		if (rc > 0)
			print(line, &r);
		else
			complain(err);
		if (rc < 0 && (err->kind == ERR_SYSTEM || err->kind == ERR_NOMEM))
			break;
	}
	const struct tally *t = format->tally(source.self);
	printf("tally\t%s\trecords %" PRIu64 "\tdamaged %" PRIu64 "\tskipped %" PRIu64
	       "\tlost %" PRIu64 "\n",
		format->name, t->records, t->damaged, t->skipped, t->lost);
	source_close(&source);
	return 0;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct input *in;
	struct str line;
	if (argc != 2) {
		fprintf(stderr, "usage: etl-records FILE\n");
		return 2;
	}
	str_init(&line, (size_t)1 << 20);
	int rc = input_open(argv[1], &in, &err);
	if (rc == 0) {
		rc = dump(in, &line, &err);
		input_close(in);
	}
	str_done(&line);
	if (rc < 0) {
		char text[400];
		err_format(&err, text, sizeof text);
		fprintf(stderr, "etl-records: %s: %s\n", argv[1], text);
	}
	return rc ? 1 : 0;
}
