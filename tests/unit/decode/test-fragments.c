/* SPDX-License-Identifier: Apache-2.0 */
/* Later fragments get the ports of the first, and none where they may be another packet's. */
#include "agree.h"
#include "decode/fragments.h"

#define PART_BYTES 24u
#define S STAMP_NS_PER_S

/* A part of a UDP datagram over IPv4: `at` in parts. */
struct part {
	unsigned id, at, parts, protocol;
	uint16_t port; /* of the first part's source */
};

static struct bytes part_of(struct part p)
{
	struct bytes f = { 0 };
	unsigned protocol = p.protocol ? p.protocol : 17;
	bool more = p.at + 1 < p.parts;
	put_ethernet(&f, 0x0800);
	put_ipv4(&f, 20 + PART_BYTES, (more ? 0x2000 : 0) | p.at * (PART_BYTES / 8), protocol);
	f.b[14 + 4] = (uint8_t)(p.id >> 8);
	f.b[14 + 5] = (uint8_t)p.id;
	if (p.at == 0) {
		put_udp(&f, p.parts * PART_BYTES);
		f.b[14 + 20] = (uint8_t)(p.port >> 8);
		f.b[14 + 21] = (uint8_t)p.port;
		put_fill(&f, 'x', PART_BYTES - 8);
	} else {
		put_fill(&f, 'x', PART_BYTES);
	}
	return f;
}

static struct fragments table;

static struct digest fill_at(const struct bytes *f, uint32_t input, int64_t ns)
{
	struct source_time when = { ns };
	struct digest d = decode(f, ETHERNET);
	fragments_fill(&table, input, ns < 0 ? NULL : &when, &d);
	return d;
}

/* The source port that the part has then, or 0. */
static unsigned port_at(struct part p, uint32_t input, int64_t ns)
{
	struct bytes f = part_of(p);
	struct digest d = fill_at(&f, input, ns);
	cr_assert_eq(digest_has(&d, DIGEST_FRAGMENT), p.at != 0);
	cr_assert_eq(digest_has(&d, DIGEST_PORTS), d.flow.src.port != 0);
	return d.flow.src.port;
}

static unsigned port_of(unsigned id, unsigned at, unsigned parts)
{
	return port_at((struct part){ .id = id, .at = at, .parts = parts, .port = 5000 }, 0, 0);
}

Test(fragments, decoder_says_which_part)
{
	struct bytes f = part_of((struct part){ .id = 0x1234, .at = 1, .parts = 3 });
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_PART | DIGEST_FRAGMENT));
	cr_assert_eq(d.fragment_id, 0x1234);
	cr_assert_eq(d.fragment_from, PART_BYTES);
	cr_assert_eq(d.fragment_bytes, PART_BYTES);
	cr_assert_not(d.fragment_last);
	f = part_of((struct part){ .id = 1, .at = 2, .parts = 3 });
	d = decode(&f, ETHERNET);
	cr_assert(d.fragment_last);
	f = part_of((struct part){ .id = 1, .at = 0, .parts = 3 });
	d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_PART) && d.fragment_from == 0);
	f = part_of((struct part){ .id = 1, .at = 0, .parts = 1 });
	d = decode(&f, ETHERNET);
	cr_assert_not(digest_has(&d, DIGEST_PART));
}

Test(fragments, later_parts_get_the_ports)
{
	fragments_init(&table);
	cr_assert_eq(port_of(1, 0, 4), 5000);
	cr_assert_eq(port_of(1, 3, 4), 5000);
	cr_assert_eq(port_of(1, 1, 4), 5000);
	cr_assert_eq(port_of(1, 2, 4), 5000);
	/* All of it was seen: the same number is another packet from now on. */
	cr_assert_eq(port_of(1, 1, 4), 0);
	cr_assert_eq(port_of(2, 1, 4), 0);
}

Test(fragments, of_another_packet)
{
	fragments_init(&table);
	port_of(1, 0, 4);
	cr_assert_eq(port_at((struct part){ .id = 1, .at = 1, .parts = 4 }, 1, 0), 0, "input");
	cr_assert_eq(port_at((struct part){ .id = 1, .at = 1, .parts = 4, .protocol = 6 }, 0, 0), 0,
		"protocol");
	struct bytes f = part_of((struct part){ .id = 1, .at = 1, .parts = 4 });
	f.b[14 + 19] ^= 1;
	struct digest d = fill_at(&f, 0, 0);
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	cr_assert_eq(port_of(1, 1, 4), 5000);
}

