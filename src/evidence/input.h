/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of recorded evidence. input.c is the only code that opens files. Every input can be read
 * at any offset and more than once: what is piped in, and what was packed (unpack.h), lies in a
 * temporary file. */
#ifndef WHOSENT_EVIDENCE_INPUT_H
#define WHOSENT_EVIDENCE_INPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"
#include "evidence/recode.h"

struct input;
struct spool; /* evidence/spool.h */

/* Where the bytes come from. Tests bring their own to see what a failing disk does. */
struct input_ops {
	/* Reads up to n bytes at `off`; fewer only at the end. Returns 0 and *ret_n, or -1. */
	int (*read_at)(
		void *self, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err);
	void (*close)(void *self);
	/* May be NULL, where nobody asks for it. */
	int (*size)(void *self, uint64_t *ret, struct err *err);
};

/* `name` is kept as given ("-" is standard input). A directory, a missing file and one without
 * permission are ERR_SYSTEM. */
int input_open(const char *name, struct input **ret, struct err *err);
/* The same; what is piped in ends early once *stop is set (by a signal's handler that does not
 * restart calls), and what has come by then is the input. */
int input_open_until(
	const char *name, const volatile sig_atomic_t *stop, struct input **ret, struct err *err);
/* Borrows `bytes` and `name` until input_close. */
int input_memory(const char *name, struct span bytes, struct input **ret, struct err *err);
int input_custom(const char *name, const struct input_ops *ops, void *self, struct input **ret,
	struct err *err);
/* What lies in the temporary file from `base` to its present end. It must outlive the input. */
int input_spooled(
	const char *name, struct spool *spool, uint64_t base, struct input **ret, struct err *err);
void input_close(struct input *in); /* accepts NULL */

const char *input_name(const struct input *in);
int input_read_at(
	struct input *in, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err);
int input_size(struct input *in, uint64_t *ret, struct err *err);
/* How many bytes have been read of it so far; what is read twice counts twice. */
uint64_t input_taken(const struct input *in);

/* Reads an input from the front through one reused buffer. */
struct reader {
	struct input *in;
	uint64_t off; /* of the next byte, as it is handed out */
	uint8_t *buf;
	size_t at, have, cap;
	/* Text only: what the bytes are, once known; where the input is read on, and what was read
	 * there and waits to be recoded. */
	bool text;
	enum encoding encoding;
	uint64_t raw_off;
	uint8_t *raw;
};

int reader_init(struct reader *r, struct input *in, struct err *err);
/* The same for text: UTF-16 is handed out as UTF-8 (recode.h), and offsets count what is handed
 * out. A byte order mark becomes that of UTF-8. All else stays as it is. */
int reader_init_text(struct reader *r, struct input *in, struct err *err);
void reader_done(struct reader *r);

/* The slow halves of what follows: reading on, and leaving the buffer behind. */
int reader_fill(struct reader *r, size_t n, struct span *ret, struct err *err);
void reader_jump(struct reader *r, uint64_t n);

/* Makes the next n bytes visible as *ret, borrowed until the next call. Returns 1; 0 where the
 * input ends before (then *ret is what is left); -1 where reading fails or memory is gone. The
 * caller has checked n against base/limits.h. */
static inline int reader_peek(struct reader *r, size_t n, struct span *ret, struct err *err)
{
	if (r->have - r->at < n)
		return reader_fill(r, n, ret, err);
	*ret = span_of(r->buf + r->at, n);
	return 1;
}

/* Passes n bytes that reader_peek has shown. */
static inline void reader_take(struct reader *r, size_t n)
{
	r->at += n;
	r->off += n;
}

/* Passes n bytes, seen or not; the end of the input shows at the next reader_peek. */
static inline void reader_skip(struct reader *r, uint64_t n)
{
	if (n <= r->have - r->at)
		reader_take(r, (size_t)n);
	else
		reader_jump(r, n);
}

/* Reads an input line by line, in any encoding of recode.h. */
struct lines {
	struct reader reader;
	uint64_t number; /* of the line last returned, from 1 */
};

int lines_init(struct lines *l, struct input *in, struct err *err);
void lines_done(struct lines *l);

/* Returns 1 and the next line without its LF or CR LF, borrowed until the next call, with
 * *ret_whole false where the input ends inside it (no LF: digits may be missing); 0 at the end.
 * -1: reading failed, or ERR_LIMIT for a line above LIMIT_LINE_BYTES, which is passed over by
 * the next call. A byte order mark at the front of the input is left out. */
int lines_next(struct lines *l, struct span *ret, bool *ret_whole, struct err *err);

#endif
