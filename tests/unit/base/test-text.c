/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/text.h"

static struct span t(const char *s)
{
	return span_text(s);
}

Test(text, trims_blanks_and_no_break_spaces)
{
	cr_assert(text_equal(text_trim(t(" \t\xc2\xa0 a b \xc2\xa0\r")), "a b"));
	cr_assert(text_equal(text_trim(t("\xa0 x \xa0")), "x"), "a lone A0 of a code page");
	cr_assert(text_equal(text_trim(t("\xc3\xa0")), "\xc3\xa0"), "U+00E0 ends in A0");
	cr_assert_eq(text_trim(t(" \xc2\xa0")).n, 0);
	cr_assert_eq(text_trim((struct span){ 0 }).n, 0);
}

Test(text, numbers_take_digits_only)
{
	uint64_t v = 7;
	cr_assert(text_u64(t("18446744073709551615"), &v));
	cr_assert_eq(v, UINT64_MAX);
	cr_assert_not(text_u64(t("18446744073709551616"), &v), "overflow");
	cr_assert_eq(v, UINT64_MAX, "untouched on failure");
	cr_assert_not(text_u64(t(""), &v));
	cr_assert_not(text_u64(t("+1"), &v));
	cr_assert_not(text_u64(t("1 "), &v));
	cr_assert(text_number(t("0xFFFFFFFF"), &v));
	cr_assert_eq(v, 0xffffffff);
	cr_assert_not(text_number(t("0x"), &v));
	cr_assert_not(text_number(t("0x11112222333344445"), &v), "17 digits");
	uint32_t u;
	cr_assert(text_u32(t("65535"), 65535, &u));
	cr_assert_not(text_u32(t("65536"), 65535, &u));
	cr_assert(text_u64(t("010"), &v));
	cr_assert_eq(v, 10, "leading zeros are decimal, never octal");
}

Test(text, hexadecimal_bytes)
{
	uint8_t b[4] = { 9, 9, 9, 9 };
	cr_assert(text_hex(span_text("0aFf10"), b, 3));
	cr_assert(b[0] == 0x0a && b[1] == 0xff && b[2] == 0x10 && b[3] == 9);
	cr_assert(text_hex(span_text(""), b, 0));
	static const char *const wrong[] = { "0a", "0a1", "0a1g", "0x0a", "0a 1", "0a1@", "0a1`" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_assert_not(text_hex(span_text(wrong[i]), b, 2), "%s", wrong[i]);
	cr_assert(text_hex(span_text("0a1b"), b, 2));
}

Test(text, splits_and_words)
{
	struct span rest = t("a,,b");
	cr_assert(text_equal(text_split(&rest, ','), "a"));
	cr_assert(text_equal(text_split(&rest, ','), ""));
	cr_assert(rest.p);
	cr_assert(text_equal(text_split(&rest, ','), "b"));
	cr_assert_null(rest.p, "nothing behind the last");
	rest = t("  one\ttwo ");
	cr_assert(text_equal(text_word(&rest), "one"));
	cr_assert(text_equal(text_word(&rest), "two"));
	cr_assert_eq(text_word(&rest).n, 0);
}

Test(text, utf8_accepts_only_what_rfc_3629_does)
{
	uint32_t c;
	cr_assert_eq(text_utf8(t("\xe2\x86\x92"), &c), 3);
	cr_assert_eq(c, 0x2192);
	static const char *const bad[] = { "\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x86", "\xff" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		cr_assert_eq(text_utf8(t(bad[i]), &c), 1, "case %zu", i);
		cr_assert_eq(c, 0xfffd, "case %zu", i);
	}
}
