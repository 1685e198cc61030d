/* SPDX-License-Identifier: Apache-2.0 */
/* Wrapping and colour: see layout.h. */
#include "output/layout.h"

#include <string.h>

#include "base/text.h"

static bool is_mark(char c)
{
	return c == MARK_BOLD[0] || c == MARK_DIM[0] || c == MARK_END[0];
}

static size_t span_width(struct span s)
{
	size_t columns = 0;
	for (size_t i = 0; i < s.n; i++)
		columns += (s.p[i] & 0xc0) != 0x80 && !is_mark((char)s.p[i]);
	return columns;
}

size_t layout_width(const char *text)
{
	return span_width(span_text(text));
}

/* Select Graphic Rendition, ECMA-48 8.3.117. */
static const char *sequence(char mark)
{
	return mark == MARK_BOLD[0] ? "\x1b[1m" : mark == MARK_DIM[0] ? "\x1b[2m" : "\x1b[0m";
}

static void paint(const struct layout *l, struct span s)
{
	size_t done = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = (char)s.p[i];
		if (!is_mark(c) && c != MARK_TIE[0])
			continue;
		str_add(l->out, span_of(s.p + done, i - done));
		done = i + 1;
		if (c == MARK_TIE[0])
			str_char(l->out, ' ');
		else if (l->color)
			str_text(l->out, sequence(c));
	}
	str_add(l->out, span_of(s.p + done, s.n - done));
}

static void pad(const struct layout *l, size_t n)
{
	str_repeat(l->out, ' ', n);
}

void layout_line(const struct layout *l, const char *text)
{
	paint(l, span_text(text));
	str_char(l->out, '\n');
}

/* The bytes of the first `columns` columns. */
static size_t cut_at(struct span s, size_t columns)
{
	/* A character has its column with its first byte; what has no column never breaks. */
	for (size_t n = 0; n < s.n; n++)
		if ((s.p[n] & 0xc0) != 0x80 && !is_mark((char)s.p[n]) && columns-- == 0)
			return n;
	return s.n;
}

/* Cuts the next line off: it breaks at the last blank that fits, or inside a word that fits
 * nowhere. */
static struct span next_line(struct span *rest, size_t columns)
{
	size_t fits = cut_at(*rest, columns), end = fits;
	if (fits < rest->n && rest->p[fits] != ' ') {
		while (end && rest->p[end] != ' ')
			end--;
		if (end == 0)
			end = fits ? fits : rest->n;
	}
	struct span line = span_of(rest->p, end);
	rest->p += end;
	rest->n -= end;
	while (rest->n && rest->p[0] == ' ') {
		rest->p++;
		rest->n--;
	}
	return line;
}

void layout_block(const struct layout *l, const struct layout_block *b)
{
	struct span rest = span_text(b->text);
	const char *tail = b->tail;
	size_t lead = layout_width(b->lead), at = lead;
	paint(l, span_text(b->lead));
	if (lead && lead + 1 > b->indent) {
		str_char(l->out, '\n');
		at = 0;
	}
	do {
		pad(l, b->indent - at);
		struct span line = next_line(&rest, b->edge - b->indent);
		paint(l, line);
		at = b->indent + span_width(line);
		size_t wide = tail ? layout_width(tail) : 0;
		if (wide) {
			pad(l, at + wide < LAYOUT_COLUMNS ? LAYOUT_COLUMNS - at - wide : 2);
			paint(l, span_text(tail));
		}
		tail = NULL;
		str_char(l->out, '\n');
		at = 0;
	} while (rest.n);
}
