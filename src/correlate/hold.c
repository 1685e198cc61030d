/* SPDX-License-Identifier: Apache-2.0 */
/* The window: see hold.h. */
#include "correlate/hold.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"
#include "base/limits.h"

void hold_init(struct hold *h, struct hash_key key)
{
	*h = (struct hold){
		.packets = { .slot_size = sizeof(struct held_packet) },
		.events = { .slot_size = sizeof(struct held_event) },
	};
	h->hash = key;
	h->free_chain = HOLD_NONE;
}

void hold_done(struct hold *h)
{
	if (!h)
		return;
	free(h->packets.slots);
	free(h->events.slots);
	index_done(&h->ports);
	free(h->chains);
	memset(h, 0, sizeof *h);
}

/* Running numbers have 31 bits, so that HOLD_NONE is never one; every capacity divides 2^31. */
#define PLACE_MASK 0x7fffffffu

static void *ring_at(const struct ring *r, uint32_t place)
{
	return r->slots + (size_t)(place & (r->cap - 1)) * r->slot_size;
}

/* Doubles the ring; running numbers stay, so chains stay good. */
static int ring_grow(struct ring *r, struct err *err)
{
	struct ring bigger = *r;
	bigger.cap = r->cap ? r->cap * 2 : 64;
	bigger.slots = calloc(bigger.cap, r->slot_size);
	if (!bigger.slots)
		return err_nomem(err);
	large_pages(bigger.slots, (size_t)bigger.cap * r->slot_size);
	for (uint32_t i = 0; i < r->n; i++)
		memcpy(ring_at(&bigger, r->first + i), ring_at(r, r->first + i), r->slot_size);
	free(r->slots);
	*r = bigger;
	return 0;
}

static int ring_push(struct ring *r, uint32_t *ret, struct err *err)
{
	if (r->n == r->cap && ring_grow(r, err) < 0)
		return -1;
	*ret = (r->first + r->n++) & PLACE_MASK;
	return 0;
}

static void ring_pop(struct ring *r)
{
	r->first = (r->first + 1) & PLACE_MASK;
	r->n--;
}

struct held_packet *hold_packet(const struct hold *h, uint32_t place)
{
	return ring_at(&h->packets, place);
}

struct held_event *hold_event(const struct hold *h, uint32_t place)
{
	return ring_at(&h->events, place);
}

struct held_packet *hold_oldest_packet(const struct hold *h)
{
	return h->packets.n ? hold_packet(h, h->packets.first) : NULL;
}

struct held_event *hold_oldest_event(const struct hold *h)
{
	return h->events.n ? hold_event(h, h->events.first) : NULL;
}

static uint64_t ports_hash(const struct hold *h, struct ports_key key)
{
	return hash_fold(h->hash.k0 ^ ((uint32_t)key.sport << 16 | key.dport),
		h->hash.k1 ^ 0x9e3779b97f4a7c15ull);
}

static uint32_t find_chain(const struct hold *h, struct ports_key key, uint64_t hash)
{
	uint32_t at, place = index_first(&h->ports, hash, &at);
	while (place != INDEX_NONE &&
		(h->chains[place].key.sport != key.sport ||
			h->chains[place].key.dport != key.dport))
		place = index_next(&h->ports, hash, &at);
	return place;
}

static int reserve_chain(struct hold *h, struct err *err)
{
	if (index_reserve(&h->ports, err) < 0)
		return -1;
	if (h->free_chain != HOLD_NONE || h->n_chains < h->cap_chains)
		return 0;
	uint32_t cap = h->cap_chains ? h->cap_chains * 2 : 64;
	struct ports_chain *chains = realloc(h->chains, cap * sizeof *chains);
	if (!chains)
		return err_nomem(err);
	h->chains = chains;
	h->cap_chains = cap;
	return 0;
}

/* The chain of these ports, made where it is new; HOLD_NONE with ERR_NOMEM. */
static uint32_t ports_chain(struct hold *h, struct ports_key key, struct err *err)
{
	uint64_t hash = ports_hash(h, key);
	uint32_t place = find_chain(h, key, hash);
	if (place != INDEX_NONE)
		return place;
	if (reserve_chain(h, err) < 0)
		return HOLD_NONE;
	place = h->free_chain;
	if (place == HOLD_NONE)
		place = h->n_chains++;
	else
		h->free_chain = h->chains[place].next_free;
	h->chains[place] = (struct ports_chain){ .key = key,
		.first_packet = HOLD_NONE,
		.last_packet = HOLD_NONE,
		.first_event = { HOLD_NONE, HOLD_NONE },
		.last_event = { HOLD_NONE, HOLD_NONE } };
	index_add(&h->ports, hash, place);
	return place;
}

const struct endpoint *held_event_source(const struct held_event *e)
{
	return e->side == SIDE_SENDER ? &e->event.local : &e->event.remote;
}

