/* SPDX-License-Identifier: Apache-2.0 */
/* Link types, tags, labels and what capturing systems put before a frame. */
#include "agree.h"

static void put_snap(struct bytes *f)
{
	put32(f, 0xaaaa0300);
	put32(f, 0x00000800);
	put_datagram(f);
}

static void assert_datagram(const struct bytes *f, uint32_t link, const char *name)
{
	struct digest d = decode(f, link);
	cr_assert(digest_has(&d, FLOW | DIGEST_PAYLOAD), "%s: %x", name, d.known);
	cr_assert_eq(d.flow.dst.port, 2762, "%s", name);
	cr_assert_eq(d.payload_bytes, 8, "%s", name);
	cr_assert_eq(d.prefix_n, 8, "%s", name);
	cr_assert_not(digest_has(&d, DIGEST_TUNNEL), "%s", name);
	assert_cuts_agree(f, link);
	assert_lies_are_bounded(f, link);
}

static void assert_nothing(const struct bytes *f, uint32_t link)
{
	struct digest d = decode(f, link);
	cr_assert_eq(
		d.known & ~(uint32_t)(DIGEST_SENT | DIGEST_RECEIVED), DIGEST_WIRE | DIGEST_DECODED);
}

static uint32_t way_of(const struct bytes *f, uint32_t link)
{
	return decode(f, link).known & (DIGEST_SENT | DIGEST_RECEIVED);
}

Test(links, raw)
{
	static const uint32_t links[] = { 12, 14, 101, 228 };
	struct bytes raw = { 0 }, v6 = { 0 };
	put_datagram(&raw);
	for (size_t i = 0; i < 4; i++)
		assert_datagram(&raw, links[i], "raw");
	put_ipv6(&v6, 16, 17);
	put_udp(&v6, 16);
	put_fill(&v6, 1, 8);
	assert_datagram(&v6, 229, "IPv6");
}

Test(links, loopback)
{
	struct bytes little = { 0 }, big = { 0 };
	put_le32(&little, 2);
	put_datagram(&little);
	assert_datagram(&little, 0, "NULL, little-endian");
	put32(&big, 2);
	put_datagram(&big);
	assert_datagram(&big, 0, "NULL, big-endian");
	assert_datagram(&big, 108, "LOOP");
}

static struct bytes cooked(unsigned type, unsigned arphrd, unsigned protocol)
{
	struct bytes f = { 0 };
	put16(&f, type);
	put16(&f, arphrd);
	put_fill(&f, 0, 10);
	put16(&f, protocol);
	return f;
}

Test(links, cooked)
{
	struct bytes f = cooked(0, 1, 0x0800), v2 = { 0 };
	put_datagram(&f);
	assert_datagram(&f, 113, "SLL");
	cr_assert_eq(way_of(&f, 113), DIGEST_RECEIVED);
	f.b[1] = 4;
	cr_assert_eq(way_of(&f, 113), DIGEST_SENT);
	for (uint8_t type = 1; type < 4; type++) {
		f.b[1] = type;
		cr_assert_eq(way_of(&f, 113), 0);
	}
	put16(&v2, 0x0800);
	put_fill(&v2, 0, 6);
	put16(&v2, 1);
	put8(&v2, 4);
	put_fill(&v2, 0, 9);
	put_datagram(&v2);
	assert_datagram(&v2, 276, "SLL2");
	cr_assert_eq(way_of(&v2, 276), DIGEST_SENT);
	/* The file's own word is the stronger one. */
	struct packet p = { .bytes = span_of(v2.b, v2.n), .link_type = 276, .way = WAY_IN };
	struct digest d;
	decode_packet(&p, &d);
	cr_assert_eq(d.known & (DIGEST_SENT | DIGEST_RECEIVED), DIGEST_RECEIVED);
}

Test(links, cooked_without_ethertype)
{
	struct bytes f = cooked(0, 824, 0x0800), g = cooked(0, 1, 4);
	put_datagram(&f);
	assert_nothing(&f, 113);
	put_snap(&g);
	assert_datagram(&g, 113, "SLL with LLC");
}

