/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's writers: what they write is what the readers read, and frames are sound. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "base/text.h"
#include "evidence/input.h"
#include "evidence/table/table.h"
#include "evidence/trace/trace.h"
#include "random.h"
#include "stage.h"
#include "write/pcap.h"
#include "write/tasklist.h"

#define T0 1263468014142415800ll

static struct endpoint end(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };
	cr_assert(addr_parse(span_text(addr), &e.addr));
	return e;
}

struct reading {
	struct input *in;
	const struct source_format *format;
	void *self;
};

static struct reading open_text(const struct source_format *format, const struct str *text)
{
	struct reading r = { .format = format };
	struct err err;
	cr_assert_not(text->failed);
	cr_assert(format->recognise(span_of(text->p, text->n), true));
	cr_assert_eq(input_memory("t", span_of(text->p, text->n), &r.in, &err), 0);
	cr_assert_eq(format->open(r.in, &r.self, &err), 0);
	return r;
}

static struct record next_item(struct reading *r)
{
	struct record record;
	struct err err = { 0 };
	cr_assert_eq(r->format->next(r->self, &record, &err), SOURCE_ITEM, "%s", err.msg);
	return record;
}

static void close_text(struct reading *r)
{
	struct record record;
	struct err err;
	cr_assert_eq(r->format->next(r->self, &record, &err), SOURCE_END);
	cr_assert_eq(r->format->tally(r->self)->damaged, 0);
	r->format->close(r->self);
	input_close(r->in);
}

/* Every event in every style comes back as it was. */
Test(lab, events_come_back)
{
	static const enum event_op ops[] = { EVENT_SEND, EVENT_RECV, EVENT_CONNECT, EVENT_ACCEPT,
		EVENT_RECONNECT, EVENT_DISCONNECT, EVENT_RETRANSMIT };
	const struct endpoint local = end("10.1.1.1", 36003), remote = end("172.23.98.97", 2762);
	for (unsigned form = 0; form < 128; form++) {
		struct tracerpt_style style = { .titles = form & 1,
			.nbsp = form & 2,
			.plain = form & 4,
			.v2 = form & 8,
			.crlf = form & 16,
			.longer = form & 32 };
		struct tracerpt_writer w;
		struct str text;
		str_init(&text, 1 << 20);
		tracerpt_begin(&w, &text, style);
		w.mapped = form & 64;
		for (unsigned i = 0; i < 9; i++) {
			bool udp = i >= 7;
			struct event e = { .op = udp ? ops[i - 7] : ops[i],
				.transport = udp ? TRANSPORT_UDP : TRANSPORT_TCP,
				.pid = 2136 + i,
				.bytes = 100 * i,
				.local = local,
				.remote = remote };
			tracerpt_event(&w, T0 + i * 1000, &e);
		}
		struct reading r = open_text(&format_tracerpt_csv, &text);
		for (unsigned i = 0; i < 9; i++) {
			struct record got = next_item(&r);
			bool udp = i >= 7;
			cr_assert_eq(got.when.ns, T0 + i * 1000);
			cr_assert_eq(got.number, i + 1 + style.titles);
			cr_assert_eq(got.event.pid, 2136 + i);
			cr_assert_eq(got.event.bytes, 100 * i);
			cr_assert_eq(got.event.op, udp ? ops[i - 7] : ops[i]);
			cr_assert_eq(got.event.transport, udp ? TRANSPORT_UDP : TRANSPORT_TCP);
			cr_assert_eq(got.event.local.port, 36003);
			cr_assert_eq(got.event.remote.port, 2762);
			cr_assert_eq(got.event.either_way, i == 8 && !w.style.v2);
			cr_assert(addr_equal(&got.event.local.addr, &local.addr));
			cr_assert(addr_equal(&got.event.remote.addr, &remote.addr));
		}
		cr_assert_eq(w.lines, 9 + style.titles);
		close_text(&r);
		str_done(&text);
	}
}

