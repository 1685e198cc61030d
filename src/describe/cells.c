/* SPDX-License-Identifier: Apache-2.0 */
/* Families, levels and cells: see cells.h. */
#include "describe/cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* Lengths of one family that are told apart. A protocol with more of them (file transfer, voice)
 * has no pattern in its lengths. */
#define LENGTHS_MOST 256

/* The usual border between services and everyone (RFC 6335 6: System Ports). */
#define SYSTEM_PORTS 1024

/* The answer of a cell as a number: a process handle, or a reason behind a flag. */
#define ANSWER_REASON 0x80000000u

struct family_entry {
	struct family_key key;
	uint8_t selected, zero;
	uint32_t place;
};

struct level_key {
	uint32_t family, is_length, value;
};

struct level_entry {
	struct level_key key;
	uint32_t place;
};

struct cell_key {
	uint32_t family, length, answer, era;
};

struct cell_entry {
	struct cell_key key;
	uint32_t place;
};

const void *level_ordered(const struct groups *g, const struct level *l)
{
	return l->ordered ? l->ordered : g->cell[l->first].ordered;
}

static size_t aligned(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

size_t states_size(bool ordered)
{
	size_t n = 0;
	for (const struct property *const *p = properties[ordered]; *p; p++)
		n += aligned((*p)->size);
	return n;
}

void states_add(void *states, bool ordered, const struct settled *packet)
{
	unsigned char *at = states;
	for (const struct property *const *p = properties[ordered]; *p; p++) {
		(*p)->add(at, packet);
		at += aligned((*p)->size);
	}
}

void states_merge(void *into, const void *from)
{
	unsigned char *to = into;
	const unsigned char *at = from;
	for (const struct property *const *p = properties[false]; *p; p++) {
		(*p)->merge(to, at);
		to += aligned((*p)->size);
		at += aligned((*p)->size);
	}
}

void states_put(const void *states, bool ordered, struct pattern *ret)
{
	const unsigned char *at = states;
	for (const struct property *const *p = properties[ordered]; *p; p++) {
		(*p)->put(at, ret);
		at += aligned((*p)->size);
	}
}

int groups_new(struct hash_key key, struct groups **ret, struct err *err)
{
	struct groups *g = calloc(1, sizeof *g);
	if (!g)
		return err_nomem(err);
	/* Two entries a family: one for each answer of the filter. */
	map_init(&g->families, sizeof(struct family_entry), offsetof(struct family_entry, place),
		2 * LIMIT_FAMILIES + 1024, key);
	map_init(&g->levels, sizeof(struct level_entry), sizeof(struct level_key), SIZE_MAX, key);
	map_init(&g->cells, sizeof(struct cell_entry), sizeof(struct cell_key), SIZE_MAX, key);
	arena_init(&g->states, SIZE_MAX / 2);
	trails_init(&g->trails, key);
	g->memos = calloc(CELL_MEMOS, sizeof *g->memos);
	if (!g->memos) {
		groups_free(g);
		return err_nomem(err);
	}
	*ret = g;
	return 0;
}

void groups_free(struct groups *g)
{
	if (!g)
		return;
	map_done(&g->families);
	map_done(&g->levels);
	map_done(&g->cells);
	arena_done(&g->states);
	trails_done(&g->trails);
	free(g->family);
	free(g->level);
	free(g->cell);
	free(g->tally);
	free(g->memos);
	free(g);
}

/* Makes room for one more in an array of ours. */
static void *room(void *array, uint32_t n, uint32_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	uint32_t more = *cap ? *cap * 2 : 64;
	void *bigger = realloc(array, (size_t)more * size);
	if (bigger)
		*cap = more;
	return bigger;
}

/* Below the system ports' border on both ends, the lower one is the service: 53 before 123. */
static void set_service(struct family_key *key, const struct digest *d)
{
	uint16_t source = d->flow.src.port, destination = d->flow.dst.port;
	if (!digest_has(d, DIGEST_PORTS) || (source >= SYSTEM_PORTS && destination >= SYSTEM_PORTS))
		return;
	key->service_side = source < destination ? 1 : 2;
	key->service_port = source < destination ? source : destination;
}

/* Packets of which neither end is known to be ours are told apart by their sender only where
 * nobody can say whose they are; those of other hosts are no concern of ours. */
static const struct addr *local_of(const struct settled *p)
{
	if (p->direction == DIRECTION_IN)
		return &p->digest->flow.dst.addr;
	if (p->direction != DIRECTION_NONE || p->claims[SIDE_SENDER].reason == REASON_NO_EVIDENCE)
		return &p->digest->flow.src.addr;
	return NULL;
}

/* Full: one coarse family for each transport and direction. */
static bool is_full(const struct groups *g)
{
	return g->n_families >= LIMIT_FAMILIES || g->n_cells >= LIMIT_CELLS;
}

static struct family_key family_key(const struct groups *g, const struct settled *p)
{
	const struct digest *d = p->digest;
	struct family_key key;
	memset(&key, 0, sizeof key);
	key.transport = d->transport;
	key.direction = (uint8_t)p->direction;
	if (digest_has(d, DIGEST_ICMP)) {
		key.has_icmp = 1;
		key.icmp_type = d->icmp_type;
		key.icmp_code = d->icmp_code;
	}
	if (is_full(g))
		return key;
	set_service(&key, d);
	if (digest_has(d, DIGEST_ADDRS) && local_of(p))
		key.local = *local_of(p);
	return key;
}

static uint32_t family_of(
	struct groups *g, const struct family_key *key, bool selected, struct err *err)
{
	struct family_entry want, *e;
	memset(&want, 0, sizeof want);
	want.key = *key;
	want.selected = selected;
	bool new;
	e = map_put(&g->families, &want, &new, err);
	if (!e)
		return UINT32_MAX;
	if (!new)
		return e->place;
	struct family *grown = room(g->family, g->n_families, &g->cap_families, sizeof *grown);
	if (!grown) {
		err_nomem(err);
		return UINT32_MAX;
	}
	g->family = grown;
	uint32_t place = e->place = g->n_families++;
	want.selected = !selected;
	const struct family_entry *twin = map_find(&g->families, &want);
	g->family[place] = (struct family){
		.key = *key, .selected = selected, .pool = twin ? twin->place : place
	};
	return place;
}

static uint32_t level_of(
	struct groups *g, uint32_t family, bool is_length, uint32_t value, struct err *err)
{
	struct level_key key = { .family = family, .is_length = is_length, .value = value };
	bool new;
	struct level_entry *e = map_put(&g->levels, &key, &new, err);
	if (!e)
		return UINT32_MAX;
	if (!new)
		return e->place;
	struct level *grown = room(g->level, g->n_levels, &g->cap_levels, sizeof *grown);
	if (!grown) {
		err_nomem(err);
		return UINT32_MAX;
	}
	g->level = grown;
	e->place = g->n_levels++;
	g->level[e->place] = (struct level){ 0 };
	if (is_length)
		g->family[family].n_lengths++;
	return e->place;
}

/* TCP cuts its stream as it likes: the lengths of its segments say nothing. */
static uint32_t raw_length(const struct digest *d)
{
	if (d->transport == TRANSPORT_TCP)
		return CELL_LENGTH_MANY;
	return digest_has(d, DIGEST_PAYLOAD) ? d->payload_bytes : CELL_LENGTH_UNKNOWN;
}

static uint32_t length_of(const struct groups *g, uint32_t family, uint32_t length)
{
	struct level_key key = { .family = family, .is_length = 1, .value = length };
	if (length == CELL_LENGTH_MANY || length == CELL_LENGTH_UNKNOWN ||
		g->family[family].n_lengths < LENGTHS_MOST || map_find(&g->levels, &key))
		return length;
	return CELL_LENGTH_MANY;
}

/* From here on the order of a level is no longer that of another one. */
static int part_level(struct groups *g, struct level *l, const void *same, struct err *err)
{
	l->ordered = arena_alloc(&g->states, states_size(true));
	if (!l->ordered)
		return err_nomem(err);
	memcpy(l->ordered, same, states_size(true));
	return 0;
}

static int join_level(struct groups *g, struct level *l, uint32_t cell, struct err *err)
{
	if (l->cells == 0)
		l->first = cell;
	if (l->cells == 1 && part_level(g, l, g->cell[l->first].ordered, err) < 0)
		return -1;
	l->cells++;
	return 0;
}

static int join_family(struct groups *g, struct level *l, uint32_t length, struct err *err)
{
	if (l->cells == 0)
		l->first = g->n_cells;
	uint32_t before = l->cells ? g->cell[l->first].length_level : length;
	if (!l->ordered && before != length &&
		part_level(g, l, level_ordered(g, &g->level[before]), err) < 0)
		return -1;
	l->cells++;
	return 0;
}

static int new_cell(struct groups *g, const struct cell_key *key, const struct raw_key *raw,
	uint32_t *ret, struct err *err)
{
	uint32_t length = level_of(g, key->family, true, key->length, err);
	uint32_t answer = level_of(g, key->family, false, key->answer, err);
	if (length == UINT32_MAX || answer == UINT32_MAX)
		return -1;
	uint32_t cap = g->cap_cells;
	struct cell *cells = room(g->cell, g->n_cells, &cap, sizeof *cells);
	if (cells)
		g->cell = cells;
	struct cell_tally *tallies = room(g->tally, g->n_cells, &g->cap_cells, sizeof *tallies);
	if (tallies)
		g->tally = tallies;
	void *unordered = arena_alloc(&g->states, states_size(false));
	void *ordered = arena_alloc(&g->states, states_size(true));
	if (!cells || !tallies || !unordered || !ordered)
		return err_nomem(err);
	if (join_level(g, &g->level[length], g->n_cells, err) < 0 ||
		join_level(g, &g->level[answer], g->n_cells, err) < 0 ||
		join_family(g, &g->family[key->family].level, length, err) < 0)
		return -1;
	*ret = g->n_cells++;
	g->cell[*ret] = (struct cell){ .key = *raw,
		.family = key->family,
		.length_level = length,
		.answer_level = answer,
		.unordered = unordered,
		.ordered = ordered,
		.finding = UINT32_MAX };
	bool reason = key->answer & ANSWER_REASON;
	g->tally[*ret] = (struct cell_tally){ .pool = g->family[key->family].pool,
		.length = key->length,
		.direction = g->family[key->family].key.direction,
		.process = reason ? PROCESS_NONE : key->answer,
		.reason = reason ? (enum reason)(key->answer & ~ANSWER_REASON) : REASON_NONE };
	return 0;
}

static uint32_t find_cell(struct groups *g, const struct raw_key *raw, struct err *err)
{
	struct cell_key key = { .family = family_of(g, &raw->family, raw->selected, err),
		.answer = raw->answer,
		.era = raw->era };
	if (key.family == UINT32_MAX)
		return UINT32_MAX;
	key.length = length_of(g, key.family, raw->length);
	bool new;
	struct cell_entry *e = map_put(&g->cells, &key, &new, err);
	if (!e)
		return UINT32_MAX;
	uint32_t place = e->place;
	if (new &&new_cell(g, &key, raw, &place, err) < 0)
		return UINT32_MAX;
	e->place = place;
	return place;
}

_Static_assert(sizeof(struct raw_key) % 8 == 0, "compared in words");

static bool same_key(const struct raw_key *a, const struct raw_key *b)
{
	const uint8_t *p = (const uint8_t *)a, *q = (const uint8_t *)b;
	uint64_t differs = 0;
	for (size_t i = 0; i < sizeof *a; i += 8)
		differs |= hash_load64(p + i) ^ hash_load64(q + i);
	return differs == 0;
}

/* What was once found for a packet stays right for all that are like it, until a limit makes
 * families coarse: a length that has its level keeps it, and one that came too late never gets one.
 */
uint32_t cells_of(struct groups *g, const struct settled *packet, struct err *err)
{
	const struct claim *best = &packet->claims[settled_best_side(packet)];
	struct raw_key raw = { .family = family_key(g, packet),
		.selected = packet->selected,
		.length = raw_length(packet->digest),
		.answer = best->grade != GRADE_NONE
			? best->process
			: ANSWER_REASON | packet->claims[SIDE_SENDER].reason,
		.era = trails_wanted(packet) ? trails_era(&g->trails, packet) : 0 };
	uint64_t hash = hash_bytes(g->cells.key, &raw, sizeof raw);
	struct memo *memo = &g->memos[hash & (CELL_MEMOS - 1)];
	uint32_t tag = (uint32_t)(hash >> 32);
	bool full = is_full(g);
	if (!full && memo->cell && memo->tag == tag && same_key(&g->cell[memo->cell - 1].key, &raw))
		return memo->cell - 1;
	uint32_t place = find_cell(g, &raw, err);
	if (place != UINT32_MAX && !full)
		*memo = (struct memo){ tag, place + 1 };
	return place;
}
