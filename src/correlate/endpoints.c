/* SPDX-License-Identifier: Apache-2.0 */
/* Who held which local endpoint: see endpoints.h. */
#include "correlate/endpoints.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"
#include "base/limits.h"

#define NOWHERE UINT32_MAX

/* No padding: hashed and compared as bytes. */
struct endpoint_key {
	struct endpoint local;
	uint8_t transport, connections;
	uint32_t host;
};

/* The two processes that were seen last. Those before them are a crowd without names: until
 * `crowd_until`, or for good where one of them was bound and never let go. */
struct endpoint_entry {
	struct endpoint_key key;
	uint32_t next_free;
	bool crowd, crowd_bound;
	struct ref_time crowd_until;
	struct holder holders[ENDPOINT_HOLDERS];
};

void endpoints_init(struct endpoints *e, struct hash_key key)
{
	*e = (struct endpoints){ .hash = key, .free_list = NOWHERE };
	queue_init(&e->queue);
}

void endpoints_done(struct endpoints *e)
{
	if (!e)
		return;
	index_done(&e->index);
	queue_done(&e->queue);
	free(e->entries);
	*e = (struct endpoints){ .free_list = NOWHERE };
}

static struct endpoint_key key_of(
	uint32_t host, uint8_t transport, bool connections, const struct endpoint *local)
{
	struct endpoint_key key;
	memset(&key, 0, sizeof key);
	key.local = *local;
	key.transport = transport;
	key.connections = connections;
	key.host = host;
	return key;
}

static bool is_open(const struct holder *h)
{
	return h->process != PROCESS_NONE && h->bound && !h->released;
}

/* Nothing that is still undecided can ask for it. */
static bool is_idle(const struct endpoint_entry *entry, struct ref_time now)
{
	int64_t idle_ns = entry->key.connections ? LIMIT_TCP_IDLE_NS : LIMIT_UDP_IDLE_NS;
	if (entry->crowd_bound)
		return false;
	for (int i = 0; i < ENDPOINT_HOLDERS; i++) {
		const struct holder *h = &entry->holders[i];
		if (is_open(h) || (h->process != PROCESS_NONE && now.ns - h->last.ns <= idle_ns))
			return false;
	}
	return !entry->crowd || now.ns - entry->crowd_until.ns > idle_ns;
}

static uint64_t hash_of(const struct endpoints *e, const struct endpoint_key *key)
{
	return hash_bytes(e->hash, key, sizeof *key);
}

/* The caller has taken it off the queue. */
static void forget(struct endpoints *e, uint32_t place)
{
	index_remove(&e->index, hash_of(e, &e->entries[place].key), place);
	e->entries[place].next_free = e->free_list;
	e->free_list = place;
}

static void limit(struct endpoints *e, struct ref_time now)
{
	if (!e->limited || now.ns > e->limited_at.ns)
		e->limited_at = now;
	e->limited = true;
}

/* As in owners.c: who has waited for as long as the shorter limit is looked at. */
#define SWEEP_STEPS 4
static_assert(LIMIT_UDP_IDLE_NS <= LIMIT_TCP_IDLE_NS, "no endpoint is idle before");

static void sweep(struct endpoints *e, struct ref_time now)
{
	for (int i = 0; i < SWEEP_STEPS && queue_waited(&e->queue, now.ns, LIMIT_UDP_IDLE_NS);
		i++) {
		uint32_t place = queue_take(&e->queue);
		if (is_idle(&e->entries[place], now))
			forget(e, place);
		else
			queue_put(&e->queue, place, now.ns);
	}
}

/* The limit is met. Where none is idle within a few steps, the next one must go, and with it the
 * certainty that nobody else holds an endpoint. */
#define EVICT_STEPS 64

