/* SPDX-License-Identifier: Apache-2.0 */
/* A streaming JSON writer: see json_writer.h. */
#include "output/json_writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "output/escape.h"

void json_init(struct json *j, struct str *out)
{
	*j = (struct json){ .out = out };
}

/* What stands before a value or a key. */
static void separate(struct json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->depth == 0)
		return;
	if (j->filled[j->depth - 1])
		str_char(j->out, ',');
	j->filled[j->depth - 1] = true;
}

static void begin(struct json *j, bool array)
{
	separate(j);
	if (j->depth == JSON_DEPTH) {
		j->out->failed = true;
		return;
	}
	j->filled[j->depth] = false;
	j->array[j->depth++] = array;
	str_char(j->out, array ? '[' : '{');
}

void json_object(struct json *j)
{
	begin(j, false);
}

void json_array(struct json *j)
{
	begin(j, true);
}

void json_end(struct json *j)
{
	if (j->depth)
		str_char(j->out, j->array[--j->depth] ? ']' : '}');
}

void json_key(struct json *j, const char *key)
{
	separate(j);
	str_char(j->out, '"');
	str_text(j->out, key);
	str_text(j->out, "\":");
	j->after_key = true;
}

static void add_character(struct str *out, struct span bytes, uint32_t c)
{
	if (c == '"' || c == '\\')
		str_printf(out, "\\%c", (char)c);
	else if (c == '\n')
		str_text(out, "\\n");
	else if (c == '\t')
		str_text(out, "\\t");
	else if (c == 0xfffd)
		str_text(out, "\xef\xbf\xbd");
	else if (!escape_needed(c))
		str_add(out, bytes);
	else if (c < 0x10000)
		str_printf(out, "\\u%04" PRIx32, c);
	else /* a surrogate pair, RFC 8259 section 7 */
		str_printf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((c - 0x10000) >> 10),
			0xdc00 + ((c - 0x10000) & 0x3ff));
}

/* How many at the front stand for themselves. */
static size_t plain_bytes(struct span s)
{
	size_t n = 0;
	while (n < s.n && s.p[n] >= ' ' && s.p[n] < 0x7f && s.p[n] != '"' && s.p[n] != '\\')
		n++;
	return n;
}

void json_span(struct json *j, struct span text)
{
	separate(j);
	str_char(j->out, '"');
	for (;;) {
		uint32_t c;
		size_t plain = plain_bytes(text);
		str_add(j->out, span_of(text.p, plain));
		text.p += plain;
		text.n -= plain;
		if (text.n == 0)
			break;
		size_t n = text_utf8(text, &c);
		add_character(j->out, span_of(text.p, n), c);
		text.p += n;
		text.n -= n;
	}
	str_char(j->out, '"');
}

void json_text(struct json *j, const char *text)
{
	json_span(j, span_text(text));
}

void json_u64(struct json *j, uint64_t v)
{
	separate(j);
	str_u64(j->out, v);
}

void json_i64(struct json *j, int64_t v)
{
	separate(j);
	if (v < 0)
		str_char(j->out, '-');
	str_u64(j->out, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void json_double(struct json *j, double v)
{
	char text[32];
	separate(j);
	if (!isfinite(v)) {
		str_text(j->out, "null");
		return;
	}
	snprintf(text, sizeof text, "%.9g", v);
	/* The decimal point is the locale's; JSON knows only one. */
	for (char *p = text; *p; p++)
		if (*p == ',')
			*p = '.';
	str_text(j->out, text);
}

void json_bool(struct json *j, bool v)
{
	separate(j);
	str_text(j->out, v ? "true" : "false");
}

void json_key_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_text(j, text);
}

void json_key_u64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

void json_key_i64(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_i64(j, v);
}

void json_key_object(struct json *j, const char *key)
{
	json_key(j, key);
	json_object(j);
}

void json_key_array(struct json *j, const char *key)
{
	json_key(j, key);
	json_array(j);
}
