/* SPDX-License-Identifier: Apache-2.0 */
/* Who owned what, when: see owners.h. */
#include "correlate/owners.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"
#include "base/limits.h"

const struct succession succession_nobody = { .now = { .process = PROCESS_NONE },
	.before = { .process = PROCESS_NONE } };

const struct flow_chains flow_chains_none = {
	.first_packet = { OWNERS_NONE, OWNERS_NONE },
	.last_packet = { OWNERS_NONE, OWNERS_NONE },
	.first_event = { { OWNERS_NONE, OWNERS_NONE }, { OWNERS_NONE, OWNERS_NONE } },
	.last_event = { { OWNERS_NONE, OWNERS_NONE }, { OWNERS_NONE, OWNERS_NONE } },
};

/* What only TCP needs. */
struct connection {
	struct stream streams[2];
	uint32_t older; /* place of the connection before, good while its serial is: */
	uint32_t older_serial;
};

static struct connection *connection_of(const struct owned_flow *f)
{
	return (struct connection *)f->streams; /* its first member */
}

void owners_init(struct owners *o, struct hash_key key)
{
	*o = (struct owners){ .hash = key, .free_list = OWNERS_NONE };
	queue_init(&o->queue);
	pool_init(&o->successions, sizeof(struct succession));
	pool_init(&o->connections, sizeof(struct connection));
	pool_init(&o->chains, sizeof(struct flow_chains));
}

