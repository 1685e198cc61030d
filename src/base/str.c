/* SPDX-License-Identifier: Apache-2.0 */
/* A growing string: see str.h. */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void str_init(struct str *s, size_t max)
{
	*s = (struct str){ .max = max };
}

void str_done(struct str *s)
{
	if (!s)
		return;
	free(s->p);
	*s = (struct str){ 0 };
}

void str_reset(struct str *s)
{
	s->n = 0;
	s->failed = false;
	if (s->p)
		s->p[0] = '\0';
}

static bool move(struct str *s, size_t need)
{
	size_t cap = s->cap ? s->cap * 2 : 128;
	while (cap < need)
		cap *= 2;
	char *p = realloc(s->p, cap);
	if (!p) {
		s->failed = true;
		return false;
	}
	s->p = p;
	s->cap = cap;
	return true;
}

static inline bool grow(struct str *s, size_t more)
{
	if (s->failed)
		return false;
	if (more > s->max || s->n > s->max - more) {
		s->failed = true;
		return false;
	}
	size_t need = s->n + more + 1;
	return need <= s->cap || move(s, need);
}

void str_add(struct str *s, struct span bytes)
{
	if (bytes.n == 0 || !grow(s, bytes.n))
		return;
	memcpy(s->p + s->n, bytes.p, bytes.n);
	s->n += bytes.n;
	s->p[s->n] = '\0';
}

void str_text(struct str *s, const char *text)
{
	str_add(s, span_text(text));
}

void str_char(struct str *s, char c)
{
	if (!grow(s, 1))
		return;
	s->p[s->n++] = c;
	s->p[s->n] = '\0';
}

void str_u64(struct str *s, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	str_add(s, span_of(digits + at, sizeof digits - at));
}

void str_repeat(struct str *s, char c, size_t n)
{
	if (n == 0 || !grow(s, n))
		return;
	memset(s->p + s->n, c, n);
	s->n += n;
	s->p[s->n] = '\0';
}

void str_printf(struct str *s, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n >= 0 && grow(s, (size_t)n)) {
		vsnprintf(s->p + s->n, (size_t)n + 1, fmt, again);
		s->n += (size_t)n;
	}
	va_end(again);
}

const char *str_get(const struct str *s)
{
	return s->p ? s->p : "";
}
