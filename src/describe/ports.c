/* SPDX-License-Identifier: Apache-2.0 */
/* Properties: source and destination ports, and whether they rise. */
#include "describe/numbers.h"
#include "describe/property.h"

struct ports {
	struct numbers source, destination;
};

static void add(void *state, const struct settled *packet)
{
	struct ports *p = state;
	if (!digest_has(packet->digest, DIGEST_PORTS))
		return;
	numbers_add(&p->source, packet->digest->flow.src.port);
	numbers_add(&p->destination, packet->digest->flow.dst.port);
}

static void merge(void *into, const void *from)
{
	struct ports *to = into;
	const struct ports *p = from;
	numbers_merge(&to->source, &p->source);
	numbers_merge(&to->destination, &p->destination);
}

static void put(const void *state, struct pattern *ret)
{
	const struct ports *p = state;
	ret->source_port = numbers_pattern(&p->source, NUMBER_VARIED);
	ret->destination_port = numbers_pattern(&p->destination, NUMBER_VARIED);
}

const struct property property_ports = {
	.name = "ports",
	.size = sizeof(struct ports),
	.add = add,
	.merge = merge,
	.put = put,
};

/* "Rising" is said of frame order, which is the order in which packets come here. A counter of
 * ephemeral ports that wraps round falls once: then it is not rising, and the kind says varied. */
struct order {
	uint16_t last_source, last_destination;
	bool source_fell, destination_fell, source_stood;
	uint64_t packets;
};

static void add_order(void *state, const struct settled *packet)
{
	struct order *o = state;
	if (!digest_has(packet->digest, DIGEST_PORTS))
		return;
	uint16_t source = packet->digest->flow.src.port;
	uint16_t destination = packet->digest->flow.dst.port;
	if (o->packets++) {
		o->source_fell = o->source_fell || source < o->last_source;
		o->source_stood = o->source_stood || source == o->last_source;
		o->destination_fell = o->destination_fell || destination < o->last_destination;
	}
	o->last_source = source;
	o->last_destination = destination;
}

static void rise(struct number_pattern *n, bool fell)
{
	if (!fell && n->known >= 3 && n->kind != NUMBER_CONSTANT)
		n->kind = NUMBER_RISING;
}

static void put_order(const void *state, struct pattern *ret)
{
	const struct order *o = state;
	rise(&ret->source_port, o->source_fell);
	rise(&ret->destination_port, o->destination_fell);
	ret->one_socket_each = o->packets >= 3 && !o->source_fell && !o->source_stood;
}

const struct property property_port_order = {
	.name = "port-order",
	.size = sizeof(struct order),
	.add = add_order,
	.put = put_order,
};
