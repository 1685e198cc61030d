/* SPDX-License-Identifier: Apache-2.0 */
/* Raw sockets in the log of Winsock's driver. No real one is public: payloads are built by its
 * manifest. */
#include "etl_case.h"

#include "model/digest.h"

#define HEAD(phase) phase " 00 00 00 b8 0b 00 00 07*8 10 20 30 40 81 ff ff ff "
#define ENTER HEAD("00")
#define EXIT HEAD("01")
#define ICMP_SOCKET "02 00 00 00 03 00 00 00 01 00 00 00 2c 01 00*6 00*4"
#define REMOTE4 "10 00 00 00 02 00 00 35 0a 00 00 09 00*8"
#define REMOTE6 "1c 00 00 00 17 00 00 35 00*4 fe 80 00*13 09 07 00 00 00"
#define DATA(n) "01 00 00 00 08*8 " n " 00 00 00 00 00 00 00 "

static int read_one(struct etl_case *c, uint16_t id, const char *text)
{
	struct bytes b = hex(text);
	struct etl_record rec = {
		.class = ETL_MANIFEST, .id = id, .pointer = 8, .payload = span_of(b.b, b.n)
	};
	return case_read(c, &rec);
}

static void expect_event(struct etl_case *c, enum event_op op, uint8_t transport, uint32_t bytes)
{
	struct event *e = &c->record.event;
	cr_expect_eq(c->record.kind, RECORD_EVENT);
	cr_expect_eq(e->op, op);
	cr_expect_eq(e->transport, transport);
	cr_expect_eq(e->pid, 300);
	cr_expect_eq(e->bytes, bytes, "%u bytes, not %u", e->bytes, bytes);
	cr_expect(addr_is_wildcard(&e->local.addr));
	cr_expect_eq(e->local.port, 0);
	cr_expect_eq(e->traces, 0);
}

/* A ping of 32 bytes: the buffer is the whole ICMP message. */
Test(etl_afd, ping)
{
	struct etl_case c = case_open(&etl_afd);
	cr_expect_eq(read_one(&c, 1007, ENTER DATA("28") REMOTE4), ETL_NOTHING, "not known");
	cr_expect_eq(read_one(&c, 1000, EXIT ICMP_SOCKET), ETL_NOTHING);
	cr_assert_eq(read_one(&c, 1007, ENTER DATA("28") REMOTE4), ETL_GIVEN);
	expect_event(&c, EVENT_SEND, TRANSPORT_ICMP, 32);
	expect_end(&c.record.event.remote, "10.0.0.9", 0);
	cr_expect(addr_is_v4(&c.record.event.local.addr));
	cr_expect_eq(read_one(&c, 1007, EXIT DATA("28") REMOTE4), ETL_NOTHING, "the same again");
	cr_assert_eq(read_one(&c, 1009, EXIT DATA("28") REMOTE4), ETL_GIVEN);
	expect_event(&c, EVENT_RECV, TRANSPORT_ICMP, 32);
	cr_expect_eq(read_one(&c, 1009, ENTER DATA("28") REMOTE4), ETL_NOTHING);
	cr_expect_eq(read_one(&c, 1009, EXIT DATA("28") "00*4"), ETL_NOTHING, "from nobody");
	cr_expect_eq(read_one(&c, 1001, ENTER "00*4"), ETL_NOTHING);
	cr_expect_eq(read_one(&c, 1007, ENTER DATA("28") REMOTE4), ETL_NOTHING, "closed");
	case_close(&c);
}

Test(etl_afd, ping_v6)
{
	struct etl_case c = case_open(&etl_afd);
	cr_expect_eq(
		read_one(&c, 1000, ENTER "17 00 00 00 03 00 00 00 3a 00 00 00 2c 01 00*6 00*4"),
		ETL_NOTHING);
	cr_assert_eq(read_one(&c, 1007, ENTER DATA("28") REMOTE6), ETL_GIVEN);
	expect_event(&c, EVENT_SEND, TRANSPORT_ICMPV6, 32);
	expect_end(&c.record.event.remote, "fe80::9", 0);
	cr_expect_not(addr_is_v4(&c.record.event.local.addr));
	case_close(&c);
}

/* Sockets of streams and datagrams are told by the kernel; a place that one of them takes is no
 * longer the raw socket's, even where its close was lost. */
