/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of a packet list: CSV, tabs, tshark's lines, columns of the user's own, all times. */
#include "capture_case.h"

#include "evidence/capture/capture.h"
#include "evidence/capture/packet_row.h"

#define ARROW "\xe2\x86\x92"
#define BACK "\xe2\x86\x90"
#define CSV "\"No.\",\"Time\",\"Source\",\"Destination\",\"Protocol\",\"Length\",\"Info\"\n"
#define CSV_ROW "\"7\",\"0.500000\",\"10.1.1.1\",\"172.23.98.97\",\"UDP\",\"50\","
#define DAY_NS (86400 * STAMP_NS_PER_S)

static void read_all(const char *text, struct met *m)
{
	read_text(&format_packet_list, text, m);
	assert_counts(m);
}

/* Frame 7, the datagram of 8 bytes from 10.1.1.1:36003 to 172.23.98.97:2762. */
static void assert_datagram(const char *text, bool wire)
{
	struct met m;
	cr_assert(recognises(&format_packet_list, text), "%s", text);
	read_all(text, &m);
	cr_assert_eq(m.items, 1, "%s", text);
	cr_assert_eq(m.errors, 0, "%s", text);
	const struct digest *d = digest_at(&m, 0);
	char addr[ADDR_TEXT_BYTES];
	cr_assert_eq(m.records[0].number, 7);
	cr_assert(digest_has(d, DIGEST_ADDRS | DIGEST_PORTS | DIGEST_PAYLOAD), "%s", text);
	cr_assert_str_eq(addr_format(&d->flow.src.addr, addr), "10.1.1.1", "%s", text);
	cr_assert_str_eq(addr_format(&d->flow.dst.addr, addr), "172.23.98.97");
	cr_assert_eq(d->flow.src.port, 36003);
	cr_assert_eq(d->flow.dst.port, 2762);
	cr_assert_eq(d->payload_bytes, 8);
	cr_assert_eq(digest_has(d, DIGEST_WIRE), wire, "%s", text);
	cr_assert(!wire || d->wire_bytes == 50, "%s", text);
}

Test(packet_forms, csv)
{
	assert_datagram(CSV CSV_ROW "\"36003  >  2762 Len=8\"\n", true);
	assert_datagram(CSV CSV_ROW "\"36003  >  2762 Len=8\"\r\n", true);
	assert_datagram("\xef\xbb\xbf" CSV CSV_ROW "\"36003 " ARROW " 2762 Len=8\"\n", true);
	assert_datagram(CSV CSV_ROW "\"36003 \\342\\206\\222 2762 Len=8\"\n", true);
	assert_datagram(CSV_ROW "\"36003  >  2762 Len=8\"\n", true);
	assert_datagram("No.,Time,Source,Destination,Protocol,Length,Info\n"
			"7,0.5,10.1.1.1,172.23.98.97,UDP,50,36003 > 2762 Len=8\n",
		true);
	assert_datagram(
		"\"No.\",\"Time\",\"Source\",\"Destination\",\"Protocol\",\"Info\"\n"
		"\"7\",\"0.5\",\"10.1.1.1\",\"172.23.98.97\",\"UDP\",\"36003 > 2762 Len=8\"\n",
		false);
}

/* Only names count: columns may be in any order, and others between them. */
Test(packet_forms, csv_with_columns_of_the_users_own)
{
	assert_datagram("\"Delta\",\"Info\",\"Destination\",\"Source\",\"Src port\",\"Length\","
			"\"Protocol\",\"No.\",\"Time\",\"Name \"\"x\"\"\"\n"
			"\"1\",\"36003 > 2762 Len=8\",\"172.23.98.97\",\"10.1.1.1\",\"1\",\"50\","
			"\"UDP\",\"7\",\"0.5\",\"a \"\"b\"\", c\"\n",
		true);
	assert_datagram("\"No.\",\"Source\",\"Destination\",\"Protocol\",\"Info\"\n"
			"\"7\",\"10.1.1.1\",\"172.23.98.97\",\"UDP\",\"36003 > 2762 Len=8\"\n",
		false);
	/* Two columns of one name, or none of it: nobody can say which is meant. */
	cr_assert_not(recognises(&format_packet_list,
		"\"No.\",\"Source\",\"Source\",\"Destination\",\"Protocol\",\"Info\"\n"));
	cr_assert_not(recognises(&format_packet_list, "\"No.\",\"Time\",\"Source\",\"Info\"\n"));
}

