/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of datagrams: see match.h. */
#include "correlate/match.h"

#include <stdlib.h>

/* A cluster above this size has no gaps that would tell its members apart: it is decided by its
 * processes alone. */
#define CLUSTER 64

struct cluster {
	uint32_t packets[CLUSTER], events[CLUSTER];
	size_t n_packets, n_events;
	bool whole; /* it ended before it was full */
};

static bool length_fits(const struct held_packet *p, const struct held_event *e)
{
	return !digest_has(&p->digest, DIGEST_PAYLOAD) || p->digest.payload_bytes == e->event.bytes;
}

static bool same_length(const struct held_packet *a, const struct held_packet *b)
{
	if (!digest_has(&a->digest, DIGEST_PAYLOAD) || !digest_has(&b->digest, DIGEST_PAYLOAD))
		return true;
	return a->digest.payload_bytes == b->digest.payload_bytes;
}

static bool in_time(const struct held_packet *p, const struct held_event *e)
{
	return llabs(p->when.ns - e->when.ns) <= e->error_ns;
}

static bool is_datagram_event(const struct held_event *e)
{
	return e->event.op == EVENT_SEND || e->event.op == EVENT_RECV;
}

/* Grows the cluster by the events that are in time with one of its packets. */
static bool gather_events(
	struct match *m, const struct held_packet *head, enum side side, struct cluster *c)
{
	const struct owned_flow *f = &m->owners->flows[head->flow];
	size_t before = c->n_events;
	uint32_t e_place = c->n_events
		? hold_event(m->hold, c->events[c->n_events - 1])->next_in_flow
		: f->first_event[head->dir][side];
	for (; e_place != HOLD_NONE; e_place = hold_event(m->hold, e_place)->next_in_flow) {
		const struct held_event *e = hold_event(m->hold, e_place);
		bool near = false;
		for (size_t i = 0; i < c->n_packets && !near; i++)
			near = in_time(hold_packet(m->hold, c->packets[i]), e);
		if (e->used || !is_datagram_event(e) || !length_fits(head, e) || !near)
			continue;
		if (c->n_events == CLUSTER) {
			c->whole = false;
			break;
		}
		c->events[c->n_events++] = e_place;
	}
	return c->n_events > before;
}

static bool gather_packets(
	struct match *m, const struct held_packet *head, enum side side, struct cluster *c)
{
	size_t before = c->n_packets;
	uint32_t p_place = hold_packet(m->hold, c->packets[c->n_packets - 1])->next_in_flow;
	for (; p_place != HOLD_NONE; p_place = hold_packet(m->hold, p_place)->next_in_flow) {
		const struct held_packet *p = hold_packet(m->hold, p_place);
		bool near = false;
		for (size_t i = 0; i < c->n_events && !near; i++)
			near = in_time(p, hold_event(m->hold, c->events[i]));
		if (p->settled[side] || !same_length(head, p) || !near)
			continue;
		if (c->n_packets == CLUSTER) {
			c->whole = false;
			break;
		}
		c->packets[c->n_packets++] = p_place;
	}
	return c->n_packets > before;
}

static void gather(struct match *m, uint32_t place, enum side side, struct cluster *c)
{
	const struct held_packet *head = hold_packet(m->hold, place);
	*c = (struct cluster){ .packets = { place }, .n_packets = 1, .whole = true };
	while (gather_events(m, head, side, c) && gather_packets(m, head, side, c) && c->whole)
		;
}

void match_settle(struct held_packet *p, enum side side, struct held_event *e, enum grade grade)
{
	struct claim c = claim_reason(REASON_NONE, DETAIL_NONE);
	c.grade = (uint8_t)grade;
	c.process = e->process;
	c.op = (uint8_t)e->event.op;
	c.evidence[0] = e->evidence;
	c.n_evidence = 1;
	c.has_delta = true;
	c.clock_delta_ns = p->when.ns - e->when.ns;
	e->used = true;
	p->claims[side] = c;
	p->settled[side] = true;
}

static void add_candidate(struct claim *c, process_handle process)
{
	for (unsigned i = 0; i < c->n_candidates; i++)
		if (c->candidates[i] == process)
			return;
	if (c->n_candidates == CLAIM_CANDIDATES)
		c->more_candidates = true;
	else
		c->candidates[c->n_candidates++] = process;
}

static bool sole_process(struct match *m, const struct cluster *c)
{
	process_handle first = hold_event(m->hold, c->events[0])->process;
	for (size_t i = 1; i < c->n_events; i++)
		if (hold_event(m->hold, c->events[i])->process != first)
			return false;
	return true;
}

static bool pairs_in_time(struct match *m, const struct cluster *c)
{
	for (size_t i = 0; i < c->n_packets; i++)
		if (!in_time(
			    hold_packet(m->hold, c->packets[i]), hold_event(m->hold, c->events[i])))
			return false;
	return true;
}

/* With a clock that is not sure, time tells nothing apart: only a tuple that occurs once on both
 * sides is beyond doubt. */
static bool unmistakable(struct match *m, const struct cluster *c, enum side side)
{
	const struct held_packet *p = hold_packet(m->hold, c->packets[0]);
	const struct held_event *e = hold_event(m->hold, c->events[0]);
	const struct owned_flow *f = &m->owners->flows[p->flow];
	return e->sure || (f->packets[p->dir] == 1 && f->events[p->dir][side] == 1);
}