static void evict(struct endpoints *e, struct ref_time now)
{
	uint32_t place = queue_take(&e->queue);
	for (int i = 0; i < EVICT_STEPS && !is_idle(&e->entries[place], now); i++) {
		queue_put(&e->queue, place, now.ns);
		place = queue_take(&e->queue);
	}
	const struct endpoint_entry *entry = &e->entries[place];
	if (!is_idle(entry, now)) {
		if (entry->key.connections)
			e->connections_limited = true;
		else
			limit(e, now);
	}
	forget(e, place);
}

static uint32_t take_place(struct endpoints *e)
{
	if (e->free_list != NOWHERE) {
		uint32_t place = e->free_list;
		e->free_list = e->entries[place].next_free;
		return place;
	}
	if (e->n == e->cap) {
		uint32_t cap = e->cap ? e->cap * 2 : 64;
		struct endpoint_entry *entries = realloc(e->entries, cap * sizeof *entries);
		if (!entries)
			return NOWHERE;
		large_pages(entries, cap * sizeof *entries);
		e->entries = entries;
		if (queue_reserve(&e->queue, cap, NULL) < 0)
			return NOWHERE;
		e->cap = cap;
	}
	return e->n++;
}

static uint32_t place_of(const struct endpoints *e, const struct endpoint_key *key, uint64_t hash)
{
	uint32_t at, place = index_first(&e->index, hash, &at);
	while (place != INDEX_NONE && memcmp(&e->entries[place].key, key, sizeof *key) != 0)
		place = index_next(&e->index, hash, &at);
	return place == INDEX_NONE ? NOWHERE : place;
}

/* NULL, and `limited`, where there is no memory for it. */
static struct endpoint_entry *entry_of(struct endpoints *e, const struct binding *b)
{
	struct endpoint_key key = key_of(b->host, b->transport, b->connection, &b->local);
	uint64_t hash = hash_of(e, &key);
	uint32_t place = place_of(e, &key, hash);
	if (place != NOWHERE)
		return &e->entries[place];
	sweep(e, b->when);
	if (e->index.count >= LIMIT_ENDPOINTS)
		evict(e, b->when);
	place = index_reserve(&e->index, NULL) < 0 ? NOWHERE : take_place(e);
	if (place == NOWHERE) {
		limit(e, b->when);
		return NULL;
	}
	index_add(&e->index, hash, place);
	struct endpoint_entry *entry = &e->entries[place];
	*entry = (struct endpoint_entry){ .key = key };
	for (int i = 0; i < ENDPOINT_HOLDERS; i++)
		entry->holders[i].process = PROCESS_NONE;
	queue_put(&e->queue, place, b->when.ns);
	return entry;
}

static const struct endpoint_entry *find(
	const struct endpoints *e, const struct endpoint_question *q, const struct endpoint *local)
{
	struct endpoint_key key = key_of(q->host, q->transport, q->connections, local);
	uint32_t place = place_of(e, &key, hash_of(e, &key));
	return place == NOWHERE ? NULL : &e->entries[place];
}

/* The process's own place, an empty one, or that of whoever was seen longest ago, who joins the
 * crowd. */
static struct holder *place_for(struct endpoint_entry *entry, process_handle process)
{
	struct holder *oldest = &entry->holders[0];
	for (int i = 0; i < ENDPOINT_HOLDERS; i++)
		if (entry->holders[i].process == process)
			return &entry->holders[i];
	for (int i = 0; i < ENDPOINT_HOLDERS; i++) {
		struct holder *h = &entry->holders[i];
		if (h->process == PROCESS_NONE)
			return h;
		if (h->last.ns < oldest->last.ns)
			oldest = h;
	}
	if (!entry->crowd || oldest->last.ns > entry->crowd_until.ns)
		entry->crowd_until = oldest->last;
	entry->crowd = true;
	entry->crowd_bound |= is_open(oldest);
	return oldest;
}

/* Two events of one process prove that it held the endpoint in between, unless they are far apart,
 * or someone else was there meanwhile and it was no taking of turns. */
