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
	for (const struct source_format *const *f = formats; *f; f++)
		cr_assert_eq((*f)->recognise(bytes, true), *f == want, "%s: %s", path, (*f)->name);
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

Test(formats, strangers_are_named)
{
	static const struct {
		const char *bytes, *word;
		size_t n;
	} cases[] = {
		{ "", "empty", 0 },
		{ "\x1f\x8b\x08", "gzip", 3 },
		{ "BZh91AY", "bzip2", 7 },
		{ "PK\x03\x04....", "zip", 8 },
		{ "ElfFile\0...", "EVTX", 11 },
		{ "GMBU....", "editcap", 8 },
		{ "just a letter\n", "none of the kinds", 14 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct input *in;
		struct err err = { 0 };
		const struct source_format *format;
		cr_assert_eq(input_memory("x", span_of(cases[i].bytes, cases[i].n), &in, &err), 0);
		cr_assert_eq(formats_recognise(in, &format, &err), -1);
		cr_assert_eq(err.kind, ERR_UNSUPPORTED);
		cr_assert_not_null(strstr(err.msg, cases[i].word), "%s", err.msg);
		input_close(in);
	}
}
