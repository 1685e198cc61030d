/* SPDX-License-Identifier: Apache-2.0 */
/* etl-read FILE: the project's reader of event trace logs and nothing behind it. */
#include <stdio.h>

#include "evidence/formats.h"

static int count(struct source *source, struct err *err)
{
	struct record r;
	unsigned long long events = 0, records = 0, sum = 0;
	int rc;
	while ((rc = source_next(source, &r, err)) == SOURCE_ITEM) {
		records++;
		if (r.kind != RECORD_EVENT)
			continue;
		events++;
		sum += r.event.local.port + 31ull * r.event.remote.port + r.event.bytes +
			r.event.pid + (uint64_t)r.when.ns;
	}
	printf("%llu events of %llu records, %llx\n", events, records, sum);
	return rc;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct input *in = NULL;
	const struct source_format *format;
	struct source source = { 0 };
	if (argc != 2) {
		fprintf(stderr, "usage: etl-read FILE\n");
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
		fprintf(stderr, "etl-read: %s: %s\n", argv[1], err.msg);
	if (source.format)
		source_close(&source);
	input_close(in);
	return rc ? 1 : 0;
}
