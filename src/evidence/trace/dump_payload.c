/* SPDX-License-Identifier: Apache-2.0 */
/* Events that a dump holds as bytes only: see dump_payload.h. */
#include "evidence/trace/dump_payload.h"

#include <stdlib.h>

#include "base/text.h"
#include "evidence/trace/etl/provider.h"
#include "evidence/trace/etl/shared.h"
#include "model/source.h"

/* A record of a trace has 16 bits for its length. */
#define PAYLOAD_BYTES 65536u

static const struct {
	enum dump_class class;
	const struct etl_provider *provider;
} known[] = {
	{ DUMP_PROCESS, &etl_kernel_process },
	{ DUMP_TCPIP, &etl_kernel_tcpip },
	{ DUMP_UDPIP, &etl_kernel_udpip },
	{ DUMP_CONFIG, &etl_kernel_config },
	{ DUMP_KERNEL_NETWORK, &etl_kernel_network },
	{ DUMP_KERNEL_PROCESS, &etl_process },
	{ DUMP_TCPIP_STACK, &etl_tcpip },
};

#define N_KNOWN (sizeof known / sizeof *known)

struct dump_payload {
	struct etl_shared shared;
	void *states[N_KNOWN];
	uint8_t pointer;
	uint8_t bytes[PAYLOAD_BYTES];
};

int dump_payload_new(struct dump_payload **ret, struct err *err)
{
	struct dump_payload *p = calloc(1, sizeof *p);
	if (!p)
		return err_nomem(err);
	p->pointer = 8;
	etl_shared_init(&p->shared);
	for (size_t i = 0; i < N_KNOWN; i++) {
		const struct etl_provider *provider = known[i].provider;
		if (!provider->open || provider->open(&p->states[i], err) == 0)
			continue;
		dump_payload_free(p);
		return -1;
	}
	*ret = p;
	return 0;
}

void dump_payload_free(struct dump_payload *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < N_KNOWN; i++)
		if (known[i].provider->close)
			known[i].provider->close(p->states[i]);
	etl_shared_done(&p->shared);
	free(p);
}

void dump_payload_pointer(struct dump_payload *p, uint32_t bytes)
{
	if (bytes == 4 || bytes == 8)
		p->pointer = (uint8_t)bytes;
}

static int to_bytes(struct dump_payload *p, struct span hex, struct span *ret, struct err *err)
{
	if (hex.n > 2 * PAYLOAD_BYTES)
		return err_set(err, ERR_LIMIT, "a payload of %zu bytes, above %u", hex.n / 2,
			PAYLOAD_BYTES);
	if (!text_hex(hex, p->bytes, hex.n / 2))
		return err_set(err, ERR_MALFORMED, "the payload is not hexadecimal");
	*ret = span_of(p->bytes, hex.n / 2);
	return 0;
}

int dump_payload_read(struct dump_payload *p, struct dump_memory *m, const struct dump_event *e,
	struct span hex, struct record *ret, struct err *err)
{
	size_t i = 0;
	struct record record = { 0 };
	struct etl_record rec = { .version = (uint8_t)e->version, .pointer = p->pointer };
	while (i < N_KNOWN && known[i].class != e->class)
		i++;
	if (i == N_KNOWN)
		return SOURCE_END;
	const struct etl_provider *provider = known[i].provider;
	rec.class = provider->group ? ETL_KERNEL : ETL_MANIFEST;
	rec.group = provider->group;
	rec.guid = &provider->guid;
	rec.opcode = (uint8_t)e->what;
	rec.id = (uint16_t)e->what;
	if (to_bytes(p, hex, &rec.payload, err) < 0)
		return -1;
	etl_shared_begin(&p->shared, 0);
	int rc = provider->read(p->states[i], &p->shared, &rec, &record, err);
	if (rc != ETL_GIVEN)
		return rc < 0 ? -1 : SOURCE_END;
	if (record.kind == RECORD_EVENT) {
		record.event.op = dump_event_settle(m, e, record.event.op);
		record.event.tag = 0; /* no thread is known */
	}
	*ret = record;
	return SOURCE_ITEM;
}
