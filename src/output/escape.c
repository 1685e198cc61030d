/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping for terminals: see escape.h. */
#include "output/escape.h"

#include "base/text.h"

/* Unicode's format characters (general category Cf) and its line separators, in blocks. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x00, 0x1f },       /* C0 */
	{ 0x7f, 0x9f },       /* DEL, C1 */
	{ 0xad, 0xad },       /* soft hyphen */
	{ 0x61c, 0x61c },     /* Arabic letter mark */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200f },   /* zero width, direction marks */
	{ 0x2028, 0x202e },   /* line and paragraph separators, embeddings, overrides */
	{ 0x2060, 0x206f },   /* joiners, isolates */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0xe0000, 0xe007f }, /* tags */
};

bool escape_needed(uint32_t character)
{
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (character >= hidden[i].first && character <= hidden[i].last)
			return true;
	return false;
}

void escape_span(struct str *out, struct span text)
{
	while (text.n) {
		uint32_t c;
		size_t plain = 0;
		while (plain < text.n && text.p[plain] >= ' ' && text.p[plain] < 0x7f)
			plain++;
		str_add(out, span_of(text.p, plain));
		text.p += plain;
		text.n -= plain;
		if (text.n == 0)
			return;
		size_t n = text_utf8(text, &c);
		if (c == 0xfffd)
			str_text(out, "\xef\xbf\xbd");
		else if (!escape_needed(c))
			str_add(out, span_of(text.p, n));
		else
			str_printf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
		text.p += n;
		text.n -= n;
	}
}

void escape_text(struct str *out, const char *text)
{
	escape_span(out, span_text(text));
}