/* Tags of every kind that stand before an ethertype. */
Test(links, tags)
{
	static const struct {
		unsigned type, bytes;
	} tags[] = { { 0x8100, 2 }, { 0x88a8, 2 }, { 0x9100, 2 }, { 0x8926, 4 }, { 0x893f, 6 } };
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		struct bytes f = { 0 };
		put_ethernet(&f, tags[i].type);
		put_fill(&f, 0x80, tags[i].bytes);
		put16(&f, 0x8100);
		put16(&f, 5);
		put16(&f, 0x0800);
		put_datagram(&f);
		put_fill(&f, 0, 6);
		assert_datagram(&f, ETHERNET, "tag");
	}
	struct bytes backbone = { 0 }, llc = { 0 };
	put_ethernet(&backbone, 0x88e7);
	put32(&backbone, 0x123);
	put_ethernet(&backbone, 0x0800);
	put_datagram(&backbone);
	assert_datagram(&backbone, ETHERNET, "802.1ah");
	put_ethernet(&llc, 0x8100);
	put16(&llc, 5);
	put16(&llc, 44);
	put_snap(&llc);
	assert_datagram(&llc, ETHERNET, "tag and LLC");
}

static struct bytes labelled(unsigned type)
{
	struct bytes f = { 0 };
	put_ethernet(&f, type);
	put32(&f, 0x00064000);
	put32(&f, 0x00065100);
	return f;
}

Test(links, mpls)
{
	struct bytes f = labelled(0x8847), multicast = labelled(0x8848), word = labelled(0x8847);
	put_datagram(&f);
	assert_datagram(&f, ETHERNET, "MPLS");
	put_datagram(&multicast);
	assert_datagram(&multicast, ETHERNET, "MPLS multicast");
	put32(&word, 7);
	put_ethernet(&word, 0x0800);
	put_datagram(&word);
	assert_datagram(&word, ETHERNET, "MPLS, control word");
	struct bytes bare = labelled(0x8847);
	put_ethernet(&bare, 0x0800);
	put_datagram(&bare);
	struct digest d = decode(&bare, ETHERNET);
	cr_assert(digest_has(&d, FLOW | DIGEST_PAYLOAD));
	assert_lies_are_bounded(&bare, ETHERNET);
}

/* A MAC address that begins like an IP header: its lengths give it away, unless they fit. */
Test(links, mpls_pseudowire_like_ip)
{
	struct bytes f = labelled(0x8847);
	put_ethernet(&f, 0x0800);
	put_datagram(&f);
	f.b[14 + 8] = 0x45;
	assert_nothing(&f, ETHERNET);
	/* Where it is wrong: these addresses are bytes of MAC addresses. */
	f.b[14 + 8 + 2] = 0;
	f.b[14 + 8 + 3] = 50;
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_ADDRS));
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	/* An associated channel (RFC 5586) is no packet of a host. */
	struct bytes channel = labelled(0x8847);
	put32(&channel, 0x10000021);
	put_datagram(&channel);
	assert_nothing(&channel, ETHERNET);
	/* Labels without an end. */
	struct bytes endless = { 0 };
	put_ethernet(&endless, 0x8847);
	put_fill(&endless, 0, 400);
	assert_nothing(&endless, ETHERNET);
}

Test(links, ppp)
{
	static const uint8_t fronts[][4] = { { 0xff, 0x03, 0x00, 0x21 }, { 0x00, 0x21 },
		{ 0xff, 0x03, 0x21 }, { 0x21 } };
	static const size_t lengths[] = { 4, 2, 3, 1 };
	for (size_t i = 0; i < 4; i++) {
		struct bytes f = { 0 };
		memcpy(f.b, fronts[i], lengths[i]);
		f.n = lengths[i];
		put_datagram(&f);
		assert_datagram(&f, 9, "PPP");
		assert_datagram(&f, 50, "PPP_HDLC");
	}
	struct bytes labels = { 0 }, control = { 0 };
	put16(&labels, 0x0281);
	put32(&labels, 0x00064100);
	put_datagram(&labels);
	assert_datagram(&labels, 9, "PPP with MPLS");
	put32(&control, 0xff03c021);
	put32(&control, 0x01010004);
	assert_nothing(&control, 9);
	struct bytes v6 = { 0 };
	put16(&v6, 0x0057);
	put_ipv6(&v6, 16, 17);
	put_udp(&v6, 16);
	put_fill(&v6, 1, 8);
	assert_datagram(&v6, 9, "PPP with IPv6");
}

