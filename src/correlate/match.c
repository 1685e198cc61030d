/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of datagrams: see match.h. */
#include "correlate/match.h"

#include <string.h>

#include "base/limits.h"
#include "correlate/match_anchor.h"
#include "correlate/match_raw.h"

/* A cluster above this size has no gaps that would tell its members apart: it is decided by its
 * processes alone. */
#define CLUSTER 64

struct cluster {
	uint32_t packets[CLUSTER], events[CLUSTER];
	size_t n_packets, n_events;
	int64_t error_ns; /* the largest of its events' clocks */
	bool whole;       /* it ended before it was full */
	/* Its events are of unbound sockets, and state no local address: they and their packets
	 * have ports and peer in common, and the packets an address of ours. */
	bool unbound;
};

int match_init(struct match *m, struct err *err)
{
	m->anchors = calloc(ANCHORS, sizeof *m->anchors);
	m->asked = calloc(ASKED, sizeof *m->asked);
	return m->anchors && m->asked ? 0 : err_nomem(err);
}

void match_done(struct match *m)
{
	free(m->anchors);
	free(m->asked);
	m->anchors = NULL;
	m->asked = NULL;
}

/* The stretch of time that a cluster covers. */
struct stretch {
	int64_t from, to;
};

static void widen(struct stretch *s, struct ref_time t)
{
	s->from = t.ns < s->from ? t.ns : s->from;
	s->to = t.ns > s->to ? t.ns : s->to;
}

static bool is_of_peer(const struct held_packet *p, enum side side, const struct addr *peer)
{
	return addr_equal(&side_end(&p->digest.flow, 1 - side)->addr, peer);
}

static uint32_t first_event(
	const struct match *m, const struct held_packet *head, enum side side, bool unbound)
{
	if (!unbound)
		return m->owners->flows[head->flow].chains->first_event[head->dir][side];
	const struct ports_chain *chain = hold_chain_of(m->hold, head);
	return chain ? chain->first_event[side] : HOLD_NONE;
}

static bool may_take_event(
	const struct held_packet *head, enum side side, bool unbound, const struct held_event *e)
{
	if (e->used || !event_moves_data(e->event.op) || !match_length_fits(head, e))
		return false;
	return !unbound ||
		(e->sure && addr_is_wildcard(&e->event.local.addr) &&
			is_of_peer(head, side, &e->event.remote.addr));
}

static bool may_take_packet(const struct match *m, const struct held_packet *head, enum side side,
	bool unbound, const struct held_packet *p)
{
	if (p->settled[side] || digest_has(&p->digest, DIGEST_FRAGMENT) ||
		!match_same_length(head, p))
		return false;
	return !unbound ||
		(p->flow != OWNERS_NONE && p->nat.number == 0 &&
			is_of_peer(p, side, &side_end(&head->digest.flow, 1 - side)->addr) &&
			hosts_of_addr(m->hosts, &side_end(&p->digest.flow, side)->addr) !=
				HOST_NONE);
}

/* Takes in the events that are in time with the packets. Members hang together by steps of at most
 * the error, so whatever lies in the stretch is near one of them. */
static struct stretch gather_events(struct match *m, const struct held_packet *head, enum side side,
	const struct stretch *packets, struct cluster *c)
{
	struct stretch events = { INT64_MAX, INT64_MIN };
	const struct held_event *e;
	c->n_events = 0;
	for (uint32_t at = first_event(m, head, side, c->unbound); at != HOLD_NONE;
		at = c->unbound ? e->next_in_ports : e->next_in_flow) {
		e = hold_event(m->hold, at);
		if (e->when.ns > packets->to + e->error_ns + MATCH_DISORDER_NS)
			break;
		if (!may_take_event(head, side, c->unbound, e) ||
			e->when.ns < packets->from - e->error_ns ||
			e->when.ns > packets->to + e->error_ns)
			continue;
		if (c->n_events == CLUSTER) {
			c->whole = false;
			break;
		}
		c->events[c->n_events++] = at;
		c->error_ns = e->error_ns > c->error_ns ? e->error_ns : c->error_ns;
		widen(&events, e->when);
	}
	return events;
}

