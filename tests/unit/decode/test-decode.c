/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder: each layer, and frames that are cut, padded, fragmented or lie. */
#include <criterion/criterion.h>

#include "base/hash.h"
#include "agree.h"

/* The datagram of frame 105540: 50 bytes, 8 of them payload. */
static struct bytes newmail(void)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x0800);
	put_ipv4(&f, 36, 0, 17);
	put_udp(&f, 16);
	for (unsigned i = 1; i <= 8; i++)
		put8(&f, i);
	return f;
}

Test(decode, udp)
{
	struct bytes f = newmail();
	cr_assert_eq(f.n, 50);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, FLOW | DIGEST_PAYLOAD | DIGEST_WIRE | DIGEST_PREFIX));
	assert_addresses(&d, "10.1.1.1", "172.23.98.97");
	cr_assert_eq(d.ip_version, 4);
	cr_assert_eq(d.transport, TRANSPORT_UDP);
	cr_assert_eq(d.flow.src.port, 36003);
	cr_assert_eq(d.flow.dst.port, 2762);
	cr_assert_eq(d.payload_bytes, 8);
	cr_assert_eq(d.wire_bytes, 50);
	cr_assert_eq(d.prefix_n, 8);
	cr_assert_arr_eq(d.prefix, "\1\2\3\4\5\6\7\10", 8);
	cr_assert_eq(d.payload_hash, hash_payload("\1\2\3\4\5\6\7\10", 8));
}

Test(decode, padding_is_no_payload)
{
	struct bytes f = newmail();
	struct digest plain = decode(&f, ETHERNET);
	put_fill(&f, 0xee, 10);
	struct digest d = decode(&f, ETHERNET);
	cr_assert_eq(d.payload_bytes, 8);
	cr_assert_eq(d.prefix_n, 8);
	cr_assert_eq(d.payload_hash, plain.payload_hash);
	cr_assert_eq(d.wire_bytes, 60);
}

Test(decode, tcp_with_options)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x0800);
	put_ipv4(&f, 20 + 32 + 5, 0, 6);
	put_tcp(&f, 8, 0x18);
	put_fill(&f, 'x', 5);
	put_fill(&f, 0, 3);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, FLOW | DIGEST_TCP | DIGEST_PAYLOAD));
	cr_assert_eq(d.tcp_seq, 0x01020304u);
	cr_assert_eq(d.tcp_ack, 0x05060708u);
	cr_assert_eq(d.tcp_flags, TCP_PSH | TCP_ACK);
	cr_assert_eq(d.payload_bytes, 5);
	cr_assert_eq(d.prefix_n, 5);
}

Test(decode, tcp_header_that_lies)
{
	for (unsigned words = 0; words < 16; words++) {
		struct bytes f = { 0 };
		put_ethernet(&f, 0x0800);
		put_ipv4(&f, 20 + 24, 0, 6);
		put_tcp(&f, 5, 0x02);
		put_fill(&f, 0, 4);
		f.b[14 + 20 + 12] = (uint8_t)(words << 4);
		struct digest d = decode(&f, ETHERNET);
		cr_assert(digest_has(&d, FLOW | DIGEST_TCP));
		cr_assert_eq(digest_has(&d, DIGEST_PAYLOAD), words == 5 || words == 6,
			"header of %u words", words);
	}
}

Test(decode, ipv4_options_and_tags)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x88a8);
	put16(&f, 7);
	put16(&f, 0x8100);
	put16(&f, 8);
	put16(&f, 0x0800);
	size_t ip = f.n;
	put_ipv4(&f, 24 + 8 + 1, 0, 17);
	f.b[ip] = 0x46;
	put32(&f, 0x01010101);
	put_udp(&f, 9);
	put8(&f, '?');
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, FLOW | DIGEST_PAYLOAD));
	cr_assert_eq(d.payload_bytes, 1);
	cr_assert_eq(d.prefix[0], '?');
}

Test(decode, endless_tags_end)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x8100);
	while (f.n < sizeof f.b)
		put16(&f, 0x8100);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_DECODED));
	cr_assert_not(digest_has(&d, DIGEST_ADDRS));
}