Test(lab, the_row_of_the_article)
{
	struct tracerpt_writer w;
	struct str text;
	str_init(&text, 4096);
	struct event e = { .op = EVENT_SEND,
		.transport = TRANSPORT_UDP,
		.pid = 2136,
		.bytes = 8,
		.local = end("10.1.1.1", 36003),
		.remote = end("172.23.98.97", 2762) };
	tracerpt_begin(&w, &text, (struct tracerpt_style){ 0 });
	tracerpt_event(&w, T0, &e);
	cr_assert_str_eq(str_get(&text),
		"UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 2136, 8, 172.023.098.097, "
		"010.001.001.001, 2762, 36003, 0, 0\n");
	str_done(&text);
}

Test(lab, processes_and_losses_come_back)
{
	struct process_note note = { .pid = 2136, .parent = 524, .image = span_text("store.exe") };
	for (int longer = 0; longer < 2; longer++) {
		struct tracerpt_writer w;
		struct str text;
		str_init(&text, 4096);
		tracerpt_begin(&w, &text,
			(struct tracerpt_style){ .titles = true, .longer = longer == 1 });
		tracerpt_session(&w, T0, 5, 2);
		tracerpt_process(&w, T0, "DCStart", &note);
		struct reading r = open_text(&format_tracerpt_csv, &text);
		struct record got = next_item(&r);
		cr_assert_eq(got.kind, RECORD_LOSS);
		cr_assert_eq(got.loss.count, 7);
		got = next_item(&r);
		cr_assert_eq(got.kind, RECORD_PROCESS);
		cr_assert_eq((int)got.process.what, NOTE_RUNNING);
		cr_assert_eq(got.process.pid, 2136);
		cr_assert_eq(got.process.parent, 524);
		cr_assert(text_equal(got.process.image, "store.exe"));
		close_text(&r);
		str_done(&text);
	}
}

static const struct tasklist_process table[] = {
	{ "System Idle Process", 0, NULL, 28 },
	{ "svchost.exe", 916,
		"AeLookupSvc,Browser,CryptSvc,dmserver,EventSystem,helpsvc,lanmanserver,"
		"lanmanworkstation,Netman,Nla,Schedule,seclogon,SENS,ShellHWDetection",
		27964 },
	{ "store.exe", 2136, "MSExchangeIS", 1040592 },
	{ "a name that is far longer than its column.exe", 4294967, NULL, 1234 },
};

Test(lab, tables_come_back)
{
	for (unsigned form = 0; form < 12; form++) {
		struct tasklist_style style = {
			.form = form % 3, .xp = form / 3 % 2 == 0, .crlf = form / 6
		};
		struct str text;
		str_init(&text, 1 << 20);
		if (!style.xp || style.form == TASKLIST_WORDS)
			tasklist_write(&text, style, table, 4);
		else
			tasklist_write(&text, style, table, 3);
		size_t n = !style.xp || style.form == TASKLIST_WORDS ? 4 : 3;
		struct reading r = open_text(&format_tasklist, &text);
		for (size_t i = 0; i < n; i++) {
			struct record got = next_item(&r);
			bool services = style.form == TASKLIST_SERVICES;
			cr_assert_eq(got.process.pid, table[i].pid);
			cr_assert_eq(got.process.image_cut, i == 3);
			cr_assert_eq(
				memcmp(got.process.image.p, table[i].image, got.process.image.n),
				0);
			cr_assert_eq(got.process.service_table, services);
			if (i == 1 && services)
				cr_assert(text_equal(got.process.services,
					"AeLookupSvc, Browser, CryptSvc, dmserver, EventSystem, "
					"helpsvc, lanmanserver, lanmanworkstation, Netman, Nla, "
					"Schedule, seclogon, SENS, ShellHWDetection"));
			if (i == 0)
				cr_assert_eq(got.process.services.n, 0);
		}
		close_text(&r);
		str_done(&text);
	}
}

