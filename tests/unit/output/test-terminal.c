/* SPDX-License-Identifier: Apache-2.0 */
/* The report for people, whole. Expected texts are lines of 100 columns and stay as they are. */
/* clang-format off */
#include "fixture.h"

static struct fixture x;

static void fill(void)
{
	fixture_fill(&x);
}

TestSuite(terminal, .init = fill);

static void becomes(fixture_calls *calls, const char *want)
{
	char *got = fixture_run(&output_terminal, &x, calls);
	fixture_same(got, want);
	free(got);
}

static void report(const struct sink_ops *ops, void *self, struct fixture *f)
{
	struct err err;
	cr_assert_eq(ops->begin(self, &f->report, &err), 0);
	cr_assert_eq(ops->finding(self, &f->finding, &err), 0);
	cr_assert_eq(ops->summary(self, &f->report, &err), 0);
}

static void begin(const struct sink_ops *ops, void *self, struct fixture *f)
{
	cr_assert_eq(ops->begin(self, &f->report, NULL), 0);
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

#define FOUNDING                                                                                    \
	"packet-list.txt    packet list (Wireshark text), 15 frames, 2010-01-14 15:20:14.454856, zone not\n" \
	"                   stated\n"                                                               \
	"frame-105540.txt   packet details (Wireshark text), 1 frame\n"                             \
	"kernel-trace.csv   Windows kernel trace (tracerpt text), 4 events; its clock is probably 4 h 0.312 s\n" \
	"                   behind the capture (zone +4 h, skew 0.312 s \xc2\xb1 0.016 s), from 2 matching events\n" \
	"tasklist.txt       Windows process table, 5 processes\n"                                   \
	"\n"                                                                                        \
	"1  store.exe (2136) sends UDP datagrams to 15 hosts                                        15 frames\n" \
	"   pattern   payload 8 bytes (length known for 1 of 15); source ports rise 35996\xe2\x80\x93" \
	"36016, a new one\n"                                                                        \
	"             for each datagram; destination ports vary, 1127\xe2\x80\x93"                  \
	"4642; all within 1 s; never answered\n"                                                    \
	"   who       exact for 1 frame, by ports for 1, by pattern for 13; no other process does this\n" \
	"   proof     frame 105540        10.1.1.1:36003 > 172.23.98.97:2762, 8 bytes\n"            \
	"             kernel-trace.csv:1  UDP send, PID 2136, 8 bytes, the same addresses and ports\n" \
	"   why       consistent with Exchange new-mail notification (rule exchange-newmail-udp, strong: the\n" \
	"             process agrees): at logon every Outlook registers a port and 8 bytes of its own; the\n" \
	"             Information Store sends exactly those bytes to that port when mail arrives\n" \
	"   confirm   the client's port belongs to outlook.exe; the same 8 bytes repeat to one client\n" \
	"   stop      cached mode; or fix the client's port (FixedUDPPort) and allow it. Dropping the\n" \
	"             datagrams only makes mail up to a minute late\n"                              \
	"   see       KB264035; [MS-OXCRPC] 3.1.4.5\n"                                              \
	"\n"                                                                                        \
	"Every frame has an answer: 15 by process, 0 by reason.\n"

Test(terminal, the_founding_case)
{
	becomes(report, FOUNDING);
}

Test(terminal, equal_on_every_run)
{
	char *a = fixture_run(&output_terminal, &x, report);
	char *b = fixture_run(&output_terminal, &x, report);
	cr_assert_str_eq(a, b);
	free(a);
	free(b);
}

/* Colour adds escape sequences of one form and changes nothing else. */
Test(terminal, colour_is_the_same_text)
{
	x.context.color = true;
	char *got = fixture_run(&output_terminal, &x, report), *to = got;
	size_t sequences = 0;
	for (const char *p = got; *p; p++) {
		if (*p != '\x1b') {
			*to++ = *p;
			continue;
		}
		cr_assert(p[1] == '[' && strchr("012", p[2]) && p[3] == 'm');
		p += 3;
		sequences++;
	}
	*to = '\0';
	fixture_same(got, FOUNDING);
	cr_assert_gt(sequences, 10);
	cr_assert_eq(sequences % 2, 0);
	free(got);
}

Test(terminal, quiet)
{
	x.context.quiet = true;
	char *got = fixture_run(&output_terminal, &x, report);
	cr_assert_eq(strncmp(got, "1  store.exe", 12), 0, "%s", got);
	free(got);
}

Test(terminal, verbose)
{
	x.context.verbose = true;
	x.finding.pattern.last.ns += 1500000000;
	x.finding.pattern.has_bytes = true;
	x.finding.pattern.bytes = 1750;
	x.finding.has_explanation = false;
	x.processes[0].services = "MSExchangeIS";
	becomes(finding,
		"1  store.exe (2136) sends UDP datagrams to 15 hosts                                        15 frames\n"
		"   pattern   payload 8 bytes (length known for 1 of 15); source ports rise 35996\xe2\x80\x93" "36016, a new one\n"
		"             for each datagram; destination ports vary, 1127\xe2\x80\x93" "4642; all within 1 s; never answered\n"
		"   when      2010-01-14 15:20:14.454856 to 2010-01-14 15:20:15.954856, 1,750 bytes on the wire\n"
		"   who       exact for 1 frame, by ports for 1, by pattern for 13; no other process does this;\n"
		"             service MSExchangeIS\n"
		"   proof     frame 105540        10.1.1.1:36003 > 172.23.98.97:2762, 8 bytes\n"
		"             kernel-trace.csv:1  UDP send, PID 2136, 8 bytes, the same addresses and ports\n"
		"             frame 105558        10.1.1.1:36016 > 172.24.7.11:2344\n"
		"             kernel-trace.csv:3  UDP send, PID 2136, the same ports, another address\n"
		"   why       no rule explains this pattern\n");
	x.context.verbose = false;
	x.finding.has_explanation = false;
	x.finding.process = PROCESS_NONE;
	char *got = fixture_run(&output_terminal, &x, finding);
	cr_assert_null(strstr(got, "pattern   "), "unnamed and unexplained: the reason only");
	free(got);
}

/* Case B: pings, no event can hold them, candidates only. */
static void make_pings(void)
{
	struct finding *f = &x.finding;
	f->process = PROCESS_NONE;
	f->reason = REASON_NOT_TRACED;
	snprintf(f->title, sizeof f->title, "10.1.1.1 pings 3 hosts");
	f->pattern = (struct pattern){ .transport = TRANSPORT_ICMP, .direction = DIRECTION_OUT,
		.packets = 18, .has_icmp = true, .icmp_type = 8, .peers = 3, .answerable = 18, .answered = 18,
		.payload_bytes = { .kind = NUMBER_CONSTANT, .known = 18, .min = 1, .max = 1,
			.n_values = 1, .values = { 1 } },
		.payload = PAYLOAD_CONSTANT, .payload_prefix_n = 1, .payload_prefix = { '?' },
		.interval = INTERVAL_PERIODIC, .period_ns = 20000000000 };
	memset(f->grades, 0, sizeof f->grades);
	f->reasons[REASON_NOT_TRACED] = 18;
	f->n_proofs = 0;
	f->explanation.agreement = AGREEMENT_UNKNOWN;
	f->explanation.title = "the reachability ping";
	f->explanation.id = "ping";
	f->explanation.why = "it looks whether they are up";
	f->explanation.expected = "mad.exe or store.exe";
	f->explanation.confirm = f->explanation.stop = "";
	f->explanation.n_references = 0;
	f->n_candidates = 2;
	f->candidates[0] = (struct candidate){ 1, "the rule expects it, and it runs" };
	f->candidates[1] = (struct candidate){ 0, "the rule expects it, and it runs" };
}

Test(terminal, a_reason_and_candidates)
{
	make_pings();
	becomes(finding,
		"1  10.1.1.1 pings 3 hosts                                                                  18 frames\n"
		"   pattern   ICMP echo request; payload 1 byte, always 3f \"?\"; every 20.000 s; always answered\n"
		"   who       not-traced for 18 frames: the log cannot hold this protocol\n"
		"   perhaps   mad.exe (7176): the rule expects it, and it runs\n"
		"             store.exe (2136): the rule expects it, and it runs\n"
		"   why       consistent with the reachability ping (rule ping, strong; expected from mad.exe or\n"
		"             store.exe): it looks whether they are up\n");
}

Test(terminal, several_reasons)
{
	make_pings();
	x.finding.has_explanation = false;
	x.finding.n_candidates = 0;
	x.finding.pattern = (struct pattern){ .transport = TRANSPORT_NONE, .packets = 12345 };
	snprintf(x.finding.title, sizeof x.finding.title, "everything else");
	x.finding.reasons[REASON_NOT_TRACED] = 2345;
	x.finding.reasons[REASON_NO_EVIDENCE] = 10000;
	becomes(finding,
		"1  everything else                                                                     12,345 frames\n"
		"   who       not-traced for 2,345 frames: the log cannot hold this protocol; no-evidence for\n"
		"             10,000 frames: nothing was given that could tell\n");
}

Test(terminal, a_contradiction)
{
	x.finding.explanation.agreement = AGREEMENT_NO;
	x.finding.explanation.strength = STRENGTH_MEDIUM;
	x.finding.process = 1;
	x.finding.n_proofs = 0;
	x.finding.explanation.confirm = x.finding.explanation.stop = NULL;
	x.finding.explanation.n_references = 0;
	snprintf(x.finding.title, sizeof x.finding.title, "t");
	x.finding.pattern = (struct pattern){ .direction = DIRECTION_OUT, .packets = 1 };
	becomes(finding,
		"1  t                                                                                         1 frame\n"
		"   who       exact for 1 frame, by ports for 1, by pattern for 13; no other process does this;\n"
		"             services MSExchangeSA, Other\n"
		"   warning   contradiction: the rule expects store.exe (MSExchangeIS), but mad.exe (7176) sent these\n"
		"             packets\n"
		"   why       consistent with Exchange new-mail notification (rule exchange-newmail-udp, medium, but\n"
		"             for its process): at logon every Outlook registers a port and 8 bytes of its own; the\n"
		"             Information Store sends exactly those bytes to that port when mail arrives\n");
}

static void pattern_is(const char *want)
{
	snprintf(x.finding.title, sizeof x.finding.title, "t");
	x.finding.has_explanation = false;
	x.finding.n_proofs = 0;
	memset(x.finding.grades, 0, sizeof x.finding.grades);
	char *got = fixture_run(&output_terminal, &x, finding);
	char *row = strstr(got, "   pattern   "), *who = strstr(got, "   who       ");
	cr_assert_not_null(who);
	cr_assert_not_null(strstr(who, "no process is named"));
	if (want) {
		cr_assert_not_null(row, "%s", got);
		*who = '\0';
		fixture_same(row + 13, want);
	} else {
		cr_assert_null(row, "%s", got);
	}
	free(got);
}

Test(terminal, patterns)
{
	struct pattern *p = &x.finding.pattern;
	*p = (struct pattern){ .transport = TRANSPORT_NONE, .packets = 3 };
	pattern_is(NULL);
	*p = (struct pattern){ .transport = TRANSPORT_UDP, .packets = 1, .answerable = 1, .answered = 1,
		.payload = PAYLOAD_CONSTANT, .payload_prefix_n = 2, .payload_prefix = { 0, 0x41 },
		.payload_bytes = { NUMBER_CONSTANT, 1, 500, 500, 1, { 500 } },
		.source_port = { NUMBER_CONSTANT, 1, 123, 123, 1, { 123 } } };
	pattern_is("payload 500 bytes, beginning 00 41; source port 123; answered\n");
	*p = (struct pattern){ .transport = TRANSPORT_TCP, .packets = 9, .answerable = 9, .answered = 5,
		.payload = PAYLOAD_PREFIX, .payload_prefix_n = 3, .payload_prefix = "GET",
		.payload_bytes = { NUMBER_RANGE, 9, 0, 1460, 0, { 0 } },
		.source_port = { NUMBER_SET, 9, 80, 443, 3, { 80, 81, 443 } },
		.destination_port = { NUMBER_VARIED, 8, 1, 65535, 0, { 0 } },
		.one_socket_each = true, .interval = INTERVAL_IRREGULAR };
	pattern_is("payload 0\xe2\x80\x93" "1,460 bytes, always beginning 47 45 54 \"GET\"; source ports 80, 81 and 443, a\n"
		   "             new one for each packet; destination ports vary, 1\xe2\x80\x93" "65535 (known for 8 of 9); at\n"
		   "             irregular times; 5 of 9 answered\n");
	*p = (struct pattern){ .transport = TRANSPORT_ICMP, .packets = 4, .has_icmp = true,
		.icmp_type = 3, .icmp_code = 3, .payload = PAYLOAD_CONSTANT, .payload_prefix_n = 1,
		.payload_prefix = { 0xff } };
	pattern_is("ICMP destination unreachable, code 3; payload, always the same, beginning ff\n");
	*p = (struct pattern){ .transport = TRANSPORT_UDP, .packets = 1, .answerable = 1,
		.payload = PAYLOAD_CONSTANT, .payload_prefix_n = 16,
		.payload_prefix = "abcdefghijklmno",
		.source_port = { NUMBER_CONSTANT, 1, 2049, 2049, 1, { 2049 } },
		.payload_bytes = { NUMBER_SET, 1, 0, 1460, 2, { 0, 1460 } } };
	pattern_is("payload 0 or 1,460 bytes, beginning 61 62 63 64 65 66 67 68 \"abcdefgh\"; source port\n"
		   "             2049; not answered\n");
}

Test(terminal, inputs)
{
	struct input_report *in = x.inputs;
	static const struct source_format pcap = { .name = "pcap", .title = "pcap capture",
		.yields = YIELDS_PACKETS, .zone_stated = true };
	in[0].format = &pcap;
	in[0].last.ns += 61000000000;
	in[0].tally.damaged = 1;
	in[0].tally.lost = 2;
	in[1].format = NULL;
	in[2].clock = (struct clock_report){ .state = CLOCK_SURE, .pairs = 1200,
		.offset_ns = -27000000250000, .error_ns = 250000, .zone_minutes = -450,
		.drift_ppm = -12.4, .steps = 1 };
	in[2].processes = 3;
	in[3].processes = 0;
	in[3].unused_roster = true;
	becomes(begin,
		"packet-list.txt    pcap capture, 15 frames, 2010-01-14 15:20:14.454856 to 15:21:15.454856 UTC;\n"
		"                   1 record damaged; 2 records lost, as the file says itself\n"
		"frame-105540.txt   not read\n"
		"kernel-trace.csv   Windows kernel trace (tracerpt text), 4 events, 3 processes; its clock is 7 h\n"
		"                   30 min ahead of the capture (zone -7 h 30 min, skew -0.250 ms \xc2\xb1 0.250 ms), from\n"
		"                   1,200 matching events, drift -12 ppm, set 1 time while it was written\n"
		"tasklist.txt       Windows process table, no records; it belongs to no single host and is not used\n"
		"                   (see --host)\n");
}

Test(terminal, clocks)
{
	struct clock_report *clock = &x.inputs[2].clock;
	x.report.n_inputs = 1;
	x.report.inputs = &x.inputs[2];
	x.context.inputs = &x.inputs[2];
	x.context.n_inputs = 1;
	*clock = (struct clock_report){ .state = CLOCK_NONE };
	becomes(begin, "kernel-trace.csv   Windows kernel trace (tracerpt text), 4 events; its clock could not be aligned\n");
	*clock = (struct clock_report){ .state = CLOCK_GIVEN, .offset_ns = 3600000000000 };
	becomes(begin,
		"kernel-trace.csv   Windows kernel trace (tracerpt text), 4 events; its clock is taken as 1 h behind\n"
		"                   the capture, as given\n");
	*clock = (struct clock_report){ .state = CLOCK_SURE, .pairs = 8, .error_ns = 1000000 };
	becomes(begin,
		"kernel-trace.csv   Windows kernel trace (tracerpt text), 4 events; its clock is that of the capture\n"
		"                   (\xc2\xb1 0.001 s), from 8 matching events\n");
	*clock = (struct clock_report){ .state = CLOCK_REFERENCE };
	becomes(begin, "kernel-trace.csv   Windows kernel trace (tracerpt text), 4 events\n");
}

Test(terminal, a_long_file_name_stands_alone)
{
	x.inputs[3].file = "a/very/long/path/that/leads/to/a/process/table.txt";
	x.report.n_inputs = 1;
	x.report.inputs = &x.inputs[3];
	x.context.inputs = &x.inputs[3];
	becomes(begin, "a/very/long/path/that/leads/to/a/process/table.txt\n"
		       "   Windows process table, 5 processes\n");
}

Test(terminal, proof_behind_a_long_file_name)
{
	x.inputs[2].file = "/evidence/of/the/mail/server/in/january/kernel-trace.csv";
	x.context.verbose = true;
	x.finding.proofs[0].op = EVENT_RECV;
	x.finding.pattern = (struct pattern){ .direction = DIRECTION_IN, .packets = 15 };
	x.finding.n_proofs = 1;
	char *got = fixture_run(&output_terminal, &x, finding);
	cr_assert_not_null(strstr(got,
		"   proof     frame 105540\n"
		"               10.1.1.1:36003 > 172.23.98.97:2762, 8 bytes\n"
		"             /evidence/of/the/mail/server/in/january/kernel-trace.csv:1\n"
		"               UDP receive, PID 2136, 8 bytes, the same addresses and ports\n"), "%s", got);
	free(got);
}

Test(terminal, packets)
{
#define WHEN "105540  2010-01-14 15:20:14.454856 "
	becomes(packet, WHEN "IP 10.1.1.1.36003 > 172.23.98.97.2762: UDP, length 8  store.exe (2136) exact\n");
	x.sides[SIDE_RECEIVER] = (struct claim){ .grade = GRADE_FLOW, .process = 1,
		.about = PROCESS_NONE };
	x.sides[SIDE_SENDER] = claim_reason(REASON_AMBIGUOUS, DETAIL_LIMIT);
	x.sides[SIDE_SENDER].n_candidates = 2;
	x.sides[SIDE_SENDER].candidates[0] = 0;
	x.sides[SIDE_SENDER].candidates[1] = 2;
	x.sides[SIDE_SENDER].more_candidates = true;
	becomes(packet, WHEN "IP 10.1.1.1.36003 > 172.23.98.97.2762: UDP, length 8  [ambiguous: limit: store.exe (2136), PID 4711, ...] > mad.exe (7176) flow\n");
	x.sides[SIDE_SENDER] = claim_reason(REASON_KERNEL_ICMP_ERROR, DETAIL_NONE);
	x.sides[SIDE_SENDER].about = 0;
	x.digest = (struct digest){ .known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_ICMP | DIGEST_WIRE,
		.ip_version = 4, .transport = TRANSPORT_ICMP, .icmp_type = 3, .icmp_code = 3,
		.flow = fixture_flow(), .wire_bytes = 70 };
	becomes(packet, WHEN "IP 10.1.1.1 > 172.23.98.97: ICMP destination unreachable, code 3, 70 bytes on the wire  [kernel-icmp-error, about store.exe (2136)] > mad.exe (7176) flow\n");
}

Test(terminal, what_a_trace_says_of_a_packet)
{
	struct packet dropped = { .remark = span_text("dropped: reason 5\x1b") };
	x.line.packet = &dropped;
	char *got = fixture_run(&output_terminal, &x, packet);
	cr_expect(strstr(got, "exact  (dropped: reason 5\\x1b)\n"), "%s", got);
	free(got);
}

Test(terminal, packets_of_all_kinds)
{
	struct digest *d = &x.digest;
	x.line.has_time = false;
	d->known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_PORTS | DIGEST_TCP | DIGEST_PAYLOAD;
	d->transport = TRANSPORT_TCP;
	d->tcp_flags = TCP_SYN | TCP_ACK;
	d->tcp_seq = 7;
	d->tcp_ack = 9;
	d->payload_bytes = 0;
	becomes(packet, "105540  IP 10.1.1.1.36003 > 172.23.98.97.2762: TCP, flags [S.], seq 7, ack 9, length 0  store.exe (2136) exact\n");
	d->tcp_flags = TCP_SYN;
	d->ip_version = 6;
	cr_assert(addr_parse(span_text("fe80::1"), &d->flow.src.addr));
	becomes(packet, "105540  IP6 fe80::1.36003 > 172.23.98.97.2762: TCP, flags [S], seq 7, length 0  store.exe (2136) exact\n");
	*d = (struct digest){ .known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_ICMP | DIGEST_ECHO |
			DIGEST_PAYLOAD,
		.transport = TRANSPORT_ICMPV6, .icmp_type = 128, .ip_version = 4,
		.flow = fixture_flow(), .icmp_id = 512, .icmp_seq = 3, .payload_bytes = 1 };
	becomes(packet, "105540  IP 10.1.1.1 > 172.23.98.97: ICMPv6 echo request, id 512, seq 3, length 1  store.exe (2136) exact\n");
	*d = (struct digest){ .known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_ARP, .flow = fixture_flow(),
		.transport = TRANSPORT_NONE };
	becomes(packet, "105540  ARP 10.1.1.1 > 172.23.98.97  store.exe (2136) exact\n");
	*d = (struct digest){ .known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_FRAGMENT, .ip_version = 4,
		.flow = fixture_flow(), .transport = 99 };
	becomes(packet, "105540  IP 10.1.1.1 > 172.23.98.97: IP protocol 99, later fragment  store.exe (2136) exact\n");
	*d = (struct digest){ .known = DIGEST_DECODED | DIGEST_WIRE, .transport = TRANSPORT_NONE,
		.wire_bytes = 60 };
	x.sides[SIDE_SENDER] = claim_reason(REASON_NO_EVIDENCE, DETAIL_NO_LOCAL);
	becomes(packet, "105540  no IP packet, 60 bytes on the wire  [no-evidence: no record shows which addresses are local]\n");
	d->known = DIGEST_WIRE;
	x.sides[SIDE_SENDER] = claim_reason(REASON_UNDECODABLE, DETAIL_NONE);
	becomes(packet, "105540  not decoded, 60 bytes on the wire  [undecodable]\n");
}

static void dossiers(const struct sink_ops *ops, void *self, struct fixture *f)
{
	struct considered c[] = {
		{ .verdict = VERDICT_CHOSEN, .evidence = { 2, 1 }, .op = EVENT_SEND,
			.transport = TRANSPORT_UDP, .local = f->digest.flow.src,
			.remote = f->digest.flow.dst, .bytes = 8, .process = 0 },
		{ .verdict = VERDICT_ADDRESS, .evidence = { 2, 13 }, .op = EVENT_RECV,
			.side = SIDE_RECEIVER, .transport = TRANSPORT_UDP,
			.local = f->digest.flow.src, .remote = f->digest.flow.dst, .bytes = 1,
			.process = 2, .delta_ns = -123456000 },
	};
	cr_assert_eq(ops->dossier(self, &f->line, c, 2, NULL), 0);
	f->sides[SIDE_SENDER] = claim_reason(REASON_AMBIGUOUS, DETAIL_NO_CLOCK);
	f->sides[SIDE_SENDER].n_candidates = 2;
	f->sides[SIDE_SENDER].candidates[0] = 0;
	f->sides[SIDE_SENDER].candidates[1] = 1;
	f->line.has_time = false;
	f->line.finding = 0;
	cr_assert_eq(ops->dossier(self, &f->line, NULL, 0, NULL), 0);
}

Test(terminal, dossier)
{
	x.processes[0].services = "MSExchangeIS";
	becomes(dossiers,
		"frame 105540 of packet-list.txt, 2010-01-14 15:20:14.454856, in finding 1\n"
		"   packet    10.1.1.1:36003 > 172.23.98.97:2762, UDP, length 8, 50 bytes on the wire\n"
		"   sender    store.exe (2136), service MSExchangeIS, exact: there is evidence for this very packet;\n"
		"             kernel-trace.csv:1, packet minus record +0.000 ms\n"
		"   receiver  other-host: that end is none of the hosts with evidence\n"
		"   evidence  2 considered; the times are packet minus record\n"
		"   kernel-trace.csv:1   sender: chosen; UDP send by store.exe (2136), 10.1.1.1:36003 with\n"
		"                        172.23.98.97:2762, 8 bytes, +0.000 ms\n"
		"   kernel-trace.csv:13  receiver: the ports agree, an address does not; UDP receive by PID 4711,\n"
		"                        10.1.1.1:36003 with 172.23.98.97:2762, 1 byte, -123.456 ms\n"
		"\n"
		"frame 105540 of packet-list.txt\n"
		"   packet    10.1.1.1:36003 > 172.23.98.97:2762, UDP, length 8, 50 bytes on the wire\n"
		"   sender    ambiguous: more than one process fits (the log's clock could not be aligned);\n"
		"             candidates store.exe (2136), mad.exe (7176)\n"
		"   receiver  other-host: that end is none of the hosts with evidence\n"
		"   evidence  no record was near enough to be considered\n");
}

Test(terminal, no_roster)
{
	x.report.has_roster = false;
	becomes(summary, "Every frame has an answer: 15 by process, 0 by reason.\n"
			 "No process table was given: PIDs have no names.\n");
}

Test(terminal, no_events)
{
	x.report.has_events = false;
	memset(x.report.grades, 0, sizeof x.report.grades);
	x.report.reasons[REASON_NO_EVIDENCE] = 15;
	becomes(summary, "Every frame has an answer: 0 by process, 15 by reason.\n"
			 "No kernel event log was given: no process can be named, at best there are candidates.\n");
}

Test(terminal, everything_that_went_wrong)
{
	x.report.interrupted = true;
	x.report.filter = "udp and host 10.1.1.1";
	x.report.lost_events = 1;
	x.report.lost_packets = 1000;
	x.report.evicted = 7;
	x.report.packets = 16;
	becomes(summary, "Interrupted: this is what was known by then.\n"
			 "16 frames: 15 by process, 0 by reason.\n"
			 "Reported are the frames that match the filter: udp and host 10.1.1.1\n"
			 "The inputs state a loss: 1 event and 1,000 packets are missing.\n"
			 "7 packets, events or flows were dropped at a limit; what needed them says so.\n");
	x.report = (struct report){ .has_events = true, .has_roster = true, .filter = "tcp" };
	becomes(summary, "No frame matches the filter.\n"
			 "Reported are the frames that match the filter: tcp\n");
}

/* The first eight are for people. */
Test(terminal, mappings)
{
	struct mapping many[10];
	for (uint8_t i = 0; i < 10; i++)
		many[i] = (struct mapping){ .trace = addr_v4((const uint8_t[]){ 172, 23, 21, i }),
			.captured = addr_v4((const uint8_t[]){ 10, 1, 1, i }),
			.packets = i == 1 ? 1 : 812 };
	x.report.mappings = many;
	x.report.n_mappings = 2;
	becomes(summary, "Every frame has an answer: 15 by process, 0 by reason.\n"
			 "172.23.21.0 in the trace is 10.1.1.0 in packet-list.txt, 812 packets agree.\n"
			 "172.23.21.1 in the trace is 10.1.1.1 in packet-list.txt, 1 packet agrees.\n");
	x.report.n_mappings = 10;
	char *got = fixture_run(&output_terminal, &x, summary);
	cr_expect(strstr(got, "172.23.21.7 in"));
	cr_expect_not(strstr(got, "172.23.21.8 in"));
	cr_expect(strstr(got, "2 more addresses of the trace are others in the capture"));
	free(got);
}

static void packets_and_findings(const struct sink_ops *ops, void *self, struct fixture *f)
{
	packet(ops, self, f);
	packet(ops, self, f);
	f->finding.has_explanation = false;
	f->finding.n_proofs = 0;
	f->finding.pattern = (struct pattern){ .packets = 1 };
	finding(ops, self, f);
	finding(ops, self, f);
}

Test(terminal, sections_stand_apart)
{
	char *got = fixture_run(&output_terminal, &x, packets_and_findings);
	size_t lines = 0, empty = 0;
	for (const char *p = got; *p; p++) {
		lines += *p == '\n';
		empty += p[0] == '\n' && p[1] == '\n';
	}
	cr_assert_eq(empty, 2, "%s", got);
	cr_assert_eq(lines, 2 + 1 + 2 + 1 + 2, "%s", got);
	free(got);
}

/* A full disk is seen, in the call that meets it or at the end. */
Test(terminal, a_full_disk)
{
	const struct sink_ops *const sinks[] = { &output_terminal, &output_json };
	for (size_t i = 0; i < 2; i++) {
		struct err err = { 0 };
		void *self = NULL;
		x.context.out = fopen("/dev/full", "w");
		cr_assert_not_null(x.context.out);
		cr_assert_eq(sinks[i]->open(&x.context, &self, &err), 0);
		int failed = sinks[i]->finding(self, &x.finding, &err) < 0 ||
			sinks[i]->end(self, &err) < 0;
		cr_assert(failed);
		cr_assert_eq(err.kind, ERR_SYSTEM);
		cr_assert_not_null(strstr(err.msg, "cannot write the report"));
		sinks[i]->close(self);
		sinks[i]->close(NULL);
		fclose(x.context.out);
	}
}
