/* SPDX-License-Identifier: Apache-2.0 */
/* Annotated captures, byte for byte. */
#include "fixture.h"
#include "output/pcapng_block.h"

#define LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

struct file {
	char *p;
	size_t n;
	struct fixture x;
	struct packet packet;
	void *self;
};

static const uint8_t frame[5] = { 1, 2, 3, 4, 5 };

static struct file *file_begin(void)
{
	struct file *f = calloc(1, sizeof *f);
	struct err err = { 0 };
	fixture_fill(&f->x);
	f->x.context.out = open_memstream(&f->p, &f->n);
	f->packet = (struct packet){ .bytes = span_of(frame, sizeof frame),
		.link_type = 1,
		.wire_bytes = 50,
		.way = WAY_OUT };
	f->x.line.packet = &f->packet;
	cr_assert_eq(output_pcapng.open(&f->x.context, &f->self, &err), 0);
	cr_assert_eq(output_pcapng.begin(f->self, &f->x.report, &err), 0, "%s", err.msg);
	return f;
}

static void put(struct file *f)
{
	struct err err = { 0 };
	cr_assert_eq(output_pcapng.packet(f->self, &f->x.line, &err), 0, "%s", err.msg);
	fflush(f->x.context.out);
}

static void file_end(struct file *f)
{
	struct err err = { 0 };
	cr_expect_eq(output_pcapng.end(f->self, &err), 0);
	output_pcapng.close(f->self);
	fclose(f->x.context.out);
	free(f->p);
	free(f);
}

static uint32_t word(const char *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return v;
}

/* The block at this place from 0 of those of one type. */
static const char *block_of(const struct file *f, uint32_t type, int place, uint32_t *ret_n)
{
	for (size_t at = 0; at + 12 <= f->n; at += word(f->p + at + 4)) {
		uint32_t n = word(f->p + at + 4);
		cr_assert_eq(n % 4, 0);
		cr_assert(n >= 12 && n <= f->n - at);
		cr_assert_eq(word(f->p + at + n - 4), n, "both lengths");
		if (word(f->p + at) == type && place-- == 0) {
			*ret_n = n;
			return f->p + at;
		}
	}
	return NULL;
}

static struct span option_of(const struct file *f, int place, uint16_t code, int which)
{
	uint32_t n;
	const char *b = block_of(f, PCAPNG_PACKET, place, &n);
	cr_assert_not_null(b);
	uint32_t captured = word(b + 20), padded = (captured + 3) & ~3u;
	struct cursor c = cursor_of(span_of(b + 28 + padded, n - 32 - padded));
	struct pcapng_option o;
	while (pcapng_option_next(&c, !LITTLE, &o))
		if (o.code == code && which-- == 0)
			return o.value;
	return (struct span){ 0 };
}

static void expect_option(
	const struct file *f, int place, uint16_t code, int which, const char *text)
{
	struct span s = option_of(f, place, code, which);
	cr_expect(s.n == strlen(text) && (s.n == 0 || memcmp(s.p, text, s.n) == 0),
		"option %u is \"%.*s\", not \"%s\"", code, (int)s.n, s.n ? (const char *)s.p : "",
		text);
}

/* Apple's own files hold, for PID 4242 "curl": 01000080 LENGTH 92100000 02000400 6375726c, further
 * options, 00000000 LENGTH. Ours has the grade behind the name. */
Test(annotated, darwin_block_is_apples)
{
	struct file *f = file_begin();
	static const char want[] = "\x01\0\0\x80\x44\0\0\0\x92\x10\0\0\x02\0\x04\0"
				   "curl\x01\0\x22\0process: curl pid=4242 grade=exact\0\0"
				   "\0\0\0\0\x44\0\0";
	f->x.processes[0] = (struct process){ .pid = 4242, .image = "curl" };
	put(f);
	put(f);
	uint32_t n;
	const char *b = block_of(f, PCAPNG_DARWIN_PROCESS, 0, &n);
	cr_assert_not_null(b);
	cr_assert(!LITTLE || (n == sizeof want && memcmp(b, want, n) == 0));
	cr_expect_null(block_of(f, PCAPNG_DARWIN_PROCESS, 1, &n), "one for all its packets");
	f->x.sides[SIDE_SENDER].grade = GRADE_FLOW;
	put(f);
	b = block_of(f, PCAPNG_DARWIN_PROCESS, 1, &n);
	cr_assert_not_null(b, "a grade of its own");
	cr_expect_not_null(memmem(b, n, " grade=flow", 11));
	cr_expect_eq(word((const char *)option_of(f, 2, 0x8001, 0).p), 1);
	b = block_of(f, PCAPNG_DARWIN_PROCESS, 0, &n);
	cr_expect(b < block_of(f, PCAPNG_PACKET, 0, &n), "before the first of them");
	file_end(f);
}

