/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of datagrams by their ports: see match_ports.h. */
#include "correlate/match_ports.h"

#include "correlate/vouch.h"

static bool seen(const struct match *m, const struct addr *a)
{
	return map_find(m->seen, a) != NULL;
}

/* May the event's address stand for the packet's, translated? Not where the capture shows the
 * event's own address: then nothing is translated and the packet is another host's. Wrong where a
 * capture shows neither our host nor its peer, but a third host that talks from the same port to
 * the same port with the same length at the same moment; two ephemeral ports make that one in
 * thousands, and equal service ports (137 to 137) are refused for it. */
static bool may_stand_for(
	const struct match *m, const struct addr *event, const struct addr *packet)
{
	return addr_equal(event, packet) || addr_is_wildcard(event) || !seen(m, event);
}

/* Further than this from a packet, an event is not its own, were the clock twice as wrong. */
static int64_t far_from(const struct held_event *e)
{
	return 3 * e->error_ns;
}

/* By ports, length and moment, and where it is known what the event's address is in the capture, by
 * that. */
static bool may_be_of(
	const struct match *m, const struct held_packet *p, const struct held_event *e)
{
	if (llabs(e->when.ns - p->when.ns) > far_from(e) || !event_moves_data(e->event.op) ||
		!match_length_fits(p, e))
		return false;
	const struct addr *shown = &side_end(&p->digest.flow, e->side)->addr;
	const struct addr *local = mappings_captured(m->mappings, p->input, &e->event.local.addr);
	return !local || addr_equal(local, shown);
}

/* The next event of the chain that may be the packet's. */
static struct held_event *next_near(struct match *m, const struct held_packet *p, uint32_t *at)
{
	while (*at != HOLD_NONE) {
		struct held_event *e = hold_event(m->hold, *at);
		if (e->when.ns > p->when.ns + far_from(e) + MATCH_DISORDER_NS)
			return NULL;
		*at = e->next_in_ports;
		if (may_be_of(m, p, e))
			return e;
	}
	return NULL;
}

static bool is_packet_near(
	const struct match *m, const struct held_packet *p, const struct held_event *e)
{
	for (uint32_t at = p->next_in_ports; at != HOLD_NONE;
		at = hold_packet(m->hold, at)->next_in_ports) {
		const struct held_packet *other = hold_packet(m->hold, at);
		if (other->when.ns > e->when.ns + far_from(e) + MATCH_DISORDER_NS)
			return false;
		if (may_be_of(m, other, e))
			return true;
	}
	return false;
}

/* This packet leaves the hold before those behind it: they must find that it was there. */
static void count_packet(struct match *m, const struct held_packet *p, enum side side)
{
	const struct ports_chain *chain = hold_chain_of(m->hold, p);
	uint32_t at = chain ? chain->first_event[side] : HOLD_NONE;
	for (struct held_event *e; (e = next_near(m, p, &at));)
		if (e->near_packets < UINT8_MAX)
			e->near_packets++;
}

bool match_ports_sole(
	struct match *m, const struct held_packet *p, enum side side, const struct held_event *own)
{
	const struct ports_chain *chain = hold_chain_of(m->hold, p);
	uint32_t at = chain ? chain->first_event[side] : HOLD_NONE;
	for (const struct held_event *e; (e = next_near(m, p, &at));)
		if (e->process != own->process)
			return false;
	return own->near_packets < 2 && !is_packet_near(m, p, own);
}

/* The one event of the chain that could be meant; NULL where there is none or more than one. */
static struct held_event *only_event(struct match *m, const struct ports_chain *chain,
	const struct held_packet *p, enum side side)
{
	struct held_event *found = NULL;
	uint32_t at = chain->first_event[side];
	for (struct held_event *e; (e = next_near(m, p, &at));) {
		if (e->used || !match_in_time(p, e))
			continue;
		if (found)
			return NULL;
		found = e;
	}
	return found;
}

static bool only_packet(struct match *m, const struct ports_chain *chain,
	const struct held_packet *p, const struct held_event *e)
{
	for (uint32_t at = chain->first_packet; at != HOLD_NONE;
		at = hold_packet(m->hold, at)->next_in_ports) {
		const struct held_packet *other = hold_packet(m->hold, at);
		if (other->when.ns > e->when.ns + e->error_ns + MATCH_DISORDER_NS)
			break;
		if (other != p && match_length_fits(other, e) && match_in_time(other, e))
			return false;
	}
	return true;
}

/* The event that only this packet fits and that only fits this packet, by ports. */
static struct held_event *by_ports(struct match *m, const struct held_packet *p, enum side side)
{
	/* Of what a router translated the whole flow is known. */
	if (p->nat.number)
		return NULL;
	const struct ports_chain *chain = hold_chain_of(m->hold, p);
	struct held_event *e = chain ? only_event(m, chain, p, side) : NULL;
	if (!e || e->contested)
		return NULL;
	/* The rivals of this packet leave the hold after it: they must find the event spoilt. */
	if (!only_packet(m, chain, p, e)) {
		e->contested = true;
		return NULL;
	}
	return e;
}

static const struct addr *mine(const struct held_packet *p, enum side side)
{
	return &side_end(&p->digest.flow, side)->addr;
}

/* Teaches the mappings both ends. False where what they knew says otherwise. */
static bool learn(struct match *m, const struct held_packet *p, const struct held_event *e)
{
	const struct endpoint *said[] = { held_event_source(e), held_event_destination(e) };
	const struct endpoint *shown[] = { &p->digest.flow.src, &p->digest.flow.dst };
	bool agrees = true;
	/* What an uncertain clock brings together may not belong together. */
	if (!e->sure)
		return true;
	for (int i = 0; i < 2; i++) {
		struct mapping_pair pair = { .capture = p->input,
			.trace = said[i]->addr,
			.captured = shown[i]->addr,
			.ports = { said[0]->port, said[1]->port } };
		if (!addr_is_wildcard(&pair.trace) && !mappings_learn(m->mappings, &pair))
			agrees = false;
	}
	return agrees;
}

void match_ports(struct match *m, uint32_t place, enum side side)
{
	struct held_packet *p = hold_packet(m->hold, place);
	const struct flow *flow = &p->digest.flow;
	/* Where a capture shows our addresses, a packet from another one is another host's. That
	 * refuses too much on a port that sees both sides of a NAT. */
	if (m->shows_local && hosts_of_addr(m->hosts, mine(p, side)) == HOST_NONE)
		return;
	count_packet(m, p, side);
	/* Both ends on the same port are two servers, or two halves of one protocol (137, 123,
	 * 5353): every host of the network sends from and to them. */
	if (flow->src.port == flow->dst.port || flow->src.port < 1024)
		return;
	struct held_event *e = by_ports(m, p, side);
	if (e && may_stand_for(m, &held_event_source(e)->addr, &flow->src.addr) &&
		may_stand_for(m, &held_event_destination(e)->addr, &flow->dst.addr) &&
		match_ports_sole(m, p, side, e) && vouch_around(m, e->evidence.input, p->when) &&
		learn(m, p, e))
		match_settle(p, side, e, GRADE_PORTS);
}