static struct stretch gather_packets(struct match *m, const struct held_packet *head,
	enum side side, const struct stretch *events, struct cluster *c)
{
	struct stretch packets = { head->when.ns, head->when.ns };
	const struct held_packet *p = head;
	c->n_packets = 1;
	for (uint32_t at; (at = c->unbound ? p->next_in_ports : p->next_in_flow) != HOLD_NONE;) {
		p = hold_packet(m->hold, at);
		if (p->when.ns > events->to + c->error_ns + MATCH_DISORDER_NS)
			break;
		if (!may_take_packet(m, head, side, c->unbound, p) ||
			p->when.ns < events->from - c->error_ns ||
			p->when.ns > events->to + c->error_ns)
			continue;
		if (c->n_packets == CLUSTER) {
			c->whole = false;
			break;
		}
		c->packets[c->n_packets++] = at;
		widen(&packets, p->when);
	}
	return packets;
}

/* Grows until neither side brings in more. The caller has set `unbound`. */
static void gather(struct match *m, uint32_t place, enum side side, struct cluster *c)
{
	const struct held_packet *head = hold_packet(m->hold, place);
	struct stretch packets = { head->when.ns, head->when.ns };
	c->packets[0] = place;
	c->n_packets = 1;
	c->n_events = 0;
	c->error_ns = 0;
	c->whole = true;
	for (size_t before = 0; c->whole;) {
		struct stretch events = gather_events(m, head, side, &packets, c);
		if (c->n_events == before)
			return;
		before = c->n_events;
		size_t n_packets = c->n_packets;
		packets = gather_packets(m, head, side, &events, c);
		if (c->n_packets == n_packets)
			return;
	}
}

