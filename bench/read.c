/* SPDX-License-Identifier: Apache-2.0 */
/* read FILE: the project's reader and decoder and nothing behind them. */
#include "decode/decode.h"
#include "reader.h"

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
	return bench_read(argc, argv, "read", count);
}
