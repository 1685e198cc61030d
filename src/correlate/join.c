/* SPDX-License-Identifier: Apache-2.0 */
/* The correlator: see join.h. What a packet's answer is stands in settle.c. */
#include "correlate/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "correlate/connect.h"
#include "correlate/copies.h"
#include "correlate/mapping.h"
#include "correlate/nat.h"
#include "correlate/settle.h"
#include "correlate/stated.h"

/* Packets show the same addresses again and again: those of the last ones are kept, one a slot. A
 * slot that is still empty holds ::, and whether packets show that one matters to nobody, for it
 * is no host's. */
#define SEEN_LAST 4096u

struct join {
	struct join_setup setup;
	struct hold hold;
	struct owners owners;
	struct endpoints endpoints;
	struct copies copies;
	struct map seen; /* struct addr: addresses of the captures */
	struct addr seen_last[SEEN_LAST];
	struct mappings mappings;
	struct nat nat;
	struct settler settler;
	struct ref_time now;       /* the latest stamp so far */
	int64_t hold_ns, error_ns; /* error_ns: of the worst log's clock */
	uint64_t evicted;
};

int join_new(const struct join_setup *setup, struct join **ret, struct err *err)
{
	struct join *j = calloc(1, sizeof *j);
	if (!j)
		return err_nomem(err);
	j->setup = *setup;
	j->now.ns = INT64_MIN;
	hold_init(&j->hold, setup->key);
	owners_init(&j->owners, setup->key);
	endpoints_init(&j->endpoints, setup->key);
	copies_init(&j->copies, setup->clocks, setup->n_captures, setup->key);
	map_init(&j->seen, sizeof(struct addr), sizeof(struct addr), LIMIT_ADDRESSES, setup->key);
	mappings_init(&j->mappings, setup->key);
	nat_init(&j->nat, setup->key);
	/* DESIGN 4.3: 2 s, 4 ticks and the clock's error, of the worst log. */
	int64_t worst = 0;
	for (size_t i = 0; i < setup->hosts->n_inputs; i++) {
		int64_t more = 4 * setup->clocks[i].tick_ns + setup->clocks[i].error_ns;
		worst = more > worst ? more : worst;
		if (setup->clocks[i].error_ns > j->error_ns)
			j->error_ns = setup->clocks[i].error_ns;
	}
	j->hold_ns = LIMIT_HOLD_NS + worst;
	j->settler = (struct settler){
		.match = { .hold = &j->hold,
			.owners = &j->owners,
			.endpoints = &j->endpoints,
			.hosts = setup->hosts,
			.seen = &j->seen,
			.mappings = &j->mappings,
			.coverage = setup->coverage },
		.coverage = setup->coverage,
		.roster = setup->roster,
		.error_ns = j->error_ns,
		.evicted = &j->evicted,
		.copies = &j->copies,
	};
	if (match_init(&j->settler.match, err) < 0) {
		join_free(j);
		return -1;
	}
	*ret = j;
	return 0;
}

void join_free(struct join *j)
{
	if (!j)
		return;
	hold_done(&j->hold);
	owners_done(&j->owners);
	endpoints_done(&j->endpoints);
	copies_done(&j->copies);
	map_done(&j->seen);
	mappings_done(&j->mappings);
	match_done(&j->settler.match);
	nat_done(&j->nat);
	dossier_done(&j->settler.dossier);
	free(j);
}

/* A full table only makes `ports` bolder than it should be, so it is made timid instead: with
 * LIMIT_ADDRESSES addresses in one capture nothing is matched by ports alone any more. */
int join_see_address(struct join *j, const struct addr *a, struct err *err)
{
	bool new;
	struct err full;
	struct addr *last = &j->seen_last[addr_mix(a) % SEEN_LAST];
	if (addr_equal(last, a))
		return 0;
	err_clear(&full);
	if (map_put(&j->seen, a, &new, &full)) {
		*last = *a;
		if (new && !addr_is_loopback(a) && hosts_of_addr(j->setup.hosts, a) != HOST_NONE)
			j->settler.match.shows_local = true;
		return 0;
	}
	if (full.kind != ERR_LIMIT)
		return err_nomem(err);
	j->settler.no_ports = true;
	return 0;
}

