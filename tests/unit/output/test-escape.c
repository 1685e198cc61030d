/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping for terminals. */
#include "output/escape.h"

#include <criterion/criterion.h>

static void becomes(const char *text, const char *want)
{
	struct str s;
	str_init(&s, 1024);
	escape_text(&s, text);
	cr_assert_str_eq(str_get(&s), want);
	str_done(&s);
}

Test(escape, plain)
{
	becomes("", "");
	becomes("C:\\Program Files\\store.exe", "C:\\Program Files\\store.exe");
	becomes("m\xc3\xbcller \xe6\x97\xa5 \xf0\x9f\x93\xac",
		"m\xc3\xbcller \xe6\x97\xa5 \xf0\x9f\x93\xac");
}

Test(escape, control)
{
	becomes("\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f");
	becomes("a\nb\rc\td", "a\\x0ab\\x0dc\\x09d");
	becomes("\x01\x02\x03", "\\x01\\x02\\x03"); /* the marks of layout.h */
	becomes("\xc2\x9b"
		"31m",
		"\\x9b31m"); /* CSI as one character */
}

Test(escape, hidden)
{
	becomes("a\xe2\x80\xae"
		"b",
		"a\\u202eb");
	becomes("\xe2\x81\xa6\xef\xbb\xbf\xe2\x80\x8b", "\\u2066\\ufeff\\u200b");
	becomes("\xe2\x80\xa8", "\\u2028");
	becomes("\xf3\xa0\x81\x81", "\\ue0041");
}

Test(escape, not_utf8)
{
	becomes("\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd");
	becomes("\xc3", "\xef\xbf\xbd");
	becomes("\xe2\x80", "\xef\xbf\xbd\xef\xbf\xbd");
	becomes("\xc0\x9b", "\xef\xbf\xbd\xef\xbf\xbd");                 /* overlong ESC */
	becomes("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* surrogate */
	becomes("\x9b"
		"1m",
		"\xef\xbf\xbd"
		"1m");
}

Test(escape, every_pair_of_bytes)
{
	for (unsigned a = 1; a < 256; a++)
		for (unsigned b = 1; b < 256; b++) {
			uint8_t pair[2] = { (uint8_t)a, (uint8_t)b };
			struct str s;
			str_init(&s, 64);
			escape_span(&s, span_of(pair, 2));
			for (size_t i = 0; i < s.n; i++)
				cr_assert((uint8_t)s.p[i] >= 0x20 && s.p[i] != 0x7f);
			str_done(&s);
		}
}
