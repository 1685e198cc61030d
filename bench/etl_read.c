/* SPDX-License-Identifier: Apache-2.0 */
/* etl-read FILE: the project's reader of event trace logs and nothing behind it. */
#include "reader.h"

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
	return bench_read(argc, argv, "etl-read", count);
}
