/* SPDX-License-Identifier: Apache-2.0 */
/* TcpIp, UdpIp and Kernel-Network: records of real logs, each version's layout, each cut. */
#include "etl_case.h"

#include "model/digest.h"
#include "model/source.h"

#define HEAD_42                                                                                   \
	"70 00 13 c0 00 00 00 00 64 09 00 00 58 01 00 00 ef 8b 12 81 ce 00 00 00 49 2a d4 7d 29 " \
	"53 32 48 8d fd 43 d9 79 15 3a 88 2a 00 00 10 04 2a 0b 00 10 00 00 00 00 00 00 80 00*24 "
#define DATA_42 "58 01 00 00 84 01 00 00 9d 38 f4 26 0a 79 6a 76 01 f4 01 f4 00*12"

static const struct {
	const char *hex;
	const struct etl_provider *provider;
	enum event_op op;
	uint8_t transport;
	uint32_t pid, bytes;
	const char *local, *remote;
	uint16_t local_port, remote_port;
} vectors[] = {
	{ "02 00 11 c0 30 00 0b 08 ff 58 bd 74 00*4 04 00 00 00 c9 00 00 00 0a 80 03 ff 0a 80 00 "
	  "37 "
	  "00 8a 00 8a 00*12",
		&etl_kernel_udpip, EVENT_RECV, TRANSPORT_UDP, 4, 201, "10.128.3.255", "10.128.0.55",
		138, 138 },
	{ "02 00 11 c0 48 00 1b 08 d3 a3 b2 74 00*4 3c 08 00 00 92 00 00 00 ff 02 00*13 0c 00*15 "
	  "01 "
	  "07 6c cf c7 00*12",
		&etl_kernel_udpip, EVENT_RECV, TRANSPORT_UDP, 2108, 146, "ff02::c", "::1", 1900,
		53191 },
	{ "02 00 11 c0 40 00 0f 06 87 7c 6b 5e 00*4 04 00 00 00 00 00 00 00 0a 80 00 4d 0a 80 00 "
	  "37 "
	  "ed a9 0b 35 b4 05 01 00 00 00 01 00 a4 00 01 00 08 00 08 00 00*12",
		&etl_kernel_tcpip, EVENT_ACCEPT, TRANSPORT_TCP, 4, 0, "10.128.0.55", "10.128.0.77",
		2869, 60841 },
	{ "02 00 11 c0 38 00 0a 06 01 91 6c 5e 00*4 04 00 00 00 dd 00 00 00 0a 80 00 4d 0a 80 00 "
	  "37 "
	  "ed a9 0b 35 30 06 00 00 30 06 00 00 00*12",
		&etl_kernel_tcpip, EVENT_SEND, TRANSPORT_TCP, 4, 221, "10.128.0.55", "10.128.0.77",
		2869, 60841 },
	{ "02 00 11 c0 50 00 1a 06 6d ac ce 73 00*4 04 00 00 00 74 00 01 00 20 01 48 98 00 e0 00 "
	  "81 "
	  "7c b9 00 ab 0c d5 e6 af 20 01 48 98 00 f0 00 26 b1 8e e8 5f db 5d 08 e8 01 bd fa 19 96 "
	  "07 00 00 96 07 00 00 00*12",
		&etl_kernel_tcpip, EVENT_SEND, TRANSPORT_TCP, 4, 65652,
		"2001:4898:f0:26:b18e:e85f:db5d:8e8", "2001:4898:e0:81:7cb9:ab:cd5:e6af", 64025,
		445 },
	{ HEAD_42 DATA_42, &etl_kernel_network, EVENT_SEND, TRANSPORT_UDP, 344, 388,
		"10.121.106.118", "157.56.244.38", 500, 500 },
};

Test(etl_network, records_of_real_logs)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		struct bytes b = hex(vectors[i].hex);
		struct etl_record rec = case_record(&b);
		struct etl_case c = case_open(vectors[i].provider);
		cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
		struct event *e = &c.record.event;
		cr_expect_eq(c.record.kind, RECORD_EVENT);
		cr_expect_eq(e->op, vectors[i].op, "vector %zu", i);
		cr_expect_eq(e->transport, vectors[i].transport);
		cr_expect_eq(e->pid, vectors[i].pid);
		cr_expect_eq(e->bytes, vectors[i].bytes);
		expect_end(&e->local, vectors[i].local, vectors[i].local_port);
		expect_end(&e->remote, vectors[i].remote, vectors[i].remote_port);
		cr_expect_eq(e->traces, TRACES_TCP | TRACES_UDP);
		cr_expect_not(e->either_way);
		cr_expect_eq(e->tag, 0);
		case_close(&c);
		cr_expect_eq(case_cuts(vectors[i].provider, NULL, &rec),
			addr_is_v4(&e->local.addr) ? 20 : 44, "vector %zu", i);
	}
}