static bool watched(const struct join *j, uint64_t number)
{
	for (size_t i = 0; i < j->setup.n_watched; i++)
		if (j->setup.watched[i] == number)
			return true;
	return false;
}

/* The pair of an exact claim refines the clock of its log. That of TCP does not, for its segments
 * wait for the peer's window. Behind a NAT no claim is exact: there the pairs do that are alone
 * with their ports and length. Some may be wrong, and the median of a batch passes over them. */
static void track(struct join *j, const struct held_packet *p)
{
	for (int side = 0; side < SIDES && !p->is_copy; side++) {
		const struct claim *c = &p->claims[side];
		if ((c->grade != GRADE_EXACT && c->grade != GRADE_PORTS) || !c->has_delta ||
			p->digest.transport != TRANSPORT_UDP)
			continue;
		struct clock *clock = &j->setup.clocks[c->evidence[0].input];
		struct clock_pair pair = {
			.event = c->evidence[0].number, .packet = p->number, .capture = p->input
		};
		clock_meet(clock, &pair);
		clock_track(clock, p->when, c->clock_delta_ns, pair.event);
	}
}

static int release(struct join *j, struct err *err)
{
	struct held_packet *p = hold_oldest_packet(&j->hold);
	struct settled s = { .input = p->input,
		.number = p->number,
		.has_time = p->has_time,
		.selected = p->selected,
		.watched = j->setup.n_watched && watched(j, p->number),
		.when = p->when };
	if (settle_packet(&j->settler, j->hold.packets.first, &s, err) < 0)
		return -1;
	track(j, p);
	uint32_t mark = p->is_copy ? copies_mark(&j->copies, j->hold.packets.first) : 0;
	s.mark = &mark;
	int rc = j->setup.settled(j->setup.context, &s, err);
	if (p->is_copy || p->copied)
		copies_drop(&j->copies, j->hold.packets.first, mark);
	hold_drop_packet(&j->hold, &j->owners);
	return rc;
}

static int advance(struct join *j, const struct ref_time *when, struct err *err)
{
	if (when && when->ns > j->now.ns)
		j->now = *when;
	const struct held_packet *p;
	/* Before the first stamp nothing is old; packets without a time are as old as can be. */
	int64_t horizon = j->now.ns == INT64_MIN ? INT64_MIN : j->now.ns - j->hold_ns;
	while ((p = hold_oldest_packet(&j->hold)) &&
		(p->when.ns < horizon || j->hold.packets.n >= LIMIT_HOLD_PACKETS)) {
		j->evicted += p->has_time && p->when.ns >= horizon;
		if (release(j, err) < 0)
			return -1;
	}
	/* An event must outlast every packet that it may vouch for. */
	const struct held_event *e;
	while ((e = hold_oldest_event(&j->hold)) &&
		(e->when.ns < horizon - j->hold_ns || j->hold.events.n >= LIMIT_HOLD_EVENTS)) {
		j->evicted += e->when.ns >= horizon - j->hold_ns;
		if (e->event.transport == TRANSPORT_UDP)
			clock_pass(&j->setup.clocks[e->evidence.input], e->used);
		hold_drop_event(&j->hold, &j->owners);
	}
	return 0;
}

/* Its time is gone: a clock went back, or files were put together. What could bear on it has left
 * the window, and owners are known up to later moments. */
static bool is_late(const struct join *j, const struct ref_time *when)
{
	return when && j->now.ns != INT64_MIN && when->ns < j->now.ns - 2 * j->hold_ns;
}

static bool is_echo(const struct digest *d)
{
	return digest_has(d, DIGEST_ECHO) && (digest_is_echo_request(d) || digest_is_echo_reply(d));
}

