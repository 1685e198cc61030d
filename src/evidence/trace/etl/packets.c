/* SPDX-License-Identifier: Apache-2.0 */
/* Places at which packets were seen: see packets.h. */
#include "evidence/trace/etl/packets.h"

#include <stdlib.h>

#include "evidence/capture/packet_record.h"

void etl_places_done(struct etl_places *p)
{
	for (unsigned i = 0; i < ETL_PLACE_SLOTS; i++) {
		for (struct etl_place *at = p->slots[i], *next; at; at = next) {
			next = at->next;
			free(at->bytes);
			free(at);
		}
	}
}

struct etl_place *etl_place_of(struct etl_places *p, struct etl_shared *shared, uint64_t key,
	bool *ret_new, struct err *err)
{
	struct etl_place **slot = &p->slots[key >> 56 & (ETL_PLACE_SLOTS - 1)];
	*ret_new = false;
	for (struct etl_place *at = *slot; at; at = at->next)
		if (at->key == key)
			return at;
	if (p->n == ETL_INTERFACES_MOST) {
		err_set(err, ERR_LIMIT, "more than %u interfaces", ETL_INTERFACES_MOST);
		return NULL;
	}
	struct etl_place *at = calloc(1, sizeof *at);
	if (!at) {
		err_nomem(err);
		return NULL;
	}
	at->key = key;
	at->next = *slot;
	at->interface.id = etl_next_interface(shared);
	*slot = at;
	p->n++;
	*ret_new = true;
	return at;
}

void etl_packet(struct record *ret, const struct etl_place *at, struct span bytes)
{
	bool has_time = ret->has_time;
	struct source_time when = ret->when;
	packet_record_begin(ret, ret->number);
	ret->has_time = has_time;
	ret->when = when;
	ret->packet.bytes = bytes;
	ret->packet.wire_bytes = (uint32_t)bytes.n;
	ret->packet.link_type = at->interface.link_type;
	ret->packet.interface = &at->interface;
}

uint32_t etl_ip_bytes(struct span packet)
{
	struct cursor c = cursor_of(packet);
	uint8_t version = cursor_u8(&c) >> 4;
	cursor_skip(&c, version == 4 ? 1 : 3);
	uint32_t stated = cursor_be16(&c) + (version == 6 ? 40u : 0);
	return c.ran_out || (version != 4 && version != 6) ? 0 : stated;
}

uint32_t etl_wire_bytes(struct span bytes, uint32_t link_type)
{
	enum { ETHERNET = 14, IPV4 = 0x0800, IPV6 = 0x86dd };
	size_t before = link_type == ETL_LINK_ETHERNET ? ETHERNET : 0;
	/* A wireless frame's first byte is its kind: 0x48, a frame without data, would look like
	 * IPv4. */
	if (link_type == ETL_LINK_WIRELESS || bytes.n <= before)
		return (uint32_t)bytes.n;
	struct span packet = span_of(bytes.p + before, bytes.n - before);
	if (before) {
		unsigned type = (unsigned)(bytes.p[12] << 8 | bytes.p[13]);
		if (type != (packet.p[0] >> 4 == 4 ? IPV4 : IPV6))
			return (uint32_t)bytes.n;
	}
	uint32_t stated = etl_ip_bytes(packet);
	return stated && before + stated > bytes.n ? (uint32_t)before + stated : (uint32_t)bytes.n;
}