static struct etl_record kernel(uint8_t group, uint8_t opcode, uint8_t version, struct bytes *b)
{
	return (struct etl_record){ .class = ETL_KERNEL,
		.group = group,
		.opcode = opcode,
		.version = version,
		.pointer = 8,
		.payload = span_of(b->b, b->n) };
}

/* The id 59 of a real log: a multicast group is the local end of what came in. */
Test(etl_network, manifest_receive_v6)
{
	struct bytes b =
		hex("f0 03 00 00 1e 00 00 00 ff 02 00*11 01 00 03 fe 80 00*6 0d 2d 5c 45 da "
		    "2f 47 a7 14 eb e6 1d 00*12");
	struct etl_record rec = {
		.class = ETL_MANIFEST, .id = 59, .pointer = 8, .payload = span_of(b.b, b.n)
	};
	struct etl_case c = case_open(&etl_kernel_network);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.op, EVENT_RECV);
	cr_expect_eq(c.record.event.transport, TRANSPORT_UDP);
	cr_expect_eq(c.record.event.pid, 1008);
	cr_expect_eq(c.record.event.bytes, 30);
	expect_end(&c.record.event.local, "ff02::1:3", 5355);
	expect_end(&c.record.event.remote, "fe80::d2d:5c45:da2f:47a7", 58909);
	case_close(&c);
	cr_expect_eq(case_cuts(&etl_kernel_network, NULL, &rec), 44);
}

/* What each opcode is, and that no other is anything. */
Test(etl_network, opcodes)
{
	static const uint8_t tcp[256] = { [10] = EVENT_SEND,
		[11] = EVENT_RECV,
		[12] = EVENT_CONNECT,
		[13] = EVENT_DISCONNECT,
		[14] = EVENT_RETRANSMIT,
		[15] = EVENT_ACCEPT,
		[16] = EVENT_RECONNECT,
		[26] = EVENT_SEND,
		[27] = EVENT_RECV,
		[28] = EVENT_CONNECT,
		[29] = EVENT_DISCONNECT,
		[30] = EVENT_RETRANSMIT,
		[31] = EVENT_ACCEPT,
		[32] = EVENT_RECONNECT };
	static const uint8_t udp[256] = {
		[10] = EVENT_SEND, [11] = EVENT_RECV, [26] = EVENT_SEND, [27] = EVENT_RECV
	};
	struct bytes b = hex("04 00 00 00 c9 00 00 00 01*64");
	for (unsigned code = 0; code < 256; code++) {
		for (int is_udp = 0; is_udp < 2; is_udp++) {
			struct etl_case c =
				case_open(is_udp ? &etl_kernel_udpip : &etl_kernel_tcpip);
			struct etl_record rec = kernel(0, (uint8_t)code, 2, &b);
			uint8_t op = is_udp ? udp[code] : tcp[code];
			cr_expect_eq(case_read(&c, &rec), op ? ETL_GIVEN : ETL_NOTHING, "%u", code);
			cr_expect_eq(c.record.event.op, op, "opcode %u", code);
			case_close(&c);
		}
	}
	for (unsigned id = 0; id < 0x10000; id++) {
		struct etl_record rec = { .class = ETL_MANIFEST,
			.id = (uint16_t)id,
			.pointer = 8,
			.payload = span_of(b.b, b.n) };
		bool is_udp = id == 42 || id == 43 || id == 58 || id == 59;
		uint8_t op = is_udp ? udp[id - 32] : id < 42 ? tcp[id] : 0;
		if (!is_udp && !op && id > 80 && id % 251)
			continue;
		struct etl_case c = case_open(&etl_kernel_network);
		cr_expect_eq(case_read(&c, &rec), op ? ETL_GIVEN : ETL_NOTHING, "id %u", id);
		cr_expect_eq(c.record.event.op, op, "id %u", id);
		cr_expect(!op ||
			c.record.event.transport == (is_udp ? TRANSPORT_UDP : TRANSPORT_TCP));
		case_close(&c);
	}
}

