/* SPDX-License-Identifier: Apache-2.0 */
/* Wrapping, tails and colour. */
#include "output/layout.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void block(bool color, struct layout_block b, const char *want)
{
	struct str s;
	str_init(&s, 65536);
	layout_block(&(struct layout){ .out = &s, .color = color }, &b);
	cr_assert_str_eq(str_get(&s), want);
	str_done(&s);
}

#define BLOCK(lead_, text_, indent_, edge_)                                    \
	(struct layout_block)                                                  \
	{                                                                      \
		.lead = lead_, .text = text_, .indent = indent_, .edge = edge_ \
	}

Test(layout, wraps_at_blanks)
{
	block(false, BLOCK("ab", "one two three", 4, 11), "ab  one two\n    three\n");
	block(false, BLOCK("ab", "one two three", 4, 10), "ab  one\n    two\n    three\n");
	block(false, BLOCK("ab", "one two", 4, 11), "ab  one two\n");
	block(false, BLOCK("", "one two", 0, 3), "one\ntwo\n");
	block(false, BLOCK("ab", "", 4, 11), "ab  \n");
	block(false, BLOCK("ab", "one    two", 4, 7), "ab  one\n    two\n");
}

Test(layout, breaks_words_that_fit_nowhere)
{
	block(false, BLOCK("", "abcdefgh ij", 0, 3), "abc\ndef\ngh\nij\n");
	block(false, BLOCK("", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 0, 3),
		"\xc3\xa9\xc3\xa9\xc3\xa9\n\xc3\xa9\n");
}

Test(layout, a_long_lead_gets_its_own_line)
{
	block(false, BLOCK("abcd", "one", 4, 10), "abcd\n    one\n");
	block(false, BLOCK("abc", "one", 4, 10), "abc one\n");
}

Test(layout, marks_take_no_room)
{
	struct layout_block b =
		BLOCK(MARK_DIM "ab" MARK_END, "one " MARK_BOLD "two" MARK_END " three", 4, 11);
	block(false, b, "ab  one two\n    three\n");
	block(true, b, "\x1b[2mab\x1b[0m  one \x1b[1mtwo\x1b[0m\n    three\n");
	cr_assert_eq(layout_width(MARK_BOLD "a\xe2\x80\x93z" MARK_END), 3);
}

Test(layout, ties_do_not_break)
{
	block(false, BLOCK("", "took 30" MARK_TIE "min today", 0, 9), "took\n30 min\ntoday\n");
	cr_assert_eq(layout_width("1" MARK_TIE "s"), 3);
}

Test(layout, tail)
{
	struct layout_block b = BLOCK("1", "title", 3, 90);
	b.tail = "15 frames";
	char want[128];
	snprintf(want, sizeof want, "1  title%*s15 frames\n", 100 - 8 - 9, "");
	block(false, b, want);
	b = BLOCK("1", "a title of many words", 3, 12);
	b.tail = "x";
	snprintf(want, sizeof want, "1  a title%*sx\n   of many\n   words\n", 100 - 10 - 1, "");
	block(false, b, want);
}

/* Whatever the width, no line passes it and no byte is lost or doubled. */
Test(layout, every_width)
{
	static const char text[] =
		"some words, averyveryverylongwordthatfitsnowhere and \xe2\x80\x93 more";
	for (size_t edge = 1; edge < 80; edge++) {
		struct str s;
		str_init(&s, 65536);
		layout_block(&(struct layout){ .out = &s }, &BLOCK("", text, 0, edge));
		char seen[128], all[128];
		size_t column = 0, n = 0, m = 0;
		for (size_t i = 0; i < s.n; i++) {
			column = s.p[i] == '\n' ? 0 : column + ((s.p[i] & 0xc0) != 0x80);
			cr_assert_leq(column, edge);
			if (s.p[i] != '\n' && s.p[i] != ' ')
				seen[n++] = s.p[i];
		}
		for (const char *p = text; *p; p++)
			if (*p != ' ')
				all[m++] = *p;
		cr_assert_eq(n, m);
		cr_assert_eq(memcmp(seen, all, n), 0);
		str_done(&s);
	}
}
