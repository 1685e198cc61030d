/* SPDX-License-Identifier: Apache-2.0 */
/* Ports for later fragments: see fragments.h.
 *
 * A part is given the ports of another packet where the first part of its own was not captured, and
 * one before had the same addresses and the same identification (RFC 4963). So a packet is
 * forgotten as soon as a part contradicts it: an offset that came before, an end that is not the
 * packet's. Still wrong where the parts of two such packets complement each other: the one was
 * captured without its end, and of the other, within 30 s, only that end. */
#include "decode/fragments.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"

/* Hosts put packets together for so long: 15 s in RFC 791 3.2, 60 s in RFC 8200 4.5, and 30 s is
 * what Linux does for IPv4. Parts that come later would be of no use to the receiver. */
#define KEPT_NS (30 * STAMP_NS_PER_S)

#define UDP_HEADER 8u

void fragments_init(struct fragments *f)
{
	memset(f, 0, sizeof *f);
}

static uint8_t protocol_of(const struct digest *d)
{
	return d->fragment_outer ? d->outer_transport : d->transport;
}

/* A packet whose parts came in by two interfaces keeps its ports in the first part's only. Without
 * the interface in the key the parts of two machines, whose captures were put into one file, would
 * be taken for those of one packet. That is still wrong for interfaces of which the reader had no
 * room to keep a description, which count as one. */
static struct fragments_key key_of(const struct record *packet, const struct digest *d)
{
	const struct capture_interface *interface = packet->packet.interface;
	const struct flow *parts = d->fragment_outer ? &d->outer : &d->flow;
	bool v4 = d->fragment_outer ? addr_is_v4(&parts->src.addr) : d->ip_version == 4;
	return (struct fragments_key){ .src = parts->src.addr,
		.dst = parts->dst.addr,
		.scope = d->fragment_scope,
		.input = packet->input,
		.interface = interface ? interface->id : 0,
		.id = d->fragment_id,
		.version = v4 ? 4 : 6,
		.transport = v4 ? protocol_of(d) : 0 };
}

/* The key of the hash is fixed, for what is overwritten may not depend on the run. Whoever makes
 * collisions makes fragments without ports. */
static struct fragments_entry *set_of(struct fragments *f, const struct fragments_key *key)
{
	static_assert(sizeof *key == 56, "no padding");
	const struct hash_key fixed = { 0 };
	return f->entries[hash_bytes(fixed, key, sizeof *key) % FRAGMENTS_SETS];
}

static struct fragments_entry *find(struct fragments_entry *set, const struct fragments_key *key)
{
	for (int i = 0; i < FRAGMENTS_WAYS; i++)
		if (set[i].used && memcmp(&set[i].key, key, sizeof *key) == 0)
			return &set[i];
	return NULL;
}

/* A free place, or the one that was taken first. */
static struct fragments_entry *place_in(struct fragments_entry *set)
{
	struct fragments_entry *oldest = set;
	for (int i = 0; i < FRAGMENTS_WAYS; i++) {
		if (!set[i].used)
			return &set[i];
		if (set[i].turn < oldest->turn)
			oldest = &set[i];
	}
	return oldest;
}

static bool is_stale(const struct fragments_entry *e, const struct source_time *when)
{
	if (!e->has_time || !when)
		return false;
	return when->ns > e->when.ns ? when->ns - e->when.ns > KEPT_NS
				     : e->when.ns - when->ns > KEPT_NS;
}

/* Of a UDP datagram over IPv4 the first part states the length. Over IPv6 extension headers may
 * stand between, which belong to the parts too. */
static uint32_t whole_of(const struct digest *d)
{
	bool stated = d->ip_version == 4 && d->transport == TRANSPORT_UDP &&
		digest_has(d, DIGEST_PAYLOAD) && !d->fragment_outer;
	return stated ? d->payload_bytes + UDP_HEADER : 0;
}

