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
	struct record r = { .input = input, .has_time = ns >= 0, .when = { ns } };
	struct digest d = decode(f, ETHERNET);
	fragments_fill(&table, &r, &d);
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
	fragments_fill(&table, &(struct record){ 0 }, &d);
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

static unsigned port_on(const struct bytes *f, uint32_t interface)
{
	const struct capture_interface i = { .id = interface };
	struct record r = { .packet = { .interface = &i } };
	struct digest d = decode(f, ETHERNET);
	fragments_fill(&table, &r, &d);
	return digest_has(&d, DIGEST_PORTS) ? d.flow.src.port : 0;
}

/* A packet that was seen on two interfaces, both times in parts. Where it is wrong: the parts of
 * one packet came in by two interfaces. The later one has no ports then. */
Test(fragments, on_two_interfaces)
{
	fragments_init(&table);
	struct bytes first = part_of((struct part){ .id = 1, .parts = 2, .port = 5000 });
	struct bytes later = part_of((struct part){ .id = 1, .at = 1, .parts = 2 });
	cr_assert_eq(port_on(&first, 0), 5000);
	cr_assert_eq(port_on(&first, 1), 5000);
	cr_assert_eq(port_on(&later, 0), 5000);
	cr_assert_eq(port_on(&later, 1), 5000);
	port_on(&first, 0);
	cr_assert_eq(port_on(&later, 1), 0);
}

/* What stands between Ethernet and the part: a header of `n` bytes that begins as `type`. */
struct tag {
	unsigned type;
	size_t n;
	uint8_t b[24];
};

static struct bytes tagged(const struct tag *tag, struct part p)
{
	struct bytes f = { 0 }, part = part_of(p);
	put_ethernet(&f, tag->type);
	memcpy(f.b + f.n, tag->b, tag->n);
	f.n += tag->n;
	memcpy(f.b + f.n, part.b + 14, part.n - 14);
	f.n += part.n - 14;
	return f;
}

static unsigned tagged_port(const struct tag *tag, struct part p)
{
	struct bytes f = tagged(tag, p);
	struct digest d = fill_at(&f, 0, 0);
	cr_assert(digest_has(&d, DIGEST_PART), "type %x", tag->type);
	return digest_has(&d, DIGEST_PORTS) ? d.flow.src.port : 0;
}

/* Two networks whose hosts have the same addresses: the bits of `other` in the last byte of the
 * number's tell them apart, and those of `same` nothing. */
