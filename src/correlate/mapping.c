/* SPDX-License-Identifier: Apache-2.0 */
/* Learned address mappings: see mapping.h. */
#include "correlate/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* So many different pairs of ports must agree. One pair may be chance: another host of the network
 * talks from the same port to the same port, with the same length, at the same moment. That this
 * happens eight times to the same two addresses and never to others is no chance; a clock is sure
 * by as many. The same ports again are the same conversation, and prove nothing more. Wrong where
 * two machines are copies of each other, do all at one moment from the same ports, and the capture
 * shows only the one whose log was not given. */
#define WITNESSES 8

struct mapping_key {
	struct addr addr;
	uint32_t capture;
};

struct mapped {
	struct mapping_key key;
	uint32_t witnesses[WITNESSES]; /* pairs of ports */
	struct addr other;
	uint8_t n_witnesses;
	bool spoilt; /* it was paired with another address too */
	uint64_t packets;
};

void mappings_init(struct mappings *m, struct hash_key key)
{
	*m = (struct mappings){ 0 };
	map_init(&m->there, sizeof(struct mapped), sizeof(struct mapping_key), LIMIT_MAPPINGS, key);
	map_init(&m->back, sizeof(struct mapped), sizeof(struct mapping_key), LIMIT_MAPPINGS, key);
}

void mappings_done(struct mappings *m)
{
	if (!m)
		return;
	map_done(&m->there);
	map_done(&m->back);
	*m = (struct mappings){ 0 };
}

static struct mapped *find(const struct map *map, uint32_t capture, const struct addr *addr)
{
	struct mapping_key key = { .addr = *addr, .capture = capture };
	return map_find(map, &key);
}

/* Finds or makes the entry. NULL where the table is full: what is not known is not proven. */
static struct mapped *entry(struct mappings *m, struct map *map, uint32_t capture,
	const struct addr *addr, const struct addr *other)
{
	struct mapping_key key = { .addr = *addr, .capture = capture };
	struct err full = { 0 };
	bool new;
	struct mapped *e = map_put(map, &key, &new, &full);
	if (e && new)
		e->other = *other;
	m->failed = m->failed || (!e && full.kind != ERR_LIMIT);
	return e;
}

static bool is_proven(const struct mapped *there)
{
	return there && !there->spoilt && there->n_witnesses == WITNESSES;
}

static void bear_witness(struct mapped *there, const uint16_t ports[2])
{
	uint32_t low = ports[0] < ports[1] ? ports[0] : ports[1];
	uint32_t high = ports[0] < ports[1] ? ports[1] : ports[0];
	uint32_t witness = high << 16 | low;
	there->packets++;
	for (unsigned i = 0; i < there->n_witnesses; i++)
		if (there->witnesses[i] == witness)
			return;
	if (there->n_witnesses < WITNESSES)
		there->witnesses[there->n_witnesses++] = witness;
}

/* Spoils the entry and the one that it points to. */
static void spoil(struct mapped *e, struct map *others)
{
	struct mapped *other = find(others, e->key.capture, &e->other);
	e->spoilt = true;
	if (other)
		other->spoilt = true;
}

bool mappings_learn(struct mappings *m, const struct mapping_pair *pair)
{
	const struct addr *trace = &pair->trace, *captured = &pair->captured;
	struct mapped *there = entry(m, &m->there, pair->capture, trace, captured);
	struct mapped *back = entry(m, &m->back, pair->capture, captured, trace);
	bool one = !there || addr_equal(&there->other, captured);
	bool other = !back || addr_equal(&back->other, trace);
	bool denied = (!one && is_proven(there)) ||
		(!other && is_proven(find(&m->there, pair->capture, &back->other)));
	if (there && !(one && other))
		spoil(there, &m->back);
	if (back && !(one && other))
		spoil(back, &m->there);
	if (there && (!back || back->spoilt))
		there->spoilt = true;
	if (there && !there->spoilt) {
		bear_witness(there, pair->ports);
		m->proven = m->proven || is_proven(there);
	}
	return !denied;
}

const struct addr *mappings_trace(
	const struct mappings *m, uint32_t capture, const struct addr *captured)
{
	const struct mapped *back = m->proven ? find(&m->back, capture, captured) : NULL;
	if (!back || back->spoilt || !is_proven(find(&m->there, capture, &back->other)))
		return NULL;
	return &back->other;
}

const struct addr *mappings_captured(
	const struct mappings *m, uint32_t capture, const struct addr *trace)
{
	const struct mapped *there = m->proven ? find(&m->there, capture, trace) : NULL;
	return is_proven(there) ? &there->other : NULL;
}

static int by_packets(const void *x, const void *y)
{
	const struct mapping *a = x, *b = y;
	if (a->packets != b->packets)
		return a->packets > b->packets ? -1 : 1;
	if (a->capture != b->capture)
		return a->capture < b->capture ? -1 : 1;
	return memcmp(&a->trace, &b->trace, sizeof a->trace);
}

int mappings_list(const struct mappings *m, struct mapping **ret, size_t *ret_n, struct err *err)
{
	struct mapping *list = calloc(m->there.count + 1, sizeof *list);
	size_t n = 0;
	if (!list)
		return err_nomem(err);
	for (const struct mapped *e = map_first(&m->there); e; e = map_after(&m->there, e))
		if (is_proven(e) && !addr_equal(&e->key.addr, &e->other))
			list[n++] = (struct mapping){ .capture = e->key.capture,
				.trace = e->key.addr,
				.captured = e->other,
				.packets = e->packets };
	qsort(list, n, sizeof *list, by_packets);
	*ret = list;
	*ret_n = n;
	return 0;
}
