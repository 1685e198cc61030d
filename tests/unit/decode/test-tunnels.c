/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in packets: which flow is whose, what is not opened, and what only looks like a tunnel.
 */
#include "agree.h"

#define INNER (FLOW | DIGEST_PAYLOAD | DIGEST_TUNNEL | DIGEST_OUTER)
#define OUTER_BYTES 20u

/* 192.0.2.1 to 192.0.2.2, around what is in `inside`. */
static void put_outer(struct bytes *f, unsigned protocol, const struct bytes *inside)
{
	put_ipv4(f, OUTER_BYTES + (unsigned)inside->n, 0, protocol);
	memcpy(f->b + f->n - 8, "\xc0\0\2\1\xc0\0\2\2", 8);
	put_bytes(f, inside);
}

static struct bytes wrapped(unsigned protocol, const struct bytes *inside)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x0800);
	put_outer(&f, protocol, inside);
	put_fill(&f, 0xee, 7); /* the frame's padding is nobody's */
	return f;
}

/* In a datagram from port 50000. */
static struct bytes in_udp(unsigned port, const struct bytes *inside)
{
	struct bytes u = { 0 };
	put_udp(&u, 8 + (unsigned)inside->n);
	u.b[0] = 50000 >> 8;
	u.b[1] = 50000 & 0xff;
	u.b[2] = (uint8_t)(port >> 8);
	u.b[3] = (uint8_t)port;
	put_bytes(&u, inside);
	return wrapped(17, &u);
}

static struct bytes ethernet_inside(const struct bytes *before)
{
	struct bytes f = *before;
	put_ethernet(&f, 0x0800);
	put_datagram(&f);
	return f;
}

static void put_v6_datagram(struct bytes *f)
{
	put_ipv6(f, 16, 17);
	put_udp(f, 16);
	put_fill(f, 1, 8);
}

/* The datagram of 8 bytes inside, the tunnel outside. */
static void assert_outer(const struct bytes *f, enum tunnel kind, unsigned protocol)
{
	struct digest d = decode(f, ETHERNET);
	cr_assert(digest_has(&d, INNER), "%s: %x", tunnel_name(kind), d.known);
	cr_assert_eq(d.transport, TRANSPORT_UDP);
	cr_assert_eq(d.flow.dst.port, 2762);
	cr_assert_eq(d.payload_bytes, 8);
	cr_assert_eq(d.tunnel, kind);
	cr_assert_eq(d.outer_transport, protocol);
	cr_assert_eq(d.outer.src.port, protocol == 17 ? 50000 : 0);
	assert_flow_addresses(&d.outer, "192.0.2.1", "192.0.2.2");
	cr_assert_eq(d.wire_bytes, f->n);
}

static void assert_opened(const struct bytes *f, enum tunnel kind, unsigned protocol)
{
	assert_outer(f, kind, protocol);
	assert_cuts_agree(f, ETHERNET);
	assert_lies_are_bounded(f, ETHERNET);
}

/* Nothing inside could be read: the flow is the tunnel's. */
static void assert_closed(const struct bytes *f, enum tunnel kind, unsigned protocol)
{
	struct digest d = decode(f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_ADDRS | DIGEST_TUNNEL), "%x", d.known);
	cr_assert_not(d.known & (DIGEST_OUTER | DIGEST_ARP));
	cr_assert_eq(d.tunnel, kind);
	cr_assert_eq(d.transport, protocol);
	assert_addresses(&d, "192.0.2.1", "192.0.2.2");
}

/* No tunnel at all: a datagram as any other. */
static void assert_plain(const struct bytes *f, uint32_t payload)
{
	struct digest d = decode(f, ETHERNET);
	cr_assert(digest_has(&d, FLOW | DIGEST_PAYLOAD));
	cr_assert_not(d.known & (DIGEST_TUNNEL | DIGEST_OUTER));
	cr_assert_eq(d.payload_bytes, payload);
	assert_addresses(&d, "192.0.2.1", "192.0.2.2");
}