Test(decode, snap_carries_an_ethertype)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 8 + 36);
	put32(&f, 0xaaaa0300);
	put32(&f, 0x00000800);
	put_ipv4(&f, 36, 0, 17);
	put_udp(&f, 16);
	put_fill(&f, 1, 8);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, FLOW | DIGEST_PAYLOAD));
}

/* A malformed IP header keeps what is certain. */
Test(decode, ipv4_header_that_lies)
{
	struct bytes f = newmail();
	for (unsigned words = 0; words < 5; words++) {
		f.b[14] = (uint8_t)(0x40 | words);
		struct digest d = decode(&f, ETHERNET);
		assert_addresses(&d, "10.1.1.1", "172.23.98.97");
		cr_assert_not(digest_has(&d, DIGEST_PORTS));
		cr_assert_not(digest_has(&d, DIGEST_PAYLOAD));
	}
	f.b[14] = 0x65;
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_DECODED));
	cr_assert_not(digest_has(&d, DIGEST_ADDRS));
	cr_assert_eq(d.transport, TRANSPORT_NONE);
	f.b[14] = 0x45;
	f.b[17] = 19; /* total length below the header's */
	d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_ADDRS));
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
}

Test(decode, udp_length_that_lies)
{
	for (unsigned length = 0; length < 40; length++) {
		struct bytes f = newmail();
		f.b[14 + 20 + 5] = (uint8_t)length;
		struct digest d = decode(&f, ETHERNET);
		cr_assert(digest_has(&d, FLOW));
		/* 0 is an offloaded datagram or a jumbogram: the IP header tells. */
		bool stated = length == 0 || (length >= 8 && length <= 16);
		cr_assert_eq(digest_has(&d, DIGEST_PAYLOAD), stated, "length %u", length);
		if (stated)
			cr_assert_eq(d.payload_bytes, length ? length - 8 : 8);
	}
}

/* Segmentation offload: the capture shows an IP length of 0 on a frame of many segments. */
Test(decode, offloaded_length)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x0800);
	put_ipv4(&f, 0, 0, 6);
	put_tcp(&f, 5, 0x10);
	put_fill(&f, 'x', 1000);
	struct digest d = decode_cut(&f, 200, ETHERNET, 70000);
	cr_assert(digest_has(&d, DIGEST_PAYLOAD));
	cr_assert_eq(d.payload_bytes, 70000 - 54);
	/* Where it is wrong: a packet that says 0 and is padded. The padding counts. */
	struct bytes g = { 0 };
	put_ethernet(&g, 0x0800);
	put_ipv4(&g, 0, 0, 6);
	put_tcp(&g, 5, 0x10);
	put_fill(&g, 0, 6);
	d = decode(&g, ETHERNET);
	cr_assert_eq(d.payload_bytes, 6);
}

Test(decode, ipv4_fragments)
{
	struct bytes first = { 0 };
	put_ethernet(&first, 0x0800);
	put_ipv4(&first, 20 + 24, 0x2000, 17);
	put_udp(&first, 2008);
	put_fill(&first, 'x', 16);
	struct digest d = decode(&first, ETHERNET);
	cr_assert(digest_has(&d, FLOW | DIGEST_PAYLOAD | DIGEST_PREFIX));
	cr_assert_eq(d.payload_bytes, 2000);
	cr_assert_not(digest_has(&d, DIGEST_FRAGMENT));

	struct bytes later = { 0 };
	put_ethernet(&later, 0x0800);
	put_ipv4(&later, 20 + 24, 3, 17);
	put_fill(&later, 'x', 24);
	d = decode(&later, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_FRAGMENT | DIGEST_ADDRS));
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	cr_assert_not(digest_has(&d, DIGEST_PAYLOAD));
	cr_assert_eq(d.transport, TRANSPORT_UDP);

	/* How long a TCP segment is, its first fragment does not say. */
	struct bytes tcp = { 0 };
	put_ethernet(&tcp, 0x0800);
	put_ipv4(&tcp, 20 + 24, 0x2000, 6);
	put_tcp(&tcp, 5, 0x10);
	put_fill(&tcp, 'x', 4);
	d = decode(&tcp, ETHERNET);
	cr_assert(digest_has(&d, FLOW | DIGEST_TCP));
	cr_assert_not(digest_has(&d, DIGEST_PAYLOAD));
}