/* Which flow does the packet belong to? An echo request and its reply are one flow, told apart
 * from others by their identifier: so it is known whether a ping was answered. */
static bool flow_of(const struct digest *d, struct flow *ret)
{
	bool ports = (d->transport == TRANSPORT_UDP || d->transport == TRANSPORT_TCP) &&
		digest_has(d, DIGEST_PORTS);
	if (!digest_has(d, DIGEST_ADDRS) || digest_has(d, DIGEST_ARP) || (!ports && !is_echo(d)))
		return false;
	*ret = d->flow;
	if (!ports)
		ret->src.port = ret->dst.port = d->icmp_id;
	return true;
}

static void count(uint16_t *n)
{
	if (*n < UINT16_MAX)
		++*n;
}

static void see_flags(struct owned_flow *f, const struct digest *d, unsigned dir)
{
	struct stream *s = &f->streams[dir];
	if ((d->tcp_flags & TCP_SYN) && !(s->has_isn && s->isn == d->tcp_seq)) {
		s->has_isn = true;
		s->isn = d->tcp_seq;
		s->has_data = false;
	}
	/* What it acknowledges tells where a SYN that was not captured began. */
	struct stream *back = &f->streams[1 - dir];
	if ((d->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && d->tcp_ack &&
		!back->has_isn) {
		back->has_isn = true;
		back->isn = d->tcp_ack - 1;
	}
	if (d->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST))
		f->closed = !(d->tcp_flags & TCP_SYN);
}

/* Finds the packet's flow, or its connection. A full table leaves it without one. What is a copy
 * (`said`: its source says so) of *ret_original adds nothing to it. */
static int find_flow(
	struct join *j, struct held_packet *p, bool said, uint32_t *ret_original, struct err *err)
{
	struct flow flow;
	unsigned dir;
	if (!p->has_time || !flow_of(&p->digest, &flow))
		return 0;
	struct err problem;
	err_clear(&problem);
	bool tcp = digest_has(&p->digest, DIGEST_TCP);
	if (j->nat.flows.count)
		nat_translate(
			&j->nat, j->setup.hosts, p->digest.transport, p->when, &flow, &p->nat);
	p->flow = owners_flow(&j->owners, &flow, p->digest.transport, p->when, &dir, &problem);
	p->dir = (uint8_t)dir;
	if (p->flow != OWNERS_NONE)
		*ret_original =
			copies_find(&j->copies, &j->hold, &j->owners.flows[p->flow], p, said);
	p->is_copy = *ret_original != HOLD_NONE;
	if (p->is_copy)
		return 0;
	if (p->flow != OWNERS_NONE && tcp)
		p->flow = connect_packet(&j->owners, p->flow, p, j->error_ns, &problem);
	if (p->flow == OWNERS_NONE)
		return problem.kind == ERR_NOMEM ? err_nomem(err) : 0;
	struct owned_flow *f = &j->owners.flows[p->flow];
	/* All parts of a packet are one packet. */
	if (!digest_has(&p->digest, DIGEST_FRAGMENT))
		count(&f->packets[p->dir]);
	if (tcp)
		see_flags(f, &p->digest, dir);
	return 0;
}

static int take_stated(
	struct join *j, const struct record *record, struct held_packet *p, struct err *err)
{
	struct stated_setup setup = { .hosts = j->setup.hosts,
		.roster = j->setup.roster,
		.owners = &j->owners,
		.endpoints = &j->endpoints,
		.clock = &j->setup.clocks[record->input] };
	return stated_take(&setup, &record->packet, p, err);
}