Test(annotated, options_of_a_named_packet)
{
	struct file *f = file_begin();
	put(f);
	uint32_t n;
	const char *b = block_of(f, PCAPNG_PACKET, 0, &n);
	uint64_t ns = (uint64_t)word(b + 12) << 32 | word(b + 16);
	cr_expect_eq(ns, FIXTURE_TIME);
	cr_expect_eq(word(b + 20), sizeof frame);
	cr_expect_eq(word(b + 24), 50);
	cr_expect_arr_eq(b + 28, frame, sizeof frame);
	expect_option(f, 0, 1, 0, "process: store.exe pid=2136 grade=exact");
	cr_expect_eq(word((const char *)option_of(f, 0, 2, 0).p), 2, "outbound");
	cr_expect_eq(word((const char *)option_of(f, 0, 8, 0).p), 2136);
	cr_expect_eq(option_of(f, 0, 8, 0).n, 8);
	cr_expect_eq(word((const char *)option_of(f, 0, 0x8001, 0).p), 0);
	b = block_of(f, PCAPNG_INTERFACE, 0, &n);
	cr_expect_eq(b[8] | b[9] << 8, 1);
	cr_expect_null(block_of(f, PCAPNG_SECTION, 1, &n), "one section");
	file_end(f);
}

Test(annotated, reason_of_an_unnamed_packet)
{
	struct file *f = file_begin();
	f->x.sides[SIDE_SENDER] = claim_reason(REASON_NOT_IN_LOG, DETAIL_NONE);
	put(f);
	f->x.sides[SIDE_SENDER] = claim_reason(REASON_OTHER_HOST, DETAIL_NONE);
	f->x.sides[SIDE_RECEIVER] = claim_reason(REASON_AMBIGUOUS, DETAIL_NONE);
	put(f);
	expect_option(f, 0, 1, 0, "process: - reason=not-in-log");
	expect_option(f, 1, 1, 0, "process: - reason=ambiguous");
	cr_expect_eq(option_of(f, 0, 8, 0).n, 0);
	cr_expect_eq(option_of(f, 0, 0x8001, 0).n, 0);
	file_end(f);
}

/* What was only inferred may not come back as what a kernel wrote. */
Test(annotated, inferences_are_comments_alone)
{
	struct file *f = file_begin();
	uint32_t n;
	f->x.sides[SIDE_SENDER].grade = GRADE_PATTERN;
	put(f);
	expect_option(f, 0, 1, 0, "process: store.exe pid=2136 grade=pattern");
	cr_expect_eq(option_of(f, 0, 8, 0).n, 0);
	cr_expect_null(block_of(f, PCAPNG_DARWIN_PROCESS, 0, &n));
	file_end(f);
}

Test(annotated, both_ends_are_named)
{
	struct file *f = file_begin();
	f->x.sides[SIDE_RECEIVER] = f->x.sides[SIDE_SENDER];
	f->x.sides[SIDE_RECEIVER].process = 1;
	f->x.sides[SIDE_RECEIVER].grade = GRADE_FLOW;
	put(f);
	f->packet.way = WAY_IN;
	put(f);
	for (int i = 0; i < 2; i++) {
		expect_option(f, i, 1, 0, "process: store.exe pid=2136 grade=exact");
		expect_option(f, i, 1, 1,
			"process: mad.exe pid=7176 grade=flow services=\"MSExchangeSA, Other\""
			" side=receiver");
	}
	cr_expect_eq(word((const char *)option_of(f, 0, 8, 0).p), 2136);
	cr_expect_eq(word((const char *)option_of(f, 1, 8, 0).p), 7176, "whom the direction means");
	file_end(f);
}

/* The direction shows the other end: its options name nobody, and the comment says whom it means.
 */
