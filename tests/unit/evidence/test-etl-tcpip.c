/* SPDX-License-Identifier: Apache-2.0 */
/* The log of the TCP/IP driver. No real one is public: payloads are built by its manifest. */
#include "etl_case.h"

#include "model/digest.h"
#include "model/source.h"

#define LOCAL4 "10 00 00 00 02 00 14 e9 0a 00 00 01 00*8 "
#define REMOTE4 "10 00 00 00 02 00 00 35 0a 00 00 09 00*8 "
#define LOCAL6 "1c 00 00 00 17 00 14 e9 00*4 fe 80 00*13 01 07 00 00 00 "
#define REMOTE6 "1c 00 00 00 17 00 00 35 00*4 fe 80 00*13 09 07 00 00 00 "
#define PLACE "10 20 30 40 81 ff ff ff "
#define PID "2c 01 00 00 "
#define ONE "01 00 00 00 "
#define ZERO "00 00 00 00 "

static struct etl_record manifest(uint16_t id, uint8_t version, struct bytes *b)
{
	return (struct etl_record){ .class = ETL_MANIFEST,
		.id = id,
		.version = version,
		.pointer = 8,
		.payload = span_of(b->b, b->n) };
}

static int read_one(struct etl_case *c, uint16_t id, uint8_t version, const char *text)
{
	struct bytes b = hex(text);
	struct etl_record rec = manifest(id, version, &b);
	return case_read(c, &rec);
}

static void expect_event(struct etl_case *c, enum event_op op, uint8_t transport, uint32_t bytes)
{
	struct event *e = &c->record.event;
	cr_expect_eq(c->record.kind, RECORD_EVENT);
	cr_expect_eq(e->op, op, "op %d, not %d", e->op, op);
	cr_expect_eq(e->transport, transport);
	cr_expect_eq(e->pid, 300);
	cr_expect_eq(e->bytes, bytes, "%u bytes, not %u", e->bytes, bytes);
	cr_expect_not(e->either_way);
	cr_expect_eq(e->tag, 0);
}

/* A log says that it traces UDP once it was seen to have both directions. */
Test(etl_tcpip, datagrams)
{
	struct etl_case c = case_open(&etl_tcpip);
	cr_assert_eq(read_one(&c, 1169, 0, PLACE ONE "40 00 00 00 " LOCAL4 REMOTE4 PID), ETL_GIVEN);
	expect_event(&c, EVENT_SEND, TRANSPORT_UDP, 64);
	expect_end(&c.record.event.local, "10.0.0.1", 5353);
	expect_end(&c.record.event.remote, "10.0.0.9", 53);
	cr_expect_eq(c.record.event.traces, 0);
	cr_assert_eq(read_one(&c, 1170, 1, PLACE ONE "40 00 00 00 " LOCAL6 REMOTE6 PID "07*8"),
		ETL_GIVEN);
	expect_event(&c, EVENT_RECV, TRANSPORT_UDP, 64);
	expect_end(&c.record.event.local, "fe80::1", 5353);
	expect_end(&c.record.event.remote, "fe80::9", 53);
	cr_expect_eq(c.record.event.traces, TRACES_UDP);
	case_close(&c);
}

/* Several messages in one call: how long each is, nobody knows. */
Test(etl_tcpip, datagrams_together)
{
	struct etl_case c = case_open(&etl_tcpip);
	cr_assert_eq(read_one(&c, 1169, 0, PLACE "02 00 00 00 40 00 00 00 " LOCAL4 REMOTE4 PID),
		ETL_GIVEN);
	expect_event(&c, EVENT_HOLD, TRANSPORT_UDP, 0);
	cr_assert_eq(read_one(&c, 1169, 0, PLACE "ff ff ff ff ff ff ff ff " LOCAL4 REMOTE4 PID),
		ETL_GIVEN);
	expect_event(&c, EVENT_HOLD, TRANSPORT_UDP, 0);
	cr_expect_eq(read_one(&c, 1169, 0, PLACE ONE "40 00 00 00 " LOCAL4 REMOTE4 "00*4"),
		ETL_NOTHING, "PID 0");
	case_close(&c);
}