Test(packet_forms, tabs)
{
	assert_datagram("    7\t  0.500000\t    10.1.1.1\t" ARROW
			"\t172.23.98.97\tUDP\t50\t36003 " ARROW " 2762 Len=8\n",
		true);
	assert_datagram("    7\t  0.5\t    172.23.98.97\t" BACK "\t10.1.1.1\tUDP\t50\t36003 " ARROW
			" 2762 Len=8\n",
		true);
	assert_datagram("7\t0.5\t10.1.1.1\t172.23.98.97\tUDP\t36003 " ARROW " 2762 Len=8\n", false);
	assert_datagram("No.\tTime\tSource\tDestination\tInfo\tProtocol\tLength\n"
			"7\t0.5\t10.1.1.1\t172.23.98.97\t36003 " ARROW " 2762 Len=8\tUDP\t50\n",
		true);
}

Test(packet_forms, words)
{
	assert_datagram("7 0.5 10.1.1.1 -> 172.23.98.97 UDP 50 36003 > 2762 Len=8\n", true);
	assert_datagram("7 0.5 10.1.1.1 -> 172.23.98.97 UDP 36003 > 2762 Len=8\n", false);
	assert_datagram("7 0.5 172.23.98.97 " BACK " 10.1.1.1 UDP 50 36003 > 2762 Len=8\n", true);
	assert_datagram("Protocol Length No. Time Destination Source Info\n"
			"UDP 50 7 2010-01-14 15:20:14 172.23.98.97 10.1.1.1 36003 > 2762 Len=8\n",
		true);
	assert_datagram("7 0.5 10.1.1.1 -> 172.23.98.97 UDP 50 36003 > 2762[x] Len=8[y]\n", true);
}

/* What does not show where its columns are is damage, never another packet. */
Test(packet_forms, what_cannot_be_told_apart)
{
	static const char *const bad[] = {
		/* a column of numbers, of addresses, of words that nobody announced */
		"7 0.5 10.1.1.1 -> 172.23.98.97 UDP 8 50 36003 > 2762 Len=8\n",
		"7 0.5 10.1.1.1 -> 172.23.98.97 10.9.9.9 UDP 50 36003 > 2762 Len=8\n",
		"7 0.5 10.9.9.9 10.1.1.1 -> 172.23.98.97 UDP 50 36003 > 2762 Len=8\n",
		"7 0.5 10.9.9.9 10.1.1.1 172.23.98.97 UDP 50 36003 > 2762 Len=8\n",
		"7 0.5 10.1.1.1 36003 172.23.98.97 2762 UDP 50 36003 > 2762 Len=8\n",
		"7\t0.5\t10.1.1.1\t172.23.98.97\tUDP\t50\t8\t36003 > 2762 Len=8\n",
		"7\t0.5\t10.1.1.1\t172.23.98.97\tUDP\t50\t8 36003 > 2762 Len=8\n",
		"7\t0.5\t10.1.1.1\t172.23.98.97\t50\tUDP\t36003 > 2762 Len=8\n",
		CSV_ROW "\"8\",\"36003 > 2762 Len=8\"\n",
		/* rows that are not those of their header line */
		CSV CSV_ROW "\"36003 > 2762 Len=8\",\"more\"\n",
		CSV "\"7\",\"0.5\",\"10.1.1.1\",\"172.23.98.97\",\"UDP\",\"36003 > 2762 Len=8\"\n",
		CSV CSV_ROW "\"36003 > \"2762\" Len=8\"\n",
		CSV CSV_ROW "\"36003 > 2762 Len=8\n",
		CSV "7 0.5 10.1.1.1 172.23.98.97 UDP 50 36003 > 2762 Len=8\n",
		"No. Time Destination Source Protocol Info\n"
		"7 0.5 10.1.1.1 -> 172.23.98.97 UDP 36003 > 2762 Len=8\n",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct met m;
		read_all(bad[i], &m);
		cr_assert_eq(m.items, 0, "%s", bad[i]);
		cr_assert_eq(m.errors, 1, "%s", bad[i]);
		cr_assert_eq(m.errs[0].kind, ERR_MALFORMED, "%s", bad[i]);
	}
}

/* Where the order is taken for the usual one and is not: a list without header line and arrows
 * whose address columns were turned. Then both ends are there, each in the other's place. */
Test(packet_forms, turned_addresses_without_a_sign)
{
	struct met m;
	read_all("7 0.5 172.23.98.97 10.1.1.1 UDP 36003 > 2762 Len=8\n", &m);
	char addr[ADDR_TEXT_BYTES];
	cr_assert_eq(m.items, 1);
	addr_format(&digest_at(&m, 0)->flow.src.addr, addr);
	cr_assert_str_eq(addr, "172.23.98.97");
}

