/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft-Windows-PktMon, what `pktmon start --capture` logs: doc/etl-packets.md. */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "evidence/trace/etl/packets.h"
#include "evidence/trace/etl/payload.h"

enum {
	ID_COMPONENT = 20,
	ID_PACKET = 160,
	ID_DROPPED = 170,
	ID_PACKET_LATER = 240, /* the same layout */
	ID_COMPONENT_LATER = 270,
	ID_COMPONENT_LAST = 280,
};

enum { TYPE_ETHERNET = 1, TYPE_WIRELESS = 2, TYPE_IP = 3 };

/* PKTMON_DIRECTION_TAG: Rx and Tx are seen from the machine. In and out, ingress and egress are
 * seen from the component, which may stand the other way round. */
enum { DIRECTION_RX = 3, DIRECTION_TX = 4 };

/* A packet is logged at each component that it passes, within moments. Groups and numbers begin
 * anew when the machine does, and a file may hold what was logged before and after. Wrong for a
 * packet that waits longer on its way, in a shaper's queue: it is then two packets. */
#define RECENT 4096u
#define RECENT_NS 2000000000ll

struct seen {
	uint64_t group;
	uint16_t number;
	bool used, has_time;
	struct source_time when;
};

#define COMPONENT_NAMES 1024u

struct component {
	uint16_t id;
	char name[ETL_INTERFACE_NAME_BYTES - 16];
};

struct pktmon {
	struct etl_places places;
	struct seen recent[RECENT]; /* by hash: a later packet takes the place of an earlier one */
	struct component *components; /* [COMPONENT_NAMES], made when the first is named */
	unsigned n_components;
	char remark[80]; /* of the last packet */
};

static int pktmon_open(void **ret_state, struct err *err)
{
	struct pktmon *m = calloc(1, sizeof *m);
	if (!m)
		return err_nomem(err);
	*ret_state = m;
	return 0;
}

static void pktmon_close(void *state)
{
	struct pktmon *m = state;
	if (!m)
		return;
	etl_places_done(&m->places);
	free(m->components);
	free(m);
}

/* id u16, kind u16, name, description. Where the names come at the end of the log, its interfaces
 * bear numbers. */
static int read_component(struct pktmon *m, const struct etl_record *rec, struct err *err)
{
	uint8_t buf[PAYLOAD_NAME_BYTES];
	struct cursor c = cursor_of(rec->payload);
	uint16_t id = cursor_le16(&c);
	cursor_skip(&c, 2);
	struct span name = payload_utf16(&c), description = payload_utf16(&c);
	if (c.ran_out)
		return payload_short(rec, "a component", rec->payload.n, err);
	if (!m->components && !(m->components = calloc(COMPONENT_NAMES, sizeof *m->components)))
		return err_nomem(err);
	unsigned i = 0;
	while (i < m->n_components && m->components[i].id != id)
		i++;
	if (i == COMPONENT_NAMES)
		return ETL_NOTHING;
	m->n_components += i == m->n_components;
	/* The description is what people know: "Hyper-V Virtual Ethernet Adapter #2", not
	 * "vmswitch.sys". */
	struct span text = payload_utf8(description.n ? description : name, buf);
	struct component *at = &m->components[i];
	at->id = id;
	at->name[0] = '\0';
	if (text.n < sizeof at->name)
		snprintf(at->name, sizeof at->name, "%.*s", (int)text.n, (const char *)text.p);
	return ETL_NOTHING;
}

static void name_place(const struct pktmon *m, struct etl_place *at, uint16_t component)
{
	unsigned i = 0;
	while (i < m->n_components && m->components[i].id != component)
		i++;
	bool named = i < m->n_components && m->components[i].name[0];
	snprintf(at->name, sizeof at->name, "component %u%s%s", component, named ? " " : "",
		named ? m->components[i].name : "");
	at->interface.name = span_text(at->name);
}

static bool is_copy(struct pktmon *m, uint64_t group, uint16_t number, const struct record *r)
{
	uint64_t mixed = (group * 0x9e3779b97f4a7c15ull) ^ number;
	struct seen *s = &m->recent[(mixed ^ mixed >> 32) % RECENT];
	bool again = s->used && s->group == group && s->number == number &&
		s->has_time == r->has_time &&
		(!r->has_time || r->when.ns - s->when.ns <= RECENT_NS);
	*s = (struct seen){ .group = group,
		.number = number,
		.used = true,
		.has_time = r->has_time,
		.when = r->when };
	return again;
}

