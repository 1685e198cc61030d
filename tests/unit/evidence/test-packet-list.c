/* SPDX-License-Identifier: Apache-2.0 */
/* The packet-list reader: what old and new Wireshark print, and lists that are cut or are none. */
#include "capture_case.h"

#include "base/hash.h"
#include "base/limits.h"
#include "evidence/capture/capture.h"

#define HEADER "No. Time Source Destination Protocol Info\n"
#define LENGTHS                                                                               \
	"No.     Time           Source                Destination           Protocol Length " \
	"Info\n"
#define ROW "7 2010-01-14 15:20:14.454856 10.1.1.1 172.23.98.97 "

static void read_row(const char *header, const char *row, struct met *m)
{
	char text[1000];
	snprintf(text, sizeof text, "%s%s\n", header, row);
	read_text(&format_packet_list, text, m);
}

/* The one digest of a row that is to be read without complaint. */
static struct digest row(const char *header, const char *line)
{
	struct met m;
	read_row(header, line, &m);
	cr_assert_eq(m.items, 1, "%s", line);
	cr_assert_eq(m.errors, 0, "%s", line);
	return *digest_at(&m, 0);
}

static void assert_ports(const struct digest *d, uint8_t transport, unsigned src, unsigned dst)
{
	cr_assert_eq(d->transport, transport);
	cr_assert(digest_has(d, DIGEST_PORTS | DIGEST_ADDRS | DIGEST_DECODED));
	cr_assert_eq(d->flow.src.port, src);
	cr_assert_eq(d->flow.dst.port, dst);
}

Test(packet_list, the_form_of_the_article)
{
	struct met m;
	read_text(&format_packet_list,
		HEADER
		"\n...\n\n" ROW "UDP Source port: 36003 Destination port: dicom-tls\n\n"
		"105546 2010-01-14 15:20:14.454856 10.1.1.1 172.2.10.63 UDP Source port: 36007 "
		"Destination port: 4642\n\n...\n",
		&m);
	cr_assert_eq(m.items, 2);
	cr_assert_eq(m.errors, 0);
	cr_assert_eq(m.records[0].number, 7);
	cr_assert_eq(m.records[1].number, 105546);
	cr_assert(m.records[0].has_time);
	cr_assert_eq(m.records[0].when.ns, 1263482414454856000);
	cr_assert(m.records[0].packet.digested);
	const struct digest *d = digest_at(&m, 0);
	assert_ports(d, TRANSPORT_UDP, 36003, 2762);
	cr_assert_eq(d->ip_version, 4);
	cr_assert_not(digest_has(d, DIGEST_PAYLOAD));
	cr_assert_not(digest_has(d, DIGEST_WIRE));
	char text[ADDR_TEXT_BYTES];
	cr_assert_str_eq(addr_format(&d->flow.dst.addr, text), "172.23.98.97");
	assert_ports(digest_at(&m, 1), TRANSPORT_UDP, 36007, 4642);
}

Test(packet_list, exported_alignment_and_lengths)
{
	struct met m;
	read_text(&format_packet_list,
		"\xef\xbb\xbf" LENGTHS "      1 0.000000       10.1.1.1              172.23.98.97  "
		"        UDP      50     "
		"36003 \xe2\x86\x92 2762 Len=8\r\n"
		"      2 12.500000000   2001:db8::1           2001:db8::2           TCP      74    "
		" "
		"50000 > 443 [SYN] Seq=0 Win=65535 Len=0 MSS=1460\r\n",
		&m);
	cr_assert_eq(m.items, 2);
	cr_assert_eq(m.errors, 0);
	const struct digest *d = digest_at(&m, 0);
	assert_ports(d, TRANSPORT_UDP, 36003, 2762);
	cr_assert(digest_has(d, DIGEST_PAYLOAD | DIGEST_WIRE));
	cr_assert_eq(d->payload_bytes, 8);
	cr_assert_eq(d->wire_bytes, 50);
	cr_assert_eq(m.records[0].packet.wire_bytes, 50);
	cr_assert_eq(m.records[0].when.ns, 0);
	cr_assert_eq(m.records[1].when.ns, 12500000000);
	d = digest_at(&m, 1);
	assert_ports(d, TRANSPORT_TCP, 50000, 443);
	cr_assert(digest_has(d, DIGEST_PAYLOAD | DIGEST_TCP));
	cr_assert_eq(d->ip_version, 6);
	cr_assert_eq(d->tcp_flags, TCP_SYN);
	cr_assert_eq(d->payload_bytes, 0);
}

