/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of translated addresses: see mapped.h. */
#include "correlate/mapped.h"

#include "base/limits.h"
#include "correlate/match_ports.h"
#include "correlate/vouch.h"

/* Wrong where the capture shows the trace's address only later, as another host's: what was said
 * until then rests on eight datagrams that agree, and stays. */
const struct addr *mapped_local(
	const struct settler *s, const struct held_packet *p, enum side side)
{
	const struct match *m = &s->match;
	if (!m->mappings->proven || s->no_ports || !digest_has(&p->digest, DIGEST_ADDRS))
		return NULL;
	const struct addr *shown = &side_end(&p->digest.flow, side)->addr;
	const struct addr *local = mappings_trace(m->mappings, p->input, shown);
	if (!local || map_find(m->seen, local) || hosts_of_addr(m->hosts, shown) != HOST_NONE ||
		hosts_of_addr(m->hosts, local) == HOST_NONE)
		return NULL;
	return local;
}

/* What a side's question comes to. */
struct holders {
	const struct tenure *a, *b; /* b: a rival */
	struct tenure of_port[2];   /* storage of what a port says */
};

static void add(struct holders *h, const struct tenure *t)
{
	if (!h->a)
		h->a = t;
	else if (!h->b && t->process != h->a->process)
		h->b = t;
}

/* When the packet's own connection was: what the trace knows of the same ports before and behind
 * that is another one's. */
struct course {
	int64_t from, to;
};

static struct course course_of(const struct settler *s, const struct held_packet *p)
{
	struct course l = { INT64_MIN, INT64_MAX };
	if (p->flow == OWNERS_NONE || p->digest.transport != TRANSPORT_TCP)
		return l;
	const struct owned_flow *f = &s->match.owners->flows[p->flow];
	if (f->has_syn)
		l.from = f->syn.ns - s->error_ns;
	if (f->closed)
		l.to = f->touched.ns + s->error_ns;
	return l;
}

static bool is_within(const struct course *l, struct ref_time first, struct ref_time last)
{
	return last.ns >= l->from && first.ns <= l->to;
}

/* A question of who held an end at `when`. */
struct asked_end {
	struct ref_time when;
	struct tenure_reach reach;
	struct course life;
};

static void ask(struct holders *h, const struct succession *held, const struct asked_end *q)
{
	const struct tenure *a = NULL, *b = NULL;
	enum tenancy t = tenure_at(held, q->when, &q->reach, &a, &b);
	if (t != TENANCY_NOBODY && is_within(&q->life, a->first, a->last))
		add(h, a);
	if (t == TENANCY_RIVALS && is_within(&q->life, b->first, b->last))
		add(h, b);
}

/* Connections of one pair of ports, from the last one back. More than so many within the hold are
 * a scan. */
#define CONNECTIONS 16

/* The connection as the trace has it, where the other end is known as well. */
static void ask_connection(const struct settler *s, const struct held_packet *p, enum side side,
	const struct asked_end *q, struct holders *h)
{
	const struct match *m = &s->match;
	struct flow flow = p->digest.flow;
	struct endpoint *ends[] = { &flow.src, &flow.dst };
	for (int i = 0; i < 2; i++) {
		const struct addr *said = mappings_trace(m->mappings, p->input, &ends[i]->addr);
		if (said)
			ends[i]->addr = *said;
	}
	unsigned dir;
	uint32_t at = owners_find(m->owners, &flow, p->digest.transport, &dir);
	for (int n = 0; at != OWNERS_NONE && n < CONNECTIONS; n++) {
		ask(h, m->owners->flows[at].ends[flow_end(dir, side)], q);
		at = owners_older(m->owners, at);
	}
}

/* Two that have a socket in common take turns, and each may have sent what the other's events lie
 * around. */
static const struct holder *near_holder(
	const struct settler *s, const struct endpoint_question *port, process_handle owner)
{
	bool crowd;
	const struct holder *at = endpoints_seen(s->match.endpoints, port, &crowd);
	for (int i = 0; at && i < ENDPOINT_HOLDERS; i++)
		if (at[i].process != PROCESS_NONE && at[i].process != owner &&
			holder_within(&at[i], port->when, LIMIT_HOLD_NS))
			return &at[i];
	return NULL;
}

/* Another one at that port, whatever the peer; sockets that are bound to no address count. */
static void ask_rival(
	const struct settler *s, const struct endpoint_question *port, struct holders *h)
{
	if (!h->a)
		return;
	const struct holder *rival = endpoints_rival(s->match.endpoints, port, h->a->process);
	if (!rival)
		rival = near_holder(s, port, h->a->process);
	if (!rival)
		return;
	h->of_port[1] = (struct tenure){ .process = rival->process, .evidence = rival->evidence };
	add(h, &h->of_port[1]);
}

/* Whoever had connections at the port, whatever the peer. A port may serve two processes at a time
 * towards two peers (Linux gives ports out again where the peer differs), so one that had another
 * owner within the life of an idle connection tells nothing. Wrong where that other one left no
 * event. */
static void ask_port(const struct settler *s, const struct endpoint_question *port,
	const struct asked_end *q, struct holders *h)
{
	bool crowd;
	const struct holder *at = endpoints_seen(s->match.endpoints, port, &crowd), *found = NULL;
	if (!at || crowd)
		return;
	bool changed = at[0].process != PROCESS_NONE && at[1].process != PROCESS_NONE;
	if (changed && at[0].first.ns - at[1].last.ns < LIMIT_TCP_IDLE_NS &&
		at[1].first.ns - at[0].last.ns < LIMIT_TCP_IDLE_NS)
		return;
	for (int i = 0; i < ENDPOINT_HOLDERS; i++)
		if (at[i].process != PROCESS_NONE &&
			q->when.ns >= at[i].first.ns - q->reach.before_ns &&
			q->when.ns <= at[i].last.ns + q->reach.behind_ns &&
			is_within(&q->life, at[i].first, at[i].last))
			found = &at[i];
	if (!found)
		return;
	h->of_port[0] = (struct tenure){ .process = found->process, .evidence = found->evidence };
	add(h, &h->of_port[0]);
	ask_rival(s, port, h);
}

