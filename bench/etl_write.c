/* SPDX-License-Identifier: Apache-2.0 */
/* etl-write FILE EVENTS [PROCESSORS [FREQUENCY]]: an event trace log as a kernel logger writes it
 * of a busy server: sends and receives of TCP and UDP, IPv4 and some IPv6, in buffers of 64 KiB. */
#include <stdio.h>
#include <stdlib.h>

#include "write/etl_events.h"

static void set_event(uint64_t i, struct event *e)
{
	static const uint8_t ours[] = { 10, 0, 0, 1 };
	uint8_t theirs[] = { 10, 1, (uint8_t)(i >> 3), (uint8_t)(i * 7) };
	*e = (struct event){ .op = i & 1 ? EVENT_RECV : EVENT_SEND,
		.transport = i % 3 ? TRANSPORT_TCP : TRANSPORT_UDP,
		.local = { .addr = addr_v4(ours), .port = (uint16_t)(49152 + i % 1000) },
		.remote = { .addr = addr_v4(theirs), .port = 443 },
		.pid = (uint32_t)(4 * (i % 97) + 400),
		.bytes = (uint32_t)(i % 1400) };
	if (i % 16 == 0)
		e->local.addr.b[0] = e->remote.addr.b[0] = 0x20;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: etl-write FILE EVENTS [PROCESSORS [FREQUENCY]]\n");
		return 2;
	}
	FILE *file = fopen(argv[1], "wb+");
	if (!file) {
		fprintf(stderr, "etl-write: cannot make %s\n", argv[1]);
		return 1;
	}
	uint64_t n = strtoull(argv[2], NULL, 10);
	struct etlog w;
	struct etlog_form form = { .start_ns = 1700000000000000000,
		.processors = (uint16_t)(argc > 3 ? atoi(argv[3]) : 4),
		.frequency = argc > 4 ? strtoull(argv[4], NULL, 10) : 0 };
	etlog_begin(&w, &form, NULL, file);
	for (uint64_t i = 0; i < n; i++) {
		struct event e;
		/* A processor sends or takes four packets before another has its turn. */
		struct etlog_at at = { .ns = form.start_ns + (int64_t)i * 1700,
			.processor = (uint16_t)((i >> 2) * 2654435761u >> 13),
			.pid = 4,
			.tid = 8 };
		set_event(i, &e);
		etlog_tcpudp(&w, &at, 2, &e);
	}
	etlog_end(&w);
	bool failed = w.failed;
	etlog_done(&w);
	return fclose(file) || failed;
}
