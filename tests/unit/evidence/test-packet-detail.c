/* SPDX-License-Identifier: Apache-2.0 */
/* The packet-detail reader: what old and new Wireshark print, and details that are cut. */
#include "capture_case.h"

#include "base/hash.h"
#include "evidence/capture/capture.h"

#define OLD                                                                                      \
	"Frame 105540 (50 bytes on wire, 50 bytes captured)\n"                                   \
	"Ethernet II, Src: HewlettP_11:11:11 (00:1c:c4:11:11:11), Dst: 15 (00:00:0c:07:ac:15)\n" \
	"Internet Protocol, Src: 10.1.1.1 (10.1.1.1), Dst: 172.23.98.97 (172.23.98.97)\n"        \
	"User Datagram Protocol, Src Port: 36003 (36003), Dst Port: dicom-tls (2762)\n"          \
	"Data (8 bytes)\n"

#define PING                                                                                     \
	"Frame 1: 60 bytes on wire (480 bits), 60 bytes captured (480 bits) on interface eth0, " \
	"id 0\n"                                                                                 \
	"    Encapsulation type: Ethernet (1)\n"                                                 \
	"    Arrival Time: Jan  4, 2010 15:20:14.454856000 W. Europe Standard Time\n"            \
	"    Frame Number: 1\n"                                                                  \
	"Ethernet II, Src: 02:02:02:02:02:02, Dst: 02:02:02:02:02:03\n"                          \
	"Internet Protocol Version 4, Src: 10.1.1.1, Dst: 10.1.1.9\n"                            \
	"    0100 .... = Version: 4\n"                                                           \
	"    Total Length: 29\n"                                                                 \
	"Internet Control Message Protocol\n"                                                    \
	"    Type: 8 (Echo (ping) request)\n"                                                    \
	"    Code: 0\n"                                                                          \
	"    Checksum: 0xb6c0 [correct]\n"                                                       \
	"    Identifier (BE): 512 (0x0200)\n"                                                    \
	"    Identifier (LE): 2 (0x0002)\n"                                                      \
	"    Sequence Number (BE): 256 (0x0100)\n"                                               \
	"    Sequence Number (LE): 1 (0x0001)\n"                                                 \
	"    Data (1 byte)\n"                                                                    \
	"\n"                                                                                     \
	"0000  3f                                                ?\n"                            \
	"        Data: 3f\n"                                                                     \
	"        [Length: 1]\n"

#define FRAME "Frame 3: 90 bytes on wire (720 bits), 90 bytes captured (720 bits)\n"
#define IP4 "Internet Protocol Version 4, Src: 10.1.1.1, Dst: 10.1.1.9\n"
#define UDP "User Datagram Protocol, Src Port: 36003, Dst Port: 2762\n"

static struct digest detail(const char *text)
{
	struct met m;
	read_text(&format_packet_detail, text, &m);
	cr_assert_eq(m.errors, 0, "%s: line %lu", text, (unsigned long)m.errs[0].line);
	cr_assert_eq(m.items, 1);
	return *digest_at(&m, 0);
}

Test(packet_detail, the_form_of_the_article)
{
	struct met m;
	cr_assert(recognises(&format_packet_detail, OLD));
	read_text(&format_packet_detail, OLD, &m);
	cr_assert_eq(m.items, 1);
	cr_assert_eq(m.errors, 0);
	cr_assert_eq(m.records[0].number, 105540);
	cr_assert_not(m.records[0].has_time);
	cr_assert(m.records[0].packet.digested);
	const struct digest *d = digest_at(&m, 0);
	cr_assert(digest_has(
		d, DIGEST_DECODED | DIGEST_ADDRS | DIGEST_PORTS | DIGEST_PAYLOAD | DIGEST_WIRE));
	cr_assert_eq(d->transport, TRANSPORT_UDP);
	cr_assert_eq(d->flow.src.port, 36003);
	cr_assert_eq(d->flow.dst.port, 2762);
	cr_assert_eq(d->payload_bytes, 8);
	cr_assert_eq(d->wire_bytes, 50);
	char text[ADDR_TEXT_BYTES];
	cr_assert_str_eq(addr_format(&d->flow.dst.addr, text), "172.23.98.97");
}