/* All payload lengths that systems of 32 and 64 bits write: the tail is not looked at. */
Test(etl_network, lengths_of_both_pointers)
{
	static const uint8_t v4[] = { 20, 28, 32, 36, 40, 44, 48 },
			     v6[] = { 52, 56, 60, 64, 68, 72 };
	struct bytes b = hex("04 00 00 00 c9 00 00 00 0a 00 00 01*3 0a 00 00 02*70");
	for (size_t i = 0; i < sizeof v4; i++) {
		struct etl_record rec = kernel(ETL_GROUP_TCPIP, 12, 2, &b);
		struct etl_case c = case_open(&etl_kernel_tcpip);
		rec.payload.n = v4[i];
		rec.pointer = i % 2 ? 4 : 8;
		cr_expect_eq(case_read(&c, &rec), ETL_GIVEN);
		case_close(&c);
	}
	for (size_t i = 0; i < sizeof v6; i++) {
		struct etl_record rec = kernel(ETL_GROUP_TCPIP, 28, 2, &b);
		struct etl_case c = case_open(&etl_kernel_tcpip);
		rec.payload.n = v6[i];
		cr_expect_eq(case_read(&c, &rec), ETL_GIVEN);
		case_close(&c);
	}
}

/* XP and 2003. The upper half of a datagram's size is whatever was there before. */
Test(etl_network, version_1)
{
	struct bytes b = hex("10 27 00 00 20 01 cd ab 0a 00 00 09 0a 00 00 01 00 35 10 00");
	struct etl_record rec = kernel(ETL_GROUP_UDPIP, 10, 1, &b);
	struct etl_case c = case_open(&etl_kernel_udpip);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.pid, 10000);
	cr_expect_eq(c.record.event.bytes, 0x120);
	expect_end(&c.record.event.local, "10.0.0.1", 4096);
	expect_end(&c.record.event.remote, "10.0.0.9", 53);
	cr_expect_not(c.record.event.either_way);
	cr_expect_eq(case_cuts(&etl_kernel_udpip, NULL, &rec), 20);
	rec.opcode = 11; /* which end of a receive is ours is not known */
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect(c.record.event.either_way);
	rec.opcode = 26; /* IPv6 came with version 2 */
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	case_close(&c);
	c = case_open(&etl_kernel_tcpip);
	rec = kernel(ETL_GROUP_TCPIP, 11, 1, &b);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.bytes, 0xabcd0120u, "TCP has all 32 bits");
	expect_end(&c.record.event.local, "10.0.0.1", 4096);
	cr_expect_not(c.record.event.either_way);
	for (rec.opcode = 17; rec.opcode <= 22; rec.opcode++)
		cr_expect_eq(case_read(&c, &rec), ETL_NOTHING, "opcode %u", rec.opcode);
	case_close(&c);
}

/* Windows 2000. */
Test(etl_network, version_0)
{
	struct bytes tcp = hex("0a 00 00 09 0a 00 00 01 00 50 04 d2 00 02 00 00 2c 01 00 00");
	struct bytes udp4 = hex("2c 01 00 00 0a 00 00 01 04 d2 40 00 0a 00 00 09 00 35 40 00");
	struct bytes udp8 = hex("2c 01 00 00 00*4 0a 00 00 01 04 d2 40 00 0a 00 00 09 00 35 40 00");
	struct etl_case c = case_open(&etl_kernel_tcpip);
	struct etl_record rec = kernel(ETL_GROUP_TCPIP, 10, 0, &tcp);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.pid, 300);
	cr_expect_eq(c.record.event.bytes, 512);
	expect_end(&c.record.event.local, "10.0.0.1", 1234);
	expect_end(&c.record.event.remote, "10.0.0.9", 80);
	case_close(&c);
	cr_expect_eq(case_cuts(&etl_kernel_tcpip, NULL, &rec), 20);
	for (int wide = 0; wide < 2; wide++) {
		c = case_open(&etl_kernel_udpip);
		rec = kernel(ETL_GROUP_UDPIP, 10, 0, wide ? &udp8 : &udp4);
		rec.pointer = wide ? 8 : 4;
		cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
		cr_expect_eq(c.record.event.pid, 300);
		cr_expect_eq(c.record.event.bytes, 64);
		expect_end(&c.record.event.local, "10.0.0.1", 1234);
		expect_end(&c.record.event.remote, "10.0.0.9", 53);
		case_close(&c);
		cr_expect_eq(case_cuts(&etl_kernel_udpip, NULL, &rec), wide ? 22 : 18);
	}
}