void match_settle(struct held_packet *p, enum side side, struct held_event *e, enum grade grade)
{
	struct claim c = claim_named(grade, e->process, e->evidence);
	c.service = e->event.tag;
	c.op = (uint8_t)e->event.op;
	c.has_delta = true;
	c.clock_delta_ns = p->when.ns - e->when.ns;
	e->used = true;
	p->claims[side] = c;
	p->settled[side] = true;
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
		if (!match_in_time(
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

static void settle_all(
	struct match *m, const struct cluster *c, enum side side, const struct claim *claim)
{
	for (size_t i = 0; i < c->n_packets; i++) {
		struct held_packet *p = hold_packet(m->hold, c->packets[i]);
		p->claims[side] = *claim;
		p->settled[side] = true;
	}
	for (size_t i = 0; i < c->n_events; i++)
		hold_event(m->hold, c->events[i])->used = true;
}

/* `more` is a rival beside those of the cluster, or PROCESS_NONE. */
static void settle_rivals(
	struct match *m, const struct cluster *c, enum side side, process_handle more)
{
	struct claim rivals = claim_reason(REASON_AMBIGUOUS, DETAIL_NONE);
	for (size_t i = 0; i < c->n_events; i++)
		claim_candidate(&rivals, hold_event(m->hold, c->events[i])->process);
	if (more != PROCESS_NONE)
		claim_candidate(&rivals, more);
	settle_all(m, c, side, &rivals);
}

/* An unbound socket's event states no local address. One that fits the packet as well as those of
 * the cluster, but is another process's, leaves the packet in doubt. PROCESS_NONE: there is none.
 */
static process_handle wildcard_rival(
	struct match *m, const struct held_packet *p, enum side side, process_handle process)
{
	if (m->hold->n_unbound == 0)
		return PROCESS_NONE;
	struct flow buf;
	const struct flow *flow = match_flow(m, p, &buf);
	const struct addr *peer = &side_end(flow, 1 - side)->addr;
	const struct ports_chain *chain = hold_ports(m->hold, flow->src.port, flow->dst.port);
	for (uint32_t at = chain ? chain->first_event[side] : HOLD_NONE; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_ports) {
		const struct held_event *e = hold_event(m->hold, at);
		if (e->when.ns > p->when.ns + e->error_ns + MATCH_DISORDER_NS)
			break;
		if (e->flow == OWNERS_NONE && e->process != process && !e->used &&
			event_moves_data(e->event.op) && match_length_fits(p, e) &&
			match_in_time(p, e) && addr_equal(&e->event.remote.addr, peer))
			return e->process;
	}
	return PROCESS_NONE;
}

/* Who else had the flow's end near the packet. Where events and packets do not pair off, one of the
 * events may be missing: it may be his. PROCESS_NONE: nobody. */
static process_handle near_rival(
	struct match *m, const struct held_packet *p, enum side side, process_handle process)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	const struct succession *s = f->ends[flow_end(p->dir, side)];
	const struct tenure *both[] = { &s->now, &s->before };
	for (int i = 0; i < 2; i++)
		if (both[i]->process != process &&
			tenure_holds(both[i], p->when, LIMIT_HOLD_NS, LIMIT_HOLD_NS))
			return both[i]->process;
	return PROCESS_NONE;
}

static bool doubtful_end(struct match *m, const struct held_packet *p, enum side side)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	struct tenure_reach reach = { .rival_ns = LIMIT_HOLD_NS };
	return tenure_mixed(f->ends[flow_end(p->dir, side)], p->when, &reach);
}

static void settle_turns(struct match *m, const struct cluster *c, enum side side)
{
	const struct held_packet *p = hold_packet(m->hold, c->packets[0]);
	const struct owned_flow *f = &m->owners->flows[p->flow];
	const struct succession *s = f->ends[flow_end(p->dir, side)];
	struct claim rivals = claim_reason(REASON_AMBIGUOUS, DETAIL_NONE);
	claim_candidate(&rivals, s->before.process);
	claim_candidate(&rivals, s->now.process);
	settle_all(m, c, side, &rivals);
}

/* A group's address, or a frame that went to one: of a subnet's broadcast address nothing else
 * tells.
 */
static bool is_to_group(const struct match *m, const struct digest *d)
{
	const struct addr *to = &d->flow.dst.addr;
	return addr_is_group(to) ||
		(digest_has(d, DIGEST_GROUP) && !digest_has(d, DIGEST_TUNNEL) &&
			hosts_of_addr(m->hosts, to) == HOST_NONE);
}

/* How many events of the cluster are this process's; -1 where a clock is not sure. */
static int events_of(struct match *m, const struct cluster *c, process_handle process)
{
	int n = 0;
	for (size_t i = 0; i < c->n_events; i++) {
		const struct held_event *e = hold_event(m->hold, c->events[i]);
		if (!e->sure)
			return -1;
		n += e->process == process;
	}
	return n;
}

/* Each process received each packet: one event for each, or for a single packet one for each of its
 * sockets. */
static bool all_received(struct match *m, const struct cluster *c)
{
	for (size_t i = 0; i < c->n_events; i++) {
		int n = events_of(m, c, hold_event(m->hold, c->events[i])->process);
		if (n < 1 || (c->n_packets > 1 && (size_t)n != c->n_packets))
			return false;
	}
	return c->whole;
}

/* Whoever joined a group has an event of his own for one packet. Wrong where a process left the
 * group in the middle of a burst whose packets lie within the clock's error, and one of them is
 * missing in the capture: then it seems to have received one that it did not. The order of the
 * events is that of the log, so the first one of them names the finding. */
static bool settle_receivers(struct match *m, const struct cluster *c)
{
	const struct held_packet *head = hold_packet(m->hold, c->packets[0]);
	if (!is_to_group(m, &head->digest) || !all_received(m, c))
		return false;
	struct held_event *first = hold_event(m->hold, c->events[0]);
	struct claim others = claim_reason(REASON_NONE, DETAIL_NONE);
	for (size_t i = 1; i < c->n_events; i++) {
		const struct held_event *e = hold_event(m->hold, c->events[i]);
		if (e->process != first->process)
			claim_candidate(&others, e->process);
		if (e->process != first->process && others.n_evidence == 0)
			others.evidence[others.n_evidence++] = e->evidence;
	}
	for (size_t i = 0; i < c->n_packets; i++) {
		struct held_packet *p = hold_packet(m->hold, c->packets[i]);
		struct claim *claim = &p->claims[SIDE_RECEIVER];
		match_settle(p, SIDE_RECEIVER, first, GRADE_EXACT);
		claim->evidence[claim->n_evidence++] = others.evidence[0];
		claim->n_candidates = others.n_candidates;
		claim->more_candidates = others.more_candidates;
		memcpy(claim->candidates, others.candidates, sizeof claim->candidates);
	}
	for (size_t i = 0; i < c->n_events; i++)
		hold_event(m->hold, c->events[i])->used = true;
	return true;
}

/* All of one process: in order, or for which event is whose cannot be said. */
static void settle_sole(struct match *m, const struct cluster *c, enum side side, bool exact)
{
	for (size_t i = 0; i < c->n_packets; i++) {
		struct held_packet *p = hold_packet(m->hold, c->packets[i]);
		size_t at = i < c->n_events ? i : c->n_events - 1;
		struct held_event *e = hold_event(m->hold, c->events[at]);
		match_settle(p, side, e, exact ? GRADE_EXACT : GRADE_FLOW);
	}
	for (size_t i = c->n_packets; i < c->n_events; i++)
		hold_event(m->hold, c->events[i])->used = true;
}

/* Wrong where a packet and an event of one cluster were both lost, unstated, in the two files:
 * then the numbers agree and each later pair is off by one. The process is right all the same,
 * for the cluster has only one. A second one that shares the socket and whose row is the lost one
 * shows itself only by other rows: see doubtful_end. */
void match_datagram(struct match *m, uint32_t place, enum side side)
{
	struct cluster c;
	c.unbound = false;
	const struct held_packet *head = hold_packet(m->hold, place);
	if (m->owners->flows[head->flow].chains->first_event[head->dir][side] == HOLD_NONE)
		return;
	gather(m, place, side, &c);
	if (c.n_events == 0)
		return;
	process_handle process = hold_event(m->hold, c.events[0])->process;
	process_handle rival = wildcard_rival(m, head, side, process);
	bool sole = sole_process(m, &c);
	if (!sole && rival == PROCESS_NONE && side == SIDE_RECEIVER && settle_receivers(m, &c))
		return;
	if (!sole || rival != PROCESS_NONE) {
		settle_rivals(m, &c, side, rival);
		return;
	}
	bool exact = c.whole && c.n_packets == c.n_events && pairs_in_time(m, &c) &&
		unmistakable(m, &c, side);
	process_handle other = exact ? PROCESS_NONE : near_rival(m, head, side, process);
	if (!exact && doubtful_end(m, head, side))
		settle_turns(m, &c, side);
	else if (other != PROCESS_NONE)
		settle_rivals(m, &c, side, other);
	else
		settle_sole(m, &c, side, exact);
}

/* Two of our addresses may have the same port towards one peer, by two sockets: then the events are
 * nobody's. Packets that leave the hold first must not leave them to the others. */
static bool spoil(struct match *m, const struct cluster *c, enum side side)
{
	const struct held_packet *head = hold_packet(m->hold, c->packets[0]);
	const struct addr *local = &side_end(&head->digest.flow, side)->addr;
	bool spoilt = false;
	for (size_t i = 1; i < c->n_packets; i++) {
		const struct held_packet *p = hold_packet(m->hold, c->packets[i]);
		spoilt |= !addr_equal(&side_end(&p->digest.flow, side)->addr, local);
	}
	for (size_t i = 0; i < c->n_events; i++)
		spoilt |= hold_event(m->hold, c->events[i])->contested;
	for (size_t i = 0; spoilt && i < c->n_events; i++)
		hold_event(m->hold, c->events[i])->contested = true;
	return spoilt;
}

/* Wrong where another process took the port for a moment, its row is lost, and so is the packet of
 * the owner's: as for any socket, but for one that was seen there just then. */
void match_wildcard(struct match *m, uint32_t place, enum side side)
{
	struct cluster c;
	c.unbound = true;
	const struct held_packet *head = hold_packet(m->hold, place);
	const struct endpoint *local = side_end(&head->digest.flow, side);
	if (m->hold->n_unbound == 0 || head->nat.number ||
		hosts_of_addr(m->hosts, &local->addr) == HOST_NONE)
		return;
	gather(m, place, side, &c);
	if (c.n_events == 0 || spoil(m, &c, side))
		return;
	process_handle process = hold_event(m->hold, c.events[0])->process;
	struct endpoint_question q = { .host = hosts_of_addr(m->hosts, &local->addr),
		.transport = TRANSPORT_UDP,
		.local = *local,
		.when = head->when,
		.error_ns = c.error_ns };
	bool sole = sole_process(m, &c);
	bool exact = sole && c.whole && c.n_packets == c.n_events && pairs_in_time(m, &c);
	const struct holder *rival = exact ? NULL : endpoints_rival(m->endpoints, &q, process);
	if (sole && !rival)
		settle_sole(m, &c, side, exact);
	else
		settle_rivals(m, &c, side, rival ? rival->process : PROCESS_NONE);
}

void match_pass(struct match *m, const struct held_packet *p, int64_t error_ns)
{
	if (p->flow != OWNERS_NONE && p->digest.transport == TRANSPORT_TCP)
		match_pass_stream(m, p);
	/* A packet without a time is on no chain. */
	if (!p->ports_chained)
		return;
	struct ref_time then = { p->when.ns - error_ns - MATCH_DISORDER_NS };
	for (int side = 0; side < SIDES; side++) {
		if (p->digest.transport == TRANSPORT_UDP)
			hold_pass_flow(
				m->hold, &m->owners->flows[p->flow], p->dir, (enum side)side, then);
		hold_pass_ports(m->hold, p, (enum side)side, then);
	}
}