Test(links, ppp_with_direction)
{
	struct bytes f = { 0 }, g = { 0 };
	put8(&f, 1);
	put32(&f, 0xff030021);
	put_datagram(&f);
	assert_datagram(&f, 204, "PPP_WITH_DIR");
	cr_assert_eq(way_of(&f, 204), DIGEST_SENT);
	f.b[0] = 0;
	cr_assert_eq(way_of(&f, 204), DIGEST_RECEIVED);
	put8(&g, 1);
	put32(&g, 0x0f000800);
	put_datagram(&g);
	assert_datagram(&g, 205, "C_HDLC_WITH_DIR");
	cr_assert_eq(way_of(&g, 205), DIGEST_SENT);
}

Test(links, hdlc)
{
	struct bytes f = { 0 };
	put32(&f, 0x0f000800);
	put_datagram(&f);
	assert_datagram(&f, 104, "C_HDLC");
	assert_datagram(&f, 50, "C_HDLC as PPP_HDLC");
	f.b[0] = 0x0e;
	struct digest d = decode(&f, 104);
	cr_assert_eq(d.known, DIGEST_WIRE);
}

static void put_pppoe(struct bytes *f, unsigned code, unsigned length)
{
	put8(f, 0x11);
	put8(f, code);
	put16(f, 9);
	put16(f, length);
}

Test(links, pppoe)
{
	struct bytes f = { 0 }, link = { 0 }, discovery = { 0 };
	put_ethernet(&f, 0x8864);
	put_pppoe(&f, 0, 38);
	put16(&f, 0x0021);
	put_datagram(&f);
	put_fill(&f, 0xee, 6);
	assert_datagram(&f, ETHERNET, "PPPoE");
	/* An offloaded length is what the session's header leaves, not the padding. */
	f.b[14 + 6 + 2 + 2] = f.b[14 + 6 + 2 + 3] = 0;
	struct digest d = decode(&f, ETHERNET);
	cr_assert_eq(d.payload_bytes, 8);
	put_pppoe(&link, 0, 38);
	put16(&link, 0x0021);
	put_datagram(&link);
	assert_datagram(&link, 51, "PPP_ETHER");
	put_ethernet(&discovery, 0x8863);
	put_pppoe(&discovery, 9, 4);
	put32(&discovery, 0x01010000);
	assert_nothing(&discovery, ETHERNET);
	f.b[14 + 1] = 1;
	assert_nothing(&f, ETHERNET);
}

/* Subtype and flags as in the second and first byte of frame control. */
static void put_air(struct bytes *f, unsigned control, unsigned flags, unsigned fragment)
{
	put8(f, control);
	put8(f, flags);
	put_fill(f, 2, 20);
	put_le16(f, fragment);
	if ((flags & 3) == 3)
		put_fill(f, 3, 6);
}

Test(links, wireless)
{
	struct bytes plain = { 0 }, qos = { 0 }, four = { 0 }, aggregate = { 0 };
	put_air(&plain, 0x08, 0x01, 0x10);
	put_snap(&plain);
	assert_datagram(&plain, 105, "802.11");
	put_air(&qos, 0x88, 0x82, 0x10);
	put16(&qos, 0);
	put32(&qos, 0);
	put_snap(&qos);
	assert_datagram(&qos, 105, "802.11, QoS with HT control");
	put_air(&four, 0x88, 0x03, 0x10);
	put16(&four, 0);
	put_snap(&four);
	assert_datagram(&four, 105, "802.11, four addresses");
	put_air(&aggregate, 0x88, 0x01, 0x10);
	put_le16(&aggregate, 0x80);
	put_fill(&aggregate, 4, 12);
	put16(&aggregate, 44);
	put_snap(&aggregate);
	put_fill(&aggregate, 0xee, 30);
	assert_datagram(&aggregate, 105, "802.11, aggregated");
}

