/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs, the reader's buffer and lines. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "evidence/input.h"
#include "evidence/spool.h"

static struct input *memory(const void *p, size_t n)
{
	struct input *in;
	cr_assert_eq(input_memory("memory", span_of(p, n), &in, NULL), 0);
	return in;
}

static int open_error(const char *name)
{
	struct input *in = NULL;
	struct err err = { 0 };
	cr_assert_eq(input_open(name, &in, &err), -1);
	cr_assert_null(in);
	cr_assert_eq(err.kind, ERR_SYSTEM);
	return err.sys;
}

Test(input, files_and_what_is_none)
{
	char dir[] = "/tmp/whosent-test-XXXXXX", path[64];
	struct input *in;
	uint8_t buf[8];
	size_t n;
	uint64_t size;
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/file", dir);
	cr_assert_eq(open_error(path), ENOENT);
	cr_assert_eq(open_error(dir), EISDIR);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	cr_assert_eq(write(fd, "abcdef", 6), 6);
	close(fd);
	cr_assert_eq(input_open(path, &in, NULL), 0);
	cr_assert_str_eq(input_name(in), path);
	cr_assert_eq(input_read_at(in, 2, buf, sizeof buf, &n, NULL), 0);
	cr_assert_eq(n, 4);
	cr_assert_arr_eq(buf, "cdef", 4);
	cr_assert_eq(input_read_at(in, 100, buf, sizeof buf, &n, NULL), 0);
	cr_assert_eq(n, 0);
	cr_assert_eq(input_size(in, &size, NULL), 0);
	cr_assert_eq(size, 6);
	input_close(in);
	input_close(NULL);
	unlink(path);
	rmdir(dir);
}

/* What is piped in can be read at any place, more than once. */
Test(input, pipes_are_spooled)
{
	int ends[2];
	char name[32], buf[8];
	size_t n;
	struct input *in;
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "abcdef", 6), 6);
	close(ends[1]);
	snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
	cr_assert_eq(input_open(name, &in, NULL), 0);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(input_read_at(in, 4, buf, sizeof buf, &n, NULL), 0);
		cr_assert_eq(n, 2);
		cr_assert_arr_eq(buf, "ef", 2);
	}
	input_close(in);
	close(ends[0]);
}

/* Every step over a file larger than the buffer shows the right bytes. */
Test(input, reader_walks_the_buffer)
{
	size_t n = 700000;
	uint8_t *bytes = malloc(n);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 31 >> 3);
	struct input *in = memory(bytes, n);
	struct reader r;
	struct span s;
	cr_assert_eq(reader_init(&r, in, NULL), 0);
	size_t at = 0, step = 1;
	while (at < n) {
		step = step * 7 % 300007 + 1;
		int rc = reader_peek(&r, step, &s, NULL);
		cr_assert_eq(rc, at + step <= n);
		cr_assert_eq(s.n, rc ? step : n - at);
		cr_assert_eq(memcmp(s.p, bytes + at, s.n), 0);
		if (step % 3)
			reader_take(&r, s.n);
		else
			reader_skip(&r, s.n);
		at += s.n;
		cr_assert_eq(r.off, at);
	}
	cr_assert_eq(reader_peek(&r, 1, &s, NULL), 0);
	cr_assert_eq(s.n, 0);
	reader_skip(&r, UINT64_MAX);
	cr_assert_eq(reader_peek(&r, 1, &s, NULL), 0);
	reader_done(&r);
	reader_done(NULL);
	input_close(in);
	free(bytes);
}

static void expect_line(struct lines *l, const char *text, bool whole, uint64_t number)
{
	struct span s;
	bool is_whole;
	cr_assert_eq(lines_next(l, &s, &is_whole, NULL), 1);
	cr_assert_eq(s.n, strlen(text), "line %lu", (unsigned long)number);
	cr_assert_eq(memcmp(s.p, text, s.n), 0);
	cr_assert_eq(is_whole, whole);
	cr_assert_eq(l->number, number);
}

Test(input, lines)
{
	static const char text[] = "\xef\xbb\xbf"
				   "a\r\n\nb\rc\n\r\n\xef\xbb\xbf"
				   "d\nlast";
	struct input *in = memory(text, sizeof text - 1);
	struct lines l;
	struct span s;
	bool whole;
	cr_assert_eq(lines_init(&l, in, NULL), 0);
	expect_line(&l, "a", true, 1);
	expect_line(&l, "", true, 2);
	expect_line(&l, "b\rc", true, 3);
	expect_line(&l, "", true, 4);
	expect_line(&l,
		"\xef\xbb\xbf"
		"d",
		true, 5);
	expect_line(&l, "last", false, 6);
	cr_assert_eq(lines_next(&l, &s, &whole, NULL), 0);
	lines_done(&l);
	lines_done(NULL);
	input_close(in);
}