static bool goes_on(
	const struct endpoint_entry *entry, const struct holder *h, const struct binding *b)
{
	int64_t gap = b->when.ns - h->last.ns;
	if (h->process != b->process || h->released)
		return false;
	if (h->bound)
		return true;
	if (gap > LIMIT_UDP_IDLE_NS)
		return false;
	for (int i = 0; i < ENDPOINT_HOLDERS; i++) {
		const struct holder *other = &entry->holders[i];
		if (other != h && other->process != PROCESS_NONE && gap > 2 * LIMIT_HOLD_NS &&
			other->last.ns > h->last.ns)
			return false;
	}
	return true;
}

void endpoints_bind(struct endpoints *e, const struct binding *b)
{
	struct endpoint_entry *entry = entry_of(e, b);
	if (!entry)
		return;
	uint32_t peer = b->bound ? 0 : (uint32_t)hash_payload(&b->peer, sizeof b->peer) | 1;
	struct holder *h = place_for(entry, b->process);
	if (!goes_on(entry, h, b))
		*h = (struct holder){ .process = b->process, .first = b->when, .last = b->when };
	if (b->when.ns < h->first.ns)
		h->first = b->when;
	if (b->when.ns >= h->last.ns) {
		h->last = b->when;
		h->evidence = b->evidence;
	}
	h->bound |= b->bound;
	h->several |= h->peer && peer && h->peer != peer;
	h->peer = h->peer ? h->peer : peer;
}

void endpoints_release(struct endpoints *e, const struct binding *b)
{
	struct endpoint_entry *entry = entry_of(e, b);
	for (int i = 0; entry && i < ENDPOINT_HOLDERS; i++) {
		struct holder *h = &entry->holders[i];
		if (h->process != b->process || b->when.ns < h->first.ns)
			continue;
		h->released = true;
		h->last = b->when.ns > h->last.ns ? b->when : h->last;
	}
}

/* The entries that a packet of this endpoint may belong to: that of its very address, then the
 * wildcards of its family. A socket bound to :: takes IPv4 too unless it was told not to. */
#define COVERS 3

static size_t covers(const struct endpoints *e, const struct endpoint_question *q,
	const struct endpoint_entry *ret[static COVERS])
{
	static const uint8_t zero[4];
	const struct endpoint at[COVERS] = { q->local, { .port = q->local.port },
		{ addr_v4(zero), q->local.port } };
	size_t n = 0, tried = addr_is_v4(&q->local.addr) ? COVERS : COVERS - 1;
	for (size_t i = 0; i < tried; i++) {
		const struct endpoint_entry *entry = find(e, q, &at[i]);
		if (entry)
			ret[n++] = entry;
	}
	return n;
}

static bool overlap(const struct holder *a, const struct holder *b)
{
	return a->first.ns <= b->last.ns && b->first.ns <= a->last.ns;
}

static bool crowded(const struct endpoint_entry *entry, struct ref_time when)
{
	return entry->crowd && when.ns <= entry->crowd_until.ns + LIMIT_HOLD_NS;
}

static const struct holder *rival_at(
	const struct endpoint_entry *entry, const struct endpoint_question *q, process_handle owner)
{
	for (int i = 0; i < ENDPOINT_HOLDERS; i++) {
		const struct holder *h = &entry->holders[i];
		if (h->process != PROCESS_NONE && h->process != owner &&
			(crowded(entry, q->when) ||
				holder_within(h, q->when, LIMIT_HOLD_NS + 2 * q->error_ns)))
			return h;
	}
	return NULL;
}

const struct holder *endpoints_rival(
	const struct endpoints *e, const struct endpoint_question *q, process_handle owner)
{
	const struct endpoint_entry *entries[COVERS];
	size_t n = covers(e, q, entries);
	const struct holder *rival = NULL;
	for (size_t i = 0; i < n && !rival; i++)
		rival = rival_at(entries[i], q, owner);
	return rival;
}

const struct holder *endpoints_seen(
	const struct endpoints *e, const struct endpoint_question *q, bool *ret_crowd)
{
	const struct endpoint_entry *entry = find(e, q, &q->local);
	bool limited = q->connections ? e->connections_limited : endpoints_limited(e, q->when);
	if (!entry || limited)
		return NULL;
	*ret_crowd = entry->crowd;
	return entry->holders;
}