Test(annotated, the_other_end_is_named)
{
	struct file *f = file_begin();
	f->packet.way = WAY_IN;
	put(f);
	expect_option(f, 0, 1, 0, "process: store.exe pid=2136 grade=exact side=sender");
	cr_expect_eq(option_of(f, 0, 8, 0).n, 0);
	cr_expect_eq(option_of(f, 0, 0x8001, 0).n, 0);
	f->packet.way = WAY_OUT;
	f->x.sides[SIDE_RECEIVER] = f->x.sides[SIDE_SENDER];
	f->x.sides[SIDE_SENDER] = claim_reason(REASON_NOT_IN_LOG, DETAIL_NONE);
	put(f);
	expect_option(f, 1, 1, 0, "process: store.exe pid=2136 grade=exact side=receiver");
	file_end(f);
}

Test(annotated, several_computers)
{
	static const char *const hosts[] = { "mail", "the desk" };
	struct file *f = file_begin();
	output_pcapng.close(f->self);
	struct err err = { 0 };
	f->x.context.hosts = hosts;
	f->x.context.n_hosts = 2;
	f->x.processes[0].host = 1;
	cr_assert_eq(output_pcapng.open(&f->x.context, &f->self, &err), 0);
	put(f);
	expect_option(f, 0, 1, 0, "process: store.exe pid=2136 grade=exact host=\"the desk\"");
	file_end(f);
}

Test(annotated, names_are_one_word)
{
	static const char *const names[][2] = { { "a b.exe", "\"a b.exe\"" },
		{ "q\"\\.exe", "\"q\\\"\\\\.exe\"" }, { "l\nf", "l\\x0af" }, { "", "\"\"" },
		{ "x=y", "\"x=y\"" }, { "-", "\"-\"" }, { "t\xe2\x80\xae", "t\\u202e" },
		{ "bad\xff", "bad\xef\xbf\xbd" }, { "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "a grade=exact", "\"a grade=exact\"" } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char want[80];
		struct file *f = file_begin();
		f->x.processes[0].image = names[i][0];
		put(f);
		snprintf(want, sizeof want, "process: %s pid=2136 grade=exact", names[i][1]);
		expect_option(f, 0, 1, 0, want);
		file_end(f);
	}
	struct file *f = file_begin();
	f->x.processes[0].image = NULL;
	put(f);
	expect_option(f, 0, 1, 0, "process: - pid=2136 grade=exact");
	file_end(f);
}

/* Big-endian: comment "hi", flags inbound with a checksum error, packet id, queue, an option that
 * nobody knows, a hash. */
Test(annotated, options_of_the_other_byte_order)
{
	static const uint8_t options[] = { 0, 1, 0, 2, 'h', 'i', 0, 0, 0, 2, 0, 4, 1, 0, 0, 1, 0, 5,
		0, 8, 0, 0, 0, 0, 0, 0, 1, 2, 0x70, 0, 0, 2, 9, 9, 0, 0, 0, 3, 0, 3, 2, 7, 8, 0, 0,
		8, 0, 8, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0 };
	struct file *f = file_begin();
	f->packet.options = span_of(options, sizeof options);
	f->packet.options_big = true;
	f->packet.way = WAY_IN;
	put(f);
	expect_option(f, 0, 1, 1, "hi");
	cr_expect_eq(word((const char *)option_of(f, 0, 2, 0).p), 0x01000001);
	uint64_t id;
	memcpy(&id, option_of(f, 0, 5, 0).p, 8);
	cr_expect_eq(id, 0x102);
	expect_option(f, 0, 3, 0, "\2\7\x8");
	cr_expect(!LITTLE || option_of(f, 0, 0x7000, 0).n == 0, "its layout is not known");
	cr_expect_eq(option_of(f, 0, 8, 0).n, 0, "the input's process is not stated as ours");
	file_end(f);
}

/* Big-endian: Apple's service class and line of a drop, a custom text, Hone's PID, a verdict whose
 * number may have either order; an option that ends behind the last byte. */
