/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of --json and --packets, key by key. */
/* clang-format off */
#include "fixture.h"
#include "json_valid.h"

static struct fixture x;

static void fill(void)
{
	fixture_fill(&x);
	x.processes[0].services = "MSExchangeIS";
}

TestSuite(json, .init = fill);

static void becomes(fixture_calls *calls, const char *want)
{
	char *got = fixture_run(&output_json, &x, calls);
	cr_assert(valid_lines(got), "no JSON: %s", got);
	fixture_same(got, want);
	free(got);
}

static void packet(const struct sink_ops *ops, void *self, struct fixture *f)
{
	cr_assert_eq(ops->packet(self, &f->line, NULL), 0);
}

static void finding(const struct sink_ops *ops, void *self, struct fixture *f)
{
	cr_assert_eq(ops->finding(self, &f->finding, NULL), 0);
}

static void summary(const struct sink_ops *ops, void *self, struct fixture *f)
{
	cr_assert_eq(ops->summary(self, &f->report, NULL), 0);
}

Test(json, the_validator_refuses)
{
	static const char *const bad[] = { "{", "{}", "[]\n", "{\"a\":1,}\n", "{\"a\":01}\n",
		"{\"a\":1 \"b\":2}\n", "{\"a\":\"\x01\"}\n", "{\"a\":\"\\x\"}\n", "{a:1}\n",
		"{\"a\":NaN}\n", "{\"a\":1.}\n", "{}{}\n", "{\"a\":\"\\u00g0\"}\n" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_not(valid_lines(bad[i]), "%s", bad[i]);
	cr_assert(valid_lines("{\"a\":[1,-2.5e+3,{},[],null,true,\"\\u0041\"]}\n{}\n"));
}

Test(json, packet)
{
	becomes(packet,
		"{\"@timestamp\":\"2010-01-14T15:20:14.454856000Z\",\"event\":{\"dataset\":\"whosent.packet\"},"
		"\"frame\":{\"number\":105540,\"file\":\"packet-list.txt\"},"
		"\"network\":{\"transport\":\"udp\",\"type\":\"ipv4\",\"bytes\":50},"
		"\"source\":{\"ip\":\"10.1.1.1\",\"port\":36003,\"process\":{\"pid\":2136,\"name\":\"store.exe\","
		"\"services\":[\"MSExchangeIS\"]}},"
		"\"destination\":{\"ip\":\"172.23.98.97\",\"port\":2762},"
		"\"whosent\":{\"payload_bytes\":8,\"finding\":1,"
		"\"sender\":{\"grade\":\"exact\",\"evidence\":[\"kernel-trace.csv:1\"],\"clock_delta_ns\":0},"
		"\"receiver\":{\"reason\":\"other-host\"}}}\n");
}

Test(json, what_a_trace_says_of_a_packet)
{
	struct packet dropped = { .remark = span_text("dropped: reason 5\n") };
	x.line.packet = &dropped;
	char *got = fixture_run(&output_json, &x, packet);
	cr_assert(valid_lines(got), "no JSON: %s", got);
	cr_expect(strstr(got, "\"finding\":1,\"remark\":\"dropped: reason 5\\n\",\"sender\""),
		"%s", got);
	free(got);
}

Test(json, packet_of_which_little_is_known)
{
	x.line.has_time = false;
	x.line.finding = 0;
	x.digest = (struct digest){ .transport = TRANSPORT_NONE };
	x.sides[0] = x.sides[1] = claim_reason(REASON_UNDECODABLE, DETAIL_NONE);
	becomes(packet, "{\"event\":{\"dataset\":\"whosent.packet\"},"
			"\"frame\":{\"number\":105540,\"file\":\"packet-list.txt\"},"
			"\"whosent\":{\"sender\":{\"reason\":\"undecodable\"},"
			"\"receiver\":{\"reason\":\"undecodable\"}}}\n");
	x.digest.known = DIGEST_DECODED | DIGEST_ARP | DIGEST_ADDRS | DIGEST_WIRE;
	x.digest.flow = fixture_flow();
	x.digest.wire_bytes = 60;
	x.sides[0] = x.sides[1] = claim_reason(REASON_KERNEL_ARP, DETAIL_NONE);
	becomes(packet, "{\"event\":{\"dataset\":\"whosent.packet\"},"
			"\"frame\":{\"number\":105540,\"file\":\"packet-list.txt\"},"
			"\"network\":{\"type\":\"arp\",\"bytes\":60},"
			"\"source\":{\"ip\":\"10.1.1.1\"},\"destination\":{\"ip\":\"172.23.98.97\"},"
			"\"whosent\":{\"sender\":{\"reason\":\"kernel-arp\"},"
			"\"receiver\":{\"reason\":\"kernel-arp\"}}}\n");
	x.digest.known = DIGEST_DECODED | DIGEST_ADDRS;
	x.digest.transport = 99;
	x.digest.ip_version = 6;
	char *got = fixture_run(&output_json, &x, packet);
	cr_assert_not_null(strstr(got, "\"network\":{\"transport\":\"ip-99\",\"type\":\"ipv6\"},"));
	free(got);
}

Test(json, icmp_about_and_candidates)
{
	x.digest = (struct digest){ .known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_ICMP | DIGEST_ECHO |
			DIGEST_PAYLOAD,
		.ip_version = 4, .transport = TRANSPORT_ICMP, .icmp_type = 8, .icmp_id = 512,
		.icmp_seq = 3, .payload_bytes = 1, .flow = fixture_flow() };
	x.sides[SIDE_SENDER] = claim_reason(REASON_AMBIGUOUS, DETAIL_LIMIT);
	x.sides[SIDE_SENDER].n_candidates = 2;
	x.sides[SIDE_SENDER].candidates[0] = 0;
	x.sides[SIDE_SENDER].candidates[1] = 2;
	x.sides[SIDE_SENDER].more_candidates = true;
	x.sides[SIDE_RECEIVER] = claim_reason(REASON_KERNEL_ECHO_REPLY, DETAIL_NONE);
	x.sides[SIDE_RECEIVER].about = 1;
	becomes(packet,
		"{\"@timestamp\":\"2010-01-14T15:20:14.454856000Z\",\"event\":{\"dataset\":\"whosent.packet\"},"
		"\"frame\":{\"number\":105540,\"file\":\"packet-list.txt\"},"
		"\"network\":{\"transport\":\"icmp\",\"type\":\"ipv4\"},"
		"\"source\":{\"ip\":\"10.1.1.1\"},\"destination\":{\"ip\":\"172.23.98.97\"},"
		"\"icmp\":{\"type\":8,\"code\":0,\"id\":512,\"seq\":3},"
		"\"whosent\":{\"payload_bytes\":1,\"finding\":1,"
		"\"sender\":{\"reason\":\"ambiguous\",\"detail\":\"limit\",\"candidates\":["
		"{\"process\":{\"pid\":2136,\"name\":\"store.exe\",\"services\":[\"MSExchangeIS\"]},"
		"\"because\":\"its event fits as well\"},"
		"{\"process\":{\"pid\":4711},\"because\":\"its event fits as well\"}],\"more_candidates\":true},"
		"\"receiver\":{\"reason\":\"kernel-echo-reply\",\"about\":{\"process\":{\"pid\":7176,"
		"\"name\":\"mad.exe\",\"services\":[\"MSExchangeSA\",\"Other\"]}}}}}\n");
}

Test(json, process)
{
	static const char *const hosts[] = { "MAIL", "DC" };
	x.context.hosts = hosts;
	x.context.n_hosts = 2;
	x.processes[0] = (struct process){ .host = 1, .pid = 7, .has_parent = true, .parent = 1,
		.has_start = true, .start = { 0 }, .has_end = true, .end = { 1 } };
	x.finding.has_explanation = false;
	char *got = fixture_run(&output_json, &x, finding);
	cr_assert_not_null(strstr(got,
		",\"process\":{\"pid\":7,\"host\":\"DC\",\"parent\":{\"pid\":1},"
		"\"start\":\"1970-01-01T00:00:00.000000000Z\",\"end\":\"1970-01-01T00:00:00.000000001Z\"}}\n"),
		"%s", got);
	free(got);
}

Test(json, finding)
{
	becomes(finding,
		"{\"event\":{\"dataset\":\"whosent.finding\"},\"whosent\":{\"finding\":1,"
		"\"title\":\"store.exe (2136) sends UDP datagrams to 15 hosts\",\"direction\":\"out\",\"packets\":15,"
		"\"first\":\"2010-01-14T15:20:14.454856000Z\",\"last\":\"2010-01-14T15:20:14.454856000Z\","
		"\"pattern\":{\"transport\":\"udp\",\"payload_bytes\":{\"kind\":\"constant\",\"value\":8,\"known\":1},"
		"\"source_port\":{\"kind\":\"rising\",\"min\":35996,\"max\":36016},"
		"\"destination_port\":{\"kind\":\"varied\",\"min\":1127,\"max\":4642},\"one_socket_each\":true,"
		"\"peers\":15,\"interval\":{\"kind\":\"burst\"},\"answered\":0},"
		"\"grades\":{\"exact\":1,\"ports\":1,\"pattern\":13},\"reasons\":{},"
		"\"proofs\":[{\"frame\":{\"number\":105540,\"file\":\"packet-list.txt\"},\"grade\":\"exact\","
		"\"evidence\":[\"kernel-trace.csv:1\"]},"
		"{\"frame\":{\"number\":105558,\"file\":\"packet-list.txt\"},\"grade\":\"ports\","
		"\"evidence\":[\"kernel-trace.csv:3\"]}],"
		"\"rule\":{\"id\":\"exchange-newmail-udp\",\"title\":\"Exchange new-mail notification\","
		"\"strength\":\"strong\",\"agreement\":\"yes\",\"expected\":\"store.exe (MSExchangeIS)\","
		"\"why\":\"at logon every Outlook registers a port and 8 bytes of its own; the Information Store "
		"sends exactly those bytes to that port when mail arrives\","
		"\"confirm\":\"the client's port belongs to outlook.exe; the same 8 bytes repeat to one client\","
		"\"stop\":\"cached mode; or fix the client's port (FixedUDPPort) and allow it. Dropping the "
		"datagrams only makes mail up to a minute late\","
		"\"references\":[\"KB264035\",\"[MS-OXCRPC] 3.1.4.5\"]}},"
		"\"process\":{\"pid\":2136,\"name\":\"store.exe\",\"services\":[\"MSExchangeIS\"]}}\n");
}

Test(json, finding_without_a_process)
{
	struct finding *f = &x.finding;
	*f = (struct finding){ .number = 2, .title = "pings", .process = PROCESS_NONE,
		.reason = REASON_NOT_TRACED, .reasons = { [REASON_NOT_TRACED] = 6 },
		.pattern = { .transport = TRANSPORT_ICMP, .packets = 6, .has_icmp = true, .icmp_type = 8,
			.has_bytes = true, .bytes = 360, .peers = 1 << 20, .peers_estimated = true,
			.payload_bytes = { NUMBER_SET, 6, 1, 8, 2, { 1, 8 } },
			.payload = PAYLOAD_CONSTANT, .payload_prefix_n = 2,
			.payload_prefix = { 0x3f, 0xa0 }, .interval = INTERVAL_PERIODIC,
			.period_ns = 20000000000 },
		.has_explanation = true,
		.explanation = { .id = "ping", .title = "a ping", .strength = STRENGTH_WEAK,
			.agreement = AGREEMENT_NO, .by_port_only = true, .why = "w", .confirm = "c",
			.stop = "s" },
		.n_candidates = 1, .candidates = { { 2, "it runs" } } };
	becomes(finding,
		"{\"event\":{\"dataset\":\"whosent.finding\"},\"whosent\":{\"finding\":2,\"title\":\"pings\","
		"\"reason\":\"not-traced\",\"packets\":6,\"bytes\":360,"
		"\"pattern\":{\"transport\":\"icmp\",\"icmp\":{\"type\":8,\"code\":0},"
		"\"payload_bytes\":{\"kind\":\"set\",\"values\":[1,8]},"
		"\"payload\":{\"kind\":\"constant\",\"prefix\":\"3fa0\"},\"peers\":1048576,\"peers_estimated\":true,"
		"\"interval\":{\"kind\":\"periodic\",\"period_ns\":20000000000}},"
		"\"grades\":{},\"reasons\":{\"not-traced\":6},"
		"\"rule\":{\"id\":\"ping\",\"title\":\"a ping\",\"strength\":\"weak\",\"agreement\":\"no\","
		"\"by_port_only\":true,\"why\":\"w\",\"confirm\":\"c\",\"stop\":\"s\",\"references\":[]},"
		"\"candidates\":[{\"process\":{\"pid\":4711},\"because\":\"it runs\"}]}}\n");
}

Test(json, summary)
{
	becomes(summary,
		"{\"event\":{\"dataset\":\"whosent.summary\"},\"whosent\":{\"inputs\":["
		"{\"file\":\"packet-list.txt\",\"kind\":\"packet-list\",\"records\":15,\"damaged\":0,\"lost\":0,\"skipped\":0,\"zone\":\"unknown\"},"
		"{\"file\":\"frame-105540.txt\",\"kind\":\"packet-detail\",\"records\":1,\"damaged\":0,\"lost\":0,\"skipped\":0,\"zone\":\"unknown\"},"
		"{\"file\":\"kernel-trace.csv\",\"kind\":\"tracerpt-csv\",\"records\":4,\"damaged\":0,\"lost\":0,\"skipped\":0,\"zone\":\"utc\"},"
		"{\"file\":\"tasklist.txt\",\"kind\":\"tasklist\",\"records\":5,\"damaged\":0,\"lost\":0,\"skipped\":0,\"zone\":\"unknown\"}],"
		"\"clocks\":[{\"file\":\"kernel-trace.csv\",\"state\":\"unsure\",\"pairs\":2,\"offset_ns\":14400312440200,"
		"\"error_ns\":15625000,\"zone_minutes\":240,\"drift_ppm\":0,\"steps\":0}],"
		"\"packets\":15,\"grades\":{\"exact\":1,\"ports\":1,\"pattern\":13},\"reasons\":{},"
		"\"lost\":{\"events\":0,\"packets\":0},\"evicted\":0}}\n");
}

Test(json, summary_of_mappings)
{
	const struct mapping m = { .trace = addr_v4((const uint8_t[]){ 172, 23, 21, 24 }),
		.captured = addr_v4((const uint8_t[]){ 10, 1, 1, 1 }), .packets = 812 };
	x.report.mappings = &m;
	x.report.n_mappings = 1;
	char *got = fixture_run(&output_json, &x, summary);
	cr_assert(valid_lines(got));
	cr_expect(strstr(got, "\"evicted\":0,\"mappings\":[{\"trace\":\"172.23.21.24\","
		"\"capture\":\"10.1.1.1\",\"file\":\"packet-list.txt\",\"packets\":812}]"), "%s", got);
	free(got);
}

Test(json, summary_of_trouble)
{
	x.report = (struct report){ .inputs = x.inputs, .n_inputs = 1, .lost_events = 3,
		.lost_packets = 4, .evicted = 5, .interrupted = true, .filter = "udp \"x\"" };
	x.inputs[0].format = NULL;
	x.inputs[0].has_clock = true;
	x.inputs[0].unused_roster = true;
	becomes(summary,
		"{\"event\":{\"dataset\":\"whosent.summary\"},\"whosent\":{\"inputs\":["
		"{\"file\":\"packet-list.txt\",\"records\":15,\"damaged\":0,\"lost\":0,\"skipped\":0,\"unused\":true}],"
		"\"clocks\":[{\"file\":\"packet-list.txt\",\"state\":\"none\",\"pairs\":0}],"
		"\"packets\":0,\"grades\":{},\"reasons\":{},\"lost\":{\"events\":3,\"packets\":4},\"evicted\":5,"
		"\"filter\":\"udp \\\"x\\\"\",\"interrupted\":true}}\n");
}

static void dossier(const struct sink_ops *ops, void *self, struct fixture *f)
{
	struct considered c = { .verdict = VERDICT_LENGTH, .side = SIDE_RECEIVER, .evidence = { 2, 4 },
		.op = EVENT_RECV, .transport = TRANSPORT_UDP, .local = f->digest.flow.dst,
		.remote = f->digest.flow.src, .bytes = 9, .process = 2, .delta_ns = -5 };
	cr_assert_eq(ops->dossier(self, &f->line, &c, 1, NULL), 0);
}

Test(json, dossier)
{
	char *got = fixture_run(&output_json, &x, dossier);
	cr_assert(valid_lines(got));
	cr_assert_not_null(strstr(got, "{\"dataset\":\"whosent.dossier\"}"));
	cr_assert_not_null(strstr(got,
		"\"receiver\":{\"reason\":\"other-host\"},\"considered\":[{\"verdict\":\"another length\","
		"\"side\":\"receiver\",\"evidence\":[\"kernel-trace.csv:4\"],\"operation\":\"receive\","
		"\"transport\":\"udp\",\"local\":{\"ip\":\"172.23.98.97\",\"port\":2762},"
		"\"remote\":{\"ip\":\"10.1.1.1\",\"port\":36003},\"bytes\":9,\"process\":{\"pid\":4711},"
		"\"clock_delta_ns\":-5}]}}\n"), "%s", got);
	free(got);
}