Test(packet_detail, ping_in_full)
{
	struct met m;
	read_text(&format_packet_detail, PING, &m);
	cr_assert_eq(m.errors, 0);
	cr_assert_eq(m.items, 1);
	cr_assert(m.records[0].has_time);
	cr_assert_eq(m.records[0].when.ns, 1262618414454856000);
	const struct digest *d = digest_at(&m, 0);
	cr_assert(digest_has(d, DIGEST_ICMP | DIGEST_ECHO | DIGEST_PAYLOAD | DIGEST_PREFIX));
	cr_assert_eq(d->transport, TRANSPORT_ICMP);
	cr_assert_eq(d->icmp_type, 8);
	cr_assert_eq(d->icmp_id, 0x200);
	cr_assert_eq(d->icmp_seq, 256);
	cr_assert_eq(d->payload_bytes, 1);
	cr_assert_eq(d->prefix_n, 1);
	cr_assert_eq(d->prefix[0], 0x3f);
	cr_assert_eq(d->payload_hash, hash_payload("?", 1));
}

Test(packet_detail, icmpv6_prints_its_type_behind_the_words)
{
	struct digest d = detail(FRAME
		"Internet Protocol Version 6, Src: fe80::1, Dst: fe80::2\n"
		"Internet Control Message Protocol v6\n    Type: Echo (ping) request (128)\n"
		"    Code: 0\n    Identifier: 0x0009\n    Sequence: 1\n    Data (56 bytes)\n");
	cr_assert(digest_has(&d, DIGEST_ICMP | DIGEST_ECHO | DIGEST_PAYLOAD));
	cr_assert_eq(d.transport, TRANSPORT_ICMPV6);
	cr_assert_eq(d.icmp_type, 128);
	cr_assert_eq(d.icmp_id, 9);
	cr_assert_eq(d.payload_bytes, 56);
}

/* Wireshark takes a timestamp off the front of some pings: Data is then not the whole payload. */
Test(packet_detail, ping_with_a_timestamp)
{
	struct digest d = detail(
		FRAME IP4 "Internet Control Message Protocol\n"
			  "    Type: 8 (Echo (ping) request)\n    Code: 0\n"
			  "    Timestamp from icmp data: Nov  3, 2024 11:21:55.000000000 UTC\n"
			  "    [Timestamp from icmp data (relative): 0.924811304 seconds]\n"
			  "    Data (48 bytes)\n");
	cr_assert(digest_has(&d, DIGEST_ICMP));
	cr_assert_not(digest_has(&d, DIGEST_PAYLOAD));
	cr_assert_not(digest_has(&d, DIGEST_PREFIX));
}

Test(packet_detail, udp_length_wins)
{
	struct digest d = detail(FRAME IP4 UDP
		"    Source Port: 36003\n    Length: 16\n"
		"    [Stream index: 0]\nData (5 bytes)\n    Data: 0102030405\n    [Length: 5]\n");
	cr_assert_eq(d.payload_bytes, 8);
	cr_assert_not(digest_has(&d, DIGEST_PREFIX));
	/* Bytes that are not all printed have no hash. */
	d = detail(FRAME IP4 UDP "Data (50 bytes)\n    Data: 0102030405\xe2\x80\xa6\n");
	cr_assert_eq(d.payload_bytes, 50);
	cr_assert_not(digest_has(&d, DIGEST_PREFIX));
}

Test(packet_detail, data_behind_another_protocol)
{
	struct digest d =
		detail(FRAME IP4 UDP "Session Initiation Protocol (INVITE)\nData (5 bytes)\n");
	cr_assert(digest_has(&d, DIGEST_PORTS));
	cr_assert_not(digest_has(&d, DIGEST_PAYLOAD));
	d = detail(FRAME IP4 "Data (1480 bytes)\n");
	cr_assert_not(digest_has(&d, DIGEST_PAYLOAD));
	cr_assert_eq(d.transport, TRANSPORT_NONE);
}