/* Events of one chain that are looked at. */
#define EVENTS 64

/* The event of this very datagram: of its ports, length and moment. */
static struct held_event *own_event(
	struct match *m, const struct held_packet *p, enum side side, const struct endpoint *local)
{
	const struct ports_chain *chain = hold_chain_of(m->hold, p);
	for (uint32_t at = chain ? chain->first_event[side] : HOLD_NONE; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_ports) {
		struct held_event *e = hold_event(m->hold, at);
		if (e->when.ns > p->when.ns + e->error_ns + MATCH_DISORDER_NS)
			break;
		if (!e->used && endpoint_equal(&e->event.local, local) &&
			event_moves_data(e->event.op) && match_length_fits(p, e) &&
			match_in_time(p, e))
			return match_ports_sole(m, p, side, e) ? e : NULL;
	}
	return NULL;
}

/* A datagram between two events of what seems to be its flow: of those behind it the flow in the
 * trace is known. Wrong where two peers are asked from one port, at the same port of theirs, and
 * by turns: the owner of the port is the same all the same. */
static void ask_flows(const struct settler *s, const struct held_packet *p, enum side side,
	const struct endpoint *local, const struct asked_end *q, struct holders *h)
{
	const struct match *m = &s->match;
	const struct flow *flow = &p->digest.flow;
	for (int back = 0; back < 2; back++) {
		const struct ports_chain *chain = back
			? hold_ports(m->hold, flow->dst.port, flow->src.port)
			: hold_ports(m->hold, flow->src.port, flow->dst.port);
		enum side of = back ? (enum side)(1 - side) : side;
		uint32_t at = chain ? chain->first_event[of] : HOLD_NONE;
		for (unsigned n = 0; n < EVENTS && at != HOLD_NONE; n++) {
			const struct held_event *e = hold_event(m->hold, at);
			at = e->next_in_ports;
			if (e->when.ns >= p->when.ns && e->flow != OWNERS_NONE &&
				endpoint_equal(&e->event.local, local))
				ask(h, m->owners->flows[e->flow].ends[flow_end(e->dir, of)], q);
		}
	}
}

static void name(struct settler *s, struct held_packet *p, enum side side, const struct holders *h)
{
	const struct tenure *t = h->a;
	if (h->b) {
		p->claims[side] =
			claim_rivals(t->process, t->evidence, h->b->process, h->b->evidence);
	} else if (!t || roster_life(s->roster, t->process, p->when, s->error_ns) != LIFE_ALIVE ||
		!vouch_around(&s->match, t->evidence.input, p->when)) {
		return;
	} else {
		p->claims[side] = claim_named(GRADE_PORTS, t->process, t->evidence);
		p->claims[side].service = t->service;
	}
	p->settled[side] = true;
}

static void settle_datagram(struct settler *s, struct held_packet *p, enum side side,
	const struct endpoint_question *port)
{
	struct asked_end q = { .when = p->when,
		.reach = { .error_ns = s->error_ns,
			.rival_ns = LIMIT_HOLD_NS + 2 * s->error_ns,
			.turns = true },
		.life = course_of(s, p) };
	struct held_event *e = own_event(&s->match, p, side, &port->local);
	struct holders h = { 0 };
	if (e && vouch_around(&s->match, e->evidence.input, p->when)) {
		match_settle(p, side, e, GRADE_PORTS);
		return;
	}
	ask_flows(s, p, side, &port->local, &q, &h);
	ask_rival(s, port, &h);
	name(s, p, side, &h);
}

static void settle_segment(struct settler *s, struct held_packet *p, enum side side,
	const struct endpoint_question *port)
{
	/* A handshake begins before its event, a goodbye comes behind it. */
	struct asked_end q = { .when = p->when,
		.reach = { .error_ns = s->error_ns,
			.before_ns = LIMIT_HOLD_NS,
			.behind_ns = LIMIT_HOLD_NS,
			.rival_ns = LIMIT_HOLD_NS },
		.life = course_of(s, p) };
	struct holders h = { 0 };
	ask_connection(s, p, side, &q, &h);
	if (!h.a)
		ask_port(s, port, &q, &h);
	name(s, p, side, &h);
}

void mapped_settle(struct settler *s, struct held_packet *p, enum side side)
{
	const struct addr *addr =
		p->has_time && p->nat.number == 0 ? mapped_local(s, p, side) : NULL;
	uint8_t transport = p->digest.transport;
	if (!addr || !digest_has(&p->digest, DIGEST_PORTS) ||
		digest_has(&p->digest, DIGEST_FRAGMENT))
		return;
	struct endpoint_question port = { .host = hosts_of_addr(s->match.hosts, addr),
		.transport = transport,
		.connections = transport == TRANSPORT_TCP,
		.local = { *addr, side_end(&p->digest.flow, side)->port },
		.when = p->when,
		.error_ns = s->error_ns };
	if (transport == TRANSPORT_TCP)
		settle_segment(s, p, side, &port);
	else if (transport == TRANSPORT_UDP)
		settle_datagram(s, p, side, &port);
}