Test(links, wireless_without_a_packet)
{
	static const struct {
		unsigned control, flags, fragment;
	} cases[] = {
		{ 0x08, 0x41, 0 }, /* protected */
		{ 0x48, 0x01, 0 }, /* no data */
		{ 0xc8, 0x01, 0 }, /* QoS, no data */
		{ 0x80, 0x00, 0 }, /* a beacon */
		{ 0xb4, 0x00, 0 }, /* a request to send */
		{ 0x08, 0x01, 1 }, /* a later fragment */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes f = { 0 };
		put_air(&f, cases[i].control, cases[i].flags, cases[i].fragment);
		put_snap(&f);
		assert_nothing(&f, 105);
		assert_cuts_agree(&f, 105);
	}
	struct bytes f = { 0 };
	put_air(&f, 0x09, 0, 0);
	struct digest d = decode(&f, 105);
	cr_assert_eq(d.known, DIGEST_WIRE);
}

/* `words`: how many words of present bits; a time only where it is asked for. */
static void put_radiotap(struct bytes *f, unsigned words, bool time, unsigned flags)
{
	size_t start = f->n;
	put32(f, 0);
	for (unsigned i = 1; i <= words; i++)
		put_le32(f, (i < words ? 1u << 31 : 0) | (i == 1 ? 2u | time : 0));
	if (time) {
		put_fill(f, 0, (8 - (f->n - start) % 8) % 8);
		put_fill(f, 0, 8);
	}
	put8(f, flags);
	f->b[start + 2] = (uint8_t)(f->n - start);
}

Test(links, radiotap)
{
	for (unsigned words = 1; words < 4; words++)
		for (int time = 0; time < 2; time++) {
			struct bytes f = { 0 };
			put_radiotap(&f, words, time, 0x10);
			put_air(&f, 0x08, 0x01, 0x10);
			put_snap(&f);
			put32(&f, 0xdeadbeef);
			assert_datagram(&f, 127, "radiotap");
			/* The flags were found: with a bad checksum the bytes count for nothing. */
			size_t at = f.b[2] - 1u;
			f.b[at] = 0x50;
			assert_nothing(&f, 127);
		}
	struct bytes padded = { 0 };
	put_radiotap(&padded, 1, false, 0x20);
	put_air(&padded, 0x88, 0x01, 0x10);
	put_fill(&padded, 0, 4);
	put_snap(&padded);
	assert_datagram(&padded, 127, "radiotap, padded");
}

/* The checksum of the frame is no payload, even where the IP header leaves the length open. */
Test(links, radiotap_checksum_is_no_payload)
{
	struct bytes f = { 0 };
	put_radiotap(&f, 1, false, 0x10);
	put_air(&f, 0x08, 0x01, 0x10);
	put_snap(&f);
	put32(&f, 0xdeadbeef);
	size_t ip = f.n - 4 - 36;
	f.b[ip + 2] = f.b[ip + 3] = 0;
	f.b[ip + 20 + 4] = f.b[ip + 20 + 5] = 0;
	struct digest d = decode(&f, 127);
	cr_assert_eq(d.payload_bytes, 8);
}

Test(links, prism_and_avs)
{
	struct bytes prism = { 0 }, avs = { 0 };
	put_le32(&prism, 0x44);
	put_le32(&prism, 144);
	put_fill(&prism, 0, 136);
	put_air(&prism, 0x08, 0x02, 0x10);
	put_snap(&prism);
	assert_datagram(&prism, 119, "Prism");
	put32(&avs, 0x80211001);
	put32(&avs, 64);
	put_fill(&avs, 0, 56);
	put_air(&avs, 0x08, 0x02, 0x10);
	put_snap(&avs);
	assert_datagram(&avs, 163, "AVS");
	assert_datagram(&avs, 119, "AVS as Prism");
}

