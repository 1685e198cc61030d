/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-16 becomes UTF-8, alone and below the readers of text. */
#include "dump_case.h"

#include "base/limits.h"
#include "evidence/formats.h"
#include "evidence/recode.h"
#include "evidence/table/table.h"

#define BYTES(text) span_of(text, sizeof text - 1)

Test(recode, detect)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum encoding want;
	} cases[] = {
		{ "\xff\xfe", 2, ENCODING_UTF16LE },
		{ "\xfe\xff", 2, ENCODING_UTF16BE },
		{ "\xff", 1, ENCODING_BYTES },
		{ "", 0, ENCODING_BYTES },
		{ "\xef\xbb\xbfx", 4, ENCODING_BYTES },
		{ "E\0v\0e\0n\0t\0 \0N\0a\0m\0e\0,\0 \0T\0y\0p\0e\0", 32, ENCODING_UTF16LE },
		{ "\0E\0v\0e\0n\0t\0 \0N\0a\0m\0e\0,\0 \0T\0y\0p\0e", 32, ENCODING_UTF16BE },
		/* Too short to be sure, and binary. */
		{ "E\0v\0e\0n\0t\0 \0N\0a\0m\0e\0,\0 \0T\0y\0p\0e", 31, ENCODING_BYTES },
		{ "\1\0\2\0\3\0\4\0\5\0\6\0\7\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\1\0\2\0", 32,
			ENCODING_BYTES },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_eq(recode_detect(span_of(cases[i].bytes, cases[i].n)), cases[i].want,
			"case %zu", i);
}

static void gives(enum encoding from, struct span in, bool last, const char *want, size_t left)
{
	uint8_t out[64];
	size_t n = recode_utf16(from, &in, last, out);
	cr_assert_eq(in.n, left);
	cr_assert_eq(n, strlen(want));
	cr_assert(memcmp(out, want, n) == 0);
}

Test(recode, characters)
{
	gives(ENCODING_UTF16LE, BYTES("a\0\xe4\0\xac\x20\x3d\xd8\x00\xde"), false,
		"a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 0);
	gives(ENCODING_UTF16BE, BYTES("\0a\0\xe4\x20\xac\xd8\x3d\xde\x00"), false,
		"a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 0);
	gives(ENCODING_UTF16LE, BYTES("\xff\xff\xff\xdb\xff\xdf"), true,
		"\xef\xbf\xbf\xf4\x8f\xbf\xbf", 0);
	/* Lone surrogates. */
	gives(ENCODING_UTF16LE, BYTES("\x00\xdc\x61\0"), false, "\xef\xbf\xbd\x61", 0);
	gives(ENCODING_UTF16LE, BYTES("\x3d\xd8\x61\0"), false, "\xef\xbf\xbd\x61", 0);
	/* What may go on waits, unless nothing follows. */
	gives(ENCODING_UTF16LE, BYTES("a\0\x3d\xd8"), false, "a", 2);
	gives(ENCODING_UTF16LE, BYTES("a\0\x3d\xd8"), true, "a\xef\xbf\xbd", 0);
	gives(ENCODING_UTF16LE, BYTES("a\0b"), false, "a", 1);
	gives(ENCODING_UTF16LE, BYTES("a\0b"), true, "a\xef\xbf\xbd", 0);
	gives(ENCODING_UTF16BE, BYTES("\0"), true, "\xef\xbf\xbd", 0);
}

static void open_lines(struct lines *l, struct span bytes, struct input **in)
{
	struct err err;
	cr_assert_eq(input_memory("t", bytes, in, &err), 0);
	cr_assert_eq(lines_init(l, *in, &err), 0);
}

/* Lines of many lengths, so that characters and pairs stand at each place of a buffer's end. */
Test(recode, lines_over_many_buffers)
{
	enum { LINES = 6000 };
	static uint8_t text[LINES * 300];
	static const uint8_t pair[4] = { 0x3d, 0xd8, 0x00, 0xde };
	size_t n = 2;
	text[0] = 0xff;
	text[1] = 0xfe;
	for (size_t i = 0; i < LINES; i++) {
		for (size_t k = 0; k < i % 60; k++, n += 4)
			memcpy(text + n, pair, 4);
		text[n] = '\r';
		text[n + 2] = '\n';
		n += 4;
	}
	struct lines l;
	struct input *in;
	struct err err;
	struct span line;
	bool whole;
	open_lines(&l, span_of(text, n), &in);
	for (size_t i = 0; i < LINES; i++) {
		cr_assert_eq(lines_next(&l, &line, &whole, &err), 1);
		cr_assert(whole);
		cr_assert_eq(line.n, i % 60 * 4, "line %zu has %zu bytes", i + 1, line.n);
		for (size_t k = 0; k < line.n; k += 4)
			cr_assert(memcmp(line.p + k, "\xf0\x9f\x98\x80", 4) == 0);
		cr_assert_eq(l.number, i + 1);
	}
	cr_assert_eq(lines_next(&l, &line, &whole, &err), 0);
	lines_done(&l);
	input_close(in);
}

Test(recode, a_line_that_is_too_long)
{
	size_t n = 4 * LIMIT_LINE_BYTES;
	uint8_t *text = calloc(1, n);
	for (size_t i = 0; i < n; i += 2)
		text[i] = 'x';
	text[0] = 0xff;
	text[1] = 0xfe;
	text[n - 4] = '\n';
	struct lines l;
	struct input *in;
	struct err err;
	struct span line;
	bool whole;
	open_lines(&l, span_of(text, n), &in);
	cr_assert_eq(lines_next(&l, &line, &whole, &err), -1);
	cr_assert_eq(err.kind, ERR_LIMIT);
	cr_assert_eq(lines_next(&l, &line, &whole, &err), 1);
	cr_assert_eq(line.n, 1);
	cr_assert_not(whole);
	lines_done(&l);
	input_close(in);
	free(text);
}

/* Every reader of text gets it, and is found by it: here the process table. */
Test(recode, a_process_table)
{
	static const char table[] = "\r\n"
				    "Image Name                     PID Services\r\n"
				    "========================= ======== ==================\r\n"
				    "store.exe                     2136 MSExchangeIS\r\n";
	static struct story story;
	for (int big = 0; big < 2; big++) {
		struct span bytes = to_utf16(table, big);
		const struct source_format *format = NULL;
		struct input *in;
		struct err err;
		cr_assert_eq(input_memory("t", bytes, &in, &err), 0);
		cr_assert_eq(formats_recognise(in, &format, &err), 0);
		cr_assert_eq(format, &format_tasklist);
		read_story_of(format, in, &story);
		cr_assert_eq(story.n, 1);
		is_process(&story.steps[0], NOTE_RUNNING, 2136, "store.exe");
		cr_assert_str_eq(story.steps[0].services, "MSExchangeIS");
		input_close(in);
		free((void *)(uintptr_t)bytes.p);
	}
}

/* Bytes of a code page are kept as they are: nothing says which page it is. Its separators are
 * those of ASCII in all of them. */
Test(recode, code_pages_stay_bytes)
{
	static struct story story;
	read_story(&format_tasklist,
		span_text("Abbildname                     PID Dienste\r\n"
			  "========================= ======== ==================\r\n"
			  "m\x81ller.exe                     77 \x8e\xe4x\r\n"),
		&story);
	is_process(&story.steps[0], NOTE_RUNNING, 77, "m\x81ller.exe");
}
