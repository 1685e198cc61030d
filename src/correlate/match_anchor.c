/* SPDX-License-Identifier: Apache-2.0 */
/* Anchors of TCP streams: see match_anchor.h. */
#include "correlate/match_anchor.h"

#include "correlate/coverage.h"

/* The nearest events are tried as the one with which a packet begins. */
#define TRIES 64

/* So many packets or events of the chain are passed over at most to come to the next one. */
#define STEPS 64

#define UNITS 3

static struct anchor *slot_of(const struct match *m, const struct held_packet *p, enum side side)
{
	return &m->anchors[(p->flow * 4 + p->dir * 2u + (unsigned)side) % ANCHORS];
}

static bool is_of(
	const struct match *m, const struct anchor *a, const struct held_packet *p, enum side side)
{
	return a->units && a->place == p->flow && a->dir == p->dir && a->side == side &&
		a->serial == m->owners->flows[p->flow].serial;
}

static bool established(const struct anchor *a)
{
	return a->units >= UNITS && a->varied;
}

bool anchor_known(
	const struct match *m, const struct held_packet *p, enum side side, struct anchored *ret)
{
	const struct owned_flow *f = &m->owners->flows[p->flow];
	const struct stream *s = &f->streams[p->dir];
	const struct anchor *a = slot_of(m, p, side);
	if (is_of(m, a, p, side) && established(a))
		*ret = (struct anchored){ a->zero, a->since, false };
	else if (s->has_isn && s->anchored[side])
		*ret = (struct anchored){ s->isn + 1, f->opened, true };
	else
		return false;
	return true;
}

static bool lost_between(const struct match *m, const struct held_event *e, struct ref_time then)
{
	struct ref_time from = then.ns < e->when.ns ? then : e->when;
	struct ref_time to = then.ns < e->when.ns ? e->when : then;
	return coverage_lost_between(m->coverage, e->evidence.input, from, to);
}

bool anchor_holds(const struct match *m, const struct anchored *a, const struct held_event *e)
{
	return (a->from_start || e->when.ns >= a->since.ns) && !lost_between(m, e, a->since);
}

bool anchor_in_turn(const struct held_packet *p, const struct held_event *e)
{
	if (e->event.op == EVENT_SEND)
		return e->sure && e->when.ns <= p->when.ns + e->error_ns;
	return e->sure && e->event.op == EVENT_RECV && e->when.ns >= p->when.ns - e->error_ns;
}

/* The next packet whose bytes begin at `seq`, from `at` on. What was sent again is passed over;
 * bytes that are missing end the search, for what lies in them is not known. */
static uint32_t data_at(const struct match *m, uint32_t at, uint32_t seq)
{
	for (unsigned i = 0; at != HOLD_NONE && i < STEPS; i++) {
		const struct held_packet *p = hold_packet(m->hold, at);
		const struct digest *d = &p->digest;
		if (digest_has(d, DIGEST_TCP | DIGEST_PAYLOAD) && d->payload_bytes > 0 &&
			!(d->tcp_flags & TCP_SYN)) {
			if (d->tcp_seq == seq)
				return at;
			if ((int32_t)(d->tcp_seq - seq) > 0)
				return HOLD_NONE;
		}
		at = p->next_in_flow;
	}
	return HOLD_NONE;
}

static uint32_t event_from(const struct match *m, uint32_t at)
{
	for (unsigned i = 0; at != HOLD_NONE && i < STEPS; i++) {
		const struct held_event *e = hold_event(m->hold, at);
		if (event_moves_data(e->event.op))
			return at;
		at = e->next_in_flow;
	}
	return HOLD_NONE;
}

/* A packet and an event that are thought to begin with the same byte, and what follows them. */
struct walk {
	uint32_t packet, event, seq;
	struct ref_time since;
};

enum unit { UNIT_FITS, UNIT_BREAKS, UNIT_RUNS_OUT };

static enum unit more_packets(const struct match *m, struct walk *w, uint32_t *bytes)
{
	uint32_t at = hold_packet(m->hold, w->packet)->next_in_flow;
	at = data_at(m, at, w->seq + *bytes);
	if (at == HOLD_NONE)
		return UNIT_RUNS_OUT;
	w->packet = at;
	*bytes += hold_packet(m->hold, at)->digest.payload_bytes;
	return UNIT_FITS;
}

static enum unit more_events(const struct match *m, struct walk *w, uint32_t *bytes)
{
	uint32_t at = event_from(m, hold_event(m->hold, w->event)->next_in_flow);
	if (at == HOLD_NONE)
		return UNIT_RUNS_OUT;
	w->event = at;
	*bytes += hold_event(m->hold, at)->event.bytes;
	return UNIT_FITS;
}