Test(etl_tcpip, told_once)
{
	struct etl_case c = case_open(&etl_tcpip);
	etl_seen(c.shared, ETL_SEEN_KERNEL_UDP);
	cr_assert_eq(read_one(&c, 1170, 0, PLACE ONE "40 00 00 00 " LOCAL4 REMOTE4 PID), ETL_GIVEN);
	expect_event(&c, EVENT_HOLD, TRANSPORT_UDP, 0);
	cr_assert_eq(read_one(&c, 1033, 0, LOCAL4 REMOTE4 ZERO PID ONE PLACE), ETL_GIVEN);
	expect_event(&c, EVENT_CONNECT, TRANSPORT_TCP, 0);
	etl_seen(c.shared, ETL_SEEN_NETWORK_TCP);
	cr_assert_eq(read_one(&c, 1033, 0, LOCAL4 REMOTE4 ZERO PID ONE PLACE), ETL_GIVEN);
	expect_event(&c, EVENT_HOLD, TRANSPORT_TCP, 0);
	case_close(&c);
}

Test(etl_tcpip, connections)
{
	static const struct {
		uint16_t id;
		enum event_op op;
	} cases[] = { { 1017, EVENT_ACCEPT }, { 1033, EVENT_CONNECT }, { 1038, EVENT_HOLD },
		{ 1039, EVENT_HOLD }, { 1040, EVENT_DISCONNECT }, { 1043, EVENT_DISCONNECT },
		{ 1044, EVENT_HOLD } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes b = hex(LOCAL6 REMOTE6 ZERO PID ONE PLACE "07*8");
		struct etl_record rec = manifest(cases[i].id, 1, &b);
		struct etl_case c = case_open(&etl_tcpip);
		cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
		expect_event(&c, cases[i].op, TRANSPORT_TCP, 0);
		expect_end(&c.record.event.local, "fe80::1", 5353);
		expect_end(&c.record.event.remote, "fe80::9", 53);
		cr_expect_eq(c.record.event.traces, 0, "data is logged without a process");
		case_close(&c);
		cr_expect_eq(case_cuts(&etl_tcpip, NULL, &rec), 32 + 32 + 8);
	}
}

Test(etl_tcpip, connection_that_failed)
{
	struct etl_case c = case_open(&etl_tcpip);
	cr_expect_eq(
		read_one(&c, 1033, 0, LOCAL4 REMOTE4 "b5 00 00 c0 " PID ONE PLACE), ETL_NOTHING);
	cr_expect_eq(
		read_one(&c, 1017, 0, LOCAL4 REMOTE4 "b5 00 00 c0 " PID ONE PLACE), ETL_NOTHING);
	cr_expect_eq(read_one(&c, 1040, 0, LOCAL4 REMOTE4 "b5 00 00 c0 " PID ONE PLACE), ETL_GIVEN);
	case_close(&c);
}

Test(etl_tcpip, rundown)
{
	struct bytes b = hex(PLACE LOCAL4 REMOTE4 "05 00 00 00 " PID "00*16");
	struct etl_record rec = manifest(1300, 3, &b);
	struct etl_case c = case_open(&etl_tcpip);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	expect_event(&c, EVENT_HOLD, TRANSPORT_TCP, 0);
	expect_end(&c.record.event.remote, "10.0.0.9", 53);
	case_close(&c);
	cr_expect_eq(case_cuts(&etl_tcpip, NULL, &rec), 8 + 20 + 20 + 8);
}

