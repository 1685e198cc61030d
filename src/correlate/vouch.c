/* SPDX-License-Identifier: Apache-2.0 */
/* The clock around a moment: see vouch.h.
 *
 * A clock that was set is found out when its events meet no packets any more, and by then packets
 * of some seconds are settled. So the nearest events on both sides are looked at by themselves: did
 * half of those before meet a packet, and have half of those behind one? Wrong where a capture lost
 * the packets of most events nearby: a name is missed. A clock that is set by
 * just the pace at which all packets of one length come shows neither here nor anywhere. */
#include "correlate/vouch.h"

/* Among so many events on either side so many are looked for that tell something. This is asked
 * only for packets without an event of their own. */
#define FAR 256
#define ENOUGH 8
#define PACKETS 64 /* of a flow, among which an event looks for its own */

struct witnesses {
	unsigned told, met;
};

/* The first event that is not before `when`. They came in order of time, but for some disorder. */
static uint32_t first_behind(const struct hold *h, struct ref_time when)
{
	uint32_t low = 0, high = h->events.n;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (hold_event(h, h->events.first + middle)->when.ns < when.ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct ports_chain *chain_of(const struct match *m, const struct held_event *e)
{
	return hold_ports(m->hold, held_event_source(e)->port, held_event_destination(e)->port);
}

/* Where neither a flow shows a packet nor its ports (of a translated one), it was not captured. */
static bool tells(const struct match *m, const struct held_event *e, uint32_t input)
{
	if (e->evidence.input != input || e->flow == OWNERS_NONE ||
		e->event.transport != TRANSPORT_UDP || !event_moves_data(e->event.op))
		return false;
	const struct owned_flow *f = &m->owners->flows[e->flow];
	const struct ports_chain *chain = chain_of(m, e);
	return e->used || f->packets[0] || f->packets[1] || (chain && chain->n_packets);
}

static bool has_packet(const struct match *m, const struct held_event *e)
{
	const struct ports_chain *chain = chain_of(m, e);
	uint32_t at = chain ? chain->first_packet : HOLD_NONE;
	for (unsigned i = 0; i < PACKETS && at != HOLD_NONE; i++) {
		const struct held_packet *p = hold_packet(m->hold, at);
		if (p->when.ns > e->when.ns + e->error_ns + MATCH_DISORDER_NS)
			return false;
		if (match_in_time(p, e) && match_length_fits(p, e))
			return true;
		at = p->next_in_ports;
	}
	return false;
}

static void hear(const struct match *m, struct witnesses *w, const struct held_event *e)
{
	w->told++;
	w->met += e->used || e->near_packets || has_packet(m, e);
}

static bool agree(const struct witnesses *w)
{
	return 2 * w->met >= w->told;
}

bool vouch_around(const struct match *m, uint32_t input, struct ref_time when)
{
	const struct coverage_log *log = &m->coverage->logs[input];
	const struct hold *h = m->hold;
	if (!log->present || log->clock->state != CLOCK_SURE)
		return true;
	struct witnesses before = { 0 }, behind = { 0 };
	uint32_t middle = first_behind(h, when);
	for (uint32_t i = middle; i < h->events.n && i - middle < FAR && behind.told < ENOUGH;
		i++) {
		const struct held_event *e = hold_event(h, h->events.first + i);
		if (tells(m, e, input))
			hear(m, &behind, e);
	}
	for (uint32_t i = middle; i > 0 && middle - i < FAR && before.told < ENOUGH; i--) {
		const struct held_event *e = hold_event(h, h->events.first + i - 1);
		if (tells(m, e, input))
			hear(m, &before, e);
	}
	return agree(&before) && agree(&behind);
}