Test(packet_list, tcp)
{
	struct digest d = row(HEADER,
		ROW
		"TCP [TCP Retransmission] [TCP Dup ACK 1#1] https > 50000 [PSH, ACK] Seq=11 Ack=22 "
		"Win=5 Len=33");
	assert_ports(&d, TRANSPORT_TCP, 443, 50000);
	cr_assert(digest_has(&d, DIGEST_TCP | DIGEST_PAYLOAD));
	cr_assert_eq(d.tcp_flags, TCP_PSH | TCP_ACK);
	cr_assert_eq(d.tcp_seq, 11);
	cr_assert_eq(d.tcp_ack, 22);
	cr_assert_eq(d.payload_bytes, 33);
	d = row(HEADER, ROW "TCP https(443) \xe2\x86\x92 50000 [RST] Seq=1 Win=0 Len=0");
	assert_ports(&d, TRANSPORT_TCP, 443, 50000);
	cr_assert_eq(d.tcp_flags, TCP_RST);
	/* Old lists leave the ports out of some rows. */
	d = row(HEADER, ROW "TCP [TCP segment of a reassembled PDU]");
	cr_assert_eq(d.transport, TRANSPORT_TCP);
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
}

Test(packet_list, names_and_numbers)
{
	struct digest d = row(
		HEADER, ROW "UDP Source port: 36003 (36003)  Destination port: dicom-tls (2762)");
	assert_ports(&d, TRANSPORT_UDP, 36003, 2762);
	/* A name that no table has is no damage, but no port either. */
	d = row(HEADER, ROW "UDP Source port: 36003 Destination port: no-such-service");
	cr_assert_eq(d.transport, TRANSPORT_UDP);
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	d = row(HEADER, ROW "UDP Source port: 36003 Destination port: 65536");
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
}

Test(packet_list, icmp)
{
	struct digest d =
		row(HEADER, ROW "ICMP Echo (ping) request  id=0x0200, seq=256/1, ttl=128");
	cr_assert(digest_has(&d, DIGEST_ICMP | DIGEST_ECHO));
	cr_assert_eq(d.transport, TRANSPORT_ICMP);
	cr_assert_eq(d.icmp_type, 8);
	cr_assert_eq(d.icmp_id, 0x200);
	cr_assert_eq(d.icmp_seq, 256);
	d = row(HEADER, ROW "ICMP Echo (ping) reply    (id=0x0200, seq(be/le)=256/1, ttl=64)");
	cr_assert_eq(d.icmp_type, 0);
	d = row(HEADER, ROW "ICMP Echo (ping) reply id=0x0001, seq(be/le)=2/512, ttl=64");
	cr_assert(digest_has(&d, DIGEST_ECHO));
	cr_assert_eq(d.icmp_seq, 2);
	d = row(HEADER,
		"1 0.1 fe80::1 fe80::2 ICMPv6 Echo (ping) reply id=0x0009, seq=1, hop limit=64");
	cr_assert(digest_has(&d, DIGEST_ECHO));
	cr_assert_eq(d.icmp_type, 129);
	cr_assert_eq(d.icmp_seq, 1);
	d = row(HEADER, ROW "ICMP Echo (ping) request");
	cr_assert(digest_has(&d, DIGEST_ICMP));
	cr_assert_not(digest_has(&d, DIGEST_ECHO));
	d = row(HEADER, ROW "ICMP Destination unreachable (Port unreachable)");
	cr_assert(digest_is_icmp_error(&d));
	cr_assert_eq(d.icmp_code, 3);
	d = row(HEADER, ROW "ICMP Some message that nobody knows");
	cr_assert_not(digest_has(&d, DIGEST_ICMP));
	d = row(HEADER, "1 0.1 fe80::1 ff02::16 ICMPv6 Multicast Listener Report Message v2");
	cr_assert_eq(d.icmp_type, 143);
	d = row(HEADER,
		"1 0.1 fe80::1 ff02::1 ICMPv6 Neighbor Solicitation for fe80::2 from 0:0:1");
	cr_assert_eq(d.transport, TRANSPORT_ICMPV6);
	cr_assert_eq(d.icmp_type, 135);
}

