/* SPDX-License-Identifier: Apache-2.0 */
/* Trails of cells: see trails.h. */
#include "describe/trails.h"

#include <stdlib.h>
#include <string.h>

struct peer_entry {
	struct addr addr;
	struct series *series;
};

void trails_init(struct trails *t, struct hash_key key)
{
	*t = (struct trails){ 0 };
	arena_init(&t->states, SIZE_MAX / 2);
	map_init(&t->peers, sizeof(struct peer_entry), sizeof(struct addr), LIMIT_TRAIL_PEERS, key);
}

void trails_done(struct trails *t)
{
	arena_done(&t->states);
	map_done(&t->peers);
	free(t->hosts);
	*t = (struct trails){ 0 };
}

static bool is_sent(const struct settled *p)
{
	return p->host < LIMIT_INPUTS &&
		(p->direction == DIRECTION_OUT || p->direction == DIRECTION_LOCAL);
}

bool trails_wanted(const struct settled *p)
{
	const struct claim *sender = &p->claims[SIDE_SENDER];
	return is_sent(p) && sender->grade == GRADE_NONE &&
		p->claims[SIDE_RECEIVER].grade == GRADE_NONE &&
		(sender->reason == REASON_NOT_TRACED || sender->reason == REASON_OUTSIDE_EVIDENCE ||
			sender->reason == REASON_NO_EVIDENCE);
}

void trails_add_era(struct trails *t, struct ref_time at)
{
	size_t i = t->n_eras;
	if (i == LIMIT_ERAS)
		return;
	for (; i > 0 && t->eras[i - 1].ns > at.ns; i--)
		t->eras[i] = t->eras[i - 1];
	t->eras[i] = at;
	t->n_eras++;
}

uint32_t trails_era(const struct trails *t, const struct settled *p)
{
	uint32_t era = 0;
	while (p->has_time && era < t->n_eras && t->eras[era].ns < p->when.ns)
		era++;
	return era;
}

static struct series *host_of(struct trails *t, uint32_t host, struct err *err)
{
	if (host >= t->n_hosts) {
		struct series **hosts = realloc(t->hosts, (host + 1) * sizeof(struct series *));
		if (!hosts) {
			err_nomem(err);
			return NULL;
		}
		memset(hosts + t->n_hosts, 0, (host + 1 - t->n_hosts) * sizeof(struct series *));
		t->hosts = hosts;
		t->n_hosts = host + 1;
	}
	if (!t->hosts[host])
		t->hosts[host] = arena_alloc(&t->states, sizeof(struct series));
	if (!t->hosts[host])
		err_nomem(err);
	return t->hosts[host];
}

/* Which of 1024 bits stands for the address. It need not be keyed: whoever makes them collide makes
 * look-ups, and no more. */
static unsigned bit_of(const struct addr *a)
{
	uint64_t front, back;
	memcpy(&front, a->b, sizeof front);
	memcpy(&back, a->b + 8, sizeof back);
	return (unsigned)(hash_fold(front ^ 0x9fb21c651e98df25ull, back ^ 0xd6e8feb86659fd93ull) >>
		54);
}

/* Above the limit nobody watches the peer, and it is never seen. */
static int watch(struct trails *t, const struct addr *peer, struct err *err)
{
	bool new;
	struct err full = { 0 };
	struct peer_entry want = { .addr = *peer }, *e = map_put(&t->peers, &want, &new, &full);
	if (!e && full.kind == ERR_LIMIT)
		return 0;
	if (e && new)
		e->series = arena_alloc(&t->states, sizeof(struct series));
	if (!e || !e->series)
		return err_nomem(err);
	unsigned bit = bit_of(peer);
	t->peer_bits[bit / 64] |= 1ull << bit % 64;
	return 0;
}

/* What else goes on: what our hosts send, and what the watched peers do. */
static int see(struct trails *t, const struct settled *p, struct err *err)
{
	if (is_sent(p)) {
		struct series *host = host_of(t, p->host, err);
		if (!host)
			return -1;
		series_add(host, p->when);
	}
	if (t->peers.count == 0 || !digest_has(p->digest, DIGEST_ADDRS))
		return 0;
	const struct addr *from = &p->digest->flow.src.addr;
	unsigned bit = bit_of(from);
	if (!(t->peer_bits[bit / 64] >> bit % 64 & 1))
		return 0;
	struct peer_entry *e = map_find(&t->peers, from);
	if (e)
		series_add(e->series, p->when);
	return 0;
}

static int add_peer(struct trails *t, struct trail *trail, const struct settled *p, struct err *err)
{
	if (!digest_has(p->digest, DIGEST_ADDRS))
		return 0;
	const struct addr *to = &p->digest->flow.dst.addr;
	uint32_t i = 0;
	while (i < trail->n_peers && !addr_equal(&trail->peers[i].addr, to))
		i++;
	if (i == TRAIL_PEERS)
		return 0;
	if (i == trail->n_peers) {
		trail->peers[trail->n_peers++].addr = *to;
		if (watch(t, to, err) < 0)
			return -1;
	}
	trail->peers[i].packets++;
	return 0;
}

int trails_follow(struct trails *t, const struct settled *p, bool first, struct cell_tally *cell,
	struct err *err)
{
	if (p->has_time && see(t, p, err) < 0)
		return -1;
	if (!trails_wanted(p))
		return 0;
	if (first && t->n_trails < LIMIT_TRAILS && cell->length != CELL_LENGTH_MANY) {
		cell->trail = arena_alloc(&t->states, sizeof *cell->trail);
		if (!cell->trail)
			return err_nomem(err);
		t->n_trails++;
	}
	if (!cell->trail)
		return 0;
	struct trail *trail = cell->trail;
	if (p->has_time)
		series_add(&trail->when, p->when);
	else
		trail->timeless++;
	return add_peer(t, trail, p, err);
}

const struct series *trails_host(const struct trails *t, uint32_t host)
{
	return host < t->n_hosts ? t->hosts[host] : NULL;
}

const struct series *trails_peer(const struct trails *t, const struct addr *peer)
{
	const struct peer_entry *e = map_find(&t->peers, peer);
	return e ? e->series : NULL;
}
