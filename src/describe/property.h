/* SPDX-License-Identifier: Apache-2.0 */
/* The port that every property of a pattern implements: one property a file, one line in
 * properties.c. States are plain bytes, zeroed at birth, copied and dropped without a call. */
#ifndef WHOSENT_DESCRIBE_PROPERTY_H
#define WHOSENT_DESCRIBE_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>

#include "model/pattern.h"
#include "model/settled.h"

struct property {
	const char *name;
	size_t size;
	void (*add)(void *state, const struct settled *packet);
	/* NULL where it depends on the order of packets: such a state is kept for every level of a
	 * group (see groups.h) and never merged. */
	void (*merge)(void *into, const void *from);
	/* Writes its part of the pattern. Unordered properties write first. */
	void (*put)(const void *state, struct pattern *ret);
};

/* Those that do not depend on the order of packets, and those that do; each NULL-terminated. */
#define PROPERTIES_MOST 8
extern const struct property *const properties[2][PROPERTIES_MOST];

extern const struct property property_payload_length;
extern const struct property property_ports;
extern const struct property property_port_order;
extern const struct property property_peers;
extern const struct property property_interval;
extern const struct property property_payload;

#endif