Test(packet_forms, protocols_of_several_words)
{
	struct met m;
	read_all("1 0.1 10.1.1.1 -> 10.1.1.2 UDP 50 1 > 2 Len=8\n"
		 "2 0.2 10.1.1.1 -> 10.1.1.2 MS NLB 70 Heartbeat\n"
		 "3 0.3              ->              Netlink route 1196 \n",
		&m);
	cr_assert_eq(m.items, 3);
	cr_assert_eq(digest_at(&m, 1)->wire_bytes, 70);
	cr_assert_eq(digest_at(&m, 2)->wire_bytes, 1196);
	cr_assert_not(digest_has(digest_at(&m, 2), DIGEST_ADDRS));
	/* Where it is wrong: a column of words in front of the length. */
	read_all("1 0.1 10.1.1.1 -> 10.1.1.2 UDP eth0 50 1 > 2 Len=8\n", &m);
	cr_assert_eq(m.items, 1);
	cr_assert_eq(digest_at(&m, 0)->transport, TRANSPORT_NONE);
	cr_assert_not(digest_has(digest_at(&m, 0), DIGEST_PORTS));
}

/* Lists of one file with another header line each. */
Test(packet_forms, header_lines_take_over)
{
	struct met m;
	read_all(CSV CSV_ROW "\"36003 > 2762 Len=8\"\n"
			     "No. Time Source Destination Protocol Info\n"
			     "8 0.6 10.1.1.1 10.1.1.2 UDP 1 > 2 Len=3\n",
		&m);
	cr_assert_eq(m.items, 2);
	cr_assert_eq(m.errors, 0);
	cr_assert_eq(digest_at(&m, 1)->payload_bytes, 3);
}

/* Whatever is cut off, no row says something that the whole list does not say. */
static void cut_everywhere(const char *text)
{
	struct met all, m;
	size_t length = strlen(text);
	read_all(text, &all);
	cr_assert_eq(all.errors, 0, "%s", text);
	for (size_t n = 0; n < length; n++) {
		read_span(&format_packet_list, span_of((const uint8_t *)text, n), &m);
		assert_counts(&m);
		cr_assert_leq(m.errors, 1, "cut at %zu", n);
		for (size_t i = 0; i < m.items; i++) {
			const struct digest *d = digest_at(&m, i), *whole = digest_at(&all, i);
			struct digest masked = *whole;
			cr_assert_eq(m.records[i].number, all.records[i].number);
			/* The length shows only where its column is proved. */
			if (!digest_has(d, DIGEST_WIRE)) {
				masked.known &= ~(uint32_t)DIGEST_WIRE;
				masked.wire_bytes = 0;
			}
			cr_assert_eq(memcmp(d, &masked, sizeof masked), 0, "cut at %zu", n);
			cr_assert(!m.records[i].has_time ||
					m.records[i].when.ns == all.records[i].when.ns,
				"cut at %zu", n);
		}
	}
}

Test(packet_forms, every_cut)
{
	cut_everywhere(CSV CSV_ROW
		"\"36003  >  2762 Len=80\"\n"
		"\"8\",\"0.6\",\"10.1.1.1\",\"10.1.1.2\",\"TCP\",\"60\",\"50000 > 443 [SYN] "
		"Seq=10 Win=3 Len=40\"\n");
	cut_everywhere(
		"\"Info\",\"No.\",\"Source\",\"Destination\",\"Protocol\",\"Time\"\n"
		"\"36003 > 2762 Len=80\",\"12\",\"10.1.1.1\",\"10.1.1.23\",\"UDP\",\"0.12\"\n");
	cut_everywhere("   12\t0.12\t10.1.1.1\t" ARROW "\t10.1.1.23\tUDP\t50\t36003 " ARROW
		       " 2762 Len=80\n");
	cut_everywhere(
		"   12 0.12 10.1.1.1 " ARROW " 10.1.1.23 UDP 50 36003 " ARROW
		" 2762 Len=80\n   13 0.13 10.1.1.1 " ARROW " 10.1.1.23 DNS 70 Standard query\n");
}

static int64_t time_of(const char *text, enum packet_time_kind want)
{
	struct packet_time t;
	cr_assert(packet_time_read(span_text(text), &t), "%s", text);
	cr_assert_eq(t.kind, want, "%s", text);
	return t.when.ns;
}