const struct endpoint *held_event_destination(const struct held_event *e)
{
	return e->side == SIDE_SENDER ? &e->event.remote : &e->event.local;
}

/* Sockets without ports: ICMP and what programs send through raw sockets. */
static bool is_raw(uint8_t transport)
{
	return transport != TRANSPORT_TCP && transport != TRANSPORT_UDP &&
		transport != TRANSPORT_NONE;
}

/* False where the packet belongs on no chain by ports. */
static bool packet_key(const struct held_packet *p, struct ports_key *ret)
{
	const struct digest *d = &p->digest;
	if (!p->has_time || p->late || p->is_copy || digest_has(d, DIGEST_FRAGMENT))
		return false;
	if (is_raw(d->transport)) {
		*ret = (struct ports_key){ 0, d->transport };
		return digest_has(d, DIGEST_ADDRS);
	}
	*ret = (struct ports_key){ d->flow.src.port, d->flow.dst.port };
	return p->flow != OWNERS_NONE && d->transport == TRANSPORT_UDP &&
		digest_has(d, DIGEST_PORTS) && d->flow.src.port != 0;
}

static bool event_key(const struct held_event *e, struct ports_key *ret)
{
	bool raw = is_raw(e->event.transport);
	uint16_t sport = held_event_source(e)->port, dport = held_event_destination(e)->port;
	*ret = raw ? (struct ports_key){ 0, e->event.transport }
		   : (struct ports_key){ sport, dport };
	return raw || (e->event.transport == TRANSPORT_UDP && sport != 0);
}

static int chain_packet_ports(
	struct hold *h, struct held_packet *p, uint32_t place, struct err *err)
{
	struct ports_key key;
	if (!packet_key(p, &key))
		return 0;
	p->ports = ports_chain(h, key, err);
	if (p->ports == HOLD_NONE)
		return -1;
	struct ports_chain *c = &h->chains[p->ports];
	if (c->last_packet == HOLD_NONE)
		c->first_packet = place;
	else
		hold_packet(h, c->last_packet)->next_in_ports = place;
	c->last_packet = place;
	c->n_packets++;
	p->ports_chained = true;
	return 0;
}

static int chain_event_ports(struct hold *h, struct held_event *e, uint32_t place, struct err *err)
{
	struct ports_key key;
	if (!event_key(e, &key))
		return 0;
	e->ports = ports_chain(h, key, err);
	if (e->ports == HOLD_NONE)
		return -1;
	struct ports_chain *c = &h->chains[e->ports];
	if (c->last_event[e->side] == HOLD_NONE)
		c->first_event[e->side] = place;
	else
		hold_event(h, c->last_event[e->side])->next_in_ports = place;
	c->last_event[e->side] = place;
	c->n_events++;
	h->n_unbound += e->flow == OWNERS_NONE;
	e->ports_chained = true;
	return 0;
}

struct held_packet *hold_new_packet(struct hold *h, struct err *err)
{
	uint32_t place;
	if (ring_push(&h->packets, &place, err) < 0)
		return NULL;
	struct held_packet *p = hold_packet(h, place);
	/* Digest and claims are 400 bytes that get their values later. */
	memset(p, 0, offsetof(struct held_packet, digest));
	p->flow = OWNERS_NONE;
	p->stated = (struct stated){ .process = PROCESS_NONE, .effective = PROCESS_NONE };
	p->next_in_flow = p->next_in_ports = HOLD_NONE;
	return p;
}

uint32_t hold_newest_packet(const struct hold *h)
{
	return (h->packets.first + h->packets.n - 1) & PLACE_MASK;
}

/* Of the packet that hold_new_packet gave last. */
int hold_chain_packet(struct hold *h, struct owners *o, struct held_packet *p, struct err *err)
{
	uint32_t place = hold_newest_packet(h);
	if (p->flow != OWNERS_NONE) {
		struct owned_flow *f = &o->flows[p->flow];
		struct flow_chains *c = owners_chains(o, f, err);
		if (!c)
			return -1;
		p->previous_in_flow = c->last_packet[p->dir];
		if (c->last_packet[p->dir] == HOLD_NONE)
			c->first_packet[p->dir] = place;
		else
			hold_packet(h, c->last_packet[p->dir])->next_in_flow = place;
		c->last_packet[p->dir] = place;
		f->held++;
	}
	return chain_packet_ports(h, p, place, err);
}

uint32_t hold_add_event(
	struct hold *h, struct owners *o, const struct held_event *event, struct err *err)
{
	uint32_t place;
	if (ring_push(&h->events, &place, err) < 0)
		return HOLD_NONE;
	struct held_event *e = hold_event(h, place);
	*e = *event;
	e->next_in_flow = e->next_in_ports = HOLD_NONE;
	e->ports_chained = false;
	if (e->flow != OWNERS_NONE) {
		struct owned_flow *f = &o->flows[e->flow];
		struct flow_chains *c = owners_chains(o, f, err);
		if (!c)
			return HOLD_NONE;
		if (c->last_event[e->dir][e->side] == HOLD_NONE)
			c->first_event[e->dir][e->side] = place;
		else
			hold_event(h, c->last_event[e->dir][e->side])->next_in_flow = place;
		c->last_event[e->dir][e->side] = place;
		f->held++;
	}
	if (chain_event_ports(h, e, place, err) < 0)
		return HOLD_NONE;
	return place;
}