/* Rivals count for the length of the hold only, and so does one that was pushed out. */
bool endpoints_limited(const struct endpoints *e, struct ref_time when)
{
	return e->limited && when.ns <= e->limited_at.ns + LIMIT_HOLD_NS;
}

/* From here on the answer of an endpoint alone, without an event of the flow. */

static bool proves(const struct holder *h, const struct endpoint_question *q)
{
	if (holder_within(h, q->when, -q->error_ns))
		return h->bound || h->several;
	return is_open(h) && q->when.ns >= h->first.ns + q->error_ns;
}

static bool may_hold(const struct holder *h, const struct endpoint_question *q)
{
	return holder_within(h, q->when, LIMIT_HOLD_NS) ||
		(is_open(h) && q->when.ns >= h->first.ns - LIMIT_HOLD_NS);
}

static void add(struct endpoint_answer *a, const struct holder *h)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->processes[i] == h->process)
			return;
	if (a->n < CLAIM_EVIDENCE)
		a->evidence[a->n] = h->evidence;
	if (a->n < CLAIM_CANDIDATES)
		a->processes[a->n++] = h->process;
	else
		a->more = true;
}

/* Somebody else had an event between two of this one's, so it had let the endpoint go meanwhile, or
 * they take turns. Which of both came last before the packet is not kept. A bind says more. */
static bool interrupted(const struct endpoint_entry *entry, const struct holder *h)
{
	for (int k = 0; k < ENDPOINT_HOLDERS; k++) {
		const struct holder *other = &entry->holders[k];
		if (other != h && other->process != PROCESS_NONE && overlap(h, other))
			return !h->bound;
	}
	return false;
}

/* Adds who may have held this entry; the process is alive then. Returns the last one that is proved
 * to. */
static const struct holder *ask_entry(const struct endpoint_entry *entry,
	const struct roster *roster, const struct endpoint_question *q, struct endpoint_answer *a)
{
	const struct holder *proved = NULL;
	size_t alone = a->n + 1;
	for (int k = 0; k < ENDPOINT_HOLDERS; k++) {
		const struct holder *h = &entry->holders[k];
		if (h->process == PROCESS_NONE || !may_hold(h, q) ||
			roster_life(roster, h->process, q->when, q->error_ns) != LIFE_ALIVE)
			continue;
		add(a, h);
		if (proves(h, q))
			proved = h;
	}
	if (proved && a->n == alone && interrupted(entry, proved))
		proved = NULL;
	a->more |= entry->crowd_bound || crowded(entry, q->when);
	return proved;
}

/* Wrong where a socket is closed, another process takes the endpoint, and the log has neither: it
 * covers that time and states no loss (see settle.c), and what it lacks all the same shows in
 * nothing. Wrong where a child inherited a bound socket that its parent closed, and has no event on
 * it; the parent's end, where it is known, ends its holding. */
void endpoints_ask(const struct endpoints *e, const struct roster *roster,
	const struct endpoint_question *q, struct endpoint_answer *ret)
{
	const struct endpoint_entry *entries[COVERS];
	size_t n = covers(e, q, entries);
	const struct holder *proved = NULL;
	*ret = (struct endpoint_answer){ 0 };
	for (size_t i = 0; i < n; i++) {
		const struct holder *h = ask_entry(entries[i], roster, q, ret);
		proved = proved ? proved : h;
		/* What comes in goes to the socket that is bound to the very address. What goes
		 * out may come from either. */
		if (i == 0 && h && h->bound && q->receives && ret->n == 1 &&
			endpoint_equal(&entries[0]->key.local, &q->local))
			break;
	}
	ret->proved = proved != NULL;
	if (ret->n == 1 && !ret->more && proved && !e->limited) {
		ret->sole = proved;
		ret->open = !holder_within(proved, q->when, -q->error_ns);
	}
}