Test(packet_detail, tcp)
{
	struct digest d = detail(FRAME
		"Internet Protocol Version 6, Src: 2001:db8::1, Dst: host.example (2001:db8::2)\n"
		"Transmission Control Protocol, Src Port: https (443), Dst Port: 50000 (50000), "
		"Seq: 10, Ack: 20, Len: 30\n    Flags: 0x018 (PSH, ACK)\n"
		"Transport Layer Security\n");
	cr_assert(digest_has(&d, DIGEST_PORTS | DIGEST_TCP | DIGEST_PAYLOAD));
	cr_assert_eq(d.ip_version, 6);
	cr_assert_eq(d.flow.src.port, 443);
	cr_assert_eq(d.tcp_seq, 10);
	cr_assert_eq(d.tcp_ack, 20);
	cr_assert_eq(d.tcp_flags, TCP_PSH | TCP_ACK);
	cr_assert_eq(d.payload_bytes, 30);
	/* Without its flags a segment's numbers are not used. */
	d = detail(FRAME IP4
		"Transmission Control Protocol, Src Port: 1, Dst Port: 2, Seq: 0, Len: 0\n");
	cr_assert_not(digest_has(&d, DIGEST_TCP));
	cr_assert(digest_has(&d, DIGEST_PAYLOAD));
}

Test(packet_detail, icmp_error)
{
	struct digest d = detail(
		FRAME IP4 "Internet Control Message Protocol\n"
			  "    Type: 3 (Destination unreachable)\n    Code: 3 (Port unreachable)\n"
			  "    Internet Protocol Version 4, Src: 10.1.1.9, Dst: 10.1.1.1\n"
			  "        Total Length: 36\n"
			  "    User Datagram Protocol, Src Port: 2762, Dst Port: 36003\n"
			  "        Length: 16\nData (8 bytes)\n");
	cr_assert(digest_has(&d, DIGEST_ICMP | DIGEST_QUOTED));
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	cr_assert_not(digest_has(&d, DIGEST_PAYLOAD));
	cr_assert_eq(d.quoted_transport, TRANSPORT_UDP);
	cr_assert_eq(d.quoted.src.port, 2762);
	cr_assert_eq(d.quoted.dst.port, 36003);
}

/* Of a tunnel the outermost packet counts, as it does for frames with bytes. */
Test(packet_detail, tunnels)
{
	struct digest d =
		detail(FRAME IP4 "Internet Protocol Version 4, Src: 1.1.1.1, Dst: 2.2.2.2\n" UDP);
	char text[ADDR_TEXT_BYTES];
	cr_assert_str_eq(addr_format(&d.flow.src.addr, text), "10.1.1.1");
	cr_assert_eq(d.transport, TRANSPORT_NONE);
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	d = detail(FRAME IP4 UDP
		"    Length: 50\nVirtual eXtensible Local Area Network\n"
		"Ethernet II, Src: a, Dst: b\n"
		"Internet Protocol Version 4, Src: 1.1.1.1, Dst: 2.2.2.2\n"
		"User Datagram Protocol, Src Port: 1, Dst Port: 2\n    Length: 9\nData (1 byte)\n");
	cr_assert_eq(d.flow.src.port, 36003);
	cr_assert_eq(d.payload_bytes, 42);
}

Test(packet_detail, several_frames)
{
	struct met m;
	read_text(&format_packet_detail, "\xef\xbb\xbfsome words\n\n" OLD "\n" PING "\n" FRAME, &m);
	cr_assert_eq(m.items, 3);
	cr_assert_eq(m.errors, 0);
	cr_assert_eq(m.records[0].number, 105540);
	cr_assert_eq(m.records[1].number, 1);
	cr_assert_eq(m.records[2].number, 3);
	cr_assert_eq(digest_at(&m, 0)->payload_bytes, 8);
	cr_assert_eq(digest_at(&m, 1)->payload_bytes, 1);
	cr_assert_eq(digest_at(&m, 2)->known, DIGEST_DECODED | DIGEST_WIRE);
}

/* Lines behind a frame line that cannot be read are not the frame's before it. */
Test(packet_detail, damaged_frame_line)
{
	struct met m;
	read_text(&format_packet_detail,
		FRAME IP4 "Frame 4 (many bytes on wire, 50 bytes captured)\n" UDP OLD, &m);
	cr_assert_eq(m.errors, 1);
	cr_assert_eq(m.errs[0].kind, ERR_MALFORMED);
	cr_assert_eq(m.errs[0].line, 3);
	cr_assert_eq(m.items, 2);
	cr_assert_not(digest_has(digest_at(&m, 0), DIGEST_PORTS));
	cr_assert(digest_has(digest_at(&m, 1), DIGEST_PORTS));
}