/* Numbers are used again (RFC 4963): what contradicts the packet is not given its ports. */
Test(fragments, same_number_again)
{
	fragments_init(&table);
	port_of(1, 0, 4);
	cr_assert_eq(port_of(1, 1, 4), 5000);
	cr_assert_eq(port_of(1, 1, 4), 0, "the same offset");
	cr_assert_eq(port_of(1, 2, 4), 0, "forgotten since");
	port_of(2, 0, 4);
	cr_assert_eq(port_of(2, 2, 3), 0, "an end before the datagram's");
	port_of(3, 0, 4);
	cr_assert_eq(port_of(3, 4, 5), 0, "behind its end");
	port_of(4, 0, 4);
	cr_assert_eq(
		port_at((struct part){ .id = 4, .at = 0, .parts = 4, .port = 6000 }, 0, 0), 6000);
	cr_assert_eq(port_of(4, 1, 4), 6000, "a new first part");
}

/* Where it is wrong: the end of the first packet and the front of the second were not captured, and
 * both are equally long. That is why only 30 s are allowed for it. */
Test(fragments, two_packets_that_complement_each_other)
{
	fragments_init(&table);
	port_of(1, 0, 2);
	struct part other = { .id = 1, .at = 1, .parts = 2 };
	cr_assert_eq(port_at(other, 0, 30 * S), 5000);
	port_of(2, 0, 2);
	other.id = 2;
	cr_assert_eq(port_at(other, 0, 30 * S + 1), 0);
	port_at((struct part){ .id = 3, .parts = 2, .port = 5000 }, 0, 40 * S);
	other.id = 3;
	cr_assert_eq(port_at(other, 0, 9 * S), 0, "a clock that was set back");
}

Test(fragments, without_time)
{
	fragments_init(&table);
	port_at((struct part){ .id = 1, .parts = 3, .port = 5000 }, 0, -1);
	cr_assert_eq(port_at((struct part){ .id = 1, .at = 1, .parts = 3 }, 0, -1), 5000);
	cr_assert_eq(port_at((struct part){ .id = 1, .at = 2, .parts = 3 }, 0, 99 * S), 5000);
}

/* The table is full: the oldest go, and nothing else changes. */
Test(fragments, old_ones_are_overwritten)
{
	fragments_init(&table);
	const unsigned made = 8192;
	for (unsigned id = 0; id < made; id++)
		port_of(id, 0, 3);
	cr_assert_eq(port_of(0, 1, 3), 0);
	unsigned kept = 0;
	for (unsigned id = 0; id < made; id++)
		kept += port_of(id, 1, 3) != 0;
	cr_assert_eq(kept, FRAGMENTS_SETS * FRAGMENTS_WAYS);
	cr_assert_neq(port_of(made - 1, 2, 3), 0);
}

/* More holes than are counted. */
Test(fragments, many_holes)
{
	fragments_init(&table);
	const unsigned parts = 64;
	port_of(1, 0, parts);
	for (unsigned at = 2; at < 2 + 2 * (FRAGMENTS_RANGES - 1); at += 2)
		cr_assert_eq(port_of(1, at, parts), 5000);
	cr_assert_eq(port_of(1, 2 + 2 * FRAGMENTS_RANGES, parts), 0);
	port_of(2, 0, parts);
	for (unsigned at = 1; at < parts; at++)
		cr_assert_eq(port_of(2, at, parts), 5000);
}

Test(fragments, first_part_without_ports)
{
	fragments_init(&table);
	port_of(1, 0, 3);
	struct bytes f = part_of((struct part){ .id = 1, .at = 0, .parts = 3 });
	struct digest d = decode_cut(&f, 14 + 20 + 2, ETHERNET, (uint32_t)f.n);
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	fragments_fill(&table, 0, NULL, &d);
	cr_assert_eq(port_of(1, 1, 3), 0);
}

static struct bytes part_v6(unsigned at, bool more, unsigned next)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x86dd);
	put_ipv6(&f, 8 + PART_BYTES, 44);
	put16(&f, next << 8);
	put16(&f, at * PART_BYTES | more);
	put32(&f, 0xabcdef01);
	if (at == 0 && next == 60) {
		put16(&f, 17 << 8);
		put_fill(&f, 0, 6);
	}
	if (at == 0)
		put_udp(&f, 2 * PART_BYTES);
	put_fill(&f, 'x', 14 + 48 + PART_BYTES - f.n);
	return f;
}