static void settle_rivals(struct match *m, const struct cluster *c, enum side side)
{
	struct claim rivals = claim_reason(REASON_AMBIGUOUS, DETAIL_NONE);
	for (size_t i = 0; i < c->n_events; i++)
		add_candidate(&rivals, hold_event(m->hold, c->events[i])->process);
	for (size_t i = 0; i < c->n_packets; i++) {
		struct held_packet *p = hold_packet(m->hold, c->packets[i]);
		p->claims[side] = rivals;
		p->settled[side] = true;
	}
	for (size_t i = 0; i < c->n_events; i++)
		hold_event(m->hold, c->events[i])->used = true;
}

/* Wrong where a packet and an event of one cluster were both lost, unstated, in the two files:
 * then the numbers agree and each later pair is off by one. The process is right all the same,
 * for the cluster has only one. */
void match_datagram(struct match *m, uint32_t place, enum side side)
{
	struct cluster c;
	gather(m, place, side, &c);
	if (c.n_events == 0)
		return;
	bool sole = sole_process(m, &c);
	if (!sole) {
		settle_rivals(m, &c, side);
		return;
	}
	bool exact = c.whole && c.n_packets == c.n_events && pairs_in_time(m, &c) &&
		unmistakable(m, &c, side);
	for (size_t i = 0; i < c.n_packets; i++) {
		struct held_packet *p = hold_packet(m->hold, c.packets[i]);
		size_t at = i < c.n_events ? i : c.n_events - 1;
		struct held_event *e = hold_event(m->hold, c.events[at]);
		match_settle(p, side, e, exact ? GRADE_EXACT : GRADE_FLOW);
	}
	for (size_t i = c.n_packets; i < c.n_events; i++)
		hold_event(m->hold, c.events[i])->used = true;
}

static bool seen(const struct match *m, const struct addr *a)
{
	return map_find(m->seen, a) != NULL;
}

/* May the event's address stand for the packet's, translated? Not where the capture shows the
 * event's own address: then nothing is translated and the packet is another host's. Wrong where a
 * capture shows neither our host nor its peer, but a third host that talks from the same port to
 * the same port with the same length at the same moment; two ephemeral ports make that one in
 * thousands, and equal service ports (137 to 137) are refused for it. */
static bool may_stand_for(
	const struct match *m, const struct addr *event, const struct addr *packet)
{
	return addr_equal(event, packet) || addr_is_wildcard(event) || !seen(m, event);
}

static const struct endpoint *from_of(const struct held_event *e)
{
	return e->side == SIDE_SENDER ? &e->event.local : &e->event.remote;
}

static const struct endpoint *to_of(const struct held_event *e)
{
	return e->side == SIDE_SENDER ? &e->event.remote : &e->event.local;
}

/* The one event of the chain that could be meant; NULL where there is none or more than one. */
static struct held_event *only_event(struct match *m, const struct ports_chain *chain,
	const struct held_packet *p, enum side side)
{
	struct held_event *found = NULL;
	for (uint32_t at = chain->first_event[side]; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_ports) {
		struct held_event *e = hold_event(m->hold, at);
		if (e->used || !is_datagram_event(e) || !length_fits(p, e) || !in_time(p, e))
			continue;
		if (found)
			return NULL;
		found = e;
	}
	return found;
}

static bool only_packet(struct match *m, const struct ports_chain *chain,
	const struct held_packet *p, const struct held_event *e)
{
	for (uint32_t at = chain->first_packet; at != HOLD_NONE;
		at = hold_packet(m->hold, at)->next_in_ports) {
		const struct held_packet *other = hold_packet(m->hold, at);
		if (other != p && length_fits(other, e) && in_time(other, e))
			return false;
	}
	return true;
}

void match_ports(struct match *m, uint32_t place, enum side side)
{
	struct held_packet *p = hold_packet(m->hold, place);
	const struct flow *flow = &p->digest.flow;
	if (!p->ports_chained)
		return;
	const struct ports_chain *chain = hold_ports(m->hold, flow->src.port, flow->dst.port);
	struct held_event *e = chain ? only_event(m, chain, p, side) : NULL;
	if (!e || e->contested)
		return;
	/* The rivals of this packet leave the hold after it: they must find the event spoilt. */
	if (!only_packet(m, chain, p, e)) {
		e->contested = true;
		return;
	}
	const struct addr *local = &e->event.local.addr;
	const struct addr *mine = side == SIDE_SENDER ? &flow->src.addr : &flow->dst.addr;
	bool wildcard = addr_is_wildcard(local) &&
		addr_equal(&e->event.remote.addr,
			side == SIDE_SENDER ? &flow->dst.addr : &flow->src.addr) &&
		hosts_of_addr(m->hosts, mine) != HOST_NONE;
	if (wildcard && e->sure) {
		match_settle(p, side, e, GRADE_EXACT);
		return;
	}
	/* Both ends on the same port are two servers, or two halves of one protocol (137, 123,
	 * 5353): every host of the network sends from and to them. */
	if (flow->src.port == flow->dst.port || flow->src.port < 1024)
		return;
	if (may_stand_for(m, &from_of(e)->addr, &flow->src.addr) &&
		may_stand_for(m, &to_of(e)->addr, &flow->dst.addr))
		match_settle(p, side, e, GRADE_PORTS);
}