Test(packet_detail, damaged_lines)
{
	static const char *const bad[] = {
		"Internet Protocol Version 4, Src: 10.1.1.1, Dst: 10.1.1\n",
		IP4 "User Datagram Protocol, Src Port: 36003, Dst Port: 99999\n",
		IP4 "User Datagram Protocol, Src Port: 36003\n",
		IP4 UDP "    Length: 7\n",
		IP4 UDP "Data (x bytes)\n",
		IP4 "Internet Control Message Protocol\n    Type: 256\n",
		"    Arrival Time: Foo 14, 2010 15:20:14.454856000\n",
		"    Arrival Time: Jan 14, 2010\n",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[600];
		struct met m;
		snprintf(text, sizeof text, FRAME "%s", bad[i]);
		read_text(&format_packet_detail, text, &m);
		cr_assert_eq(m.errors, 1, "%s", bad[i]);
		cr_assert_eq(m.errs[0].kind, ERR_MALFORMED, "%s", bad[i]);
		cr_assert_eq(m.items, 1);
		assert_counts(&m);
	}
}

Test(packet_detail, arrival_times)
{
	static const char *const times[] = { "Jan 14, 2010 15:20:14.454856000",
		"Jan 14, 2010 15:20:14.454856000 CST", "2010-01-14 15:20:14.454856",
		"2010-01-14T15:20:14.454856000 UTC" };
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char text[400];
		struct met m;
		snprintf(text, sizeof text, FRAME "    Arrival Time: %s\n" IP4, times[i]);
		read_text(&format_packet_detail, text, &m);
		cr_assert(m.records[0].has_time, "%s", times[i]);
		cr_assert_eq(m.records[0].when.ns, 1263482414454856000, "%s", times[i]);
	}
}

/* Whatever is cut off, the frame says nothing that the whole one does not say. */
static void cut_everywhere(const char *text)
{
	struct met all, m;
	read_text(&format_packet_detail, text, &all);
	const struct digest *whole = digest_at(&all, 0);
	for (size_t n = 0; n < strlen(text); n++) {
		read_span(&format_packet_detail, span_of(text, n), &m);
		cr_assert_leq(m.items, 1);
		cr_assert_leq(m.errors, 1);
		assert_counts(&m);
		if (m.errors)
			cr_assert_eq(m.errs[0].kind, ERR_TRUNCATED, "cut at %zu", n);
		if (m.items == 0)
			continue;
		const struct digest *d = digest_at(&m, 0);
		cr_assert_eq(d->known & ~whole->known, 0, "cut at %zu", n);
		cr_assert_eq(m.records[0].number, all.records[0].number);
		if (digest_has(d, DIGEST_ADDRS))
			cr_assert(addr_equal(&d->flow.dst.addr, &whole->flow.dst.addr));
		if (digest_has(d, DIGEST_PORTS))
			cr_assert_eq(d->flow.dst.port, whole->flow.dst.port, "cut at %zu", n);
		if (digest_has(d, DIGEST_PAYLOAD))
			cr_assert_eq(d->payload_bytes, whole->payload_bytes, "cut at %zu", n);
		if (digest_has(d, DIGEST_ECHO))
			cr_assert_eq(d->icmp_seq, whole->icmp_seq, "cut at %zu", n);
		if (m.records[0].has_time)
			cr_assert_eq(m.records[0].when.ns, all.records[0].when.ns);
	}
}

Test(packet_detail, every_cut_says_nothing_wrong)
{
	cut_everywhere(OLD);
	cut_everywhere(PING);
	cut_everywhere(FRAME IP4 UDP "    Length: 1234\nData (1226 bytes)\n");
}

/* The article's file without its last newline: the closing bracket proves the line whole. */
Test(packet_detail, unterminated_last_line)
{
	char text[] = OLD;
	text[sizeof OLD - 2] = '\0';
	struct digest d = detail(text);
	cr_assert_eq(d.payload_bytes, 8);
}

Test(packet_detail, recognises)
{
	cr_assert(recognises(&format_packet_detail, FRAME));
	cr_assert(recognises(&format_packet_detail,
		"No. Time Source Destination Protocol Info\n1 0.1 1.1.1.1 2.2.2.2 UDP "
		"x\n\n" FRAME));
	static const char *const others[] = { "", "Frame\n", "Frame 1\n",
		"Frame 12 of the picture\n", "Frame 0 (50 bytes on wire, 50 bytes captured)\n",
		"    " FRAME, "No. Time Source Destination Protocol Info\n" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		cr_assert_not(recognises(&format_packet_detail, others[i]), "%s", others[i]);
	cr_assert_not(format_packet_detail.recognise(span_of(FRAME, sizeof FRAME - 2), false));
}