Test(annotated, more_options_of_the_other_byte_order)
{
	static const uint8_t options[] = { 0x80, 2, 0, 4, 0, 0, 1, 0x90, 0x80, 8, 0, 2, 1, 2, 0, 0,
		0xb, 0xac, 0, 6, 0, 0, 0x7e, 0xd9, 'o', 'k', 0, 0, 1, 2, 0, 4, 0, 0, 0, 9, 0, 7, 0,
		9, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 9, 'x' };
	struct file *f = file_begin();
	f->packet.options = span_of(options, sizeof options);
	f->packet.options_big = true;
	put(f);
	cr_expect_eq(word((const char *)option_of(f, 0, 0x8002, 0).p), 400);
	uint16_t line;
	cr_assert_eq(option_of(f, 0, 0x8008, 0).n, 2);
	memcpy(&line, option_of(f, 0, 0x8008, 0).p, 2);
	cr_expect_eq(line, 0x102);
	struct span custom = option_of(f, 0, 2988, 0);
	cr_assert_eq(custom.n, 6);
	cr_expect_eq(word((const char *)custom.p), 32473);
	cr_expect_arr_eq(custom.p + 4, "ok", 2);
	cr_expect_eq(option_of(f, 0, 258, 0).n, 0, "the input's process");
	cr_expect(!LITTLE || option_of(f, 0, 7, 0).n == 0);
	cr_expect_eq(option_of(f, 0, 1, 1).n, 0, "there is no such comment");
	file_end(f);
}

/* What an earlier run said goes, but for a name where there is none now. */
Test(annotated, earlier_annotations)
{
	static const char *const comments[] = { "process: a pid=1 grade=pattern",
		"process: - reason=no-log", "process: start here", "by hand" };
	struct str options;
	str_init(&options, 1024);
	for (size_t i = 0; i < 4; i++) {
		uint16_t head[2] = { 1, (uint16_t)strlen(comments[i]) };
		str_add(&options, span_of(head, 4));
		str_text(&options, comments[i]);
		str_add(&options, span_of("\0\0\0", -(size_t)head[1] & 3));
	}
	struct file *f = file_begin();
	f->packet.options = span_of(options.p, options.n);
	f->packet.options_big = !LITTLE;
	put(f);
	f->x.sides[SIDE_SENDER] = claim_reason(REASON_NOT_IN_LOG, DETAIL_NONE);
	put(f);
	expect_option(f, 0, 1, 0, "process: store.exe pid=2136 grade=exact");
	expect_option(f, 0, 1, 1, comments[2]);
	expect_option(f, 0, 1, 2, comments[3]);
	expect_option(f, 0, 1, 3, "");
	expect_option(f, 1, 1, 0, "process: - reason=not-in-log");
	expect_option(f, 1, 1, 1, comments[0]);
	expect_option(f, 1, 1, 2, comments[2]);
	expect_option(f, 1, 1, 3, comments[3]);
	expect_option(f, 1, 1, 4, "");
	file_end(f);
	str_done(&options);
}

Test(annotated, interfaces_are_kept)
{
	/* if_name "eth0", if_tsresol 6, if_speed 10^9 */
	static const uint8_t options[] = { 2, 0, 4, 0, 'e', 't', 'h', '0', 9, 0, 1, 0, 6, 0, 0, 0,
		8, 0, 8, 0, 0, 0xca, 0x9a, 0x3b, 0, 0, 0, 0 };
	struct capture_interface a = { .id = 3, .link_type = 1, .snaplen = 96 };
	struct capture_interface b = { .id = 4, .link_type = 101, .name = span_text("layer 7") };
	struct file *f = file_begin();
	uint32_t n;
	a.options = span_of(options, sizeof options);
	f->packet.interface = &a;
	put(f);
	put(f);
	f->packet.interface = &b;
	f->packet.link_type = 101;
	put(f);
	f->packet.interface = NULL;
	put(f);
	const char *block = block_of(f, PCAPNG_INTERFACE, 0, &n);
	cr_expect_eq(word(block + 12), 96);
	cr_expect(!LITTLE || memcmp(block + 16, options, 8) == 0);
	cr_expect(!LITTLE || memmem(block, n, "\x08\0\x08\0\0\xca\x9a\x3b", 8));
	cr_expect(!LITTLE || memmem(block, n, "\x09\0\x01\0\x09", 5), "nanoseconds, and not");
	cr_expect(!LITTLE || !memmem(block, n, "\x09\0\x01\0\x06", 5), "microseconds");
	cr_expect_not_null(memmem(block_of(f, PCAPNG_INTERFACE, 1, &n), 40, "layer 7", 7));
	cr_expect_not_null(block_of(f, PCAPNG_INTERFACE, 2, &n), "one that nothing describes");
	cr_expect_eq(word(block_of(f, PCAPNG_PACKET, 1, &n) + 8), 0);
	cr_expect_eq(word(block_of(f, PCAPNG_PACKET, 3, &n) + 8), 2);
	file_end(f);
}