/* One packet of n events, or n packets of one event, that end with the same byte. */
static enum unit take_unit(const struct match *m, struct walk *w, uint32_t *ret_bytes)
{
	uint32_t packets = hold_packet(m->hold, w->packet)->digest.payload_bytes;
	uint32_t events = hold_event(m->hold, w->event)->event.bytes;
	uint32_t first_packet = w->packet, first_event = w->event;
	while (packets != events) {
		bool short_of_packets = packets < events;
		if (short_of_packets ? w->event != first_event : w->packet != first_packet)
			return UNIT_BREAKS;
		enum unit u = short_of_packets ? more_packets(m, w, &packets)
					       : more_events(m, w, &events);
		if (u != UNIT_FITS)
			return u;
	}
	const struct held_event *e = hold_event(m->hold, w->event);
	if (!anchor_in_turn(hold_packet(m->hold, first_packet), hold_event(m->hold, first_event)) ||
		!anchor_in_turn(hold_packet(m->hold, w->packet), e) || lost_between(m, e, w->since))
		return UNIT_BREAKS;
	w->seq += packets;
	*ret_bytes = packets;
	return UNIT_FITS;
}

static enum unit step(const struct match *m, struct walk *w)
{
	uint32_t packet = data_at(m, hold_packet(m->hold, w->packet)->next_in_flow, w->seq);
	uint32_t event = event_from(m, hold_event(m->hold, w->event)->next_in_flow);
	if (packet == HOLD_NONE || event == HOLD_NONE)
		return UNIT_RUNS_OUT;
	w->packet = packet;
	w->event = event;
	return UNIT_FITS;
}

static void count_unit(struct anchor *a, uint32_t bytes)
{
	if (a->units == 0)
		a->first = bytes;
	a->varied = a->varied || bytes != a->first;
	a->units = (uint8_t)(a->units < UNITS ? a->units + 1 : UNITS);
}

/* Does the packet begin with this event? Counts the lengths that fit in *a; false where one does
 * not. */
static bool try_event(const struct match *m, uint32_t place, uint32_t at, struct anchor *a)
{
	const struct held_event *e = hold_event(m->hold, at);
	struct walk w = { .packet = place,
		.event = at,
		.seq = hold_packet(m->hold, place)->digest.tcp_seq,
		.since = e->when };
	a->zero = w.seq - e->stream_from;
	a->since = e->when;
	while (!established(a)) {
		uint32_t bytes;
		enum unit u = take_unit(m, &w, &bytes);
		if (u == UNIT_FITS) {
			count_unit(a, bytes);
			u = step(m, &w);
		}
		if (u != UNIT_FITS)
			return u == UNIT_RUNS_OUT;
	}
	return true;
}

/* The only event of the nearest ones with which the packet can begin. Its three lengths tell
 * because they are not all equal and no other event's do: of a run of equal ones each could be the
 * first. Fewer than three tell nothing yet, and count only where nothing else is possible. Wrong
 * where a pattern of lengths recurs and the events of a whole turn of it are not in the hold, for
 * the log began there or lost them unstated: the ranges are then those of a turn too late. The
 * process is the right one all the same, unless others use the socket, and for them match_stream
 * asks for more. */
static bool only_event(const struct match *m, uint32_t place, enum side side, struct anchor *ret)
{
	const struct held_packet *p = hold_packet(m->hold, place);
	const struct owned_flow *f = &m->owners->flows[p->flow];
	unsigned n = 0, n_established = 0, tries = 0;
	for (uint32_t at = event_from(m, f->chains->first_event[p->dir][side]);
		at != HOLD_NONE && tries < TRIES;
		at = event_from(m, hold_event(m->hold, at)->next_in_flow), tries++) {
		struct anchor a = {
			.place = p->flow, .serial = f->serial, .dir = p->dir, .side = (uint8_t)side
		};
		if (!anchor_in_turn(p, hold_event(m->hold, at)) || !try_event(m, place, at, &a))
			continue;
		if (established(&a) || n_established == 0)
			*ret = a;
		n++;
		n_established += established(&a);
	}
	return n_established == 1 || (n == 1 && ret->units > 0);
}

/* A stream of few packets: the lengths that fit are counted as they come. False where this packet
 * begins otherwise than was thought. */
static bool go_on(const struct match *m, uint32_t place, enum side side, struct anchor *a)
{
	const struct held_packet *p = hold_packet(m->hold, place);
	const struct owned_flow *f = &m->owners->flows[p->flow];
	uint32_t offset = p->digest.tcp_seq - a->zero;
	for (uint32_t at = event_from(m, f->chains->first_event[p->dir][side]); at != HOLD_NONE;
		at = event_from(m, hold_event(m->hold, at)->next_in_flow)) {
		const struct held_event *e = hold_event(m->hold, at);
		uint32_t bytes, into = offset - e->stream_from;
		if (into >= e->event.bytes)
			continue;
		struct walk w = { place, at, p->digest.tcp_seq, a->since };
		if (into > 0)
			return true; /* within an event, which was counted when it began */
		if (take_unit(m, &w, &bytes) != UNIT_FITS)
			return false;
		count_unit(a, bytes);
		return true;
	}
	return false;
}

bool anchor_find(struct match *m, uint32_t place, enum side side)
{
	const struct held_packet *p = hold_packet(m->hold, place);
	struct anchor *a = slot_of(m, p, side), found;
	bool mine = is_of(m, a, p, side);
	if (mine && !established(a)) {
		if (go_on(m, place, side, a))
			return established(a);
		a->units = 0;
	}
	if (!only_event(m, place, side, &found))
		return false;
	if (mine && established(a) && (!established(&found) || found.zero == a->zero))
		return false;
	*a = found;
	if (established(a))
		return true;
	/* The packets behind will be asked for themselves. */
	a->units = 1;
	a->varied = false;
	return false;
}