Test(fragments, ipv6)
{
	static const unsigned nexts[] = { 17, 60 };
	for (size_t i = 0; i < 2; i++) {
		fragments_init(&table);
		struct bytes first = part_v6(0, true, nexts[i]),
			     later = part_v6(1, false, nexts[i]);
		struct digest d = fill_at(&first, 0, 0);
		cr_assert(digest_has(&d, FLOW | DIGEST_PART));
		cr_assert_eq(d.fragment_id, 0xabcdef01);
		cr_assert_eq(d.fragment_bytes, PART_BYTES);
		d = fill_at(&later, 0, 0);
		cr_assert(digest_has(&d, FLOW | DIGEST_FRAGMENT | DIGEST_PART));
		cr_assert_eq(d.flow.src.port, 36003);
		cr_assert_eq(d.transport, TRANSPORT_UDP);
		assert_cuts_agree(&first, ETHERNET);
	}
	/* A later part that names another protocol is no part of it. */
	fragments_init(&table);
	struct bytes first = part_v6(0, true, 17), later = part_v6(1, false, 6);
	fill_at(&first, 0, 0);
	struct digest d = fill_at(&later, 0, 0);
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
}

/* The outer packet is in parts: the first shows the flow inside, the later ones show nothing. */
Test(fragments, of_a_tunnel)
{
	fragments_init(&table);
	struct bytes first = { 0 }, later = { 0 };
	put_ethernet(&first, 0x0800);
	put_ipv4(&first, 20 + 40, 0x2000, 4);
	first.b[14 + 15] = 9;
	put_ipv4(&first, 36 + 64, 0, 17);
	put_udp(&first, 80);
	put_fill(&first, 'x', 12);
	struct digest d = fill_at(&first, 0, 0);
	cr_assert(digest_has(&d, FLOW | DIGEST_PART | DIGEST_TUNNEL | DIGEST_OUTER));
	cr_assert(d.fragment_outer);
	cr_assert_eq(d.payload_bytes, 72);
	cr_assert_eq(d.fragment_bytes, 40);
	put_ethernet(&later, 0x0800);
	put_ipv4(&later, 20 + 60, 5, 4);
	later.b[14 + 15] = 9;
	put_fill(&later, 'x', 60);
	d = decode(&later, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_TUNNEL | DIGEST_FRAGMENT));
	cr_assert_not(digest_has(&d, DIGEST_OUTER));
	d = fill_at(&later, 0, 0);
	cr_assert(digest_has(&d, FLOW | DIGEST_TUNNEL | DIGEST_OUTER | DIGEST_FRAGMENT));
	assert_addresses(&d, "10.1.1.1", "172.23.98.97");
	cr_assert_eq(d.outer.src.addr.b[15], 9);
	cr_assert_eq(d.transport, TRANSPORT_UDP);
	/* It was the last one. */
	d = fill_at(&later, 0, 0);
	cr_assert_not(digest_has(&d, DIGEST_OUTER));
}

/* The packet inside is in parts, each in a packet of the tunnel of its own. */
Test(fragments, in_a_tunnel)
{
	fragments_init(&table);
	struct bytes first = { 0 }, later = { 0 };
	put_ethernet(&first, 0x0800);
	put_ipv4(&first, 20 + 44, 0, 4);
	first.b[14 + 15] = 9;
	put_ipv4(&first, 20 + PART_BYTES, 0x2000, 17);
	put_udp(&first, 2 * PART_BYTES);
	put_fill(&first, 'x', 16);
	struct digest d = fill_at(&first, 0, 0);
	cr_assert(digest_has(&d, FLOW | DIGEST_PART | DIGEST_OUTER));
	cr_assert_not(d.fragment_outer);
	put_ethernet(&later, 0x0800);
	put_ipv4(&later, 20 + 44, 0, 4);
	later.b[14 + 15] = 9;
	put_ipv4(&later, 20 + PART_BYTES, 3, 17);
	put_fill(&later, 'x', PART_BYTES);
	d = fill_at(&later, 0, 0);
	cr_assert(digest_has(&d, FLOW | DIGEST_FRAGMENT | DIGEST_OUTER));
	cr_assert_eq(d.flow.dst.port, 2762);
	/* The same addresses in another tunnel are other machines. */
	fill_at(&first, 0, 0);
	later.b[14 + 15] = 8;
	d = fill_at(&later, 0, 0);
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
}