Test(fragments, of_two_networks)
{
	static const struct {
		struct tag tag;
		uint8_t at, other, same;
	} cases[] = {
		{ { 0x8100, 4, { 0x00, 0x0a, 0x08, 0x00 } }, 1, 0x1e, 0 },
		{ { 0x88a8, 4, { 0x00, 0x0a, 0x08, 0x00 } }, 0, 0x01, 0xf0 },
		{ { 0x8100, 8, { 0x00, 0x0a, 0x81, 0x00, 0x00, 0x0b, 0x08, 0x00 } }, 1, 1, 0 },
		{ { 0x8926, 6, { 0x80, 0x01, 0x00, 0x02, 0x08, 0x00 } }, 3, 1, 0 },
		{ { 0x893f, 8, { 0x00, 0x01, 0x00, 0x02, 0x00, 0x00, 0x08, 0x00 } }, 3, 1, 0 },
		{ { 0x88e7, 18, { 0x00, 0, 0, 9, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0x08, 0x00 } },
			3, 1, 0 },
		{ { 0x8847, 4, { 0x00, 0x01, 0x01, 0x40 } }, 1, 1, 0 },
		{ { 0x8847, 12, { 0, 1, 0, 0x40, 0, 0, 0x70, 0x40, 0, 2, 1, 0x40 } }, 9, 0, 0xff },
		{ { 0x8864, 8, { 0x11, 0, 0x00, 0x01, 0x00, 46, 0x00, 0x21 } }, 3, 2, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct part first = { .id = 1, .parts = 3, .port = 5000 };
		const struct part second = { .id = 1, .at = 1, .parts = 3 };
		struct tag other = cases[i].tag;
		other.b[cases[i].at] ^= cases[i].other;
		fragments_init(&table);
		cr_assert_eq(tagged_port(&cases[i].tag, first), 5000, "case %zu", i);
		if (cases[i].other)
			cr_assert_eq(tagged_port(&other, second), 0, "case %zu", i);
		other = cases[i].tag;
		other.b[cases[i].at] ^= cases[i].same;
		cr_assert_eq(tagged_port(&other, second), 5000, "case %zu", i);
	}
}

/* A tag that gives a priority only puts its frame into no other network. */
Test(fragments, of_a_priority)
{
	const struct tag tag = { 0x8100, 4, { 0x60, 0x00, 0x08, 0x00 } };
	fragments_init(&table);
	cr_assert_eq(tagged_port(&tag, (struct part){ .id = 1, .parts = 2, .port = 5000 }), 5000);
	cr_assert_eq(port_of(1, 1, 2), 5000);
}

/* A tunnel's header, and an Ethernet frame inside it or none. */
struct wrap {
	unsigned port; /* 0: GRE */
	bool bridged;
	struct tag tag; /* its header */
};

static struct bytes wrapped(const struct wrap *w, struct part p)
{
	struct bytes f = { 0 }, part = part_of(p);
	size_t from = w->bridged ? 0 : 14;
	unsigned n = (unsigned)(w->tag.n + part.n - from);
	put_ethernet(&f, 0x0800);
	put_ipv4(&f, 20 + n + (w->port ? 8 : 0), 0, w->port ? 17 : 47);
	if (w->port) {
		put_udp(&f, 8 + n);
		f.b[f.n - 6] = (uint8_t)(w->port >> 8);
		f.b[f.n - 5] = (uint8_t)w->port;
	}
	memcpy(f.b + f.n, w->tag.b, w->tag.n);
	f.n += w->tag.n;
	memcpy(f.b + f.n, part.b + from, part.n - from);
	f.n += part.n - from;
	return f;
}

static unsigned wrapped_port(const struct wrap *w, struct part p)
{
	struct bytes f = wrapped(w, p);
	struct digest d = fill_at(&f, 0, 0);
	cr_assert(digest_has(&d, DIGEST_PART | DIGEST_OUTER), "port %u", w->port);
	return digest_has(&d, DIGEST_PORTS) ? d.flow.src.port : 0;
}

/* Customers of one tunnel who have the same addresses. `at` is a byte of the network's number. */
Test(fragments, of_two_networks_in_a_tunnel)
{
	static const struct {
		struct wrap wrap;
		size_t at;
	} cases[] = {
		{ { 0, false, { 0, 8, { 0x20, 0, 0x08, 0x00, 0, 0, 0, 1 } } }, 7 },
		{ { 0, false, { 0, 12, { 0xa0, 0, 0x08, 0x00, 0, 0, 0, 0, 0, 0, 0, 1 } } }, 11 },
		{ { 0, true, { 0, 16, { 0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 7 } } }, 11 },
		{ { 0, true, { 0, 16, { 0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 7 } } }, 9 },
		{ { 4789, true, { 0, 8, { 0x08, 0, 0, 0, 0, 0, 1, 0 } } }, 6 },
		{ { 6081, true, { 0, 8, { 0, 0, 0x65, 0x58, 0, 0, 1, 0 } } }, 4 },
		{ { 2152, false, { 0, 8, { 0x30, 255, 0, 44, 0, 0, 0, 1 } } }, 7 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct part first = { .id = 1, .parts = 3, .port = 5000 };
		const struct part second = { .id = 1, .at = 1, .parts = 3 };
		struct wrap other = cases[i].wrap;
		other.tag.b[cases[i].at] ^= 2;
		fragments_init(&table);
		cr_assert_eq(wrapped_port(&cases[i].wrap, first), 5000, "case %zu", i);
		cr_assert_eq(wrapped_port(&other, second), 0, "case %zu", i);
		cr_assert_eq(wrapped_port(&cases[i].wrap, second), 5000, "case %zu", i);
	}
}

/* The call of PPTP, whose header grows with a length. */
Test(fragments, of_two_calls)
{
	const struct wrap one = { 0, false,
		{ 0, 14, { 0x30, 0x01, 0x88, 0x0b, 0, 46, 0, 1, 0, 0, 0, 1, 0x00, 0x21 } } };
	struct wrap two = one;
	two.tag.b[7] = 2;
	fragments_init(&table);
	cr_assert_eq(wrapped_port(&one, (struct part){ .id = 1, .parts = 2, .port = 5000 }), 5000);
	cr_assert_eq(wrapped_port(&two, (struct part){ .id = 1, .at = 1, .parts = 2 }), 0);
	cr_assert_eq(wrapped_port(&one, (struct part){ .id = 1, .at = 1, .parts = 2 }), 5000);
}