/* The limit holds wherever the buffer ends, and the line behind is found. */
Test(input, lines_above_the_limit)
{
	static const size_t lengths[] = { LIMIT_LINE_BYTES - 1, LIMIT_LINE_BYTES,
		LIMIT_LINE_BYTES + 1, 3 * LIMIT_LINE_BYTES, 20 * LIMIT_LINE_BYTES };
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		for (size_t pad = 0; pad < 3; pad++) {
			/* The long line begins a buffer, stands inside it, or ends it. */
			static const size_t fronts[] = { 0, 10, 250000 };
			size_t front = fronts[pad], n = front + lengths[i] + 3;
			char *text = malloc(n);
			memset(text, 'x', n);
			for (size_t k = 9; k < front; k += 10)
				text[k] = '\n';
			memcpy(text + n - 3, "\ny\n", 3);
			struct input *in = memory(text, n);
			struct lines l;
			struct span s;
			struct err err = { 0 };
			bool whole;
			cr_assert_eq(lines_init(&l, in, NULL), 0);
			for (size_t k = 0; k < front / 10; k++)
				cr_assert_eq(lines_next(&l, &s, &whole, NULL), 1);
			int rc = lines_next(&l, &s, &whole, &err);
			bool good = lengths[i] < LIMIT_LINE_BYTES;
			cr_assert_eq(rc, good ? 1 : -1, "%zu bytes, %zu before", lengths[i], front);
			if (good)
				cr_assert_eq(s.n, lengths[i]);
			else
				cr_assert(err.kind == ERR_LIMIT && err.line == front / 10 + 1);
			expect_line(&l, "y", true, front / 10 + 2);
			lines_done(&l);
			input_close(in);
			free(text);
		}
}

static int always_bad(void *self, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err)
{
	(void)self, (void)off, (void)buf, (void)n, (void)ret_n;
	return err_sys(err, EIO, "cannot read");
}

/* Two parts of one temporary file do not see each other. */
Test(input, parts_of_a_spool)
{
	struct spool *spool;
	struct input *parts[2];
	static const char *const texts[] = { "front", "back" };
	cr_assert_eq(spool_new(&spool, NULL), 0);
	for (int i = 0; i < 2; i++) {
		uint64_t base = spool_end(spool);
		cr_assert_eq(spool_append(spool, span_text(texts[i]), NULL), 0);
		cr_assert_eq(input_spooled("part", spool, base, &parts[i], NULL), 0);
	}
	for (int i = 0; i < 2; i++) {
		char buf[16];
		size_t n, all = strlen(texts[i]);
		uint64_t size;
		cr_assert_eq(input_size(parts[i], &size, NULL), 0);
		cr_assert_eq(size, all);
		cr_assert_eq(input_read_at(parts[i], 1, buf, sizeof buf, &n, NULL), 0);
		cr_assert_eq(n, all - 1);
		cr_assert_eq(memcmp(buf, texts[i] + 1, n), 0);
		cr_assert_eq(input_read_at(parts[i], UINT64_MAX, buf, 1, &n, NULL), 0);
		cr_assert_eq(n, 0);
		input_close(parts[i]);
	}
	spool_free(spool);
	spool_free(NULL);
}

Test(input, reading_may_fail)
{
	static const struct input_ops ops = { .read_at = always_bad };
	struct input *in;
	struct lines l;
	struct span s;
	struct err err = { 0 };
	bool whole;
	cr_assert_eq(input_custom("disk", &ops, NULL, &in, NULL), 0);
	cr_assert_eq(lines_init(&l, in, NULL), 0);
	cr_assert_eq(lines_next(&l, &s, &whole, &err), -1);
	cr_assert_eq(err.sys, EIO);
	lines_done(&l);
	input_close(in);
}

/* It would be read to the limit of what is spooled. */
Test(input, endless_devices_are_refused)
{
	struct input *in = NULL;
	struct err err = { 0 };
	cr_assert_eq(input_open("/dev/zero", &in, &err), -1);
	cr_assert_eq(err.kind, ERR_UNSUPPORTED);
	cr_assert_null(in);
}