/* Nothing is wider than its column: 25 + 1 + 6 + 1 + 45 on XP and 2003. */
Test(lab, services_are_wrapped_at_their_column)
{
	struct str text;
	str_init(&text, 1 << 20);
	tasklist_write(
		&text, (struct tasklist_style){ .form = TASKLIST_SERVICES, .xp = true }, table, 3);
	struct span rest = span_of(text.p, text.n);
	unsigned lines = 0;
	while (rest.n) {
		cr_assert_leq(text_split(&rest, '\n').n, 78);
		lines++;
	}
	cr_assert_eq(lines, 3 + 1 + 4 + 1);
	str_done(&text);
}

static unsigned sum16(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* A sum over data and its checksum is all ones (RFC 1071). */
static bool sound(const uint8_t *frame)
{
	const uint8_t *ip = frame + 14;
	size_t n = ((size_t)ip[2] << 8 | ip[3]) - 20;
	uint8_t pseudo[12 + 1500] = { 0 };
	if (sum16(ip, 20) != 0xffff)
		return false;
	if (ip[9] == 1)
		return sum16(ip + 20, n) == 0xffff;
	memcpy(pseudo, ip + 12, 8);
	pseudo[9] = ip[9];
	pseudo[10] = (uint8_t)(n >> 8);
	pseudo[11] = (uint8_t)n;
	memcpy(pseudo + 12, ip + 20, n);
	return sum16(pseudo, 12 + n) == 0xffff;
}

Test(lab, frames_are_sound)
{
	static const uint8_t protocols[] = { 1, 6, 17 };
	static const uint8_t payload[FRAME_PAYLOAD + 100] = { 1, 2, 3, 4, 5, 6, 7 };
	uint8_t buf[FRAME_BYTES];
	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n <= FRAME_PAYLOAD; n += n < 20 ? 1 : 97) {
			struct frame f = { .src = { .ip = { 10, 1, 1, 1 } },
				.dst = { .ip = { 172, 23, 98, 97 } },
				.protocol = protocols[i],
				.sport = 36003,
				.dport = 2762,
				.type = 8,
				.rest = 0x2000100,
				.seq = 0xfffffff0,
				.flags = 24,
				.payload = span_of(payload, n) };
			size_t plain = frame_build(&f, buf);
			cr_assert_eq(plain, 14 + 20 + (protocols[i] == 6 ? 20 : 8) + n);
			cr_assert(sound(buf), "protocol %u, %zu bytes", protocols[i], n);
			f.pad = true;
			cr_assert_eq(frame_build(&f, buf), plain < 60 ? 60 : plain);
		}
	struct frame f = { .protocol = 6, .payload = span_of(payload, FRAME_PAYLOAD + 1) };
	cr_assert_eq(frame_build(&f, buf), 0);
	struct station a = { { 1 }, { 10, 1, 1, 1 } }, b = { { 2 }, { 10, 1, 1, 2 } };
	cr_assert_eq(frame_arp(1, &a, &b, buf), 60);
	cr_assert_eq(memcmp(buf + 38, b.ip, 4), 0);
}

Test(lab, all_forms_of_pcap)
{
	static const uint8_t heads[4][4] = { { 0xd4, 0xc3, 0xb2, 0xa1 }, { 0x4d, 0x3c, 0xb2, 0xa1 },
		{ 0xa1, 0xb2, 0xc3, 0xd4 }, { 0xa1, 0xb2, 0x3c, 0x4d } };
	for (unsigned form = 0; form < 4; form++) {
		struct pcap_writer w;
		struct str out;
		bool nano = form & 1, big = form & 2;
		str_init(&out, 4096);
		pcap_begin(&w, &out, (struct pcap_form){ .nano = nano, .big = big, .snaplen = 5 });
		pcap_frame(&w, 1000000000ll + 123456789, span_of("0123456789", 10));
		struct cursor c = cursor_of(span_of(out.p, out.n));
		cr_assert_eq(memcmp(cursor_take(&c, 4).p, heads[form], 4), 0);
		cursor_skip(&c, 12);
		cr_assert_eq(cursor_u32(&c, big), 5);
		cr_assert_eq(cursor_u32(&c, big), 1);
		cr_assert_eq(cursor_u32(&c, big), 1);
		cr_assert_eq(cursor_u32(&c, big), nano ? 123456789 : 123456);
		cr_assert_eq(cursor_u32(&c, big), 5);
		cr_assert_eq(cursor_u32(&c, big), 10);
		cr_assert_eq(cursor_left(&c), 5);
		cr_assert_eq(w.frames, 1);
		str_done(&out);
	}
}

