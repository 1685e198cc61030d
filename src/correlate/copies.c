/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that were captured more than once: see copies.h. */
#include "correlate/copies.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "correlate/match.h"

struct link {
	uint32_t place;
	uint32_t next;            /* the next copy of the same packet, or HOLD_NONE */
	uint32_t mark;            /* of a copy */
	struct evidence original; /* likewise */
};

/* How far apart two sights of one packet may be. At one place the same frame comes twice when a
 * span port sends what comes in and what goes out: that takes a switch microseconds, and a sender
 * that repeats itself milliseconds. A router on the way may have it in its queue. Two captures
 * differ by their clocks too. Without an IP identification, time alone tells two packets with one
 * content apart. */
#define SAME_NS 5000000ll
#define HOPS_NS 100000000ll
#define ELSEWHERE_NS 100000000ll
#define BARE_NS 1000000ll

/* With one capture, what is no copy costs a look at so many packets; with several the same flow may
 * have run on for a while. */
#define LOOKS_ONE 4
#define LOOKS_SEVERAL 64

void copies_init(
	struct copies *c, const struct clock *clocks, unsigned n_captures, struct hash_key key)
{
	*c = (struct copies){ .clocks = clocks,
		.most = n_captures > 1 ? LOOKS_SEVERAL : LOOKS_ONE,
		.furthest_ns = n_captures > 1 ? INT64_MAX : HOPS_NS + MATCH_DISORDER_NS };
	map_init(&c->links, sizeof(struct link), sizeof(uint32_t), LIMIT_HOLD_PACKETS, key);
}

void copies_done(struct copies *c)
{
	if (c)
		map_done(&c->links);
}

/* The bytes that were captured agree; one capture may have cut them shorter than the other. */
static bool same_payload(const struct digest *a, const struct digest *b)
{
	if (!digest_has(a, DIGEST_PAYLOAD) || !digest_has(b, DIGEST_PAYLOAD) ||
		a->payload_bytes != b->payload_bytes)
		return false;
	bool has_a = digest_has(a, DIGEST_PREFIX), has_b = digest_has(b, DIGEST_PREFIX);
	if (has_a && has_b && a->payload_hash == b->payload_hash)
		return true;
	size_t n = has_a && has_b ? a->prefix_n < b->prefix_n ? a->prefix_n : b->prefix_n : 0;
	return (a->payload_bytes == 0 || a->ip_id != 0) && memcmp(a->prefix, b->prefix, n) == 0;
}

/* All that a network leaves as it is. The flow is the same. */
static bool same_packet(const struct digest *a, const struct digest *b)
{
	const uint32_t kind = DIGEST_TCP | DIGEST_ICMP | DIGEST_ECHO | DIGEST_FRAGMENT |
		DIGEST_PART | DIGEST_OUTER;
	if (!digest_has(a, DIGEST_HOPS) || !digest_has(b, DIGEST_HOPS) || a->ip_id != b->ip_id ||
		((a->known ^ b->known) & kind))
		return false;
	if (digest_has(a, DIGEST_TCP) &&
		(a->tcp_seq != b->tcp_seq || a->tcp_ack != b->tcp_ack ||
			a->tcp_flags != b->tcp_flags))
		return false;
	if (digest_has(a, DIGEST_ECHO) &&
		(a->icmp_type != b->icmp_type || a->icmp_seq != b->icmp_seq))
		return false;
	if (digest_has(a, DIGEST_PART) &&
		(a->fragment_id != b->fragment_id || a->fragment_from != b->fragment_from))
		return false;
	return same_payload(a, b);
}

static bool same_place(const struct held_packet *a, const struct held_packet *b)
{
	return a->input == b->input && a->interface == b->interface;
}

/* How far apart may the two be, if they are one packet? -1: they are two. */
static int64_t reach(
	const struct copies *c, const struct held_packet *o, const struct held_packet *p, bool said)
{
	int64_t errors = o->input == p->input
		? 0
		: c->clocks[o->input].error_ns + c->clocks[p->input].error_ns;
	bool id = p->digest.ip_id != 0;
	if (said && o->input == p->input)
		return HOPS_NS;
	if (!same_place(o, p))
		return errors + (id ? ELSEWHERE_NS : BARE_NS);
	/* It came on and has passed a router. */
	if (p->digest.ip_hops < o->digest.ip_hops)
		return id ? HOPS_NS : BARE_NS;
	return id && p->digest.ip_hops == o->digest.ip_hops ? SAME_NS : -1;
}

