/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of TCP: see match.h. */
#include "correlate/match.h"

#include "correlate/match_anchor.h"

/* A segment that the kernel sends again, and its record of that. Only the sender has one. Several
 * processes that share the socket have such records one by one: two within the clock's error leave
 * it to the flow's owners. Wrong where two segments of one length were sent again within that
 * error and one record is missing: the other one may then be paired with either. The process is
 * the same. */
static void match_again(struct match *m, struct held_packet *p)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	struct held_event *found = NULL;
	for (uint32_t at = f->chains->first_event[p->dir][SIDE_SENDER]; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_flow) {
		struct held_event *e = hold_event(m->hold, at);
		int64_t apart = p->when.ns - e->when.ns;
		if (e->event.op != EVENT_RETRANSMIT || !e->sure || apart > e->error_ns ||
			apart < -e->error_ns)
			continue;
		if (found && e->process != found->process)
			return;
		bool fits = e->event.bytes == 0 || e->event.bytes == p->digest.payload_bytes;
		if (!found && !e->used && fits)
			found = e;
	}
	if (found)
		match_settle(p, SIDE_SENDER, found, GRADE_EXACT);
}

/* A SYN and the event of the connection that it opens. The event is logged when the handshake is
 * through, so later by a round trip; it may seem earlier only by the clock's error. The first SYN
 * takes the event, a repeated one has one of its own at most. Wrong where an attempt was given up
 * unlogged, and the next one had the same ports and the same initial sequence number: RFC 6528
 * makes that one in four billion. */
static void match_syn(struct match *m, struct held_packet *p, enum side side)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	enum event_op op = side == SIDE_SENDER ? EVENT_CONNECT : EVENT_ACCEPT;
	if (!f->logged_open[flow_end(p->dir, side)])
		return;
	for (uint32_t at = f->chains->first_event[p->dir][side]; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_flow) {
		struct held_event *e = hold_event(m->hold, at);
		if (e->event.op != op || e->used || !e->sure ||
			e->when.ns < p->when.ns - e->error_ns)
			continue;
		match_settle(p, side, e, GRADE_EXACT);
		return;
	}
}

/* How the bytes [seq, seq + n) of a stream are accounted for by the events of one side. */
struct cover {
	uint32_t covered; /* bytes, without a gap, from the first on */
	bool fits;        /* an event begins where the packet does, or did for one before */
	bool whole;       /* the last event ends where the packet does */
	bool rivals;      /* events of more than one process */
	struct held_event *first;
};

/* Takes in what the event accounts for. An event that goes on behind a packet which fitted fits the
 * next one too. */
static void cover_add(struct cover *c, struct held_event *e, uint32_t into, uint32_t need)
{
	if (!c->first) {
		c->first = e;
		e->fits = e->fits || into == 0;
		c->fits = e->fits;
	} else {
		e->fits = e->fits || c->fits;
		c->rivals = c->rivals || e->process != c->first->process;
	}
	uint32_t more = e->event.bytes - into;
	c->whole = more == need - c->covered;
	c->covered += more < need - c->covered ? more : need - c->covered;
}

/* Offsets wrap at 2^32 as sequence numbers do: differences are taken modulo 2^32 and are small,
 * for all is within the hold. */
static struct cover cover_of(
	struct match *m, const struct held_packet *p, enum side side, const struct anchored *a)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	struct cover c = { 0 };
	uint32_t from = p->digest.tcp_seq - a->zero, need = p->digest.payload_bytes;
	for (uint32_t at = f->chains->first_event[p->dir][side];
		at != HOLD_NONE && c.covered < need; at = hold_event(m->hold, at)->next_in_flow) {
		struct held_event *e = hold_event(m->hold, at);
		if (!anchor_in_turn(p, e))
			continue;
		uint32_t into = from + c.covered - e->stream_from;
		if (into < e->event.bytes && anchor_holds(m, a, e))
			cover_add(&c, e, into, need);
	}
	return c;
}

/* The events of others who use the socket. Where one called within the clock's error of `e`, whose
 * call came first is not known, and with it whose bytes are whose. Where one called with as many
 * bytes, the ranges would fit it as well if a record before were missing unstated. */