int join_packet(struct join *j, const struct record *record, const struct digest *digest,
	const struct ref_time *when, bool selected, struct err *err)
{
	if (advance(j, when, err) < 0)
		return -1;
	uint32_t original = HOLD_NONE;
	const struct capture_interface *at = record->packet.interface;
	struct held_packet *p = hold_new_packet(&j->hold, err);
	if (!p)
		return -1;
	digest_keep(&p->digest, digest);
	p->input = record->input;
	p->number = record->number;
	p->interface = at ? (uint16_t)at->id : 0;
	p->has_time = when != NULL;
	p->selected = selected;
	p->when = when ? *when : (struct ref_time){ INT64_MIN };
	if (digest_has(digest, DIGEST_ADDRS) &&
		(join_see_address(j, &digest->flow.src.addr, err) < 0 ||
			join_see_address(j, &digest->flow.dst.addr, err) < 0))
		return -1;
	p->late = is_late(j, when);
	if (!p->late && find_flow(j, p, record->packet.copy, &original, err) < 0)
		return -1;
	if (record->packet.owner && take_stated(j, record, p, err) < 0)
		return -1;
	if (p->is_copy)
		p->flow = OWNERS_NONE;
	if (hold_chain_packet(&j->hold, &j->owners, p, err) < 0)
		return -1;
	uint32_t place = hold_newest_packet(&j->hold);
	return p->is_copy ? copies_link(&j->copies, &j->hold, original, place, err) : 0;
}

int join_translation(struct join *j, const struct record *record, struct err *err)
{
	const struct translation *t = &record->translation;
	struct nat_line line = { .translation = t,
		.when = clock_to_ref(&j->setup.clocks[record->input], t->when),
		.evidence = { .input = record->input, .number = record->number } };
	return nat_learn(&j->nat, &line, err);
}

/* What a TCP event says of the bytes of its connection. */
static void learn_stream(struct owned_flow *f, struct held_event *e)
{
	struct stream *s = &f->streams[e->dir];
	if (event_opens(e->event.op)) {
		struct stream *back = &f->streams[1 - e->dir];
		/* Sent from here is the side's own direction, received the other one. */
		enum side other = e->side == SIDE_SENDER ? SIDE_RECEIVER : SIDE_SENDER;
		s->anchored[e->side] = back->anchored[other] = true;
		s->logged[e->side] = back->logged[other] = 0;
	}
	if (event_moves_data(e->event.op)) {
		e->stream_from = s->logged[e->side];
		s->logged[e->side] += e->event.bytes;
	}
}

/* What an event says of the flow as a whole. */
static int learn(struct join *j, struct held_event *e, unsigned local_end, struct err *err)
{
	struct owned_flow *f = &j->owners.flows[e->flow];
	struct succession *held = owners_end(&j->owners, f, local_end, err);
	bool opens = event_opens(e->event.op);
	if (!held)
		return -1;
	if (opens || e->event.op == EVENT_DISCONNECT) {
		f->closed = !opens;
		if (f->streams)
			f->streams[local_end].logged_end = !opens;
	}
	if (f->streams)
		learn_stream(f, e);
	if (event_moves_data(e->event.op))
		count(&f->events[e->dir][e->side]);
	tenure_stretch(held, e->process, e->event.tag, e->when, e->evidence);
	return 0;
}

/* To nobody: a bound port, and no flow yet. */
static bool is_portless(const struct event *e)
{
	return e->op == EVENT_RELEASE || (e->op == EVENT_HOLD && e->remote.port == 0);
}

/* Raw sockets have no ports, and any number of them may have one pair of addresses. */
static bool has_ports(uint8_t transport)
{
	return transport == TRANSPORT_TCP || transport == TRANSPORT_UDP;
}

/* Finds the event's flow, or its connection, and learns from it. An unbound socket's event has no
 * flow: it is found by its ports. */
static int place_event(struct join *j, struct held_event *e, struct err *err)
{
	unsigned dir;
	struct flow flow = { .src = e->event.local, .dst = e->event.remote };
	struct err problem;
	err_clear(&problem);
	if (is_portless(&e->event) || !has_ports(e->event.transport) ||
		addr_is_wildcard(&e->event.local.addr))
		return 0;
	if (e->side == SIDE_RECEIVER)
		flow = flow_reverse(flow);
	e->flow = owners_flow(&j->owners, &flow, e->event.transport, e->when, &dir, &problem);
	e->dir = (uint8_t)dir;
	unsigned local_end = flow_end(dir, e->side);
	if (e->flow != OWNERS_NONE && e->event.transport == TRANSPORT_TCP)
		e->flow = connect_event(&j->owners, e->flow, e, local_end, j->error_ns, &problem);
	if (e->flow != OWNERS_NONE && learn(j, e, local_end, err) < 0)
		return -1;
	return problem.kind == ERR_NOMEM ? err_nomem(err) : 0;
}