Test(tunnels, ip_in_ip)
{
	struct bytes four = { 0 }, six = { 0 };
	put_datagram(&four);
	struct bytes f = wrapped(4, &four);
	assert_opened(&f, TUNNEL_IPIP, 4);
	put_v6_datagram(&six);
	f = wrapped(41, &six);
	assert_opened(&f, TUNNEL_IPIP, 41);
	/* The other version than the protocol number says, or more than there is. */
	f = wrapped(41, &four);
	assert_closed(&f, TUNNEL_IPIP, 41);
	four.b[3] = 37;
	f = wrapped(4, &four);
	assert_closed(&f, TUNNEL_IPIP, 4);
	struct bytes nothing = { 0 };
	f = wrapped(4, &nothing);
	assert_closed(&f, TUNNEL_IPIP, 4);
}

Test(tunnels, ip_in_ipv6)
{
	struct bytes f = { 0 }, g = { 0 };
	put_ethernet(&f, 0x86dd);
	put_ipv6(&f, 36, 4);
	put_datagram(&f);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, INNER));
	cr_assert_eq(d.ip_version, 4);
	assert_flow_addresses(&d.outer, "2001:db8::1", "2001:db8::2");
	put_ethernet(&g, 0x86dd);
	put_ipv6(&g, 56, 41);
	put_v6_datagram(&g);
	d = decode(&g, ETHERNET);
	cr_assert(digest_has(&d, INNER));
	cr_assert_eq(d.ip_version, 6);
}

static struct bytes nested(int depth)
{
	struct bytes inside = { 0 };
	put_datagram(&inside);
	for (int i = 0; i < depth; i++) {
		struct bytes next = { 0 };
		put_outer(&next, 4, &inside);
		inside = next;
	}
	struct bytes f = { 0 };
	put_ethernet(&f, 0x0800);
	put_bytes(&f, &inside);
	return f;
}

/* Eight are opened; of more, the flow is that of the ninth. */
Test(tunnels, nested)
{
	struct bytes f = nested(8);
	assert_outer(&f, TUNNEL_IPIP, 4);
	f = nested(9);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_OUTER | DIGEST_ADDRS));
	cr_assert_eq(d.transport, 4);
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	f = nested(90);
	assert_lies_are_bounded(&f, ETHERNET);
}

static struct bytes gre(unsigned flags, unsigned type)
{
	struct bytes f = { 0 };
	put16(&f, flags);
	put16(&f, type);
	for (unsigned bit = 0x8000; bit >= 0x1000; bit >>= 1)
		if (flags & bit)
			put32(&f, 0x01020304);
	return f;
}

Test(tunnels, gre)
{
	static const unsigned flags[] = { 0, 0x8000, 0x2000, 0x1000, 0xb000 };
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		struct bytes ip = gre(flags[i], 0x0800), bridged = gre(flags[i], 0x6558);
		put_datagram(&ip);
		struct bytes f = wrapped(47, &ip);
		assert_opened(&f, TUNNEL_GRE, 47);
		bridged = ethernet_inside(&bridged);
		f = wrapped(47, &bridged);
		assert_opened(&f, TUNNEL_GRE, 47);
	}
	struct bytes six = gre(0, 0x86dd), labels = gre(0, 0x8847), ppp = gre(0, 0x880b);
	put_v6_datagram(&six);
	struct bytes f = wrapped(47, &six);
	assert_opened(&f, TUNNEL_GRE, 47);
	put32(&labels, 0x00064100);
	put_datagram(&labels);
	f = wrapped(47, &labels);
	assert_opened(&f, TUNNEL_GRE, 47);
	put32(&ppp, 0xff030021);
	put_datagram(&ppp);
	f = wrapped(47, &ppp);
	assert_opened(&f, TUNNEL_GRE, 47);
}

Test(tunnels, gre_with_something_else)
{
	struct bytes routed = gre(0x4000, 0x0800), version = gre(2, 0x0800), alive = gre(0, 0);
	struct bytes arp = gre(0, 0x0806);
	put_datagram(&routed);
	struct bytes f = wrapped(47, &routed);
	assert_closed(&f, TUNNEL_GRE, 47);
	put_datagram(&version);
	f = wrapped(47, &version);
	assert_closed(&f, TUNNEL_GRE, 47);
	f = wrapped(47, &alive);
	assert_closed(&f, TUNNEL_GRE, 47);
	put_fill(&arp, 0, 28);
	f = wrapped(47, &arp);
	assert_closed(&f, TUNNEL_GRE, 47);
}