static void drop_chain_if_empty(struct hold *h, uint32_t place)
{
	struct ports_chain *c = &h->chains[place];
	if (c->n_packets != 0 || c->n_events != 0)
		return;
	index_remove(&h->ports, ports_hash(h, c->key), place);
	c->next_free = h->free_chain;
	h->free_chain = place;
}

/* Moves the front of a chain to `next`. */
static void pass(uint32_t *first, uint32_t *last, uint32_t next)
{
	*first = next;
	if (next == HOLD_NONE)
		*last = HOLD_NONE;
}

/* Of a flow of which something is held, so they are its own. */
static struct flow_chains *chains_of(const struct owned_flow *f)
{
	return (struct flow_chains *)(uintptr_t)f->chains;
}

static void let_go(struct owners *o, struct owned_flow *f)
{
	if (--f->held == 0)
		owners_unchain(o, f);
}

void hold_pass_event(struct hold *h, struct owned_flow *f, unsigned dir, enum side side)
{
	struct flow_chains *c = chains_of(f);
	uint32_t *first = &c->first_event[dir][side], *last = &c->last_event[dir][side];
	pass(first, last, hold_event(h, *first)->next_in_flow);
}

void hold_pass_flow(
	struct hold *h, struct owned_flow *f, unsigned dir, enum side side, struct ref_time then)
{
	const uint32_t *first = &f->chains->first_event[dir][side];
	while (*first != HOLD_NONE && hold_event(h, *first)->when.ns < then.ns)
		hold_pass_event(h, f, dir, side);
}

void hold_pass_ports(
	struct hold *h, const struct held_packet *p, enum side side, struct ref_time then)
{
	if (!p->ports_chained)
		return;
	struct ports_chain *c = &h->chains[p->ports];
	uint32_t *first = &c->first_event[side], *last = &c->last_event[side];
	while (*first != HOLD_NONE && hold_event(h, *first)->when.ns < then.ns)
		pass(first, last, hold_event(h, *first)->next_in_ports);
}

/* The oldest of the ring is the oldest of each of its chains, for all are in order of arrival. */
void hold_drop_packet(struct hold *h, struct owners *o)
{
	const struct held_packet *p = hold_packet(h, h->packets.first);
	if (p->flow != OWNERS_NONE) {
		struct owned_flow *f = &o->flows[p->flow];
		struct flow_chains *c = chains_of(f);
		c->first_packet[p->dir] = p->next_in_flow;
		if (p->next_in_flow == HOLD_NONE)
			c->last_packet[p->dir] = HOLD_NONE;
		let_go(o, f);
	}
	if (p->ports_chained) {
		struct ports_chain *c = &h->chains[p->ports];
		c->first_packet = p->next_in_ports;
		if (p->next_in_ports == HOLD_NONE)
			c->last_packet = HOLD_NONE;
		c->n_packets--;
		drop_chain_if_empty(h, p->ports);
	}
	ring_pop(&h->packets);
}

/* An event may have been taken off its chains before: see hold_pass_flow. */
void hold_drop_event(struct hold *h, struct owners *o)
{
	uint32_t place = h->events.first;
	const struct held_event *e = hold_event(h, place);
	if (e->flow != OWNERS_NONE) {
		struct owned_flow *f = &o->flows[e->flow];
		struct flow_chains *c = chains_of(f);
		if (c->first_event[e->dir][e->side] == place)
			pass(&c->first_event[e->dir][e->side], &c->last_event[e->dir][e->side],
				e->next_in_flow);
		let_go(o, f);
	}
	if (e->ports_chained) {
		struct ports_chain *c = &h->chains[e->ports];
		if (c->first_event[e->side] == place)
			pass(&c->first_event[e->side], &c->last_event[e->side], e->next_in_ports);
		c->n_events--;
		h->n_unbound -= e->flow == OWNERS_NONE;
		drop_chain_if_empty(h, e->ports);
	}
	ring_pop(&h->events);
}

const struct ports_chain *hold_ports(const struct hold *h, uint16_t sport, uint16_t dport)
{
	struct ports_key key = { .sport = sport, .dport = dport };
	uint32_t place = find_chain(h, key, ports_hash(h, key));
	return place == INDEX_NONE ? NULL : &h->chains[place];
}

const struct ports_chain *hold_chain_of(const struct hold *h, const struct held_packet *p)
{
	return p->ports_chained ? &h->chains[p->ports] : NULL;
}
