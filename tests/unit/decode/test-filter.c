/* SPDX-License-Identifier: Apache-2.0 */
/* The packet filter: frames with bytes, and records of text that have none. */
#include <criterion/criterion.h>

#include "decode/filter.h"
#include "frame.h"

static struct filter *make(const char *expression)
{
	struct filter *f = NULL;
	struct err err = { 0 };
	cr_assert_eq(filter_new(expression, &f, &err), 0, "%s: %s", expression, err.msg);
	return f;
}

static bool match_frame(const char *expression, const struct bytes *frame, uint32_t link)
{
	struct filter *f = make(expression);
	struct packet p = { .bytes = span_of(frame->b, frame->n),
		.link_type = link,
		.wire_bytes = (uint32_t)frame->n };
	struct digest d;
	decode_packet(&p, &d);
	bool match = filter_match(f, &p, &d);
	cr_assert_eq(filter_match(f, &p, &d), match);
	filter_free(f);
	return match;
}

static bool match_digest(const char *expression, const struct digest *d)
{
	struct filter *f = make(expression);
	struct packet p = { .digested = true, .digest = *d };
	bool match = filter_match(f, &p, d);
	filter_free(f);
	return match;
}

static struct bytes datagram(bool ethernet)
{
	struct bytes f = { 0 };
	if (ethernet)
		put_ethernet(&f, 0x0800);
	put_ipv4(&f, 36, 0, 17);
	put_udp(&f, 16);
	put_fill(&f, 1, 8);
	return f;
}

static struct digest digest_of(uint8_t transport, uint32_t known)
{
	struct bytes f = datagram(true);
	struct digest d = decode(&f, 1);
	d.transport = transport;
	d.known = DIGEST_DECODED | DIGEST_ADDRS | known;
	return d;
}

Test(filter, frames_on_their_link_type)
{
	struct bytes eth = datagram(true), raw = datagram(false), null = { 0 };
	put32(&null, 0x02000000);
	memcpy(null.b + null.n, raw.b, raw.n);
	null.n += raw.n;
	cr_assert(match_frame("udp and dst port 2762 and host 10.1.1.1", &eth, 1));
	cr_assert(match_frame("udp and dst port 2762 and host 10.1.1.1", &raw, 101));
	cr_assert(match_frame("udp and dst port 2762 and host 10.1.1.1", &raw, 228));
	cr_assert(match_frame("udp and dst port 2762 and host 10.1.1.1", &null, 0));
	cr_assert_not(match_frame("tcp or port 2763", &eth, 1));
	cr_assert_not(match_frame("tcp or port 2763", &raw, 101));
}

Test(filter, what_a_link_type_cannot_express_selects_nothing)
{
	struct bytes eth = datagram(true), raw = datagram(false);
	cr_assert(match_frame("ether host 02:02:02:02:02:02", &eth, 1));
	cr_assert_not(match_frame("ether host 02:02:02:02:02:02", &raw, 101));
	/* A link type that libpcap has no code for at all. */
	cr_assert_not(match_frame("udp", &raw, 12345));
}

/* libpcap knows no addresses behind these headers; the decoder does. */
Test(filter, link_types_that_libpcap_cannot_express)
{
	struct bytes f = { 0 }, raw = datagram(false);
	put_le32(&f, 108);
	put_le32(&f, 1);
	put_le32(&f, 12);
	put_fill(&f, 0, 96);
	put_bytes(&f, &raw);
	cr_assert(match_frame("udp port 2762 and host 10.1.1.1", &f, 258));
	cr_assert_not(match_frame("udp port 2763", &f, 258));
	cr_assert_not(match_frame("ether host 02:02:02:02:02:02", &f, 258));
	cr_assert(match_frame("udp port 2762", &raw, 12));
}

Test(filter, wrong_expressions)
{
	static const char *const wrong[] = { "udp and", "prot 17", "port 99999", "(",
		"host 1.2.3.4.5" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct filter *f = NULL;
		struct err err = { 0 };
		cr_assert_eq(filter_new(wrong[i], &f, &err), -1, "%s", wrong[i]);
		cr_assert_eq(err.kind, ERR_USAGE);
		cr_assert_gt(strlen(err.msg), 8);
		cr_assert_null(f);
	}
	filter_free(NULL);
}

Test(filter, empty_expression_selects_all)
{
	struct bytes eth = datagram(true);
	struct digest d = digest_of(TRANSPORT_UDP, DIGEST_PORTS);
	cr_assert(match_frame("", &eth, 1));
	cr_assert(match_digest("", &d));
}

Test(filter, digests)
{
	struct digest d = digest_of(TRANSPORT_UDP, DIGEST_PORTS | DIGEST_PAYLOAD);
	cr_assert(match_digest("udp port 2762 and src host 10.1.1.1 and udp[4:2] = 16", &d));
	cr_assert(match_digest("len = 36", &d));
	cr_assert_not(match_digest("src host 172.23.98.97", &d));
	cr_assert_not(match_digest("ether host 02:02:02:02:02:02", &d));
	d.known |= DIGEST_WIRE;
	d.wire_bytes = 50;
	cr_assert(match_digest("len = 50", &d));
}

Test(filter, unknown_fields_select_nothing)
{
	struct digest d = digest_of(TRANSPORT_UDP, 0);
	cr_assert(match_digest("udp and host 10.1.1.1", &d));
	cr_assert_not(match_digest("port 0", &d));
	cr_assert_not(match_digest("udp[4:2] = 8", &d));
	struct digest none = { .known = DIGEST_DECODED, .transport = TRANSPORT_NONE };
	cr_assert_not(match_digest("ip or ip6", &none));
	struct digest later = digest_of(TRANSPORT_UDP, DIGEST_FRAGMENT);
	cr_assert(match_digest("ip[6:2] & 0x1fff != 0", &later));
}

Test(filter, digests_of_tcp_and_icmp)
{
	struct digest tcp = digest_of(TRANSPORT_TCP, DIGEST_PORTS | DIGEST_TCP);
	tcp.tcp_flags = TCP_SYN;
	cr_assert(match_digest("tcp[tcpflags] & tcp-syn != 0 and dst port 2762", &tcp));
	struct digest ping = digest_of(TRANSPORT_ICMP, DIGEST_ICMP | DIGEST_ECHO);
	ping.icmp_type = 8;
	ping.icmp_id = 0x200;
	cr_assert(match_digest("icmp[icmptype] = icmp-echo and icmp[4:2] = 0x200", &ping));
	cr_assert_not(match_digest("icmp[icmptype] = icmp-echoreply", &ping));
}

Test(filter, digests_of_ipv6)
{
	struct bytes f = { 0 };
	put_ethernet(&f, 0x86dd);
	put_ipv6(&f, 16, 17);
	put_udp(&f, 16);
	put_fill(&f, 1, 8);
	struct digest d = decode(&f, 1);
	cr_assert(match_digest("ip6 host 2001:db8::2 and udp dst port 2762", &d));
	cr_assert_not(match_digest("ip", &d));
}

/* More link types than are kept compiled. */
Test(filter, many_link_types)
{
	struct bytes raw = datagram(false);
	struct filter *f = make("udp");
	for (int round = 0; round < 2; round++)
		for (uint32_t link = 200; link < 260; link++) {
			struct packet p = {
				.bytes = span_of(raw.b, raw.n), .link_type = link, .wire_bytes = 36
			};
			struct digest d = { 0 };
			bool match = filter_match(f, &p, &d);
			if (link == 228)
				cr_assert(match);
		}
	filter_free(f);
}