Test(tunnels, erspan)
{
	struct bytes one = gre(0, 0x88be), two = gre(0x1000, 0x88be), three = gre(0x1000, 0x22eb);
	struct bytes more = gre(0x1000, 0x22eb);
	one = ethernet_inside(&one);
	struct bytes f = wrapped(47, &one);
	assert_opened(&f, TUNNEL_GRE, 47);
	put32(&two, 0x10000001);
	put32(&two, 0);
	two = ethernet_inside(&two);
	f = wrapped(47, &two);
	assert_opened(&f, TUNNEL_GRE, 47);
	put32(&three, 0x20000001);
	put_fill(&three, 0, 8);
	three = ethernet_inside(&three);
	f = wrapped(47, &three);
	assert_opened(&f, TUNNEL_GRE, 47);
	put32(&more, 0x20000001);
	put_fill(&more, 0, 7);
	put8(&more, 1);
	put_fill(&more, 0, 8);
	more = ethernet_inside(&more);
	f = wrapped(47, &more);
	assert_opened(&f, TUNNEL_GRE, 47);
}

Test(tunnels, pptp)
{
	struct bytes data = { 0 }, ack = { 0 };
	put32(&data, 0x3081880b);
	put16(&data, 38);
	put16(&data, 7);
	put32(&data, 1);
	put32(&data, 2);
	put16(&data, 0x0021);
	put_datagram(&data);
	struct bytes f = wrapped(47, &data);
	assert_opened(&f, TUNNEL_GRE, 47);
	/* Compressed or encrypted. */
	data.b[16] = 0x00;
	data.b[17] = 0xfd;
	f = wrapped(47, &data);
	assert_closed(&f, TUNNEL_GRE, 47);
	put32(&ack, 0x2081880b);
	put32(&ack, 7);
	put32(&ack, 2);
	f = wrapped(47, &ack);
	assert_closed(&f, TUNNEL_GRE, 47);
}

Test(tunnels, esp)
{
	struct bytes inside = { 0 };
	put_fill(&inside, 0x45, 60);
	struct bytes f = wrapped(50, &inside);
	assert_closed(&f, TUNNEL_ESP, 50);
	assert_cuts_agree(&f, ETHERNET);
}

static struct bytes vxlan(uint32_t first)
{
	struct bytes f = { 0 };
	put32(&f, first);
	put32(&f, 0x00012300);
	return f;
}

Test(tunnels, vxlan)
{
	static const unsigned ports[] = { 4789, 4790, 8472 };
	static const uint32_t firsts[] = { 0x08000000, 0x88000007, 0x88480007, 0x0c000003 };
	for (size_t i = 0; i < 4; i++) {
		struct bytes inside = vxlan(firsts[i]);
		inside = ethernet_inside(&inside);
		for (size_t k = 0; k < 3; k++) {
			struct bytes f = in_udp(ports[k], &inside);
			assert_opened(&f, TUNNEL_VXLAN, 17);
		}
	}
	struct bytes ip = vxlan(0x0c000001);
	put_datagram(&ip);
	struct bytes f = in_udp(4790, &ip);
	assert_opened(&f, TUNNEL_VXLAN, 17);
}

/* Each bit that must not be set, and an inner packet whose length does not fit. */
Test(tunnels, vxlan_that_is_none)
{
	static const struct {
		size_t at;
		uint8_t value;
	} breaks[] = { { 0, 0 }, { 0, 0x18 }, { 1, 1 }, { 3, 1 }, { 7, 1 }, { 8 + 14, 0x65 },
		{ 8 + 14 + 3, 37 }, { 8 + 14, 0x44 }, { 8 + 12, 0x12 } };
	for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
		struct bytes inside = vxlan(0x08000000);
		inside = ethernet_inside(&inside);
		inside.b[breaks[i].at] = breaks[i].value;
		struct bytes f = in_udp(4789, &inside);
		assert_plain(&f, 58);
	}
	struct bytes inside = vxlan(0x08000000);
	inside = ethernet_inside(&inside);
	struct bytes f = in_udp(4788, &inside);
	assert_plain(&f, 58);
}

/* The wire's packet is the tunnel's; the address resolution inside is another machine's. */
Test(tunnels, arp_in_vxlan)
{
	struct bytes inside = vxlan(0x08000000);
	put_ethernet(&inside, 0x0806);
	put32(&inside, 0x00010800);
	put32(&inside, 0x06040001);
	put_fill(&inside, 1, 20);
	struct bytes f = in_udp(4789, &inside);
	assert_closed(&f, TUNNEL_VXLAN, 17);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_PORTS | DIGEST_PAYLOAD));
	cr_assert_eq(d.payload_bytes, inside.n);
	assert_cuts_agree(&f, ETHERNET);
}

