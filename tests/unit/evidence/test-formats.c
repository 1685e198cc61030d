/* SPDX-License-Identifier: Apache-2.0 */
/* Every reader is asked about every other reader's files: exactly one says that a file is its own.
 * The files are the seeds of the fuzz corpora, in folders named like the formats. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/formats.h"

static size_t load(const char *path, uint8_t *buf, size_t n)
{
	FILE *file = fopen(path, "rb");
	cr_assert_not_null(file, "%s", path);
	n = fread(buf, 1, n, file);
	fclose(file);
	return n;
}

static void one_claims(const struct source_format *want, struct span bytes, const char *path)
{
	struct reader reader;
	struct input *in;
	struct err err;
	cr_assert_eq(input_memory("x", bytes, &in, &err), 0);
	cr_assert_eq(reader_init_text(&reader, in, &err), 0);
	cr_assert_eq(reader_peek(&reader, 65536, &bytes, &err), 0);
	for (const struct source_format *const *f = formats; *f; f++)
		cr_assert_eq((*f)->recognise(bytes, true), *f == want, "%s: %s", path, (*f)->name);
	reader_done(&reader);
	input_close(in);
}

Test(formats, each_file_has_one_reader)
{
	static uint8_t buf[65536];
	const char *corpus = getenv("WHOSENT_CORPUS");
	size_t files = 0;
	if (!corpus)
		cr_skip_test("WHOSENT_CORPUS is not set (meson test sets it)");
	for (const struct source_format *const *f = formats; *f; f++) {
		char dir[4096];
		snprintf(dir, sizeof dir, "%s/%s", corpus, (*f)->name);
		DIR *d = opendir(dir);
		cr_assert_not_null(d, "%s has no seeds", (*f)->name);
		for (struct dirent *e; (e = readdir(d));) {
			char path[8192];
			if (strncmp(e->d_name, "seed-", 5) != 0)
				continue;
			snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
			one_claims(*f, span_of(buf, load(path, buf, sizeof buf)), path);
			files++;
		}
		closedir(d);
	}
	cr_assert_gt(files, 8);
}

static void assert_stranger(const char *name, struct span bytes, const char *want)
{
	struct input *in;
	struct err err = { 0 };
	const struct source_format *format;
	cr_assert_eq(input_memory(name, bytes, &in, &err), 0);
	cr_assert_eq(formats_recognise(in, &format, &err), -1);
	cr_assert_eq(err.kind, ERR_UNSUPPORTED);
	cr_assert_not_null(strstr(err.msg, want), "%s", err.msg);
	input_close(in);
}

Test(formats, strangers_are_named)
{
	static const struct {
		const char *bytes, *word;
		size_t n;
	} cases[] = {
		{ "", "empty", 0 },
		{ "ElfFile\0...", "EVTX", 11 },
		{ "RTSS....",
			"Network Monitor 1 capture; convert it with: editcap -F pcapng x x.pcapng",
			8 },
		{ "GMBU....", "Network Monitor capture; convert", 8 },
		{ "GMB", "none of the kinds", 3 },
		{ "TRSNIFF data    \x1a.", "a Sniffer capture; convert", 18 },
		{ "\1\x10\x4c\0\1\5Trace Display Trace File", "LANalyzer", 30 },
		{ "\1\x10\x4c\0\1\5.Trace Display Trace File", "none of the kinds", 31 },
		{ "\1\2\3\4\5\6\7Netscaler V35 Performance Data", "NetScaler", 37 },
		{ "\xff\xfeN\0o\0", "none of the kinds that are read (see", 6 },
		{ "just a letter\n", "none of the kinds that are read (see whosent-formats(5))",
			14 },
		{ "\4\0\0\1", "if it is a capture, try: editcap -F pcapng x x.pcapng", 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_stranger(
			"x", span_of((const uint8_t *)cases[i].bytes, cases[i].n), cases[i].word);
}

/* The command is one that a shell takes as it is meant, whatever the file is called. */
Test(formats, the_command_can_be_pasted)
{
	struct span snoop = span_of((const uint8_t *)"snoop\0\0\0", 8);
	static const char *const odd[] = { "-", "-x", "a b", "$(x)", "a'b", "a;b", "log.zip!a", "",
		"a\nb", "\xc3\xa4" };
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		assert_stranger(odd[i], snoop, "editcap -F pcapng FILE FILE.pcapng");
	assert_stranger("dir/a-1_b.cap", snoop, "pcapng dir/a-1_b.cap dir/a-1_b.cap.pcapng");
	char name[300];
	memset(name, 'a', sizeof name);
	name[sizeof name - 1] = 0;
	assert_stranger(name, snoop, "editcap -F pcapng FILE FILE.pcapng");
}