/* Ports above the transport are not guessed. */
Test(packet_list, other_protocols)
{
	struct digest d = row(HEADER, ROW "DNS Standard query 0x1234 A example.com");
	cr_assert_eq(d.transport, TRANSPORT_NONE);
	cr_assert(digest_has(&d, DIGEST_ADDRS));
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	d = row(HEADER,
		ROW "TLSv1.2 [TCP Retransmission] 443 > 50000 [PSH, ACK] Seq=1 Ack=1 Win=3 Len=9");
	assert_ports(&d, TRANSPORT_TCP, 443, 50000);
	/* DCCP has the same shape with flags of other names. */
	d = row(HEADER, ROW "DCCP 443 > 50000 [DataAck] Seq=1 (Ack=2)");
	cr_assert_eq(d.transport, TRANSPORT_NONE);
	d = row(HEADER, ROW "UDP-Lite Source port: 1  Destination port: 2");
	cr_assert_not(digest_has(&d, DIGEST_PORTS));
	d = row(HEADER, "1 0.1 Vmware_c0:00:01 Broadcast ARP Who has 10.1.1.1? Tell 10.1.1.2");
	cr_assert(digest_has(&d, DIGEST_ARP | DIGEST_ADDRS));
	char text[ADDR_TEXT_BYTES];
	cr_assert_str_eq(addr_format(&d.flow.src.addr, text), "10.1.1.2");
	d = row("", "6 0.1   \xe2\x86\x92              ARP 100 Who has 10.1.1.1? Tell 10.1.1.2");
	cr_assert(digest_has(&d, DIGEST_ARP | DIGEST_ADDRS | DIGEST_WIRE));
	d = row(LENGTHS, "6 0.1 02:02:02:02:02:02        ARP 100 Who has 10.1.1.1? Tell 10.1.1.2");
	cr_assert(digest_has(&d, DIGEST_ARP | DIGEST_ADDRS | DIGEST_WIRE));
	d = row(HEADER, "1 0.1 Cisco_c0:00:01 Spanning-tree STP Conf. Root = 1");
	cr_assert_eq(d.known, DIGEST_DECODED);
}

/* tshark prints no header line, an arrow between the addresses, and the length. */
Test(packet_list, without_header)
{
	const char *line = "    1 0.000000000    10.0.2.15 \xe2\x86\x92 1.1.1.1      ICMP 98 "
			   "Echo (ping) request  id=0x0009, seq=1/256, ttl=64\n";
	struct met m;
	cr_assert(recognises(&format_packet_list, line));
	read_text(&format_packet_list, line, &m);
	cr_assert_eq(digest_at(&m, 0)->wire_bytes, 98);
	cr_assert_eq(digest_at(&m, 0)->icmp_seq, 1);
	struct digest d = row("", ROW "UDP 36003 \xe2\x86\x92 2762 Len=8");
	cr_assert_not(digest_has(&d, DIGEST_WIRE));
	d = row("", ROW "UDP 50 36003 \xe2\x86\x92 2762 Len=8");
	cr_assert_eq(d.wire_bytes, 50);
	/* Length, or a number that Info begins with? Only a row before can tell. */
	d = row("", ROW "FTP 220 ready");
	cr_assert_not(digest_has(&d, DIGEST_WIRE));
	d = row(HEADER, ROW "FTP 220 ready");
	cr_assert_not(digest_has(&d, DIGEST_WIRE));
	static const char both[] = ROW "FTP 74 220 ready\n" ROW "UDP 50 36003 > 2762 Len=8\n";
	read_text(&format_packet_list, both, &m);
	cr_assert_eq(m.items, 2);
	cr_assert_eq(digest_at(&m, 0)->wire_bytes, 74);
	cr_assert_eq(digest_at(&m, 1)->wire_bytes, 50);
	static const char neither[] = ROW "FTP 220 ready\n" ROW "UDP 36003 > 2762 Len=8\n";
	read_text(&format_packet_list, neither, &m);
	cr_assert_eq(m.items, 2);
	cr_assert_not(digest_has(digest_at(&m, 0), DIGEST_WIRE));
}