/* Where it is wrong: a program's own message, with the numbers 8 and 2^24 of a PC's order, and
 * bytes that read as an ethertype. It gets no name, and no flow that it does not have. */
Test(tunnels, message_like_vxlan)
{
	struct bytes message = { 0 };
	put_le32(&message, 8);
	put_le32(&message, 0x00010203);
	put_fill(&message, 'a', 12);
	put16(&message, 0x0806);
	put_fill(&message, 'a', 20);
	struct bytes f = in_udp(4789, &message);
	assert_closed(&f, TUNNEL_VXLAN, 17);
	/* With any other bytes there it is what it is. */
	message.b[8 + 12] = 'a';
	f = in_udp(4789, &message);
	assert_plain(&f, (uint32_t)message.n);
}

static struct bytes geneve(unsigned words, unsigned type)
{
	struct bytes f = { 0 };
	put8(&f, words);
	put8(&f, 0x40);
	put16(&f, type);
	put32(&f, 0x00012300);
	put_fill(&f, 0x45, 4u * words);
	return f;
}

Test(tunnels, geneve)
{
	for (unsigned words = 0; words < 64; words += 21) {
		struct bytes bridged = geneve(words, 0x6558), ip = geneve(words, 0x0800);
		bridged = ethernet_inside(&bridged);
		struct bytes f = in_udp(6081, &bridged);
		assert_opened(&f, TUNNEL_GENEVE, 17);
		put_datagram(&ip);
		f = in_udp(6081, &ip);
		assert_opened(&f, TUNNEL_GENEVE, 17);
	}
	static const struct {
		size_t at;
		uint8_t value;
	} breaks[] = { { 0, 0x40 }, { 0, 63 }, { 1, 1 }, { 2, 0x66 }, { 7, 1 }, { 8, 0x65 },
		{ 8, 0x4f }, { 11, 37 } };
	for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
		struct bytes inside = geneve(0, 0x0800);
		put_datagram(&inside);
		inside.b[breaks[i].at] = breaks[i].value;
		struct bytes f = in_udp(6081, &inside);
		assert_plain(&f, 44);
	}
}

static struct bytes gtp(unsigned flags, unsigned type, unsigned inside)
{
	struct bytes f = { 0 };
	put8(&f, flags);
	put8(&f, type);
	put16(&f, inside);
	put32(&f, 77);
	return f;
}

Test(tunnels, gtp)
{
	struct bytes plain = gtp(0x30, 255, 36), numbered = gtp(0x32, 255, 40);
	struct bytes extended = gtp(0x34, 255, 36 + 4 + 4 + 8);
	put_datagram(&plain);
	struct bytes f = in_udp(2152, &plain);
	assert_opened(&f, TUNNEL_GTP, 17);
	put32(&numbered, 0x00010000);
	put_datagram(&numbered);
	f = in_udp(2152, &numbered);
	assert_opened(&f, TUNNEL_GTP, 17);
	put32(&extended, 0x00000085);
	put32(&extended, 0x01000985);
	put32(&extended, 0x02000000);
	put32(&extended, 0);
	put_datagram(&extended);
	f = in_udp(2152, &extended);
	assert_opened(&f, TUNNEL_GTP, 17);
	/* An extension header without a length. */
	extended.b[12] = 0;
	f = in_udp(2152, &extended);
	assert_plain(&f, (uint32_t)extended.n);
}

/* Wrong version, wrong message, lengths that are one off in either direction: a message of a
 * program that has this port. */
Test(tunnels, message_like_gtp)
{
	static const struct {
		size_t at;
		uint8_t value;
	} breaks[] = { { 0, 0x48 }, { 0, 0x20 }, { 0, 0x38 }, { 1, 1 }, { 3, 35 }, { 3, 37 },
		{ 8, 0x44 }, { 8, 0x55 }, { 11, 35 }, { 11, 37 } };
	for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
		struct bytes inside = gtp(0x30, 255, 36);
		put_datagram(&inside);
		inside.b[breaks[i].at] = breaks[i].value;
		struct bytes f = in_udp(2152, &inside);
		assert_plain(&f, 44);
	}
}

static void put_teredo_address(struct bytes *f, size_t at)
{
	memcpy(f->b + at, (const uint8_t[]){ 0x20, 0x01, 0, 0 }, 4);
}