static void remember(struct fragments *f, const struct fragments_key *key,
	const struct source_time *when, const struct digest *d)
{
	struct fragments_entry *set = set_of(f, key), *e = find(set, key);
	if (!e)
		e = place_in(set);
	*e = (struct fragments_entry){ .used = true,
		.has_time = when != NULL,
		.n_ranges = 1,
		.protocol = protocol_of(d),
		.turn = f->turn++,
		.key = *key,
		.whole = whole_of(d),
		.ranges = { { 0, d->fragment_bytes } },
		.known = d->known & (DIGEST_PORTS | DIGEST_TUNNEL | DIGEST_OUTER),
		.ip_version = d->ip_version,
		.transport = d->transport,
		.tunnel = d->tunnel,
		.outer_transport = d->outer_transport,
		.flow = d->flow,
		.outer = d->outer };
	if (when)
		e->when = *when;
}

/* Adds what a part holds, or returns false where it cannot be a part of this packet. */
static bool add_range(struct fragments_entry *e, struct fragments_range r, bool last)
{
	if (last && e->whole == 0)
		e->whole = r.to;
	if (e->whole && (r.to > e->whole || (last && r.to != e->whole)))
		return false;
	for (uint8_t i = 0; i < e->n_ranges; i++)
		if (r.from < e->ranges[i].to && e->ranges[i].from < r.to)
			return false;
	for (uint8_t i = 0; i < e->n_ranges;) {
		struct fragments_range was = e->ranges[i];
		if (was.to != r.from && was.from != r.to) {
			i++;
			continue;
		}
		r.from = was.from < r.from ? was.from : r.from;
		r.to = was.to > r.to ? was.to : r.to;
		e->ranges[i] = e->ranges[--e->n_ranges];
	}
	if (e->n_ranges == FRAGMENTS_RANGES)
		return false;
	e->ranges[e->n_ranges++] = r;
	return true;
}

static bool is_complete(const struct fragments_entry *e)
{
	return e->n_ranges == 1 && e->ranges[0].from == 0 && e->ranges[0].to == e->whole;
}

static void give(const struct fragments_entry *e, struct digest *d)
{
	if (digest_has(d, DIGEST_OUTER)) {
		/* It has a tunnel of its own, whose ports may be others. */
		d->flow = e->flow;
		d->transport = e->transport;
		d->known |= e->known & DIGEST_PORTS;
		return;
	}
	d->known |= e->known;
	d->ip_version = e->ip_version;
	d->transport = e->transport;
	d->flow = e->flow;
	d->tunnel = e->tunnel;
	d->outer_transport = e->outer_transport;
	d->outer = e->outer;
}

static bool is_part_of(
	struct fragments_entry *e, const struct source_time *when, const struct digest *d)
{
	struct fragments_range r = { d->fragment_from, d->fragment_from + d->fragment_bytes };
	if (is_stale(e, when))
		return false;
	/* TRANSPORT_NONE: an extension header of which this part shows nothing. */
	if (d->transport != TRANSPORT_NONE && d->transport != e->protocol)
		return false;
	return add_range(e, r, d->fragment_last);
}

void fragments_fill(struct fragments *f, const struct record *packet, struct digest *d)
{
	const struct source_time *when = packet->has_time ? &packet->when : NULL;
	if (!digest_has(d, DIGEST_PART | DIGEST_ADDRS))
		return;
	struct fragments_key key = key_of(packet, d);
	if (d->fragment_from == 0 && (d->known & (DIGEST_PORTS | DIGEST_OUTER))) {
		remember(f, &key, when, d);
		return;
	}
	struct fragments_entry *e = find(set_of(f, &key), &key);
	if (!e)
		return;
	if (d->fragment_from == 0 || !is_part_of(e, when, d)) {
		e->used = false;
		return;
	}
	give(e, d);
	if (is_complete(e))
		e->used = false;
}
