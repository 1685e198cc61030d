/* SPDX-License-Identifier: Apache-2.0 */
/* Who owned what, when: see owners.h. */
#include "correlate/owners.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

const struct succession succession_nobody = { .now = { .process = PROCESS_NONE },
	.before = { .process = PROCESS_NONE } };

void owners_init(struct owners *o, struct hash_key key)
{
	*o = (struct owners){ .hash = key, .free_list = OWNERS_NONE };
	pool_init(&o->successions, sizeof(struct succession));
	pool_init(&o->streams, 2 * sizeof(struct stream));
}

void owners_done(struct owners *o)
{
	if (!o)
		return;
	index_done(&o->index);
	pool_done(&o->successions);
	pool_done(&o->streams);
	free(o->flows);
	*o = (struct owners){ .free_list = OWNERS_NONE };
}

static uint64_t hash_of(const struct owners *o, const struct flow_key *key)
{
	return hash_bytes(o->hash, key, sizeof *key);
}

/* Those of the flow's own are ours to write. */
static struct succession *own_end(const struct owned_flow *f, unsigned end)
{
	return f->ends[end] == &succession_nobody ? NULL
						  : (struct succession *)(uintptr_t)f->ends[end];
}

static void forget(struct owners *o, uint32_t place)
{
	struct owned_flow *f = &o->flows[place];
	if (!f->superseded)
		index_remove(&o->index, hash_of(o, &f->key), place);
	for (unsigned end = 0; end < 2; end++)
		pool_give(&o->successions, own_end(f, end));
	pool_give(&o->streams, f->streams);
	f->used = false;
	f->next_free = o->free_list;
	o->free_list = place;
	o->live--;
}

struct succession *owners_end(struct owners *o, struct owned_flow *f, unsigned end, struct err *err)
{
	struct succession *s = own_end(f, end);
	if (s)
		return s;
	s = pool_take(&o->successions, err);
	if (!s)
		return NULL;
	*s = succession_nobody;
	f->ends[end] = s;
	return s;
}

static bool idle(const struct owned_flow *f, struct ref_time now)
{
	int64_t limit = f->key.transport != TRANSPORT_TCP ? LIMIT_UDP_IDLE_NS
		: f->closed                               ? LIMIT_TCP_CLOSED_NS
							  : LIMIT_TCP_IDLE_NS;
	return f->superseded || now.ns - f->touched.ns > limit;
}

/* A hand goes round the flows, as in the clock algorithm for pages: each new flow pays for a few
 * steps, so idle flows leave without a pause. At the limit it takes what it finds. */
static void sweep(struct owners *o, struct ref_time now, bool must)
{
	unsigned steps = must ? o->n : 4;
	for (unsigned i = 0; i < steps && o->n; i++) {
		if (++o->hand >= o->n)
			o->hand = 0;
		const struct owned_flow *f = &o->flows[o->hand];
		if (!f->used || f->held || (!must && !idle(f, now)))
			continue;
		if (!idle(f, now))
			o->evicted++;
		forget(o, o->hand);
		if (must)
			return;
	}
}

static int reserve(struct owners *o, struct err *err)
{
	if (index_reserve(&o->index, err) < 0)
		return -1;
	if (o->free_list != OWNERS_NONE || o->n < o->cap)
		return 0;
	uint32_t cap = o->cap ? o->cap * 2 : 256;
	struct owned_flow *flows = realloc(o->flows, cap * sizeof *flows);
	if (!flows)
		return err_nomem(err);
	o->flows = flows;
	o->cap = cap;
	return 0;
}

static void begin_flow(struct owned_flow *f, const struct flow_key *key)
{
	*f = (struct owned_flow){ .key = *key, .used = true, .older = OWNERS_NONE };
	for (int dir = 0; dir < 2; dir++) {
		f->first_packet[dir] = f->last_packet[dir] = OWNERS_NONE;
		for (int side = 0; side < SIDES; side++)
			f->first_event[dir][side] = f->last_event[dir][side] = OWNERS_NONE;
		f->ends[dir] = &succession_nobody;
	}
}