/* A socket that is bound holds its port; whose it is may only its creation say. */
Test(etl_tcpip, bound_sockets)
{
	struct etl_case c = case_open(&etl_tcpip);
	cr_expect_eq(read_one(&c, 1396, 0, LOCAL4 ZERO PLACE), ETL_NOTHING, "not known");
	cr_expect_eq(read_one(&c, 1391, 0, PLACE ZERO PID ONE "02 00 00 00"), ETL_NOTHING);
	cr_assert_eq(read_one(&c, 1396, 0, LOCAL4 ZERO PLACE), ETL_GIVEN);
	expect_event(&c, EVENT_HOLD, TRANSPORT_UDP, 0);
	expect_end(&c.record.event.local, "10.0.0.1", 5353);
	cr_expect(addr_is_wildcard(&c.record.event.remote.addr));
	cr_expect_eq(c.record.event.remote.port, 0);
	cr_expect_eq(read_one(&c, 1396, 0, LOCAL4 "0d 00 00 c0 " PLACE), ETL_NOTHING, "failed");
	cr_assert_eq(read_one(&c, 1397, 0, LOCAL4 ZERO PLACE), ETL_GIVEN);
	expect_event(&c, EVENT_RELEASE, TRANSPORT_UDP, 0);
	expect_end(&c.record.event.local, "10.0.0.1", 5353);
	cr_expect_eq(read_one(&c, 1397, 0, LOCAL4 ZERO PLACE), ETL_NOTHING, "told once");
	cr_expect_eq(read_one(&c, 1396, 0, LOCAL4 ZERO PLACE), ETL_NOTHING, "closed");
	cr_assert_eq(read_one(&c, 1396, 1, LOCAL6 ZERO PLACE PID "07*8"), ETL_GIVEN);
	expect_event(&c, EVENT_HOLD, TRANSPORT_UDP, 0);
	expect_end(&c.record.event.local, "fe80::1", 5353);
	cr_assert_eq(read_one(&c, 1397, 1, LOCAL6 ZERO PLACE), ETL_GIVEN);
	expect_event(&c, EVENT_RELEASE, TRANSPORT_UDP, 0);
	cr_expect_eq(read_one(&c, 1391, 0, PLACE ZERO PID ONE "02 00 00 00"), ETL_NOTHING);
	cr_expect_eq(
		read_one(&c, 1391, 0, PLACE "0d 00 00 c0 " PID ONE "02 00 00 00"), ETL_NOTHING);
	cr_expect_eq(read_one(&c, 1396, 0, LOCAL4 ZERO PLACE), ETL_NOTHING, "another at its place");
	case_close(&c);
}

#define RAW_CREATED PLACE "02 00 00 00 01 00 00 00 " ONE PID "07*8 " ZERO ZERO
#define RAW_SENT PLACE "01 00 00 00 01 00 00 00 28 00 00 00 " LOCAL4 REMOTE4

/* Of a ping of 32 bytes through a raw socket. */
Test(etl_tcpip, raw_sockets)
{
	struct etl_case c = case_open(&etl_tcpip);
	cr_expect_eq(read_one(&c, 1528, 0, RAW_SENT), ETL_NOTHING, "not known");
	cr_expect_eq(read_one(&c, 1531, 0, RAW_CREATED), ETL_NOTHING);
	cr_assert_eq(read_one(&c, 1528, 0, RAW_SENT), ETL_GIVEN);
	expect_event(&c, EVENT_SEND, TRANSPORT_ICMP, 32);
	expect_end(&c.record.event.local, "10.0.0.1", 0);
	expect_end(&c.record.event.remote, "10.0.0.9", 0);
	cr_expect_eq(c.record.event.traces, 0, "pings of the kernel are not in the log");
	cr_assert_eq(read_one(&c, 1529, 0, RAW_SENT), ETL_GIVEN);
	expect_event(&c, EVENT_RECV, TRANSPORT_ICMP, 32);
	cr_assert_eq(
		read_one(&c, 1528, 0, PLACE "01 00 00 00 02 00 00 00 28 00 00 00 " LOCAL4 REMOTE4),
		ETL_GIVEN);
	expect_event(&c, EVENT_HOLD, TRANSPORT_ICMP, 0);
	cr_assert_eq(
		read_one(&c, 1528, 0, PLACE "01 00 00 00 01 00 00 00 07 00 00 00 " LOCAL4 REMOTE4),
		ETL_GIVEN);
	expect_event(&c, EVENT_SEND, TRANSPORT_ICMP, 0);
	cr_expect_eq(
		read_one(&c, 1528, 0, PLACE "02 00 00 00 01 00 00 00 28 00 00 00 " LOCAL4 REMOTE4),
		ETL_NOTHING, "another protocol than the socket's");
	cr_expect_eq(read_one(&c, 1535, 0, PLACE), ETL_NOTHING);
	cr_expect_eq(read_one(&c, 1528, 0, RAW_SENT), ETL_NOTHING, "closed");
	case_close(&c);
}