static struct link *link_of(const struct copies *c, uint32_t place)
{
	return map_find(&c->links, &place);
}

/* Without an identification each place has a packet once only: the next one there is the next
 * packet with the same content. */
static bool taken(const struct copies *c, const struct hold *h, uint32_t original,
	const struct held_packet *p)
{
	if (p->digest.ip_id != 0 || !hold_packet(h, original)->copied)
		return false;
	for (uint32_t at = link_of(c, original)->next; at != HOLD_NONE; at = link_of(c, at)->next)
		if (same_place(hold_packet(h, at), p) &&
			hold_packet(h, at)->digest.ip_hops == p->digest.ip_hops)
			return true;
	return false;
}

/* An application that sends the same bytes twice makes two packets, with an event each, and so does
 * a retransmission: their identifications differ, or have none and the same number of hops left, or
 * are too far apart. Wrong where two captures of such a sender, without identifications, each lost
 * one of the two packets, and they were sent within a millisecond: one of the two is then not
 * counted, and the other has the name of the same socket. Wrong for a sender whose identifications
 * stand still, a few raw sockets and old routers: what it repeats within 5 ms is taken for a copy.
 * Where several fit, the oldest is meant, for both places saw them in their order. */
uint32_t copies_find(const struct copies *c, const struct hold *h, const struct owned_flow *f,
	const struct held_packet *p, bool said)
{
	uint32_t found = HOLD_NONE, at = f->chains->last_packet[p->dir];
	unsigned most = said ? LOOKS_SEVERAL : c->most;
	for (unsigned i = 0; at != HOLD_NONE && i < most; i++) {
		const struct held_packet *o = hold_packet(h, at);
		/* Those before it came even earlier. */
		if (p->when.ns - o->when.ns > c->furthest_ns)
			break;
		if (same_packet(&o->digest, &p->digest) &&
			llabs(p->when.ns - o->when.ns) <= reach(c, o, p, said) &&
			!taken(c, h, at, p))
			found = at;
		at = at == f->chains->first_packet[p->dir] ? HOLD_NONE : o->previous_in_flow;
	}
	return found;
}

static struct link *link_put(struct copies *c, uint32_t place, struct err *err)
{
	bool new;
	struct link *l = map_put(&c->links, &place, &new, err);
	if (l && new)
		l->next = HOLD_NONE;
	return l;
}

int copies_link(
	struct copies *c, struct hold *h, uint32_t original, uint32_t place, struct err *err)
{
	struct held_packet *o = hold_packet(h, original);
	struct link *first = link_put(c, original, err);
	uint32_t next = first ? first->next : HOLD_NONE;
	struct link *copy = first ? link_put(c, place, err) : NULL;
	if (!copy)
		return -1;
	copy->original = (struct evidence){ .input = o->input, .number = o->number };
	copy->next = next;
	link_of(c, original)->next = place; /* the one that was put may have moved it */
	o->copied = true;
	return 0;
}

void copies_share(struct copies *c, struct hold *h, uint32_t place)
{
	const struct held_packet *o = hold_packet(h, place);
	if (!o->copied)
		return;
	for (uint32_t at = link_of(c, place)->next; at != HOLD_NONE; at = link_of(c, at)->next) {
		struct held_packet *p = hold_packet(h, at);
		for (int side = 0; side < SIDES; side++) {
			p->claims[side] = o->claims[side];
			p->claims[side].clock_delta_ns += p->when.ns - o->when.ns;
			p->settled[side] = true;
		}
	}
}

const struct evidence *copies_original(struct copies *c, uint32_t place)
{
	c->original = link_of(c, place)->original;
	return &c->original;
}

uint32_t copies_mark(const struct copies *c, uint32_t place)
{
	return link_of(c, place)->mark;
}

/* A copy that is gone takes its own link along, and the links of those behind it with its packet's
 * mark are there still: the packet left before them. */
void copies_drop(struct copies *c, uint32_t place, uint32_t mark)
{
	struct link *own = link_of(c, place);
	uint32_t at = own->next;
	bool is_original = own->original.number == 0;
	map_remove(&c->links, own);
	for (; is_original && at != HOLD_NONE; at = link_of(c, at)->next)
		link_of(c, at)->mark = mark;
}