/* Makes a flow with nothing in it; OWNERS_NONE where memory is gone. The caller puts it into the
 * index, which has room. */
static uint32_t add_flow(
	struct owners *o, const struct flow_key *key, struct ref_time now, struct err *err)
{
	sweep(o, now, false);
	if (o->live >= LIMIT_FLOWS)
		sweep(o, now, true);
	struct stream *streams = NULL;
	if (reserve(o, err) < 0)
		return OWNERS_NONE;
	if (key->transport == TRANSPORT_TCP) {
		streams = pool_take(&o->streams, err);
		if (!streams)
			return OWNERS_NONE;
		memset(streams, 0, 2 * sizeof *streams);
	}
	uint32_t place = o->free_list;
	if (place == OWNERS_NONE)
		place = o->n++;
	else
		o->free_list = o->flows[place].next_free;
	struct owned_flow *f = &o->flows[place];
	begin_flow(f, key);
	f->streams = streams;
	f->serial = ++o->serial;
	f->touched = now;
	o->live++;
	return place;
}

/* Any order will do, as long as it is one. */
static bool sorts_behind(const struct endpoint *a, const struct endpoint *b)
{
	for (size_t i = 0; i < sizeof a->addr.b; i += 8) {
		uint64_t x = hash_load64(a->addr.b + i), y = hash_load64(b->addr.b + i);
		if (x != y)
			return x > y;
	}
	return a->port > b->port;
}

static struct flow_key flow_key(const struct flow *flow, uint8_t transport, unsigned *ret_dir)
{
	struct flow_key key;
	memset(&key, 0, sizeof key);
	unsigned dir = sorts_behind(&flow->src, &flow->dst);
	key.a = dir ? flow->dst : flow->src;
	key.b = dir ? flow->src : flow->dst;
	key.transport = transport;
	*ret_dir = dir;
	return key;
}

static uint32_t find(const struct owners *o, const struct flow_key *key, uint64_t hash)
{
	uint32_t at, place = index_first(&o->index, hash, &at);
	while (place != INDEX_NONE && memcmp(&o->flows[place].key, key, sizeof *key) != 0)
		place = index_next(&o->index, hash, &at);
	return place;
}

uint32_t owners_find(
	const struct owners *o, const struct flow *flow, uint8_t transport, unsigned *ret_dir)
{
	struct flow_key key = flow_key(flow, transport, ret_dir);
	return find(o, &key, hash_of(o, &key));
}

uint32_t owners_flow(struct owners *o, const struct flow *flow, uint8_t transport,
	struct ref_time now, unsigned *ret_dir, struct err *err)
{
	struct flow_key key = flow_key(flow, transport, ret_dir);
	uint64_t hash = hash_of(o, &key);
	uint32_t place = find(o, &key, hash);
	if (place == OWNERS_NONE) {
		place = add_flow(o, &key, now, err);
		if (place == OWNERS_NONE)
			return OWNERS_NONE;
		index_add(&o->index, hash, place);
	}
	struct owned_flow *f = &o->flows[place];
	if (now.ns > f->touched.ns)
		f->touched = now;
	return place;
}

uint32_t owners_open(struct owners *o, uint32_t place, struct ref_time now, struct err *err)
{
	struct flow_key key = o->flows[place].key;
	uint64_t hash = hash_of(o, &key);
	uint32_t serial = o->flows[place].serial;
	uint32_t fresh = add_flow(o, &key, now, err);
	if (fresh == OWNERS_NONE)
		return OWNERS_NONE;
	struct owned_flow *f = &o->flows[fresh], *old = &o->flows[place];
	/* The one before may have been swept away to make room. */
	if (fresh != place && old->used && old->serial == serial) {
		index_remove(&o->index, hash, place);
		old->superseded = true;
		f->older = place;
		f->older_serial = serial;
	}
	index_add(&o->index, hash, fresh);
	return fresh;
}