/* What the log states beside a packet's bytes. */
struct appearance {
	uint64_t group;
	uint16_t number, direction, type, component;
	uint32_t drop_reason, drop_location;
	uint16_t original, logged;
};

/* group u64; number, appearance, direction, type, component, edge, filter u16 each; reason and
 * place of a drop u32 each; length on the wire and logged u16 each; bytes. */
static int read_appearance(
	const struct etl_record *rec, struct appearance *ret, struct span *bytes, struct err *err)
{
	struct cursor c = cursor_of(rec->payload);
	*ret = (struct appearance){ .group = cursor_u64(&c, false), .number = cursor_le16(&c) };
	cursor_skip(&c, 2);
	ret->direction = cursor_le16(&c);
	ret->type = cursor_le16(&c);
	ret->component = cursor_le16(&c);
	cursor_skip(&c, 4);
	ret->drop_reason = cursor_le32(&c);
	ret->drop_location = cursor_le32(&c);
	ret->original = cursor_le16(&c);
	ret->logged = cursor_le16(&c);
	if (c.ran_out)
		return payload_short(rec, "a packet's head", rec->payload.n, err);
	size_t left = cursor_left(&c);
	*bytes = cursor_take(&c, ret->logged);
	if (c.ran_out)
		return err_set(err, ERR_MALFORMED, "a packet of %u bytes, and its record holds %zu",
			ret->logged, left);
	return 0;
}

static uint32_t link_type_of(uint16_t type)
{
	switch (type) {
	case TYPE_ETHERNET:
		return ETL_LINK_ETHERNET;
	case TYPE_WIRELESS:
		return ETL_LINK_WIRELESS;
	case TYPE_IP:
		return ETL_LINK_RAW;
	default: /* what stands behind an IP header that was not logged */
		return 0;
	}
}

static void add_drop(struct pktmon *m, const struct appearance *a, struct record *ret)
{
	int n = snprintf(m->remark, sizeof m->remark, "dropped: reason %u at location 0x%08x",
		a->drop_reason, a->drop_location);
	ret->packet.remark = span_of(m->remark, (size_t)n);
}

static int read_packet(struct pktmon *m, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	struct appearance a;
	struct span bytes;
	if (read_appearance(rec, &a, &bytes, err) < 0)
		return -1;
	uint32_t link_type = link_type_of(a.type);
	if (!link_type)
		return ETL_NOTHING;
	bool fresh;
	struct etl_place *at = etl_place_of(
		&m->places, shared, etl_place_key(a.component, 0, link_type), &fresh, err);
	if (!at)
		return -1;
	if (fresh) {
		at->interface.link_type = link_type;
		name_place(m, at, a.component);
	}
	etl_packet(ret, at, bytes);
	if (a.original > bytes.n)
		ret->packet.wire_bytes = a.original;
	if (a.direction == DIRECTION_RX || a.direction == DIRECTION_TX)
		ret->packet.way = a.direction == DIRECTION_RX ? WAY_IN : WAY_OUT;
	if (rec->id == ID_DROPPED || a.drop_reason)
		add_drop(m, &a, ret);
	ret->packet.copy = is_copy(m, a.group, a.number, ret);
	return ETL_GIVEN;
}

static int pktmon_read(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	switch (rec->id) {
	case ID_COMPONENT:
	case ID_COMPONENT_LATER:
	case ID_COMPONENT_LAST:
		return read_component(state, rec, err);
	case ID_PACKET:
	case ID_DROPPED:
	case ID_PACKET_LATER:
		return read_packet(state, shared, rec, ret, err);
	default:
		return ETL_NOTHING;
	}
}

const struct etl_provider etl_pktmon = {
	.name = "Microsoft-Windows-PktMon",
	.guid = { { 0xd9, 0x80, 0x4f, 0x4d, 0xbd, 0xc8, 0x73, 0x4d, 0xbb, 0x5b, 0x19, 0xc9, 0x04,
		0x02, 0xc5, 0xac } },
	.open = pktmon_open,
	.close = pktmon_close,
	.read = pktmon_read,
};