void owners_done(struct owners *o)
{
	if (!o)
		return;
	index_done(&o->index);
	pool_done(&o->successions);
	pool_done(&o->connections);
	pool_done(&o->chains);
	queue_done(&o->queue);
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

/* The caller has taken it off the queue. */
static void forget(struct owners *o, uint32_t place)
{
	struct owned_flow *f = &o->flows[place];
	if (!f->superseded)
		index_remove(&o->index, hash_of(o, &f->key), place);
	for (unsigned end = 0; end < 2; end++)
		pool_give(&o->successions, own_end(f, end));
	pool_give(&o->connections, f->streams);
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

struct flow_chains *owners_chains(struct owners *o, struct owned_flow *f, struct err *err)
{
	if (f->chains != &flow_chains_none)
		return (struct flow_chains *)(uintptr_t)f->chains;
	struct flow_chains *c = pool_take(&o->chains, err);
	if (!c)
		return NULL;
	*c = flow_chains_none;
	f->chains = c;
	return c;
}

void owners_unchain(struct owners *o, struct owned_flow *f)
{
	if (f->chains != &flow_chains_none)
		pool_give(&o->chains, (void *)(uintptr_t)f->chains);
	f->chains = &flow_chains_none;
}

static bool idle(const struct owned_flow *f, struct ref_time now)
{
	int64_t limit = f->key.transport != TRANSPORT_TCP ? LIMIT_UDP_IDLE_NS
		: f->closed                               ? LIMIT_TCP_CLOSED_NS
							  : LIMIT_TCP_IDLE_NS;
	return f->superseded || now.ns - f->touched.ns > limit;
}

/* Flows wait in the order in which they came. Whoever has waited for as long as the shortest of the
 * limits is looked at: it leaves, or waits anew. Each new flow pays for a few of these, so idle
 * ones leave without a pause. */
#define SWEEP_STEPS 4
#define SWEEP_AFTER_NS LIMIT_UDP_IDLE_NS
static_assert(LIMIT_UDP_IDLE_NS <= LIMIT_TCP_CLOSED_NS, "no flow is idle before");

static void sweep(struct owners *o, struct ref_time now)
{
	for (int i = 0; i < SWEEP_STEPS && queue_waited(&o->queue, now.ns, SWEEP_AFTER_NS); i++) {
		uint32_t place = queue_take(&o->queue);
		if (o->flows[place].held || !idle(&o->flows[place], now))
			queue_put(&o->queue, place, now.ns);
		else
			forget(o, place);
	}
}

/* The limit is met: the first in the queue goes that had no record since it went there, or where
 * all had some, the first of them. */
static void evict(struct owners *o, struct ref_time now)
{
	uint32_t n = o->live;
	for (uint32_t i = 0; i < 2 * n; i++) {
		uint32_t place = queue_take(&o->queue);
		const struct owned_flow *f = &o->flows[place];
		bool used = i < n && queue_since(&o->queue, place, f->touched.ns) > 0;
		if (f->held || used) {
			queue_put(&o->queue, place, f->touched.ns);
			continue;
		}
		o->evicted += !idle(f, now);
		forget(o, place);
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
	large_pages(flows, cap * sizeof *flows);
	o->flows = flows;
	if (queue_reserve(&o->queue, cap, err) < 0)
		return -1;
	o->cap = cap;
	return 0;
}

static void begin_flow(struct owned_flow *f, const struct flow_key *key)
{
	*f = (struct owned_flow){ .key = *key,
		.used = true,
		.chains = &flow_chains_none,
		.ends = { &succession_nobody, &succession_nobody } };
}

/* Makes a flow with nothing in it; OWNERS_NONE where memory is gone. The caller puts it into the
 * index, which has room. */
static uint32_t add_flow(
	struct owners *o, const struct flow_key *key, struct ref_time now, struct err *err)
{
	sweep(o, now);
	if (o->live >= LIMIT_FLOWS)
		evict(o, now);
	struct connection *tcp = NULL;
	if (reserve(o, err) < 0)
		return OWNERS_NONE;
	if (key->transport == TRANSPORT_TCP) {
		tcp = pool_take(&o->connections, err);
		if (!tcp)
			return OWNERS_NONE;
		*tcp = (struct connection){ .older = OWNERS_NONE };
	}
	uint32_t place = o->free_list;
	if (place == OWNERS_NONE)
		place = o->n++;
	else
		o->free_list = o->flows[place].next_free;
	struct owned_flow *f = &o->flows[place];
	begin_flow(f, key);
	f->streams = tcp ? tcp->streams : NULL;
	f->serial = ++o->serial;
	f->touched = now;
	queue_put(&o->queue, place, now.ns);
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
		if (f->streams) {
			connection_of(f)->older = place;
			connection_of(f)->older_serial = serial;
		}
	}
	index_add(&o->index, hash, fresh);
	return fresh;
}

uint32_t owners_older(const struct owners *o, uint32_t place)
{
	const struct owned_flow *f = &o->flows[place];
	if (!f->streams)
		return OWNERS_NONE;
	const struct connection *c = connection_of(f);
	if (c->older == OWNERS_NONE || !o->flows[c->older].used ||
		o->flows[c->older].serial != c->older_serial)
		return OWNERS_NONE;
	return c->older;
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

bool tenure_holds(
	const struct tenure *t, struct ref_time when, int64_t before_ns, int64_t behind_ns)
{
	return t->process != PROCESS_NONE && when.ns >= t->first.ns - before_ns &&
		when.ns <= t->last.ns + behind_ns;
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

/* Between its events (give or take the clock) a tenure is beyond doubt, unless two take turns, or
 * may. Wrong where another process came and went in between, for the same peer, and left no event
 * within reach. */
enum tenancy tenure_at(const struct succession *s, struct ref_time when,
	const struct tenure_reach *reach, const struct tenure **ret_a, const struct tenure **ret_b)
{
	const struct tenure *now = &s->now, *before = &s->before;
	int64_t error = reach->error_ns;
	int64_t far_before = longer(reach->before_ns, reach->rival_ns);
	int64_t far_behind = longer(reach->behind_ns, reach->rival_ns);
	bool claims_now = tenure_holds(now, when, reach->before_ns, reach->behind_ns);
	bool claims_before = tenure_holds(before, when, reach->before_ns, reach->behind_ns);
	bool near_now = tenure_holds(now, when, far_before, far_behind);
	bool near_before = tenure_holds(before, when, far_before, far_behind);
	bool same = now->process == before->process;
	bool mixed =
		tenure_mixed(s, when, reach) || (reach->turns && near_now && near_before && !same);
	if (!mixed &&
		(tenure_holds(now, when, -error, -error) || (claims_now && (same || !near_before))))
		return sole(now, ret_a);
	if (!mixed &&
		(tenure_holds(before, when, -error, -error) ||
			(claims_before && (same || !near_now))))
		return sole(before, ret_a);
	if (same || !(mixed || (near_now && near_before)))
		return TENANCY_NOBODY;
	*ret_a = before;
	*ret_b = now;
	return TENANCY_RIVALS;
}