/* Interfaces without packets keep their places; the header's options go where one capture does. */
Test(annotated, all_of_a_file)
{
	static const uint8_t said[] = { 1, 0, 4, 0, 'n', 'o', 't', 'e', 3, 0, 2, 0, 'O', 'S', 0, 0,
		4, 0, 3, 0, 'o', 'l', 'd', 0 };
	for (int captures = 1; captures <= 2; captures++) {
		struct capture_file file = { .options = span_of(said, sizeof said),
			.options_big = !LITTLE };
		struct capture_interface all[3] = {
			{ .file = &file, .next = &all[1], .link_type = 1 },
			{ .file = &file, .id = 1, .link_type = 101 },
			{ .file = &file, .id = 2, .link_type = 1 }
		};
		struct file *f = file_begin();
		uint32_t n;
		file.first = &all[0];
		for (int i = 0; i < 4; i++)
			f->x.inputs[i].packets = i < captures;
		f->packet.interface = &all[1];
		f->packet.link_type = 101;
		put(f);
		all[1].next = &all[2];
		f->packet.interface = &all[0];
		f->packet.link_type = 1;
		put(f);
		cr_expect_eq(word(block_of(f, PCAPNG_PACKET, 0, &n) + 8), 1);
		cr_expect_eq(word(block_of(f, PCAPNG_PACKET, 1, &n) + 8), 0);
		cr_expect_not_null(block_of(f, PCAPNG_INTERFACE, 2, &n));
		cr_expect_null(block_of(f, PCAPNG_INTERFACE, 3, &n));
		const char *header = block_of(f, PCAPNG_SECTION, 0, &n);
		cr_expect_arr_eq(header + 28, "whosent ", 8);
		cr_expect_eq(memmem(header, n, "note", 4) != NULL, captures == 1);
		cr_expect_eq(memmem(header, n, "OS", 2) != NULL, captures == 1);
		cr_expect_null(memmem(header, n, "old", 3));
		file_end(f);
	}
}

Test(annotated, without_comments)
{
	struct file *f = calloc(1, sizeof *f);
	struct err err = { 0 };
	fixture_fill(&f->x);
	f->x.context.bare = true;
	f->x.context.out = open_memstream(&f->p, &f->n);
	f->packet = (struct packet){ .bytes = span_of(frame, sizeof frame), .link_type = 1 };
	f->x.line.packet = &f->packet;
	cr_assert_eq(output_pcapng.open(&f->x.context, &f->self, &err), 0);
	cr_assert_eq(output_pcapng.begin(f->self, &f->x.report, &err), 0);
	put(f);
	f->x.sides[SIDE_SENDER].grade = GRADE_FLOW;
	put(f);
	cr_expect_eq(option_of(f, 0, 1, 0).n, 0);
	cr_expect_eq(option_of(f, 0, 8, 0).n, 8);
	cr_expect_eq(option_of(f, 1, 8, 0).n, 0, "nothing would say that it is no proof");
	cr_expect_eq(option_of(f, 1, 0x8001, 0).n, 0);
	file_end(f);
}

Test(annotated, remark_and_time_that_is_not_stated)
{
	struct file *f = file_begin();
	f->packet.remark = span_text("dropped: reason 5");
	f->x.line.has_time = false;
	put(f);
	expect_option(f, 0, 1, 1, "dropped: reason 5");
	expect_option(f, 0, 1, 2, "time: not stated");
	file_end(f);
}

/* Text lists have no bytes, and events are no packets. */
Test(annotated, nothing_to_write)
{
	struct file *f = file_begin();
	struct err err = { 0 };
	f->packet.digested = true;
	put(f);
	cr_expect_eq(output_pcapng.end(f->self, &err), -1);
	cr_expect_eq(err.kind, ERR_UNSUPPORTED);
	f->x.report.only_events = true;
	cr_expect_eq(output_pcapng.begin(f->self, &f->x.report, &err), -1);
	f->packet.digested = false;
	put(f);
	file_end(f);
}

Test(annotated, no_packets_are_a_capture_too)
{
	struct file *f = file_begin();
	struct err err = { 0 };
	uint32_t n;
	cr_expect_eq(output_pcapng.end(f->self, &err), 0);
	fflush(f->x.context.out);
	cr_expect_not_null(block_of(f, PCAPNG_SECTION, 0, &n));
	file_end(f);
}
