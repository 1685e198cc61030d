/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: one type, on the caller's stack, that owns nothing and works when memory is gone. */
#ifndef WHOSENT_BASE_ERR_H
#define WHOSENT_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* What the caller can do about it. */
enum err_kind {
	ERR_NONE,
	ERR_SYSTEM,      /* the system refused; .sys holds errno */
	ERR_NOMEM,       /* no memory */
	ERR_TRUNCATED,   /* the input ends inside a record; what came before is good */
	ERR_MALFORMED,   /* the input contradicts itself or its format */
	ERR_UNSUPPORTED, /* sound, but of a kind that is not read */
	ERR_LIMIT,       /* a limit of base/limits.h was met */
	ERR_USAGE,       /* the command line is wrong */
};

#define ERR_NO_OFFSET UINT64_MAX

struct err {
	enum err_kind kind;
	int sys;         /* errno, or 0 */
	uint64_t off;    /* byte in the input, or ERR_NO_OFFSET */
	uint64_t record; /* record in the input from 1, or 0 */
	uint64_t line;   /* line of a text input from 1, or 0 */
	char msg[256];   /* one sentence, no full stop, never with control characters of ours */
};

/* No error yet. Where it is asked for with each record, this is cheaper than `= { 0 }`. */
static inline void err_clear(struct err *err)
{
	err->kind = ERR_NONE;
	err->sys = 0;
	err->off = ERR_NO_OFFSET;
	err->record = err->line = 0;
	err->msg[0] = '\0';
}

/* Each returns -1, so that a function can end with `return err_at(...)`. `err` may be NULL. */
__attribute__((format(printf, 3, 4))) int err_set(
	struct err *err, enum err_kind kind, const char *fmt, ...);
__attribute__((format(printf, 4, 5))) int err_at(
	struct err *err, enum err_kind kind, uint64_t off, const char *fmt, ...);
__attribute__((format(printf, 4, 5))) int err_line(
	struct err *err, enum err_kind kind, uint64_t line, const char *fmt, ...);
/* The system's own words for `sys` are added behind the message. */
__attribute__((format(printf, 3, 4))) int err_sys(struct err *err, int sys, const char *fmt, ...);
int err_nomem(struct err *err);

/* Puts "context: " before the message; keeps kind, offset, record and line. */
__attribute__((format(printf, 2, 3))) int err_in(struct err *err, const char *fmt, ...);

/* Writes "byte 420 (record 17): msg", "line 3: msg" or "msg". Always NUL-terminated. */
void err_format(const struct err *err, char *buf, size_t n);

#endif