Test(links, ppi)
{
	struct bytes f = { 0 };
	put_le32(&f, 8 << 16);
	put_le32(&f, 1);
	put_ethernet(&f, 0x0800);
	put_datagram(&f);
	assert_datagram(&f, 192, "PPI");
	/* One in another without end. */
	struct bytes endless = { 0 };
	for (int i = 0; i < 200; i++) {
		put_le32(&endless, 8 << 16);
		put_le32(&endless, 192);
	}
	struct digest d = decode(&endless, 192);
	cr_assert_eq(d.known, DIGEST_WIRE);
}

static struct bytes pktap(unsigned dlt, unsigned flags)
{
	struct bytes f = { 0 };
	put_le32(&f, 108);
	put_le32(&f, 1);
	put_le32(&f, dlt);
	put_fill(&f, 0, 24);
	put_le32(&f, flags);
	put_fill(&f, 0, 68);
	return f;
}

Test(links, pktap)
{
	struct bytes f = pktap(1, 2), raw = pktap(12, 1), v2 = { 0 };
	put_ethernet(&f, 0x0800);
	put_datagram(&f);
	assert_datagram(&f, 258, "PKTAP");
	assert_datagram(&f, 149, "PKTAP as USER2");
	cr_assert_eq(way_of(&f, 258), DIGEST_SENT);
	put_datagram(&raw);
	assert_datagram(&raw, 258, "PKTAP, raw");
	cr_assert_eq(way_of(&raw, 258), DIGEST_RECEIVED);
	put8(&v2, 40);
	put_fill(&v2, 0, 5);
	put_le16(&v2, 1);
	put_fill(&v2, 0, 28);
	put_le32(&v2, 1u << 19 | 1);
	put_ethernet(&v2, 0x0800);
	put_datagram(&v2);
	assert_datagram(&v2, 258, "PKTAP, version 2");
	cr_assert_eq(way_of(&v2, 258), DIGEST_RECEIVED);
	/* The frame inside says that it was received (PPP with direction), and PKTAP that it went
	 * out: one of them, the outer one. */
	struct bytes two = pktap(204, 2);
	put8(&two, 0);
	put16(&two, 0xff03);
	put16(&two, 0x0021);
	put_datagram(&two);
	cr_assert_eq(way_of(&two, 258), DIGEST_SENT);
	/* The link type is for private use: others put other things there. */
	f.b[0] = 107;
	struct digest d = decode(&f, 149);
	cr_assert_not(digest_has(&d, DIGEST_DECODED));
	cr_assert_not(digest_has(&d, DIGEST_ADDRS));
}

static void put_attribute(struct bytes *f, bool big, unsigned type, unsigned length)
{
	if (big) {
		put16(f, length);
		put16(f, type);
	} else {
		put_le16(f, length);
		put_le16(f, type);
	}
}

Test(links, nflog)
{
	for (int big = 0; big < 2; big++) {
		struct bytes f = { 0 };
		put32(&f, 0x02000001);
		put_attribute(&f, big, 1, 8);
		put32(&f, 0x08000300);
		put_attribute(&f, big, 10, 7);
		put32(&f, 0x61620000);
		put_attribute(&f, big, 9, 40);
		put_datagram(&f);
		assert_datagram(&f, 239, "NFLOG");
		cr_assert_eq(way_of(&f, 239), DIGEST_SENT);
		f.b[10] = 1;
		cr_assert_eq(way_of(&f, 239), DIGEST_RECEIVED);
		f.b[0] = 7;
		assert_nothing(&f, 239);
	}
}

Test(links, infiniband)
{
	struct bytes bare = { 0 }, full = { 0 };
	put32(&bare, 0x08000000);
	put_datagram(&bare);
	assert_datagram(&bare, 242, "IPOIB");
	put_fill(&full, 0, 40);
	put_bytes(&full, &bare);
	struct digest d = decode(&full, 242);
	cr_assert(digest_has(&d, FLOW | DIGEST_PAYLOAD));
	assert_cuts_agree(&full, 242);
}