static struct bytes extended(void)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x86dd);
	put_ipv6(&f, 8 + 16 + 8 + 12 + 8 + 8 + 3, 0);
	put16(&f, 43 << 8); /* hop by hop, 8 bytes, next: routing */
	put_fill(&f, 0, 6);
	put16(&f, 60 << 8 | 1); /* routing, 16 bytes, next: destination */
	put_fill(&f, 0, 14);
	put16(&f, 51 << 8); /* destination, next: authentication */
	put_fill(&f, 0, 6);
	put16(&f, 44 << 8 | 1); /* authentication, 12 bytes, next: fragment */
	put_fill(&f, 0, 10);
	put16(&f, 17 << 8); /* fragment: offset 0, none to come */
	put_fill(&f, 0, 6);
	put_udp(&f, 11);
	put_fill(&f, 'x', 3);
	return f;
}

Test(decode, ipv6_extension_headers)
{
	struct bytes f = extended();
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, FLOW | DIGEST_PAYLOAD));
	assert_addresses(&d, "2001:db8::1", "2001:db8::2");
	cr_assert_eq(d.ip_version, 6);
	cr_assert_eq(d.transport, TRANSPORT_UDP);
	cr_assert_eq(d.payload_bytes, 3);
}

/* Extension headers are not the transport's, and padding is nobody's. */
Test(decode, ipv6_extensions_are_no_payload)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x86dd);
	put_ipv6(&f, 16 + 20 + 3, 60);
	put16(&f, 6 << 8 | 1);
	put_fill(&f, 0, 14);
	put_tcp(&f, 5, 0x18);
	put_fill(&f, 'x', 3);
	put_fill(&f, 0, 30);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, FLOW | DIGEST_TCP | DIGEST_PAYLOAD));
	cr_assert_eq(d.payload_bytes, 3);
	cr_assert_eq(d.prefix_n, 3);
}

Test(decode, ipv6_extension_longer_than_its_packet)
{
	struct bytes f = extended();
	f.b[14 + 40 + 1] = 255;
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_ADDRS));
	cr_assert_eq(d.transport, TRANSPORT_NONE);
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
}

Test(decode, ipv6_later_fragment)
{
	/* The next header of a later fragment is that of the first one: destination options here,
	 * behind which nothing of this frame is a header. */
	struct bytes f = { 0 };
	put_ethernet(&f, 0x86dd);
	put_ipv6(&f, 24, 44);
	put16(&f, 60 << 8);
	put16(&f, 64 << 3 | 1);
	put32(&f, 1);
	put16(&f, 17 << 8);
	put_fill(&f, 0, 14);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_FRAGMENT | DIGEST_ADDRS));
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	cr_assert_eq(d.transport, TRANSPORT_NONE);
}

Test(decode, ipv6_nothing_behind)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x86dd);
	put_ipv6(&f, 0, 59);
	put_fill(&f, 0, 6);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_ADDRS));
	cr_assert_eq(d.transport, 59);
	cr_assert_not(digest_has(&d, DIGEST_PAYLOAD));
}

/* The ping of the directory service: one byte, 0x3F, in a frame that Ethernet pads. */
Test(decode, icmp_echo)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x0800);
	put_ipv4(&f, 29, 0, 1);
	put32(&f, 0x08000000);
	put16(&f, 0x0200);
	put16(&f, 256);
	put8(&f, 0x3f);
	put_fill(&f, 0, 17);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_ICMP | DIGEST_ECHO | DIGEST_PAYLOAD | DIGEST_PREFIX));
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	cr_assert_eq(d.icmp_type, 8);
	cr_assert_eq(d.icmp_id, 0x200);
	cr_assert_eq(d.icmp_seq, 256);
	cr_assert_eq(d.payload_bytes, 1);
	cr_assert_eq(d.prefix_n, 1);
	cr_assert_eq(d.prefix[0], 0x3f);
}

static struct bytes port_unreachable(void)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x0800);
	put_ipv4(&f, 20 + 8 + 28, 0, 1);
	put32(&f, 0x03030000);
	put32(&f, 0);
	put_ipv4(&f, 36, 0, 17);
	put_udp(&f, 16);
	return f;
}

