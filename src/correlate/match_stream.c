/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of TCP: see match.h. */
#include "correlate/match.h"

/* A SYN and the event of the connection that it opens. The event is logged when the handshake is
 * through, so later by a round trip; it may seem earlier only by the clock's error. The first SYN
 * takes the event, a repeated one has none of its own. Wrong where an attempt was given up
 * unlogged, and the next one had the same ports and the same initial sequence number: RFC 6528
 * makes that one in four billion. */
static void match_syn(struct match *m, struct held_packet *p, enum side side)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	enum event_op op = side == SIDE_SENDER ? EVENT_CONNECT : EVENT_ACCEPT;
	if (!f->logged_open[flow_end(p->dir, side)])
		return;
	for (uint32_t at = f->first_event[p->dir][side]; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_flow) {
		struct held_event *e = hold_event(m->hold, at);
		if (e->event.op != op || e->used || !e->sure ||
			e->when.ns < p->when.ns - e->error_ns)
			continue;
		match_settle(p, side, e, GRADE_EXACT);
		return;
	}
}

/* How the bytes [from, from + n) of a stream are accounted for by the events of one side. */
struct cover {
	uint32_t covered; /* bytes, without a gap, from `from` on */
	bool fits;        /* an event begins where the packet does, or did for one before */
	bool rivals;      /* events of more than one process */
	struct held_event *first;
};

/* What is sent was handed over before; what is received is handed on afterwards. */
static bool in_turn(const struct held_packet *p, const struct held_event *e)
{
	if (e->event.op == EVENT_SEND)
		return e->sure && e->when.ns <= p->when.ns + e->error_ns;
	return e->sure && e->event.op == EVENT_RECV && e->when.ns >= p->when.ns - e->error_ns;
}

/* Offsets wrap at 2^32 as sequence numbers do: differences are taken modulo 2^32 and are small,
 * for all is within the hold. */
static struct cover cover_of(
	struct match *m, const struct held_packet *p, enum side side, uint32_t from)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	struct cover c = { 0 };
	uint32_t need = p->digest.payload_bytes;
	for (uint32_t at = f->first_event[p->dir][side]; at != HOLD_NONE && c.covered < need;
		at = hold_event(m->hold, at)->next_in_flow) {
		struct held_event *e = hold_event(m->hold, at);
		if (!in_turn(p, e))
			continue;
		uint32_t into = from + c.covered - e->stream_from;
		if (into >= e->event.bytes)
			continue;
		if (!c.first) {
			c.first = e;
			e->fits = e->fits || into == 0;
			c.fits = e->fits;
		} else if (e->process != c.first->process) {
			c.rivals = true;
		}
		uint32_t more = e->event.bytes - into;
		c.covered += more < need - c.covered ? more : need - c.covered;
	}
	return c;
}

/* Parent and child use the socket, and both called within the clock's error: whose call came first
 * is not known, and with it whose bytes are whose. */
static bool others_near(
	struct match *m, const struct held_packet *p, enum side side, const struct held_event *e)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	if (f->ends[flow_end(p->dir, side)].before.process == PROCESS_NONE)
		return false;
	for (uint32_t at = f->first_event[p->dir][side]; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_flow) {
		const struct held_event *other = hold_event(m->hold, at);
		int64_t apart = other->when.ns - e->when.ns;
		if (other->process != e->process && apart <= e->error_ns && apart >= -e->error_ns &&
			(other->event.op == EVENT_SEND || other->event.op == EVENT_RECV))
			return true;
	}
	return false;
}

/* Wrong where an event was lost, unstated, before these bytes and the ones behind it happen to
 * begin at a packet all the same: the range is then another call's. Of the same process as a rule;
 * where a child shares the socket it may be the other one's, unless its call came later than the
 * bytes. */
static void match_data(struct match *m, struct held_packet *p, enum side side)
{
	const struct stream *s = &m->owners->flows[p->flow].streams[p->dir];
	if (!s->has_isn || !s->anchored[side])
		return;
	uint32_t from = p->digest.tcp_seq - s->isn - 1;
	uint32_t behind = from + p->digest.payload_bytes;
	/* Bytes that were on the wire before: a retransmission is the kernel's own doing, or a
	 * keep-alive; the socket's owner answers for it as for the flow. */
	if (s->has_data && (int32_t)(behind - s->next) <= 0)
		return;
	struct cover c = cover_of(m, p, side, from);
	if (!c.first || c.rivals || !c.fits || c.covered < p->digest.payload_bytes ||
		others_near(m, p, side, c.first))
		return;
	match_settle(p, side, c.first, GRADE_EXACT);
}

void match_stream(struct match *m, uint32_t place, enum side side)
{
	struct held_packet *p = hold_packet(m->hold, place);
	if (!digest_has(&p->digest, DIGEST_TCP))
		return;
	if ((p->digest.tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		match_syn(m, p, side);
	else if (digest_has(&p->digest, DIGEST_PAYLOAD) && p->digest.payload_bytes > 0)
		match_data(m, p, side);
}

void match_pass_stream(struct match *m, const struct held_packet *p)
{
	struct owned_flow *f = &m->owners->flows[p->flow];
	const struct stream *s = &f->streams[p->dir];
	for (int side = 0; side < SIDES; side++) {
		uint32_t at;
		while ((at = f->first_event[p->dir][side]) != HOLD_NONE) {
			const struct held_event *e = hold_event(m->hold, at);
			bool data = e->event.op == EVENT_SEND || e->event.op == EVENT_RECV;
			uint32_t behind = e->stream_from + e->event.bytes;
			bool over = s->has_isn && data
				? s->has_data && (int32_t)(behind - s->next) <= 0
				: e->when.ns < p->when.ns - e->error_ns;
			if (!over)
				break;
			hold_pass_event(m->hold, f, p->dir, (enum side)side);
		}
	}
}
