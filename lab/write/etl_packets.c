/* SPDX-License-Identifier: Apache-2.0 */
/* Writes packets into event trace logs: see etl_packets.h. */
#include "write/etl_packets.h"

#include "write/etl_guids.h"

enum { PAYLOAD_MAX = 70000 };

/* Since Windows 10 1809 two numbers stand behind the fragment. */
uint64_t etlog_ndis(struct etlog *w, const struct etlog_at *at, const struct etlog_fragment *f)
{
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	etlog_put(&out, f->miniport, 4);
	etlog_put(&out, f->layer, 4);
	etlog_put(&out, f->bytes.n, 4);
	str_add(&out, f->bytes);
	if (w->form.build >= 17763) {
		etlog_put(&out, 0, 8);
		etlog_put(&out, 0, 8);
	}
	uint64_t keyword = 0x8000000000000001u;
	keyword |= f->start ? 0x40000000u : 0;
	keyword |= f->end ? 0x80000000u : 0;
	keyword |= f->truncated ? 0x2000000u : 0;
	keyword |= f->way == WAY_OUT ? 0x100000000u : f->way == WAY_IN ? 0x200000000u : 0;
	uint64_t serial = etlog_manifest(w, at,
		&(struct etlog_record){ .guid = etlog_guid_ndis,
			.id = 1001,
			.keyword = keyword,
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}

uint64_t etlog_pktmon(struct etlog *w, const struct etlog_at *at, const struct etlog_appearance *a)
{
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	const uint16_t words[] = { a->number, a->appearance, a->direction, a->type, a->component,
		a->edge, 0 };
	etlog_put(&out, a->group, 8);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		etlog_put(&out, words[i], 2);
	etlog_put(&out, a->drop_reason, 4);
	etlog_put(&out, a->drop_location, 4);
	etlog_put(&out, a->wire_bytes, 2);
	etlog_put(&out, a->bytes.n, 2);
	str_add(&out, a->bytes);
	uint64_t serial = etlog_manifest(w, at,
		&(struct etlog_record){ .guid = etlog_guid_pktmon,
			.id = a->drop_reason ? 170 : 160,
			.keyword = 0x8000000000000010u,
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}

uint64_t etlog_component(struct etlog *w, const struct etlog_at *at, uint16_t id, const char *name)
{
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	etlog_put(&out, id, 2);
	etlog_put(&out, 1, 2);
	etlog_wide(&out, name);
	etlog_wide(&out, "a component");
	uint64_t serial = etlog_manifest(w, at,
		&(struct etlog_record){ .guid = etlog_guid_pktmon,
			.id = 20,
			.keyword = 0x8000000000000001u,
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}