Test(packet_forms, times)
{
	const int64_t at = 1263482384554706000;
	cr_assert_eq(time_of("2010-01-14 15:19:44.554706", TIME_DATE), at);
	cr_assert_eq(time_of("2010-01-14 15:19:44,554706", TIME_DATE), at);
	cr_assert_eq(time_of("2010-01-14 15:19:44.554706Z", TIME_DATE), at);
	cr_assert_eq(time_of("2010/014 15:19:44.554706", TIME_DATE), at);
	cr_assert_eq(time_of("1263482384.554706", TIME_DATE), at);
	cr_assert_eq(time_of("15:19:44.554706", TIME_DAY), at % DAY_NS);
	cr_assert_eq(time_of("12.5", TIME_SECONDS), 12500000000);
	cr_assert_eq(time_of("12,5", TIME_SECONDS), 12500000000);
	cr_assert_eq(time_of("12", TIME_SECONDS), 12000000000);
	cr_assert_eq(time_of("-0.000002", TIME_SECONDS), -2000);
	cr_assert_eq(time_of("54.009338s", TIME_SECONDS), 54009338000);
	cr_assert_eq(time_of("2m 29.005634s", TIME_SECONDS), 149005634000);
	cr_assert_eq(time_of("1h  2m  0.5s", TIME_SECONDS), 3720500000000);
	time_of("", TIME_NONE);
	time_of("*REF*", TIME_REFERENCE);
	static const char *const bad[] = { "x", "0.", ".5", "-", "1.0000000001", "25:00:00",
		"2010-01-14", "2010/000 15:19:44", "2010/367 15:19:44", "2010/014", "1e5", "1m",
		"99999999999999999999", "2010-01-14 15:19:44.554706 and more that is too long",
		":" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct packet_time t;
		cr_assert_not(packet_time_read(span_text(bad[i]), &t), "%s", bad[i]);
	}
}

/* The times of rows with these cells; how many have one. */
static size_t times(const char *const *cells, size_t n, int64_t *ret)
{
	char text[4000] = "No.\tTime\tSource\tDestination\tProtocol\tInfo\n";
	struct met m;
	size_t timed = 0, at = strlen(text);
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof text - at,
			"%zu\t%s\t10.1.1.1\t10.1.1.2\tUDP\t1 > 2 Len=3\n", i + 1, cells[i]);
	read_all(text, &m);
	cr_assert_eq(m.items, n);
	for (size_t i = 0; i < n; i++) {
		timed += m.records[i].has_time;
		ret[i] = m.records[i].has_time ? m.records[i].when.ns : -1;
	}
	return timed;
}

/* Seconds that count from the frame before are no clock, and have no place in one order. */
Test(packet_forms, differences)
{
	int64_t ns[20];
	static const char *const deltas[] = { "0.000000", "0.004738", "0.395412", "0.001555" };
	cr_assert_eq(times(deltas, 4, ns), 0);
	static const char *const since[] = { "0.000000", "0.004738", "0.400150", "0.401705" };
	cr_assert_eq(times(since, 4, ns), 4);
	cr_assert_eq(ns[3], 401705000);
	/* Two frames that changed places among many are no differences. */
	static const char *const swapped[] = { "0.0", "0.1", "0.2", "0.3", "0.4", "0.6", "0.5",
		"0.7", "0.8", "0.9", "1.0", "1.1" };
	cr_assert_eq(times(swapped, 12, ns), 12);
	cr_assert_eq(ns[6], 500000000);
	/* Where it would be wrong: gaps that grow look like a clock. */
	static const char *const growing[] = { "0.0", "0.1", "0.2" };
	cr_assert_eq(times(growing, 3, ns), 3);
	/* A time reference starts the count anew. */
	static const char *const reference[] = { "0.0", "0.1", "*REF*", "0.1", "0.2" };
	cr_assert_eq(times(reference, 5, ns), 2);
	/* Cells of another kind have no place on the list's clock. */
	static const char *const mixed[] = { "2010-01-14 15:19:44", "0.5", "15:19:45", "",
		"2010-01-14 15:19:46" };
	cr_assert_eq(times(mixed, 5, ns), 2);
}

Test(packet_forms, times_of_day)
{
	int64_t ns[20];
	const int64_t second = STAMP_NS_PER_S;
	static const char *const midnight[] = { "23:59:50", "23:59:51", "23:59:52", "23:59:53",
		"23:59:54", "23:59:55", "23:59:56", "23:59:57", "23:59:58", "00:00:01", "23:59:59",
		"00:00:02" };
	cr_assert_eq(times(midnight, 12, ns), 12);
	cr_assert_eq(ns[9] - ns[8], 3 * second);
	cr_assert_eq(ns[10] - ns[8], 1 * second);
	cr_assert_eq(ns[11] - ns[8], 4 * second);
	/* The end of summer time, or a clock that was set back, is no midnight. */
	static const char *const summer[] = { "01:59:49", "01:59:50", "01:59:51", "01:59:52",
		"01:59:53", "01:59:54", "01:59:55", "01:59:56", "01:59:57", "01:59:58", "02:59:59",
		"02:00:00" };
	cr_assert_eq(times(summer, 12, ns), 12);
	cr_assert_lt(ns[11], DAY_NS);
	/* Where it is wrong: nothing came for a day, and what follows is a day early. */
	static const char *const quiet[] = { "12:00:00", "12:00:01", "12:00:02" };
	cr_assert_eq(times(quiet, 3, ns), 3);
	cr_assert_eq(ns[2] - ns[1], second);
}
