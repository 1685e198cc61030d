/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of TCP: see match.h. */
#include "correlate/match.h"

/* A SYN and the event of the connection that it opens. The event is logged when the handshake is
 * through, so later by a round trip; it may seem earlier only by the clock's error. The first SYN
 * takes the event, a repeated one has none of its own. Wrong where a first attempt with the same
 * ports was refused unlogged within the hold and a second process made the second one: both SYNs
 * differ in their sequence numbers then, and two such SYNs in the hold are left to the flow. */
static void match_syn(struct match *m, struct held_packet *p, enum side side)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	enum event_op op = side == SIDE_SENDER ? EVENT_CONNECT : EVENT_ACCEPT;
	for (uint32_t at = p->next_in_flow; at != HOLD_NONE;
		at = hold_packet(m->hold, at)->next_in_flow) {
		const struct held_packet *other = hold_packet(m->hold, at);
		bool syn = (other->digest.tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
		if (syn && other->digest.tcp_seq != p->digest.tcp_seq)
			return;
	}
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
		if ((e->event.op != EVENT_SEND && e->event.op != EVENT_RECV) || !e->sure)
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

/* Wrong where a send event was lost, unstated, before these bytes and the ones behind it happen to
 * begin at a packet all the same: the range is then another call's, of the same process, for a
 * cover with two processes claims nothing. */
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
	if (!c.first || c.rivals || !c.fits || c.covered < p->digest.payload_bytes)
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
