/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of raw sockets: see match_raw.h. */
#include "correlate/match_raw.h"

#include "base/limits.h"

/* A storm without gaps is not decided. */
#define CLUSTER 64

struct cluster {
	uint32_t packets[CLUSTER], events[CLUSTER];
	size_t n_packets, n_events;
	struct ref_time from, to;
	bool doubtful; /* too large, or with a packet that a kernel may have made */
};

static const struct addr *end_of(const struct held_packet *p, enum side side)
{
	return &side_end(&p->digest.flow, side)->addr;
}

bool match_raw_ends(const struct match *m, const struct held_packet *p, const struct held_event *e)
{
	enum side side = e->side, other = side == SIDE_SENDER ? SIDE_RECEIVER : SIDE_SENDER;
	const struct addr *local = &e->event.local.addr, *mine = end_of(p, side);
	bool here = addr_is_wildcard(local) ? hosts_of_addr(m->hosts, mine) != HOST_NONE
					    : addr_equal(local, mine);
	return here && addr_equal(&e->event.remote.addr, end_of(p, other));
}

static bool may_vouch(
	const struct match *m, const struct held_packet *p, const struct held_event *e)
{
	return event_moves_data(e->event.op) && !e->used && e->sure && match_length_fits(p, e) &&
		match_raw_ends(m, p, e);
}

static bool same_kind(const struct held_packet *a, const struct held_packet *b)
{
	return addr_equal(&a->digest.flow.src.addr, &b->digest.flow.src.addr) &&
		addr_equal(&a->digest.flow.dst.addr, &b->digest.flow.dst.addr) &&
		!digest_has(&b->digest, DIGEST_FRAGMENT) && match_same_length(a, b);
}

static bool near(const struct cluster *c, struct ref_time t, int64_t error_ns)
{
	return t.ns >= c->from.ns - error_ns && t.ns <= c->to.ns + error_ns;
}

static void widen(struct cluster *c, struct ref_time t)
{
	c->from = t.ns < c->from.ns ? t : c->from;
	c->to = t.ns > c->to.ns ? t : c->to;
}

static void gather_events(
	struct match *m, const struct held_packet *head, uint32_t first, struct cluster *c)
{
	c->n_events = 0;
	for (uint32_t at = first; at != HOLD_NONE; at = hold_event(m->hold, at)->next_in_ports) {
		const struct held_event *e = hold_event(m->hold, at);
		if (e->when.ns > c->to.ns + e->error_ns + MATCH_DISORDER_NS)
			break;
		if (!near(c, e->when, e->error_ns) || !may_vouch(m, head, e))
			continue;
		if (c->n_events == CLUSTER) {
			c->doubtful = true;
			return;
		}
		c->events[c->n_events++] = at;
		c->doubtful |= e->contested;
	}
}

static void gather_packets(
	struct match *m, uint32_t place, enum side side, int64_t error_ns, struct cluster *c)
{
	const struct held_packet *head = hold_packet(m->hold, place);
	c->n_packets = 0;
	for (uint32_t at = place; at != HOLD_NONE; at = hold_packet(m->hold, at)->next_in_ports) {
		const struct held_packet *p = hold_packet(m->hold, at);
		if (p->when.ns > c->to.ns + error_ns + MATCH_DISORDER_NS)
			break;
		if (!near(c, p->when, error_ns) || p->settled[side] || !same_kind(head, p))
			continue;
		if (c->n_packets == CLUSTER) {
			c->doubtful = true;
			return;
		}
		c->packets[c->n_packets++] = at;
		c->doubtful |= digest_is_icmp_error(&p->digest) ||
			(side == SIDE_SENDER && digest_is_echo_reply(&p->digest));
	}
}

/* Members hang together by steps of at most the clock's error. */
static void gather(struct match *m, uint32_t place, enum side side, struct cluster *c)
{
	const struct held_packet *head = hold_packet(m->hold, place);
	const struct ports_chain *chain = hold_chain_of(m->hold, head);
	*c = (struct cluster){ .from = head->when, .to = head->when };
	if (!chain)
		return;
	for (size_t before = 0; !c->doubtful;) {
		gather_events(m, head, chain->first_event[side], c);
		if (c->n_events == 0)
			return;
		int64_t error_ns = 0;
		for (size_t i = 0; i < c->n_events; i++) {
			const struct held_event *e = hold_event(m->hold, c->events[i]);
			error_ns = e->error_ns > error_ns ? e->error_ns : error_ns;
			widen(c, e->when);
		}
		gather_packets(m, place, side, error_ns, c);
		for (size_t i = 0; i < c->n_packets; i++)
			widen(c, hold_packet(m->hold, c->packets[i])->when);
		if (before == c->n_events + c->n_packets)
			return;
		before = c->n_events + c->n_packets;
	}
}

static bool pairs(struct match *m, const struct cluster *c)
{
	if (c->doubtful || c->n_events != c->n_packets)
		return false;
	process_handle first = hold_event(m->hold, c->events[0])->process;
	for (size_t i = 0; i < c->n_events; i++) {
		const struct held_event *e = hold_event(m->hold, c->events[i]);
		const struct held_packet *p = hold_packet(m->hold, c->packets[i]);
		if (e->process != first || !match_in_time(p, e))
			return false;
	}
	return true;
}