Test(decode, icmp_error_quotes_its_packet)
{
	struct bytes f = port_unreachable();
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_ICMP | DIGEST_QUOTED | DIGEST_PAYLOAD));
	cr_assert_not(digest_has(&d, DIGEST_ECHO));
	cr_assert(digest_is_icmp_error(&d));
	cr_assert_eq(d.quoted_transport, TRANSPORT_UDP);
	cr_assert_eq(d.quoted.src.port, 36003);
	cr_assert_eq(d.quoted.dst.port, 2762);
	cr_assert(addr_equal(&d.quoted.src.addr, &d.flow.src.addr));
	cr_assert_eq(d.payload_bytes, 28);
	/* Without its ports the quoted flow is not known. */
	d = decode_cut(&f, f.n - 5, ETHERNET, (uint32_t)f.n);
	cr_assert_not(digest_has(&d, DIGEST_QUOTED));
}

/* The bytes of a later fragment are no ports, even where an error quotes them. */
Test(decode, icmp_error_about_a_later_fragment)
{
	struct bytes f = port_unreachable();
	f.b[14 + 20 + 8 + 7] = 3;
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_ICMP));
	cr_assert_not(digest_has(&d, DIGEST_QUOTED));
}

Test(decode, icmpv6_error_and_echo)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x86dd);
	put_ipv6(&f, 8 + 48, 58);
	put32(&f, 0x01040000);
	put32(&f, 0);
	put_ipv6(&f, 8, 17);
	put_udp(&f, 8);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_QUOTED));
	cr_assert_eq(d.quoted.dst.port, 2762);
	struct bytes g = { 0 };
	put_ethernet(&g, 0x86dd);
	put_ipv6(&g, 8, 58);
	put32(&g, 0x80000000);
	put32(&g, 0x00070009);
	d = decode(&g, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_ECHO | DIGEST_PAYLOAD));
	cr_assert_eq(d.icmp_id, 7);
	cr_assert_eq(d.icmp_seq, 9);
	cr_assert_eq(d.payload_bytes, 0);
	cr_assert_not(digest_has(&d, DIGEST_PREFIX));
}

Test(decode, arp)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x0806);
	put16(&f, 1);
	put16(&f, 0x0800);
	put16(&f, 0x0604);
	put16(&f, 1);
	put_fill(&f, 2, 6);
	put32(&f, 0x0a010101);
	put_fill(&f, 0, 6);
	put32(&f, 0x0a010102);
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_DECODED | DIGEST_ARP));
	assert_addresses(&d, "10.1.1.1", "10.1.1.2");
	cr_assert_eq(d.transport, TRANSPORT_NONE);
	d = decode_cut(&f, f.n - 1, ETHERNET, (uint32_t)f.n);
	cr_assert(digest_has(&d, DIGEST_ARP));
	cr_assert_not(digest_has(&d, DIGEST_ADDRS));
}

/* The checksum's coverage says nothing of the length; one that cannot be makes it void. */
Test(decode, udplite)
{
	for (unsigned covered = 0; covered < 20; covered++) {
		struct bytes f = { 0 };
		put_ethernet(&f, 0x0800);
		put_ipv4(&f, 20 + 8 + 8, 0, 136);
		put_udp(&f, covered);
		put_fill(&f, 'x', 8);
		put_fill(&f, 0, 10);
		struct digest d = decode(&f, ETHERNET);
		cr_assert(digest_has(&d, FLOW));
		bool sound = covered == 0 || (covered >= 8 && covered <= 16);
		cr_assert_eq(digest_has(&d, DIGEST_PAYLOAD), sound, "coverage %u", covered);
		if (sound)
			cr_assert(d.payload_bytes == 8 && d.prefix_n == 8);
		assert_cuts_agree(&f, ETHERNET);
	}
}

