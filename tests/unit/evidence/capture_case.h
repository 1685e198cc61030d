/* SPDX-License-Identifier: Apache-2.0 */
/* Files for the capture readers' tests, and what the readers make of them. */
#ifndef WHOSENT_TEST_CAPTURE_CASE_H
#define WHOSENT_TEST_CAPTURE_CASE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/input.h"
#include "model/source.h"

struct bytes {
	size_t n;
	bool big; /* byte order of put16 and put32 */
	uint8_t b[8192];
};

static inline void put8(struct bytes *f, unsigned v)
{
	f->b[f->n++] = (uint8_t)v;
}

static inline void put16(struct bytes *f, unsigned v)
{
	put8(f, f->big ? v >> 8 & 0xff : v & 0xff);
	put8(f, f->big ? v & 0xff : v >> 8 & 0xff);
}

static inline void put32(struct bytes *f, uint32_t v)
{
	put16(f, f->big ? v >> 16 : v & 0xffff);
	put16(f, f->big ? v & 0xffff : v >> 16);
}

static inline void put_fill(struct bytes *f, unsigned v, size_t n)
{
	while (n--)
		put8(f, v);
}

#define MET 64

/* All that a reader says of one file. */
struct met {
	bool opened;
	size_t items, errors;
	struct record records[MET]; /* spans are gone; their fronts are kept below */
	uint8_t front[MET][4];
	struct err errs[MET];
	struct tally tally;
};

/* Reads the file from memory that ends right behind it, so that a sanitizer sees a read too far.
 * `err` begins as it may be left by an earlier call. */
static inline void read_span(const struct source_format *f, struct span file, struct met *ret)
{
	struct input *in;
	void *self;
	struct err err = { .kind = ERR_LIMIT };
	uint8_t *copy = malloc(file.n ? file.n : 1);
	memset(ret, 0, sizeof *ret);
	if (file.n)
		memcpy(copy, file.p, file.n);
	cr_assert_eq(input_memory("test", span_of(copy, file.n), &in, &err), 0);
	ret->opened = f->open(in, &self, &err) == 0;
	if (!ret->opened)
		ret->errs[ret->errors++] = err;
	while (ret->opened) {
		struct record r;
		int rc = f->next(self, &r, &err);
		if (rc == SOURCE_END)
			break;
		cr_assert(ret->items < MET && ret->errors < MET, "the reader does not end");
		if (rc < 0) {
			cr_assert_neq(err.kind, ERR_NONE);
			ret->errs[ret->errors++] = err;
			continue;
		}
		struct span b = r.kind == RECORD_PACKET ? r.packet.bytes : (struct span){ 0 };
		memcpy(ret->front[ret->items], b.p ? b.p : (const uint8_t *)"", b.n < 4 ? b.n : 4);
		ret->records[ret->items++] = r;
	}
	if (ret->opened) {
		struct record r;
		cr_assert_eq(f->next(self, &r, &err), SOURCE_END, "an end is an end");
		ret->tally = *f->tally(self);
		f->close(self);
	}
	input_close(in);
	free(copy);
}

static inline void read_bytes(
	const struct source_format *f, const struct bytes *file, struct met *ret)
{
	read_span(f, span_of(file->b, file->n), ret);
}

static inline void read_text(const struct source_format *f, const char *text, struct met *ret)
{
	read_span(f, span_text(text), ret);
}

static inline bool recognises(const struct source_format *f, const char *text)
{
	return f->recognise(span_text(text), true);
}

/* What every run must hold, however hostile the file. */
static inline void assert_counts(const struct met *m)
{
	if (!m->opened)
		return;
	cr_assert_eq(m->tally.records, m->items);
	cr_assert_eq(m->tally.damaged, m->errors);
}

static inline const struct digest *digest_at(const struct met *m, size_t i)
{
	cr_assert_lt(i, m->items);
	return &m->records[i].packet.digest;
}

/* Sets the words of the file, `step` bytes apart, to values that break lengths, in either byte
 * order. */
static inline void every_word_lies(
	const struct source_format *f, const struct bytes *file, size_t step)
{
	static const uint32_t values[] = { 0, 1, 3, 8, 0x7fffffff, 0xffffffff, 0x00010000, 0x0100 };
	static struct met m;
	for (size_t at = 0; at + 4 <= file->n; at += step)
		for (size_t v = 0; v < 2 * sizeof values / sizeof *values; v++) {
			struct bytes copy = *file;
			struct bytes word = { .big = v & 1 };
			put32(&word, values[v / 2]);
			memcpy(copy.b + at, word.b, 4);
			read_bytes(f, &copy, &m);
			assert_counts(&m);
		}
}

/* A disk that fails at its nth read: once, or from then on. */
struct bad_disk {
	struct span file;
	int left;
	bool once;
};

static inline int bad_disk_read(
	void *self, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err)
{
	struct bad_disk *d = self;
	if (d->left == 0 || (d->left < 0 && !d->once)) {
		d->left = -1;
		return err_sys(err, 5, "cannot read");
	}
	d->left--;
	size_t left = off < d->file.n ? d->file.n - (size_t)off : 0;
	*ret_n = left < n ? left : n;
	memcpy(buf, d->file.p + off, *ret_n);
	return 0;
}

#endif