/* Protocols whose packets have ports, and those that a socket leaves open. */
Test(etl_tcpip, raw_protocols)
{
	for (unsigned protocol = 0; protocol < 300; protocol++) {
		struct bytes made = hex(RAW_CREATED), sent = hex(RAW_SENT);
		made.b[12] = sent.b[8] = (uint8_t)protocol;
		made.b[13] = sent.b[9] = (uint8_t)(protocol >> 8);
		struct etl_record a = manifest(1531, 0, &made), b = manifest(1528, 0, &sent);
		struct etl_case c = case_open(&etl_tcpip);
		bool told = protocol > 0 && protocol < 255 && protocol != 6 && protocol != 17;
		case_read(&c, &a);
		cr_expect_eq(case_read(&c, &b), told ? ETL_GIVEN : ETL_NOTHING, "%u", protocol);
		case_close(&c);
	}
}

Test(etl_tcpip, every_cut)
{
	struct bytes made = hex(RAW_CREATED), sent = hex(RAW_SENT);
	struct bytes udp = hex(PLACE ZERO PID ONE "02 00 00 00"), bound = hex(LOCAL4 ZERO PLACE);
	struct bytes gram = hex(PLACE ONE "40 00 00 00 " LOCAL4 REMOTE4 PID), raw = hex(PLACE);
	struct etl_record created = manifest(1531, 0, &made), datagram = manifest(1528, 0, &sent);
	struct etl_record opened = manifest(1391, 0, &udp), bind = manifest(1396, 0, &bound);
	struct etl_record one = manifest(1169, 0, &gram), closed = manifest(1535, 0, &raw);
	cr_expect_eq(case_cuts(&etl_tcpip, NULL, &created), made.n);
	cr_expect_eq(case_cuts(&etl_tcpip, &created, &datagram), sent.n);
	cr_expect_eq(case_cuts(&etl_tcpip, NULL, &opened), 16);
	cr_expect_eq(case_cuts(&etl_tcpip, &opened, &bind), bound.n);
	cr_expect_eq(case_cuts(&etl_tcpip, NULL, &one), gram.n);
	cr_expect_eq(case_cuts(&etl_tcpip, &created, &closed), raw.n);
}

/* An address states its length: 0, too short for its family, of another family, beyond the end. */
Test(etl_tcpip, lengths_of_addresses)
{
	struct etl_case c = case_open(&etl_tcpip);
	cr_expect_eq(read_one(&c, 1300, 0, PLACE "00*4 " REMOTE4 "05 00 00 00 " PID), ETL_NOTHING);
	cr_expect_eq(read_one(&c, 1300, 0, PLACE "01 00 00 00 02 " REMOTE4 "05 00 00 00 " PID),
		ETL_NOTHING);
	cr_expect_eq(
		read_one(&c, 1300, 0, PLACE "07 00 00 00 02 00 00 35 0a 00 00 " REMOTE4 ONE PID),
		ETL_NOTHING);
	cr_expect_eq(read_one(&c, 1300, 0,
			     PLACE "10 00 00 00 17 00 00 35 0a 00 00 09 00*8 " REMOTE4 ONE PID),
		ETL_NOTHING);
	cr_expect_eq(read_one(&c, 1300, 0,
			     PLACE "10 00 00 00 01 00 00 35 0a 00 00 09 00*8 " REMOTE4 ONE PID),
		ETL_NOTHING);
	cr_expect_eq(
		read_one(&c, 1300, 0, PLACE "ff ff ff ff 02 00 00 35 0a 00 00 09 " ONE PID), -1);
	case_close(&c);
}

/* Systems of 32 bits have places of 4 bytes. */
Test(etl_tcpip, narrow)
{
	struct bytes b = hex("10 20 30 81 " ONE "40 00 00 00 " LOCAL4 REMOTE4 PID);
	struct etl_record rec = manifest(1169, 0, &b);
	struct etl_case c = case_open(&etl_tcpip);
	rec.pointer = 4;
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	expect_event(&c, EVENT_SEND, TRANSPORT_UDP, 64);
	cr_expect_eq(read_one(&c, 1074, 0, PLACE ONE ONE), ETL_NOTHING, "data without a process");
	case_close(&c);
}