/* Samples rest on these numbers: they are those of the published algorithm. */
Test(lab, the_generator_is_the_published_one)
{
	struct random r = { 1234567 };
	static const uint64_t want[] = { 6457827717110365317u, 3203168211198807973u,
		9817491932198370423u, 4593380528125082431u, 16408922859458223821u };
	for (size_t i = 0; i < 5; i++)
		cr_assert_eq(random_next(&r), want[i]);
}

/* A frame's event has its ends and its stamp: on the log's clock, at the last tick. */
Test(lab, a_stage_keeps_frames_events_and_truth_together)
{
	struct stage s;
	struct str text;
	stage_init(&s, 7);
	str_init(&text, 1 << 20);
	memcpy(s.us.ip, "\x0a\x01\x01\x01", 4);
	s.tick_ns = 15625000;
	s.tick_origin_ns = T0 + STAMP_NS_PER_S; /* later than what is told */
	s.behind_ns = 3600 * STAMP_NS_PER_S;
	struct stage_datagram d = { .ns = T0 + 3600 * STAMP_NS_PER_S + 20000000,
		.pid = 5,
		.peer = stage_station(&s, "10.1.1.2"),
		.port = 9,
		.peer_port = 53,
		.payload = span_text("late") };
	stage_send(&s, &d);
	d.ns -= 10000000000ll;
	d.payload = span_text("early");
	stage_receive(&s, &d);
	struct stage_tcp t = { .stage = &s,
		.ns = d.ns + 1000000000ll,
		.pid = 6,
		.port = 10,
		.peer_port = 80,
		.peer = d.peer };
	stage_tcp_open(&t);
	stage_tcp_receive(&t, 3000);
	stage_tcp_close(&t);
	stage_sort(&s);
	cr_assert_eq(s.n_frames, 2 + 3 + 4 + 3);
	cr_assert_eq(s.n_events, 2 + 3);
	for (size_t i = 1; i < s.n_frames; i++)
		cr_assert_leq(s.frames[i - 1].ns, s.frames[i].ns);
	cr_assert_eq(s.events[s.frames[0].event].event.bytes, 5);
	cr_assert_eq(s.events[s.frames[s.n_frames - 1].event].event.bytes, 4);
	cr_assert_eq(s.events[s.frames[4].event].event.bytes, 3000);
	cr_assert_geq(s.events[2].ns, s.frames[6].ns, "received before its last segment");
	s.events[0].dropped = true;
	stage_write_trace(&s, (struct tracerpt_style){ 0 }, &text);
	struct reading r = open_text(&format_tracerpt_csv, &text);
	struct record got = { 0 };
	for (unsigned i = 0; i < 4; i++)
		got = next_item(&r);
	cr_assert_eq(got.event.bytes, 4);
	cr_assert_leq(got.when.ns, T0 + 20000000);
	cr_assert_gt(got.when.ns, T0 + 20000000 - 15625000 - s.lag_ns);
	cr_assert_eq((s.tick_origin_ns - got.when.ns) % 15625000, 0);
	close_text(&r);
	str_reset(&text);
	stage_write_truth(&s, &text);
	cr_assert(strstr(str_get(&text), "\n1\tother-host\t-\t-\t5\tdropped\n"));
	cr_assert(strstr(str_get(&text), "\n2\texact\t6\tother-host\t-\tkept\n"));
	cr_assert(strstr(str_get(&text), "\n12\texact\t5\tother-host\t-\tkept\n"));
	str_done(&text);
	stage_done(&s);
}