Test(packet_list, damaged_rows_do_not_end_it)
{
	static const char *const bad[] = {
		"x " ROW "UDP Source port: 1 Destination port: 2",
		"0 0.1 10.1.1.1 10.1.1.2 UDP 1 > 2 Len=1",
		"1 25:20:14.454856 10.1.1.1 10.1.1.2 UDP 1 > 2 Len=1",
		"1 2010-13-14 15:20:14 10.1.1.1 10.1.1.2 UDP 1 > 2 Len=1",
		"1 2010-01-14 15:20:14.4548560001 10.1.1.1 10.1.1.2 UDP 1 > 2 Len=1",
		"1 0. 10.1.1.1 10.1.1.2 UDP 1 > 2 Len=1",
		"1 REF 10.1.1.1 10.1.1.2 UDP 1 > 2 Len=1",
		"99999999999999999999 0.1 10.1.1.1 10.1.1.2 UDP 1 > 2 Len=1",
		"1 0.1 10.1.1.1",
		"1 0.1",
		"1",
		"hello",
		"..",
		". . .",
		"1 0.1 10.1.1.1 10.1.1.2 17 1 > 2 Len=1",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[500];
		struct met m;
		snprintf(text, sizeof text, HEADER "%s\n" ROW "UDP 1 > 2 Len=1\n", bad[i]);
		read_text(&format_packet_list, text, &m);
		cr_assert_eq(m.errors, 1, "%s", bad[i]);
		cr_assert_eq(m.errs[0].kind, ERR_MALFORMED);
		cr_assert_eq(m.errs[0].line, 2);
		cr_assert_eq(m.items, 1);
		assert_counts(&m);
	}
}

Test(packet_list, a_line_that_is_too_long)
{
	size_t n = LIMIT_LINE_BYTES + 1000;
	char *text = malloc(n + 200);
	struct met m;
	memset(text, 'x', n);
	snprintf(text + n, 200, "\n" ROW "UDP 1 > 2 Len=1\n");
	read_text(&format_packet_list, text, &m);
	free(text);
	cr_assert_eq(m.errors, 1);
	cr_assert_eq(m.errs[0].kind, ERR_LIMIT);
	cr_assert_eq(m.items, 1);
}

