/* SPDX-License-Identifier: Apache-2.0 */
/* Who held which local endpoint: see endpoints.h. */
#include "correlate/endpoints.h"

#include <string.h>

#include "base/limits.h"

struct endpoint_key {
	struct endpoint local;
	uint8_t transport, zero;
};

struct endpoint_entry {
	struct endpoint_key key;
	struct succession holders;
};

void endpoints_init(struct endpoints *e, struct hash_key key)
{
	*e = (struct endpoints){ 0 };
	map_init(&e->map, sizeof(struct endpoint_entry), sizeof(struct endpoint_key),
		LIMIT_ENDPOINTS, key);
}

void endpoints_done(struct endpoints *e)
{
	if (e)
		map_done(&e->map);
}

static struct endpoint_key endpoint_key(uint8_t transport, const struct endpoint *local)
{
	struct endpoint_key key;
	memset(&key, 0, sizeof key);
	key.local = *local;
	key.transport = transport;
	return key;
}

void endpoints_bind(struct endpoints *e, uint8_t transport, const struct endpoint *local,
	process_handle process, struct ref_time when, struct evidence evidence)
{
	struct endpoint_key key = endpoint_key(transport, local);
	bool new;
	struct endpoint_entry *entry = map_put(&e->map, &key, &new, NULL);
	if (!entry) {
		e->limited = true;
		return;
	}
	if (new)
		entry->holders = succession_nobody;
	tenure_stretch(&entry->holders, process, 0, when, evidence);
}

const struct succession *endpoints_at(
	const struct endpoints *e, uint8_t transport, const struct endpoint *local)
{
	struct endpoint_key key = endpoint_key(transport, local);
	const struct endpoint_entry *entry = map_find(&e->map, &key);
	return entry ? &entry->holders : NULL;
}