Test(etl_afd, other_sockets)
{
	static const char *const others[] = {
		ENTER "02 00 00 00 01 00 00 00 06 00 00 00 2c 01 00*6 00*4",
		ENTER "02 00 00 00 02 00 00 00 11 00 00 00 2c 01 00*6 00*4",
		ENTER "02 00 00 00 03 00 00 00 11 00 00 00 2c 01 00*6 00*4", /* raw UDP: no ports */
		ENTER "02 00 00 00 03 00 00 00 ff 00 00 00 2c 01 00*6 00*4", /* IPPROTO_RAW */
		ENTER "02 00 00 00 03 00 00 00 00 00 00 00 2c 01 00*6 00*4",
		ENTER "02 00 00 00 03 00 00 00 ff ff ff ff 2c 01 00*6 00*4",
		EXIT "02 00 00 00 03 00 00 00 01 00 00 00 2c 01 00*6 22 00 00 c0", /* failed */
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct etl_case c = case_open(&etl_afd);
		read_one(&c, 1000, ENTER ICMP_SOCKET);
		cr_expect_eq(read_one(&c, 1000, others[i]), ETL_NOTHING);
		cr_expect_eq(read_one(&c, 1007, ENTER DATA("28") REMOTE4), ETL_NOTHING, "%zu", i);
		case_close(&c);
	}
}

Test(etl_afd, lengths)
{
	struct etl_case c = case_open(&etl_afd);
	read_one(&c, 1000, ENTER ICMP_SOCKET);
	cr_assert_eq(read_one(&c, 1007, ENTER DATA("00") REMOTE4), ETL_GIVEN);
	expect_event(&c, EVENT_SEND, TRANSPORT_ICMP, 0);
	cr_assert_eq(read_one(&c, 1007, ENTER DATA("08") REMOTE4), ETL_GIVEN);
	expect_event(&c, EVENT_SEND, TRANSPORT_ICMP, 0);
	/* Several buffers: the length is that of the first. */
	cr_assert_eq(
		read_one(&c, 1007, ENTER "02 00 00 00 08*8 28 00 00 00 00*4 " REMOTE4), ETL_GIVEN);
	expect_event(&c, EVENT_HOLD, TRANSPORT_ICMP, 0);
	cr_expect_eq(read_one(&c, 1009, EXIT "01 00 00 00 08*8 28 00 00 00 05 00 00 80 " REMOTE4),
		ETL_NOTHING, "failed");
	case_close(&c);
}

/* Where the TCP/IP driver tells of raw sockets too, it is the one that counts packets. */
Test(etl_afd, told_once)
{
	struct etl_case c = case_open(&etl_afd);
	read_one(&c, 1000, ENTER ICMP_SOCKET);
	etl_seen(c.shared, ETL_SEEN_RAW);
	cr_assert_eq(read_one(&c, 1007, ENTER DATA("28") REMOTE4), ETL_GIVEN);
	expect_event(&c, EVENT_HOLD, TRANSPORT_ICMP, 0);
	case_close(&c);
}

Test(etl_afd, every_cut)
{
	struct bytes made = hex(ENTER ICMP_SOCKET), sent = hex(ENTER DATA("28") REMOTE6);
	struct bytes end = hex(ENTER "00*4");
	struct etl_record socket = { .id = 1000, .pointer = 8, .payload = span_of(made.b, made.n) };
	struct etl_record gram = { .id = 1007, .pointer = 8, .payload = span_of(sent.b, sent.n) };
	struct etl_record close = { .id = 1001, .pointer = 8, .payload = span_of(end.b, end.n) };
	cr_expect_eq(case_cuts(&etl_afd, NULL, &socket), made.n);
	cr_expect_eq(case_cuts(&etl_afd, &socket, &gram), sent.n);
	cr_expect_eq(case_cuts(&etl_afd, NULL, &close), end.n - 4);
}

Test(etl_afd, narrow)
{
	struct bytes made =
		hex("00*8 07*4 10 20 30 81 02 00 00 00 03 00 00 00 01 00 00 00 2c 01 00 00 "
		    "00*4");
	struct bytes sent = hex("00*8 07*4 10 20 30 81 01 00 00 00 08*4 28 00 00 00 00*4 " REMOTE4);
	struct etl_record socket = { .id = 1000, .pointer = 4, .payload = span_of(made.b, made.n) };
	struct etl_record gram = { .id = 1007, .pointer = 4, .payload = span_of(sent.b, sent.n) };
	struct etl_case c = case_open(&etl_afd);
	cr_expect_eq(case_read(&c, &socket), ETL_NOTHING);
	cr_assert_eq(case_read(&c, &gram), ETL_GIVEN);
	expect_event(&c, EVENT_SEND, TRANSPORT_ICMP, 32);
	case_close(&c);
}