/* The last line without its end: trusted only where what was read cannot go on. */
Test(packet_list, unterminated_last_line)
{
	static const struct {
		const char *tail;
		bool trusted;
	} cases[] = {
		{ "UDP Source port: 36003 Destination port: dicom-tls", true },
		{ "UDP Source port: 36003 Destination port: dicom", false }, /* dicom-tls */
		{ "UDP Source port: 36003 Destination port: xds", false },   /* xdsxdm */
		{ "UDP Source port: 36003 Destination port: kwdb-commn", true },
		{ "UDP Source port: 36003 Destination port: 464", false },  /* 4642 */
		{ "UDP Source port: 36003 Destination port: 4642", false }, /* 46420 */
		{ "UDP Source port: 36003 Destination port: 6554", true },  /* 65540 is none */
		{ "UDP Source port: 36003 Destination port: dicom-tls (27", false },
		{ "UDP Source port: 36003 Destination port: dicom-tls (2762)", true },
		{ "UDP Source port: 36003 Destination", false },
		{ "UDP Source port: 36003", false },
		{ "UDP Source port: 360", false },
		{ "UDP", false },
		{ "UD", false },
		{ "UDP 36003 > 2762 Len=8", false }, /* 80 */
		{ "UDP 36003 > 2762 Len=0", true },
		{ "UDP 36003 > 2762 Len=8 ", true },
		{ "UDP 36003 > 2762 Le", false },
		{ "UDP 36003 > 2762", false },
		{ "TCP 1 > 2 [SYN] Seq=0 Win=1 Len=0 MS", true },
		{ "TCP 1 > 2 [SYN] Seq=0 Win=1 Len=12", false },
		{ "TCP 1 > 2 [SYN] Seq=0 Wi", false },
		{ "ICMP Echo (ping) request  id=0x0200, seq=256/1, ttl=12", true },
		{ "ICMP Echo (ping) request  id=0x0200, seq=256/", true },
		{ "ICMP Echo (ping) request  id=0x0200, seq=25", false },
		{ "ICMP Echo (ping) request  id=0x0200, seq=25,", true },
		{ "ICMP Echo (ping) request  id=0x02", false },
		{ "ICMP Echo (ping) request", false },
		{ "ICMP Destination unreachable (Port unreachable", false },
		{ "ARP Who has 10.1.1.1? Tell 10.1.1.2", false },
		{ "DNS Standard query 0x12", true },
		{ "TLSv1 443 > 50000 [ACK] Seq=1 Ack=1 Len=2", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[400];
		struct met m;
		snprintf(text, sizeof text, HEADER ROW "%s", cases[i].tail);
		read_text(&format_packet_list, text, &m);
		cr_assert_eq(m.items, cases[i].trusted, "%s", cases[i].tail);
		cr_assert_eq(m.errors, !cases[i].trusted);
		if (m.errors) {
			cr_assert_eq(m.errs[0].kind, ERR_TRUNCATED);
			cr_assert_eq(m.errs[0].line, 2);
		}
	}
}

/* Whatever is cut off, no row says something that the whole list does not say. */
Test(packet_list, every_cut_says_nothing_wrong)
{
	static const char text[] =
		HEADER ROW "UDP Source port: 36003 Destination port: dicom-tls\n" ROW
			   "UDP 36003 > 2762 Len=80\n" ROW
			   "TCP 50000 > 443 [SYN, ACK] Seq=10 Ack=20 Win=30 Len=40\n" ROW
			   "ICMP Echo (ping) request  id=0x0200, seq=256/1, ttl=128\n" ROW
			   "UDP Source port: 36003 (36003) Destination port: dicom-tls (2762)\n";
	struct met all, m;
	read_text(&format_packet_list, text, &all);
	cr_assert_eq(all.items, 5);
	for (size_t n = 0; n < sizeof text; n++) {
		size_t rows = 0;
		for (size_t i = sizeof HEADER - 1; i < n; i++)
			rows += text[i] == '\n';
		read_span(&format_packet_list, span_of(text, n), &m);
		cr_assert(m.items == rows || m.items == rows + 1, "cut at %zu", n);
		cr_assert_leq(m.errors, 1);
		for (size_t i = 0; i < m.items; i++)
			cr_assert_eq(
				memcmp(digest_at(&m, i), digest_at(&all, i), sizeof(struct digest)),
				0, "cut at %zu", n);
		assert_counts(&m);
	}
}

Test(packet_list, recognises)
{
	cr_assert(recognises(&format_packet_list, "\n...\n\n" HEADER));
	cr_assert(recognises(&format_packet_list, LENGTHS));
	cr_assert(recognises(&format_packet_list, "about this trace\n" ROW "UDP 1 > 2 Len=3\n"));
	cr_assert(recognises(&format_packet_list, ROW "UDP 1 > 2 Len=3"));
	static const char *const others[] = { "", "\n\n", "...\n", "No. Time Source\n",
		"Image Name PID Session Name Session# Mem Usage\nstore.exe 2136 Console 0 1,040 "
		"K\n",
		"Proto Local Address Foreign Address State\nUDP 10.1.1.1:1 *:*\n",
		"UdpIp, Send, 129079416144148580, 2136, 8, 10.1.1.1\n",
		"1 0.1 Vmware_c0 Broadcast ARP Who has\n",
		"Frame 1 (50 bytes on wire, 50 bytes captured)\n" HEADER };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		cr_assert_not(recognises(&format_packet_list, others[i]), "%s", others[i]);
	/* A row that the head of the file ends inside of proves nothing. */
	cr_assert_not(format_packet_list.recognise(span_text(ROW "UDP 1 > 2"), false));
}

/* Binary junk is damage, one line after the other. */
Test(packet_list, junk)
{
	char text[4000];
	struct met m;
	uint32_t seed = 1;
	for (int round = 0; round < 200; round++) {
		size_t n = (size_t)snprintf(text, sizeof text, HEADER ROW "UDP 1 > 2 Len=3\n");
		for (int i = 0; i < 60; i++) {
			seed = seed * 1664525 + 1013904223;
			static const char set[] =
				"0123456789.:> []()=-,\tUDPTCPICMP\xe2\x86\x92\xa0\0Len=Seq";
			text[n++] = set[seed >> 16 & 0x3f % (sizeof set - 1)];
		}
		read_span(&format_packet_list, span_of(text, n), &m);
		cr_assert_geq(m.items, 1);
		assert_counts(&m);
	}
}

Test(packet_list, article)
{
	const char *data = getenv("WHOSENT_DATA");
	if (!data)
		cr_skip_test("WHOSENT_DATA is not set: the article's packet list is not read");
	char path[4096];
	struct input *in;
	void *self;
	struct record r;
	struct err err = { 0 };
	snprintf(path, sizeof path, "%s/article/packet-list.txt", data);
	cr_assert_eq(input_open(path, &in, &err), 0, "%s", err.msg);
	cr_assert_eq(format_packet_list.open(in, &self, &err), 0);
	static const uint16_t ports[] = { 1141, 1142, 1193, 1127, 2762, 1177, 2642, 2130, 4642,
		2242, 1128, 1225, 1159, 2303, 2344 };
	size_t n = 0;
	while (format_packet_list.next(self, &r, &err) == SOURCE_ITEM) {
		cr_assert_lt(n, 15);
		cr_assert_eq(r.packet.digest.flow.dst.port, ports[n]);
		n++;
	}
	cr_assert_eq(n, 15);
	cr_assert_eq(format_packet_list.tally(self)->damaged, 0);
	format_packet_list.close(self);
	input_close(in);
}
