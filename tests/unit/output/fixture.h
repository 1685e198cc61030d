/* SPDX-License-Identifier: Apache-2.0 */
/* The founding case as the correlator would hand it over, and what a sink makes of it. */
#ifndef WHOSENT_TESTS_FIXTURE_H
#define WHOSENT_TESTS_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/sink.h"
#include "output/output.h"

static const struct source_format fixture_list = {
	.name = "packet-list", .title = "packet list (Wireshark text)", .yields = YIELDS_PACKETS
};
static const struct source_format fixture_detail = { .name = "packet-detail",
	.title = "packet details (Wireshark text)",
	.yields = YIELDS_PACKETS };
static const struct source_format fixture_trace = { .name = "tracerpt-csv",
	.title = "Windows kernel trace (tracerpt text)",
	.yields = YIELDS_EVENTS,
	.zone_stated = true };
static const struct source_format fixture_tasklist = {
	.name = "tasklist", .title = "Windows process table", .yields = YIELDS_PROCESSES
};

#define FIXTURE_TIME 1263482414454856000ll /* 2010-01-14 15:20:14.454856 */

static inline struct endpoint fixture_end(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
	uint8_t bytes[4] = { a, b, c, d };
	return (struct endpoint){ .addr = addr_v4(bytes), .port = port };
}

static inline struct flow fixture_flow(void)
{
	return (struct flow){ .src = fixture_end(10, 1, 1, 1, 36003),
		.dst = fixture_end(172, 23, 98, 97, 2762) };
}

struct fixture {
	struct input_report inputs[4];
	struct process processes[3];
	struct report report;
	struct finding finding;
	struct digest digest;
	struct claim sides[SIDES];
	struct packet_line line;
	struct sink_context context;
};

static const char *const fixture_references[] = { "KB264035", "[MS-OXCRPC] 3.1.4.5" };

static inline void fixture_fill_finding(struct finding *f)
{
	*f = (struct finding){
		.number = 1,
		.title = "store.exe (2136) sends UDP datagrams to 15 hosts",
		.process = 0,
		.pattern = {
			.transport = TRANSPORT_UDP, .direction = DIRECTION_OUT, .packets = 15,
			.answerable = 15,
			.has_time = true, .first = { FIXTURE_TIME }, .last = { FIXTURE_TIME },
			.payload_bytes = { .kind = NUMBER_CONSTANT, .known = 1, .min = 8, .max = 8,
				.n_values = 1, .values = { 8 } },
			.source_port = { .kind = NUMBER_RISING, .known = 15, .min = 35996,
				.max = 36016 },
			.destination_port = { .kind = NUMBER_VARIED, .known = 15, .min = 1127,
				.max = 4642 },
			.peers = 15, .interval = INTERVAL_BURST, .one_socket_each = true,
		},
		.grades = { [GRADE_EXACT] = 1, [GRADE_PORTS] = 1, [GRADE_PATTERN] = 13 },
		.has_explanation = true,
		.explanation = {
			.id = "exchange-newmail-udp",
			.title = "Exchange new-mail notification",
			.why = "at logon every Outlook registers a port and 8 bytes of its own; the "
			       "Information Store sends exactly those bytes to that port when mail "
			       "arrives",
			.confirm = "the client's port belongs to outlook.exe; the same 8 bytes "
				   "repeat to one client",
			.stop = "cached mode; or fix the client's port (FixedUDPPort) and allow it. "
				"Dropping the datagrams only makes mail up to a minute late",
			.references = fixture_references, .n_references = 2,
			.strength = STRENGTH_STRONG, .agreement = AGREEMENT_YES,
			.expected = "store.exe (MSExchangeIS)",
		},
		.proofs = {
			{ .input = 0, .number = 105540, .flow = fixture_flow(),
				.transport = TRANSPORT_UDP, .has_payload = true, .payload_bytes = 8,
				.grade = GRADE_EXACT, .op = EVENT_SEND, .evidence = { 2, 1 } },
			{ .input = 0, .number = 105558,
				.flow = { fixture_end(10, 1, 1, 1, 36016),
					fixture_end(172, 24, 7, 11, 2344) },
				.transport = TRANSPORT_UDP, .grade = GRADE_PORTS, .op = EVENT_SEND,
				.evidence = { 2, 3 } },
		},
		.n_proofs = 2,
	};
}

