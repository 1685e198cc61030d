/* SPDX-License-Identifier: Apache-2.0 */
/* read FILE: the project's reader and decoder and nothing behind them. */
#include <stdio.h>

#include "decode/decode.h"
#include "evidence/formats.h"

static int count(struct source *source, struct err *err)
{
	struct record r;
	struct digest d;
	unsigned long long packets = 0, sum = 0;
	int rc;
	while ((rc = source_next(source, &r, err)) == SOURCE_ITEM) {
		if (r.kind != RECORD_PACKET)
			continue;
		decode_packet(&r.packet, &d);
		packets++;
		sum += d.flow.src.port + 31ull * d.flow.dst.port + d.payload_bytes + d.transport;
	}
	printf("%llu packets, %llx\n", packets, sum);
	return rc;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct input *in = NULL;
	const struct source_format *format;
	struct source source = { 0 };
	if (argc != 2) {
		fprintf(stderr, "usage: read FILE\n");
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
		fprintf(stderr, "read: %s: %s\n", argv[1], err.msg);
	if (source.format)
		source_close(&source);
	input_close(in);
	return rc ? 1 : 0;
}