/* What it says of the local endpoint, whatever the peer. Of TCP who listens and who has connections
 * are two things: an accepted one may be another process's. */
static void bind(struct join *j, const struct held_event *e, uint32_t host)
{
	const struct event *event = &e->event;
	struct binding b = { .host = host,
		.process = e->process,
		.transport = event->transport,
		.local = event->local,
		.peer = event->remote,
		.when = e->when,
		.evidence = e->evidence,
		.bound = event->op == EVENT_HOLD && event->remote.port == 0 &&
			addr_is_wildcard(&event->remote.addr) };
	/* A socket that never was bound has no port in the log. */
	if (event->local.port == 0)
		return;
	if (event->op == EVENT_RELEASE)
		endpoints_release(&j->endpoints, &b);
	else if (event->transport != TRANSPORT_TCP || b.bound || event->op == EVENT_ACCEPT)
		endpoints_bind(&j->endpoints, &b);
	b.connection = event->transport == TRANSPORT_TCP && !b.bound;
	if (b.connection)
		endpoints_bind(&j->endpoints, &b);
}

int join_event(
	struct join *j, const struct record *record, const struct ref_time *when, struct err *err)
{
	uint32_t host = j->setup.hosts->of_input[record->input];
	if (hosts_see_event(j->setup.hosts, record->input, &record->event, err) < 0)
		return -1;
	if (!j->settler.match.shows_local && !record->event.either_way &&
		map_find(&j->seen, &record->event.local.addr) &&
		hosts_of_addr(j->setup.hosts, &record->event.local.addr) != HOST_NONE)
		j->settler.match.shows_local = true;
	if (!when || host == HOST_NONE)
		return 0; /* an event without a comparable time vouches for nothing */
	if (advance(j, when, err) < 0)
		return -1;
	struct clock *clock = &j->setup.clocks[record->input];
	if (is_late(j, when)) {
		clock_pass(clock, false);
		return 0;
	}
	struct held_event e = { .event = hosts_orient(j->setup.hosts, &record->event),
		.evidence = { .input = record->input, .number = record->number },
		.when = *when,
		.error_ns = clock_error(clock, *when),
		.sure = clock_sure(clock),
		.flow = OWNERS_NONE };
	e.process = roster_at(j->setup.roster, host, e.event.pid, *when, err);
	if (e.process == PROCESS_NONE)
		return err->kind == ERR_LIMIT ? 0 : -1;
	e.side = event_from_here(e.event.op) ? SIDE_SENDER : SIDE_RECEIVER;
	if (place_event(j, &e, err) < 0)
		return -1;
	if (has_ports(e.event.transport))
		bind(j, &e, host);
	/* It says who, and has no packet that could be looked for. */
	if (e.event.op == EVENT_HOLD || e.event.op == EVENT_RELEASE)
		return 0;
	return hold_add_event(&j->hold, &j->owners, &e, err) == HOLD_NONE ? -1 : 0;
}

int join_finish(struct join *j, struct err *err)
{
	while (hold_oldest_packet(&j->hold))
		if (release(j, err) < 0)
			return -1;
	while (hold_oldest_event(&j->hold))
		hold_drop_event(&j->hold, &j->owners);
	return 0;
}

int join_mappings(const struct join *j, struct mapping **ret, size_t *ret_n, struct err *err)
{
	return mappings_list(&j->mappings, ret, ret_n, err);
}

uint64_t join_evicted(const struct join *j)
{
	return j->evicted + j->owners.evicted;
}
