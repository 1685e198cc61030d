/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an input from the front, by bytes and by lines: see input.h. */
#include "evidence/input.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

/* 256 KiB: what read(2) moves at full speed while it stays in the second-level cache. */
#define READER_BYTES 262144u

int reader_init(struct reader *r, struct input *in, struct err *err)
{
	*r = (struct reader){ .in = in, .cap = READER_BYTES };
	r->buf = malloc(r->cap);
	return r->buf ? 0 : err_nomem(err);
}

int reader_init_text(struct reader *r, struct input *in, struct err *err)
{
	if (reader_init(r, in, err) < 0)
		return -1;
	r->text = true;
	return 0;
}

void reader_done(struct reader *r)
{
	if (!r)
		return;
	free(r->buf);
	free(r->raw);
	*r = (struct reader){ 0 };
}

/* Reads on and recodes until n bytes are there, or the input ends. */
static int fill_recoded(struct reader *r, size_t n, struct err *err)
{
	while (r->have < n) {
		size_t most = (r->cap - r->have) / RECODE_GROWS & ~(size_t)1, got;
		most = most < READER_BYTES ? most : READER_BYTES;
		if (input_read_at(r->in, r->raw_off, r->raw, most, &got, err) < 0)
			return -1;
		bool last = got < most;
		struct span raw = span_of(r->raw, got);
		r->have += recode_utf16(r->encoding, &raw, last, r->buf + r->have);
		r->raw_off += got - raw.n;
		if (last)
			break;
	}
	return 0;
}

/* The first bytes of a text say how it is written. */
static int look_at_encoding(struct reader *r, struct err *err)
{
	r->text = false;
	r->encoding = recode_detect(span_of(r->buf, r->have));
	if (r->encoding == ENCODING_BYTES)
		return 0;
	r->raw = malloc(READER_BYTES);
	if (!r->raw)
		return err_nomem(err);
	r->have = 0;
	return 0;
}

static int make_room(struct reader *r, size_t n, struct err *err)
{
	uint8_t *buf = n > r->cap ? realloc(r->buf, n) : r->buf;
	if (!buf)
		return err_nomem(err);
	r->buf = buf;
	r->cap = n > r->cap ? n : r->cap;
	return 0;
}

static int fill(struct reader *r, size_t n, struct err *err)
{
	/* Recoding needs room for some characters beyond, or it would not come on. */
	if (make_room(r, n + 16, err) < 0)
		return -1;
	size_t left = r->have - r->at;
	if (left)
		memmove(r->buf, r->buf + r->at, left);
	size_t got;
	r->at = 0;
	r->have = left;
	if (r->encoding != ENCODING_BYTES)
		return fill_recoded(r, n, err);
	if (input_read_at(r->in, r->off + left, r->buf + left, r->cap - left, &got, err) < 0)
		return -1;
	r->have += got;
	if (r->text && look_at_encoding(r, err) < 0)
		return -1;
	return r->encoding == ENCODING_BYTES ? 0 : fill_recoded(r, n, err);
}

int reader_fill(struct reader *r, size_t n, struct span *ret, struct err *err)
{
	if (fill(r, n, err) < 0)
		return -1;
	*ret = span_of(r->buf, r->have < n ? r->have : n);
	return r->have >= n;
}

void reader_jump(struct reader *r, uint64_t n)
{
	r->off = n > UINT64_MAX - r->off ? UINT64_MAX : r->off + n;
	r->at = r->have = 0;
}

int lines_init(struct lines *l, struct input *in, struct err *err)
{
	l->number = 0;
	return reader_init_text(&l->reader, in, err);
}

void lines_done(struct lines *l)
{
	if (l)
		reader_done(&l->reader);
}

static int too_long(const struct lines *l, struct err *err)
{
	return err_line(err, ERR_LIMIT, l->number, "longer than %u bytes", LIMIT_LINE_BYTES - 1);
}

/* Passes the rest of a line that was too long. */
static int skip_line(struct lines *l, struct err *err)
{
	struct span s;
	for (;;) {
		int rc = reader_peek(&l->reader, LIMIT_LINE_BYTES, &s, err);
		if (rc < 0)
			return -1;
		const uint8_t *lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
		reader_take(&l->reader, lf ? (size_t)(lf - s.p) + 1 : s.n);
		if (lf || rc == 0)
			return too_long(l, err);
	}
}

int lines_next(struct lines *l, struct span *ret, bool *ret_whole, struct err *err)
{
	struct reader *r = &l->reader;
	size_t n = r->have - r->at;
	const uint8_t *lf = n ? memchr(r->buf + r->at, '\n', n) : NULL;
	struct span s = span_of(r->buf + r->at, n);
	if (!lf) {
		if (reader_peek(r, LIMIT_LINE_BYTES, &s, err) < 0)
			return -1;
		lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
	}
	if (s.n == 0)
		return 0;
	l->number++;
	if (!lf && s.n == LIMIT_LINE_BYTES)
		return skip_line(l, err);
	bool front = r->off == 0;
	size_t line = lf ? (size_t)(lf - s.p) : s.n;
	reader_take(r, line + (lf ? 1 : 0));
	/* The same limit, wherever the buffer happens to end. */
	if (line >= LIMIT_LINE_BYTES)
		return too_long(l, err);
	*ret = span_of(s.p, line && s.p[line - 1] == '\r' ? line - 1 : line);
	if (front)
		*ret = text_skip_mark(*ret);
	*ret_whole = lf != NULL;
	return 1;
}