static inline void fixture_fill_inputs(struct input_report in[static 4])
{
	memset(in, 0, 4 * sizeof *in);
	in[0] = (struct input_report){ .file = "packet-list.txt",
		.format = &fixture_list,
		.tally.records = 15,
		.packets = 15,
		.has_time = true,
		.first = { FIXTURE_TIME },
		.last = { FIXTURE_TIME } };
	in[1] = (struct input_report){ .file = "frame-105540.txt",
		.format = &fixture_detail,
		.tally.records = 1,
		.packets = 1 };
	in[2] = (struct input_report){ .file = "kernel-trace.csv",
		.format = &fixture_trace,
		.tally.records = 4,
		.events = 4,
		.has_time = true,
		.has_clock = true,
		.clock = { .state = CLOCK_UNSURE,
			.pairs = 2,
			.offset_ns = 14400312440200,
			.error_ns = 15625000,
			.zone_minutes = 240 } };
	in[3] = (struct input_report){ .file = "tasklist.txt",
		.format = &fixture_tasklist,
		.tally.records = 5,
		.processes = 5 };
}

static inline void fixture_fill_line(struct fixture *x)
{
	x->digest = (struct digest){ .known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_PORTS |
			DIGEST_PAYLOAD | DIGEST_WIRE,
		.ip_version = 4,
		.transport = TRANSPORT_UDP,
		.flow = fixture_flow(),
		.payload_bytes = 8,
		.wire_bytes = 50 };
	x->sides[SIDE_SENDER] = (struct claim){ .grade = GRADE_EXACT,
		.process = 0,
		.about = PROCESS_NONE,
		.n_evidence = 1,
		.evidence = { { 2, 1 } },
		.has_delta = true };
	x->sides[SIDE_RECEIVER] = claim_reason(REASON_OTHER_HOST, DETAIL_NONE);
	x->line = (struct packet_line){ .input = 0,
		.number = 105540,
		.has_time = true,
		.when = { FIXTURE_TIME },
		.digest = &x->digest,
		.sides = x->sides,
		.finding = 1,
		.direction = DIRECTION_OUT };
}

/* The structs point into each other: *x must stay where it is. */
static inline void fixture_fill(struct fixture *x)
{
	memset(x, 0, sizeof *x);
	fixture_fill_inputs(x->inputs);
	fixture_fill_finding(&x->finding);
	fixture_fill_line(x);
	x->processes[0] = (struct process){ .pid = 2136, .image = "store.exe" };
	x->processes[1] = (struct process){
		.pid = 7176, .image = "mad.exe", .services = "MSExchangeSA, Other"
	};
	x->processes[2] = (struct process){ .pid = 4711 };
	x->report = (struct report){ .inputs = x->inputs,
		.n_inputs = 4,
		.findings = &x->finding,
		.n_findings = 1,
		.packets = 15,
		.grades = { [GRADE_EXACT] = 1, [GRADE_PORTS] = 1, [GRADE_PATTERN] = 13 },
		.has_roster = true,
		.has_events = true };
	x->context = (struct sink_context){
		.processes = x->processes, .n_processes = 3, .inputs = x->inputs, .n_inputs = 4
	};
}

/* What the sink writes when `calls` drives it; the caller frees it. */
typedef void fixture_calls(const struct sink_ops *ops, void *self, struct fixture *x);

static inline char *fixture_run(const struct sink_ops *ops, struct fixture *x, fixture_calls *calls)
{
	char *text = NULL;
	size_t n = 0;
	struct err err;
	void *self = NULL;
	x->context.out = open_memstream(&text, &n);
	cr_assert_eq(ops->open(&x->context, &self, &err), 0);
	calls(ops, self, x);
	cr_assert_eq(ops->end(self, &err), 0);
	ops->close(self);
	fclose(x->context.out);
	/* A copy: gcc takes what open_memstream left in `text` for a pointer to `text` itself. */
	char *copy = strdup(text);
	free(text);
	return copy;
}

static inline void fixture_same(const char *got, const char *want)
{
	size_t at = 0;
	while (got[at] && got[at] == want[at])
		at++;
	cr_assert_str_eq(got, want, "differs at byte %zu; got:\n%s", at, got);
}

/* No byte that a terminal acts on; without colour the sinks have no sequences of their own. */
static inline void fixture_harmless(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		cr_assert(*p == '\n' || *p >= 0x20, "byte %02x in:\n%s", *p, text);
		cr_assert_neq(*p, 0x7f);
		if (*p == 0xc2)
			cr_assert(p[1] >= 0xa0, "C1 control in:\n%s", text);
		if (*p == 0xe2 && p[1] == 0x80)
			cr_assert(p[2] < 0xa8 || p[2] > 0xae, "bidirectional override");
	}
}

#endif