uint32_t owners_older(const struct owners *o, uint32_t place)
{
	const struct owned_flow *f = &o->flows[place];
	if (f->older == OWNERS_NONE || !o->flows[f->older].used ||
		o->flows[f->older].serial != f->older_serial)
		return OWNERS_NONE;
	return f->older;
}

/* The owner before is back: the two take turns. Further turns stretch the time of doubt. */
static void take_turns(struct succession *s, struct ref_time when)
{
	if (!s->mixed || when.ns - s->mixed_to.ns > 2 * LIMIT_HOLD_NS)
		s->mixed_from = s->before.first;
	s->mixed = true;
	s->mixed_to = when;
}

/* Two events of one process on a UDP flow that lie further apart than its idle time do not prove
 * that it held the port in between: that begins a tenure of its own. */
void tenure_stretch(struct succession *s, process_handle process, uint32_t service,
	struct ref_time when, struct evidence evidence)
{
	struct tenure *t = &s->now;
	if (t->process == process && when.ns - t->last.ns <= LIMIT_UDP_IDLE_NS) {
		if (when.ns < t->first.ns)
			t->first = when;
		if (when.ns >= t->last.ns) {
			t->last = when;
			t->evidence = evidence;
		}
		if (service && service != t->service)
			t->service = t->service ? SERVICE_SEVERAL : service;
		return;
	}
	if (s->before.process == process && t->process != PROCESS_NONE) {
		/* Late news of the owner before: logs of several processors are out of order. */
		if (when.ns < t->first.ns) {
			if (when.ns > s->before.last.ns)
				s->before.last = when;
			return;
		}
		if (t->process != process && when.ns - s->before.last.ns <= 2 * LIMIT_HOLD_NS)
			take_turns(s, when);
	}
	if (t->process != PROCESS_NONE)
		s->before = *t;
	*t = (struct tenure){ .process = process,
		.first = when,
		.last = when,
		.evidence = evidence,
		.service = service };
}

static bool holds(const struct tenure *t, struct ref_time when, int64_t before, int64_t behind)
{
	return t->process != PROCESS_NONE && when.ns >= t->first.ns - before &&
		when.ns <= t->last.ns + behind;
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static enum tenancy sole(const struct tenure *t, const struct tenure **ret_a)
{
	*ret_a = t;
	return TENANCY_SOLE;
}

bool tenure_mixed(
	const struct succession *s, struct ref_time when, const struct tenure_reach *reach)
{
	return s->mixed && when.ns >= s->mixed_from.ns - reach->rival_ns &&
		when.ns <= s->mixed_to.ns + reach->rival_ns;
}

/* Between its events (give or take the clock) a tenure is beyond doubt, unless two take turns.
 * Wrong where another process came and went in between, for the same peer, and left no event. */
enum tenancy tenure_at(const struct succession *s, struct ref_time when,
	const struct tenure_reach *reach, const struct tenure **ret_a, const struct tenure **ret_b)
{
	const struct tenure *now = &s->now, *before = &s->before;
	int64_t error = reach->error_ns;
	int64_t far_before = longer(reach->before_ns, reach->rival_ns);
	int64_t far_behind = longer(reach->behind_ns, reach->rival_ns);
	bool claims_now = holds(now, when, reach->before_ns, reach->behind_ns);
	bool claims_before = holds(before, when, reach->before_ns, reach->behind_ns);
	bool near_now = holds(now, when, far_before, far_behind);
	bool near_before = holds(before, when, far_before, far_behind);
	bool same = now->process == before->process;
	bool mixed = tenure_mixed(s, when, reach);
	if (!mixed && (holds(now, when, -error, -error) || (claims_now && (same || !near_before))))
		return sole(now, ret_a);
	if (!mixed &&
		(holds(before, when, -error, -error) || (claims_before && (same || !near_now))))
		return sole(before, ret_a);
	if (same || !(mixed || (near_now && near_before)))
		return TENANCY_NOBODY;
	*ret_a = before;
	*ret_b = now;
	return TENANCY_RIVALS;
}
