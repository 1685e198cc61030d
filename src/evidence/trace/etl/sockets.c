/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets by their place: see sockets.h. */
#include "evidence/trace/etl/sockets.h"

#include "base/limits.h"
#include "model/digest.h"

enum { ICMP_HEAD = 8 };

void sockets_init(struct map *sockets)
{
	map_init(sockets, sizeof(struct socket_entry), sizeof(uint64_t), LIMIT_ETL_SOCKETS,
		hash_key_new());
}

int sockets_learn(struct map *sockets, const struct socket_entry *entry, struct err *err)
{
	struct err full;
	bool fresh;
	struct socket_entry *to = map_put(sockets, &entry->place, &fresh, &full);
	if (to)
		*to = *entry;
	else if (full.kind != ERR_LIMIT)
		return err_nomem(err);
	return 0;
}

const struct socket_entry *sockets_find(const struct map *sockets, uint64_t place)
{
	return map_find(sockets, &place);
}

void sockets_forget(struct map *sockets, uint64_t place)
{
	void *entry = map_find(sockets, &place);
	if (entry)
		map_remove(sockets, entry);
}

uint32_t sockets_payload(uint32_t protocol, uint32_t bytes)
{
	if (protocol != TRANSPORT_ICMP && protocol != TRANSPORT_ICMPV6)
		return bytes;
	return bytes < ICMP_HEAD ? 0 : bytes - ICMP_HEAD;
}

bool sockets_protocol(uint32_t protocol)
{
	return protocol > 0 && protocol < TRANSPORT_NONE && protocol != TRANSPORT_TCP &&
		protocol != TRANSPORT_UDP;
}