static bool others_fit(
	struct match *m, const struct held_packet *p, enum side side, const struct held_event *e)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	for (uint32_t at = f->chains->first_event[p->dir][side]; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_flow) {
		const struct held_event *other = hold_event(m->hold, at);
		int64_t apart = other->when.ns - e->when.ns;
		bool near = apart <= e->error_ns && apart >= -e->error_ns;
		if (other->process != e->process && event_moves_data(other->event.op) &&
			(near || other->event.bytes == e->event.bytes))
			return true;
	}
	return false;
}

/* More than one process has used this end: then a range must begin and end with the packet, at its
 * time. Wrong where the records of one were lost unstated, and another called for as many bytes
 * within the clock's error of the packet. */
static bool proves(
	struct match *m, const struct held_packet *p, enum side side, const struct cover *c)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	bool shared = f->ends[flow_end(p->dir, side)]->before.process != PROCESS_NONE;
	if (!c->first || c->rivals || !c->fits || c->covered < p->digest.payload_bytes)
		return false;
	int64_t apart = p->when.ns - c->first->when.ns;
	bool in_time = apart <= c->first->error_ns && apart >= -c->first->error_ns;
	return !shared || (c->whole && in_time && !others_fit(m, p, side, c->first));
}

/* Wrong where an event was lost, unstated, before these bytes and the ones behind it happen to
 * begin at a packet all the same: the range is then another call's, of the same process. Where a
 * child shares the socket `proves` asks for more. */
static void match_data(struct match *m, uint32_t place, enum side side)
{
	struct held_packet *p = hold_packet(m->hold, place);
	struct anchored a;
	struct cover c = { 0 };
	bool known = anchor_known(m, p, side, &a);
	if (known)
		c = cover_of(m, p, side, &a);
	/* An event was lost, or the log began later: its count is not that of the wire. */
	bool astray = !c.first || !c.fits;
	if (astray && anchor_find(m, place, side) && anchor_known(m, p, side, &a))
		c = cover_of(m, p, side, &a);
	if (proves(m, p, side, &c))
		match_settle(p, side, c.first, GRADE_EXACT);
}

/* Bytes that were on the wire before: a retransmission is the kernel's own doing, and so is a
 * keep-alive, which repeats the last byte. The flow's owner answers for them. */
static bool is_again(const struct stream *s, const struct digest *d)
{
	uint32_t behind = d->tcp_seq + d->payload_bytes;
	return s->has_data && (int32_t)(behind - s->next) <= 0;
}

void match_stream(struct match *m, uint32_t place, enum side side)
{
	struct held_packet *p = hold_packet(m->hold, place);
	const struct digest *d = &p->digest;
	if (!digest_has(d, DIGEST_TCP))
		return;
	const struct stream *s = &m->owners->flows[p->flow].streams[p->dir];
	bool data = digest_has(d, DIGEST_PAYLOAD) && d->payload_bytes > 0;
	bool again = data ? is_again(s, d) : (d->tcp_flags & (TCP_SYN | TCP_FIN)) != 0;
	if ((d->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		match_syn(m, p, side);
	else if (data && !again && !(d->tcp_flags & TCP_SYN))
		match_data(m, place, side);
	if (side == SIDE_SENDER && again && !p->settled[side])
		match_again(m, p);
}

/* Behind what is on the wire, or too old for what is still to come. Where the count may be wrong an
 * event stays until it is old. */
static bool is_over(
	struct match *m, const struct held_packet *p, enum side side, const struct held_event *e)
{
	const struct stream *s = &m->owners->flows[p->flow].streams[p->dir];
	bool data = event_moves_data(e->event.op);
	bool old = e->when.ns < p->when.ns - e->error_ns;
	struct anchored a;
	if (!data || !anchor_known(m, p, side, &a) || !anchor_holds(m, &a, e))
		return old;
	uint32_t behind = a.zero + e->stream_from + e->event.bytes;
	return s->has_data && (int32_t)(behind - s->next) <= 0 && (e->fits || old);
}

void match_pass_stream(struct match *m, const struct held_packet *p)
{
	struct owned_flow *f = &m->owners->flows[p->flow];
	for (int side = 0; side < SIDES; side++) {
		uint32_t at;
		while ((at = f->chains->first_event[p->dir][side]) != HOLD_NONE &&
			is_over(m, p, (enum side)side, hold_event(m->hold, at)))
			hold_pass_event(m->hold, f, p->dir, (enum side)side);
	}
}
