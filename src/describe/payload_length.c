/* SPDX-License-Identifier: Apache-2.0 */
/* Property: the length of the payload. */
#include "describe/numbers.h"
#include "describe/property.h"

static void add(void *state, const struct settled *packet)
{
	if (digest_has(packet->digest, DIGEST_PAYLOAD))
		numbers_add(state, packet->digest->payload_bytes);
}

static void merge(void *into, const void *from)
{
	numbers_merge(into, from);
}

static void put(const void *state, struct pattern *ret)
{
	ret->payload_bytes = numbers_pattern(state, NUMBER_RANGE);
}

const struct property property_payload_length = {
	.name = "payload-length",
	.size = sizeof(struct numbers),
	.add = add,
	.merge = merge,
	.put = put,
};