static struct bytes teredo(bool authentication, bool origin)
{
	struct bytes f = { 0 };
	if (authentication) {
		put32(&f, 0x00010203);
		put_fill(&f, 'n', 2 + 3 + 8 + 1);
	}
	if (origin) {
		put32(&f, 0x00001234);
		put32(&f, 0xf5fefefe);
	}
	size_t at = f.n;
	put_v6_datagram(&f);
	put_teredo_address(&f, at + 8);
	return f;
}

Test(tunnels, teredo)
{
	for (int i = 0; i < 4; i++) {
		struct bytes inside = teredo(i & 1, i & 2);
		struct bytes f = in_udp(3544, &inside);
		assert_opened(&f, TUNNEL_TEREDO, 17);
		/* From the server. */
		f = in_udp(1024, &inside);
		f.b[14 + 20] = 3544 >> 8;
		f.b[14 + 20 + 1] = 3544 & 0xff;
		struct digest d = decode(&f, ETHERNET);
		cr_assert(digest_has(&d, INNER));
		cr_assert_eq(d.outer.src.port, 3544);
	}
	/* A bubble carries nothing. */
	struct bytes bubble = { 0 };
	put_ipv6(&bubble, 0, 59);
	put_teredo_address(&bubble, 24);
	struct bytes f = in_udp(3544, &bubble);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_ADDRS | DIGEST_OUTER));
	cr_assert_eq(d.transport, 59);
}

/* One byte more or less than the datagram holds. */
Test(tunnels, message_like_teredo)
{
	for (uint8_t length = 15; length <= 17; length += 2) {
		struct bytes inside = teredo(false, false);
		inside.b[5] = length;
		struct bytes f = in_udp(3544, &inside);
		assert_plain(&f, 56);
	}
	struct bytes four = { 0 };
	put_datagram(&four);
	struct bytes f = in_udp(3544, &four);
	assert_plain(&f, 36);
}

/* Neither end is an address that Teredo's clients have. Wrong for those from before RFC 4380: they
 * are given as any other datagram. */
Test(tunnels, message_to_the_port_of_teredo)
{
	static const uint8_t fronts[][4] = { { 0x20, 0x01, 0x0d, 0xb8 }, { 0x20, 0x02, 0, 0 },
		{ 0x3f, 0xfe, 0x83, 0x1f }, { 0xfe, 0xc0, 0, 0 }, { 0, 0, 0, 0 } };
	for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
		struct bytes inside = teredo(false, false);
		memcpy(inside.b + 8, fronts[i], 4);
		struct bytes f = in_udp(3544, &inside);
		assert_plain(&f, 56);
		/* A router's answer goes from one link-local address to another. */
		memcpy(inside.b + 24, (const uint8_t[]){ 0xfe, 0x80, 0, 0 }, 4);
		f = in_udp(3544, &inside);
		assert_opened(&f, TUNNEL_TEREDO, 17);
	}
}

/* Where each of them is wrong: a copy that a program sends is not told from the tunnel's own. The
 * flow inside is then no flow of this machine, and nobody gets its name. */
Test(tunnels, copy_of_a_datagram)
{
	struct bytes inside = gtp(0x30, 255, 36);
	put_datagram(&inside);
	struct bytes f = in_udp(2152, &inside);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_OUTER));
	assert_addresses(&d, "10.1.1.1", "172.23.98.97");
	assert_flow_addresses(&d.outer, "192.0.2.1", "192.0.2.2");
}

/* Ways are kept, and the outermost tunnel is the one that is named. */
Test(tunnels, esp_in_gtp)
{
	struct bytes inside = gtp(0x30, 255, 36), f = { 0 };
	put_datagram(&inside);
	inside.b[8 + 9] = 50;
	struct bytes ethernet = in_udp(2152, &inside);
	put16(&f, 4);
	put16(&f, 1);
	put_fill(&f, 0, 10);
	put16(&f, 0x0800);
	memcpy(f.b + f.n, ethernet.b + 14, ethernet.n - 14);
	f.n += ethernet.n - 14;
	struct digest d = decode(&f, 113);
	cr_assert(digest_has(&d, DIGEST_OUTER | DIGEST_TUNNEL | DIGEST_SENT | DIGEST_DECODED));
	cr_assert_eq(d.tunnel, TUNNEL_GTP);
	cr_assert_eq(d.transport, 50);
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
}
