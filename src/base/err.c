/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: see err.h. */
#include "base/err.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0))) static int fill(
	struct err *err, enum err_kind kind, const char *fmt, va_list ap)
{
	if (!err)
		return -1;
	err->kind = kind;
	err->sys = 0;
	err->off = ERR_NO_OFFSET;
	err->record = 0;
	err->line = 0;
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	return -1;
}

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(err, kind, fmt, ap);
	va_end(ap);
	return -1;
}

int err_at(struct err *err, enum err_kind kind, uint64_t off, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(err, kind, fmt, ap);
	va_end(ap);
	if (err)
		err->off = off;
	return -1;
}

int err_line(struct err *err, enum err_kind kind, uint64_t line, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(err, kind, fmt, ap);
	va_end(ap);
	if (err)
		err->line = line;
	return -1;
}

int err_sys(struct err *err, int sys, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(err, ERR_SYSTEM, fmt, ap);
	va_end(ap);
	if (!err)
		return -1;
	err->sys = sys;
	size_t n = strlen(err->msg);
	snprintf(err->msg + n, sizeof err->msg - n, "%s%s", n ? ": " : "", strerror(sys));
	return -1;
}

int err_nomem(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

int err_in(struct err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	char old[sizeof err->msg];
	memcpy(old, err->msg, sizeof old);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	size_t n = strlen(err->msg);
	snprintf(err->msg + n, sizeof err->msg - n, ": %s", old);
	return -1;
}

void err_format(const struct err *err, char *buf, size_t n)
{
	if (err->line)
		snprintf(buf, n, "line %" PRIu64 ": %s", err->line, err->msg);
	else if (err->off != ERR_NO_OFFSET && err->record)
		snprintf(buf, n, "byte %" PRIu64 " (record %" PRIu64 "): %s", err->off, err->record,
			err->msg);
	else if (err->off != ERR_NO_OFFSET)
		snprintf(buf, n, "byte %" PRIu64 ": %s", err->off, err->msg);
	else
		snprintf(buf, n, "%s", err->msg);
}
