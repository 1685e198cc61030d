/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of translated addresses: see mapped.h. */
#include "correlate/mapped.h"

#include "base/limits.h"

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

static void ask(struct holders *h, const struct succession *held, struct ref_time when,
	const struct tenure_reach *reach)
{
	const struct tenure *a = NULL, *b = NULL;
	enum tenancy t = held ? tenure_at(held, when, reach, &a, &b) : TENANCY_NOBODY;
	if (t != TENANCY_NOBODY)
		add(h, a);
	if (t == TENANCY_RIVALS)
		add(h, b);
}

/* Connections of one pair of ports, from the last one back. More than so many within the hold are
 * a scan. */
#define CONNECTIONS 16

/* The flow as the trace has it, where the other end is known as well. */
static void ask_flow(const struct settler *s, const struct held_packet *p, enum side side,
	const struct tenure_reach *reach, struct holders *h)
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
		ask(h, m->owners->flows[at].ends[flow_end(dir, side)], p->when, reach);
		at = owners_older(m->owners, at);
	}
}

/* Whoever held the port, whatever the peer, between two of his events: behind the last one it may
 * be anyone's in a moment. Sockets that are bound to no address are rivals. A TCP port may serve
 * two processes at a time towards two peers (Linux gives ports out again where the peer differs),
 * so one that had another owner within the life of an idle connection tells nothing. Wrong where
 * that other one left no event. */
static void ask_port(const struct settler *s, const struct endpoint_question *q, struct holders *h)
{
	bool crowd;
	const struct holder *at = endpoints_seen(s->match.endpoints, q, &crowd), *found = NULL;
	if (!at)
		return;
	bool changed = at[0].process != PROCESS_NONE && at[1].process != PROCESS_NONE;
	if (q->connections &&
		(crowd ||
			(changed && at[0].first.ns - at[1].last.ns < LIMIT_TCP_IDLE_NS &&
				at[1].first.ns - at[0].last.ns < LIMIT_TCP_IDLE_NS)))
		return;
	for (int i = 0; i < ENDPOINT_HOLDERS; i++)
		if (at[i].process != PROCESS_NONE && q->when.ns >= at[i].first.ns - q->error_ns &&
			q->when.ns <= at[i].last.ns + q->error_ns)
			found = &at[i];
	if (!found)
		return;
	const struct holder *rival = endpoints_rival(s->match.endpoints, q, found->process);
	h->of_port[0] = (struct tenure){ .process = found->process, .evidence = found->evidence };
	add(h, &h->of_port[0]);
	if (!rival)
		return;
	h->of_port[1] = (struct tenure){ .process = rival->process, .evidence = rival->evidence };
	add(h, &h->of_port[1]);
}

/* The event of this very datagram, among those of the process. */
static struct held_event *own_event(struct match *m, const struct held_packet *p, enum side side,
	const struct endpoint *local, process_handle process)
{
	const struct ports_chain *chain = hold_chain_of(m->hold, p);
	for (uint32_t at = chain ? chain->first_event[side] : HOLD_NONE; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_ports) {
		struct held_event *e = hold_event(m->hold, at);
		if (e->when.ns > p->when.ns + e->error_ns + MATCH_DISORDER_NS)
			break;
		if (!e->used && e->process == process && endpoint_equal(&e->event.local, local) &&
			event_moves_data(e->event.op) && match_length_fits(p, e) &&
			match_in_time(p, e))
			return e;
	}
	return NULL;
}

static void name(struct settler *s, struct held_packet *p, enum side side,
	const struct endpoint *local, const struct tenure *t)
{
	struct held_event *e = own_event(&s->match, p, side, local, t->process);
	if (e) {
		match_settle(p, side, e, GRADE_PORTS);
		return;
	}
	p->claims[side] = claim_named(GRADE_PORTS, t->process, t->evidence);
	p->claims[side].service = t->service;
	p->settled[side] = true;
}

static void name_rivals(struct held_packet *p, enum side side, const struct holders *h)
{
	p->claims[side] =
		claim_rivals(h->a->process, h->a->evidence, h->b->process, h->b->evidence);
	p->settled[side] = true;
}

void mapped_settle(struct settler *s, struct held_packet *p, enum side side)
{
	const struct addr *addr =
		p->has_time && p->nat.number == 0 ? mapped_local(s, p, side) : NULL;
	uint8_t transport = p->digest.transport;
	bool tcp = transport == TRANSPORT_TCP;
	if (!addr || !digest_has(&p->digest, DIGEST_PORTS) ||
		digest_has(&p->digest, DIGEST_FRAGMENT) || (!tcp && transport != TRANSPORT_UDP))
		return;
	struct endpoint local = { *addr, side_end(&p->digest.flow, side)->port };
	/* Of a connection: a handshake begins before its event, a goodbye comes behind it. */
	struct tenure_reach reach = { .error_ns = s->error_ns,
		.before_ns = LIMIT_HOLD_NS,
		.behind_ns = LIMIT_HOLD_NS,
		.rival_ns = LIMIT_HOLD_NS };
	struct endpoint_question port = { .host = hosts_of_addr(s->match.hosts, addr),
		.transport = transport,
		.connections = tcp,
		.local = local,
		.when = p->when,
		.error_ns = s->error_ns };
	struct holders h = { 0 };
	if (tcp)
		ask_flow(s, p, side, &reach, &h);
	if (!h.a)
		ask_port(s, &port, &h);
	if (h.b)
		name_rivals(p, side, &h);
	else if (h.a && roster_life(s->roster, h.a->process, p->when, s->error_ns) == LIFE_ALIVE)
		name(s, p, side, &local, h.a);
}