Test(decode, transports_with_ports_and_no_payload)
{
	for (unsigned protocol = 0; protocol < 256; protocol++) {
		struct bytes f = { 0 };
		put_ethernet(&f, 0x0800);
		put_ipv4(&f, 20 + 16, 0, protocol);
		put_udp(&f, 16);
		put_fill(&f, 0, 8);
		struct digest d = decode(&f, ETHERNET);
		cr_assert(digest_has(&d, DIGEST_ADDRS));
		bool ports = protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 ||
			protocol == 136;
		cr_assert_eq(digest_has(&d, DIGEST_PORTS), ports, "protocol %u", protocol);
		if (protocol == 33 || protocol == 132)
			cr_assert_not(digest_has(&d, DIGEST_PAYLOAD));
	}
}

Test(decode, icmp_error_about_sctp)
{
	struct bytes f = port_unreachable();
	f.b[14 + 20 + 8 + 9] = 132;
	struct digest d = decode(&f, ETHERNET);
	cr_assert(digest_has(&d, DIGEST_QUOTED));
	cr_assert_eq(d.quoted_transport, TRANSPORT_SCTP);
	cr_assert_eq(d.quoted.dst.port, 2762);
}

Test(decode, way_beside_the_frame)
{
	struct bytes f = newmail();
	const enum packet_way ways[] = { WAY_UNKNOWN, WAY_IN, WAY_OUT };
	const uint32_t bits[] = { 0, DIGEST_RECEIVED, DIGEST_SENT };
	for (size_t i = 0; i < 3; i++) {
		struct packet p = { .bytes = span_of(f.b, f.n),
			.link_type = ETHERNET,
			.wire_bytes = (uint32_t)f.n,
			.way = ways[i] };
		struct digest d;
		decode_packet(&p, &d);
		cr_assert_eq(d.known & (DIGEST_SENT | DIGEST_RECEIVED), bits[i]);
	}
}

Test(decode, other_protocols_keep_their_number)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x0800);
	put_ipv4(&f, 40, 0, 103);
	put_fill(&f, 0, 20);
	struct digest d = decode(&f, ETHERNET);
	cr_assert_eq(d.transport, 103);
	cr_assert_eq(d.known, DIGEST_DECODED | DIGEST_ADDRS | DIGEST_WIRE | DIGEST_HOPS);
	/* ICMP of the other version is not that protocol. */
	f.b[14 + 9] = 58;
	d = decode(&f, ETHERNET);
	cr_assert_not(digest_has(&d, DIGEST_ICMP));
}

Test(decode, unknown_links_are_undecodable)
{
	struct bytes f = newmail();
	struct digest d = decode(&f, 147);
	cr_assert_eq(d.known, DIGEST_WIRE);
	f.b[0] = 0x55;
	d = decode(&f, 101);
	cr_assert_not(digest_has(&d, DIGEST_DECODED));
	d = decode_cut(&f, 0, ETHERNET, 60);
	cr_assert_eq(d.known, DIGEST_WIRE);
	cr_assert_eq(d.wire_bytes, 60);
}

Test(decode, digested_packets_pass)
{
	struct packet p = { .digested = true };
	p.digest.known = DIGEST_DECODED | DIGEST_PAYLOAD;
	p.digest.payload_bytes = 8;
	struct digest d;
	decode_packet(&p, &d);
	cr_assert_eq(d.known, DIGEST_DECODED | DIGEST_PAYLOAD);
	cr_assert_eq(d.payload_bytes, 8);
}

static size_t hard_frames(struct bytes out[4])
{
	struct bytes tcp = { 0 };
	put_ethernet(&tcp, 0x0800);
	put_ipv4(&tcp, 20 + 32 + 20, 0, 6);
	put_tcp(&tcp, 8, 0x18);
	put_fill(&tcp, 'x', 20);
	out[0] = newmail();
	out[1] = extended();
	out[2] = port_unreachable();
	out[3] = tcp;
	return 4;
}

Test(decode, every_cut_says_nothing_wrong)
{
	struct bytes frames[4];
	size_t count = hard_frames(frames);
	for (size_t i = 0; i < count; i++)
		assert_cuts_agree(&frames[i], ETHERNET);
}

Test(decode, every_byte_may_lie)
{
	struct bytes frames[4];
	size_t count = hard_frames(frames);
	for (size_t i = 0; i < count; i++)
		assert_lies_are_bounded(&frames[i], ETHERNET);
}