/* Its events vouch for nothing any more: the packets that could contradict leave the hold one by
 * one. Two processes are rivals for the packet. */
static void give_up(struct match *m, struct held_packet *p, enum side side, const struct cluster *c)
{
	struct claim rivals = claim_reason(REASON_AMBIGUOUS, DETAIL_NONE);
	for (size_t i = 0; i < c->n_events; i++) {
		struct held_event *e = hold_event(m->hold, c->events[i]);
		e->contested = true;
		claim_candidate(&rivals, e->process);
	}
	if (rivals.n_candidates < 2)
		return;
	p->claims[side] = rivals;
	p->settled[side] = true;
}

static struct asked *slot_of(const struct match *m, uint32_t place, unsigned dir, uint16_t seq)
{
	return &m->asked[(place * 31 + dir + seq) % ASKED];
}

/* The request of that number on the packet's flow, or NULL. */
static const struct asked *asked_at(
	const struct match *m, const struct held_packet *p, unsigned dir, uint16_t seq)
{
	const struct asked *a = slot_of(m, p->flow, dir, seq);
	bool found = a->used && a->place == p->flow && a->dir == dir && a->seq == seq &&
		a->serial == m->owners->flows[p->flow].serial;
	return found ? a : NULL;
}

/* The ping before with this identifier had no event: the kernel sends them, for another program. */
static bool kernel_pings(const struct match *m, const struct held_packet *p)
{
	const struct digest *d = &p->digest;
	if (p->flow == OWNERS_NONE || !digest_is_echo_request(d))
		return false;
	const struct asked *before = asked_at(m, p, p->dir, (uint16_t)(d->icmp_seq - 1));
	return before && before->process == PROCESS_NONE;
}

/* Wrong where the kernel sent the first packet of a series for another program, and within the
 * clock's error a raw socket sent one of that length to that host which was not captured. */
void match_raw(struct match *m, uint32_t place, enum side side)
{
	struct cluster c;
	struct held_packet *p = hold_packet(m->hold, place);
	if (!p->ports_chained || (p->digest.known & (DIGEST_FRAGMENT | DIGEST_OUTER)))
		return;
	gather(m, place, side, &c);
	if (c.n_events == 0)
		return;
	if (!pairs(m, &c) || kernel_pings(m, p)) {
		give_up(m, p, side, &c);
		return;
	}
	for (size_t i = 0; i < c.n_packets; i++)
		match_settle(hold_packet(m->hold, c.packets[i]), side,
			hold_event(m->hold, c.events[i]), GRADE_EXACT);
}

void match_asked(struct match *m, const struct held_packet *p)
{
	const struct digest *d = &p->digest;
	if (p->flow == OWNERS_NONE || !digest_has(d, DIGEST_ECHO) || !digest_is_echo_request(d))
		return;
	const struct claim *c = &p->claims[SIDE_SENDER];
	const struct asked *before = asked_at(m, p, p->dir, d->icmp_seq);
	/* Two programs with one identifier and one number: either reply may be either's. */
	bool twice = before && before->process != c->process &&
		p->when.ns - before->when.ns <= LIMIT_HOLD_NS;
	*slot_of(m, p->flow, p->dir, d->icmp_seq) = (struct asked){ .used = true,
		.place = p->flow,
		.serial = m->owners->flows[p->flow].serial,
		.dir = p->dir,
		.seq = d->icmp_seq,
		.when = p->when,
		.process = twice ? PROCESS_NONE : c->process,
		.evidence = c->evidence[0] };
}

/* The reply's own event of the process that asked. */
static struct held_event *event_of(
	struct match *m, const struct held_packet *p, enum side side, process_handle process)
{
	const struct ports_chain *chain = hold_chain_of(m->hold, p);
	struct held_event *found = NULL;
	for (uint32_t at = chain ? chain->first_event[side] : HOLD_NONE; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_ports) {
		struct held_event *e = hold_event(m->hold, at);
		if (e->process != process || !may_vouch(m, p, e) || !match_in_time(p, e))
			continue;
		if (found)
			return NULL;
		found = e;
	}
	return found;
}

/* Wrong where a request with the same identifier and number was not captured and asked for another
 * program. */
bool match_reply(struct match *m, uint32_t place, enum side side)
{
	struct held_packet *p = hold_packet(m->hold, place);
	const struct digest *d = &p->digest;
	if (side != SIDE_RECEIVER || p->flow == OWNERS_NONE || !digest_has(d, DIGEST_ECHO) ||
		!digest_is_echo_reply(d))
		return false;
	const struct asked *a = asked_at(m, p, 1u - p->dir, d->icmp_seq);
	if (!a || p->when.ns - a->when.ns > LIMIT_HOLD_NS)
		return false;
	if (a->process == PROCESS_NONE)
		return true;
	struct held_event *e = event_of(m, p, side, a->process);
	if (e) {
		match_settle(p, side, e, GRADE_EXACT);
		return true;
	}
	p->claims[side] = claim_named(GRADE_FLOW, a->process, a->evidence);
	p->settled[side] = true;
	return true;
}