/* A later version has kept what came before it, as all have. */
Test(etl_network, version_to_come)
{
	struct bytes b = hex(DATA_42 " 00*16");
	struct etl_record rec = kernel(ETL_GROUP_UDPIP, 10, 9, &b);
	struct etl_case c = case_open(&etl_kernel_udpip);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.bytes, 388);
	case_close(&c);
}

Test(etl_network, nobody_is_named_by_pid_0_or_none)
{
	struct bytes b = hex(DATA_42);
	struct etl_record rec = kernel(ETL_GROUP_UDPIP, 10, 2, &b);
	struct etl_case c = case_open(&etl_kernel_udpip);
	memset(b.b, 0, 4);
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	memset(b.b, 0xff, 4);
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	case_close(&c);
}

Test(etl_network, addresses_of_v4_in_v6)
{
	struct bytes b = hex("2c 01 00 00 ff ff ff ff 00*10 ff ff 0a 00 00 09 00*16 ff ff 00 00");
	struct etl_record rec = kernel(ETL_GROUP_UDPIP, 26, 2, &b);
	struct etl_case c = case_open(&etl_kernel_udpip);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect(addr_is_v4(&c.record.event.remote.addr));
	expect_end(&c.record.event.remote, "10.0.0.9", 65535);
	cr_expect(addr_is_wildcard(&c.record.event.local.addr));
	cr_expect_eq(c.record.event.bytes, UINT32_MAX);
	case_close(&c);
}

/* The same datagram by two providers: the kernel logger tells it, the other one holds the flow. */
Test(etl_network, told_once)
{
	struct bytes b = hex(DATA_42);
	struct etl_record manifest = {
		.class = ETL_MANIFEST, .id = 42, .pointer = 8, .payload = span_of(b.b, b.n)
	};
	struct etl_record udp = kernel(ETL_GROUP_UDPIP, 10, 2, &b);
	struct etl_case c = case_open(&etl_kernel_network);
	cr_assert_eq(case_read(&c, &manifest), ETL_GIVEN);
	cr_expect_eq(c.record.event.op, EVENT_SEND);
	cr_assert_eq(etl_kernel_udpip.read(NULL, c.shared, &udp, &c.record, &c.err), ETL_GIVEN);
	cr_expect_eq(c.record.event.op, EVENT_SEND);
	cr_assert_eq(case_read(&c, &manifest), ETL_GIVEN);
	cr_expect_eq(c.record.event.op, EVENT_HOLD);
	cr_assert_eq(etl_kernel_udpip.read(NULL, c.shared, &udp, &c.record, &c.err), ETL_GIVEN);
	cr_expect_eq(c.record.event.op, EVENT_SEND);
	manifest.id = 10; /* its TCP is its own still */
	cr_assert_eq(case_read(&c, &manifest), ETL_GIVEN);
	cr_expect_eq(c.record.event.op, EVENT_SEND);
	case_close(&c);
}

/* A sender's thread tells its service; a thread that was interrupted may be another service's. */
Test(etl_network, service_of_the_thread)
{
	struct bytes b = hex(HEAD_42 DATA_42);
	struct etl_record rec = case_record(&b);
	struct etl_case c = case_open(&etl_kernel_network);
	cr_expect_eq(rec.pid, 344);
	cr_assert_eq(etl_thread_start(c.shared, rec.tid, 344, 77, &c.err), 0);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.tag, 77);
	rec.pid = 345; /* somebody else's thread */
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.tag, 0);
	rec.pid = 344;
	rec.id = 43;
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.tag, 0, "a receive");
	rec.id = 10;
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.tag, 0, "TCP");
	rec.id = 42;
	rec.has_thread = false;
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.tag, 0);
	rec.has_thread = true; /* the id was used again, and nothing said so */
	cr_assert_eq(etl_thread_start(c.shared, rec.tid, 4000, 78, &c.err), 0);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.event.tag, 0);
	case_close(&c);
}
