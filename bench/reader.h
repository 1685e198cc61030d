/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs have in common that read one file with the project's own reader. */
#ifndef WHOSENT_BENCH_READER_H
#define WHOSENT_BENCH_READER_H

#include <stdio.h>

#include "evidence/formats.h"

/* Opens the one file of the command line as its format and counts; the exit code. */
static inline int bench_read(
	int argc, char **argv, const char *name, int (*count)(struct source *, struct err *))
{
	struct err err = { 0 };
	struct input *in = NULL;
	const struct source_format *format;
	struct source source = { 0 };
	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", name);
		return 2;
	}
	int rc = input_open(argv[1], &in, &err);
	if (rc == 0)
		rc = formats_recognise(in, &format, &err);
	if (rc == 0)
		rc = formats_open(format, in, &source, &err);
	if (rc == 0)
		rc = count(&source, &err);
	if (rc < 0)
		fprintf(stderr, "%s: %s: %s\n", name, argv[1], err.msg);
	if (source.format)
		source_close(&source);
	input_close(in);
	return rc ? 1 : 0;
}

#endif
