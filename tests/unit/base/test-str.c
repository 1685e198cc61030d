/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

Test(str, grows_to_its_maximum_and_latches)
{
	struct str s;
	str_init(&s, 10);
	cr_assert_str_eq(str_get(&s), "");
	str_text(&s, "12345");
	str_printf(&s, "%d", 678);
	cr_assert_str_eq(str_get(&s), "12345678");
	str_text(&s, "901");
	cr_assert(s.failed);
	cr_assert_str_eq(str_get(&s), "12345678", "it stays as it was");
	str_char(&s, 'x');
	cr_assert_str_eq(str_get(&s), "12345678", "latched");
	str_reset(&s);
	str_char(&s, 'y');
	cr_assert_str_eq(str_get(&s), "y");
	str_done(&s);
}

Test(str, numbers_and_blanks)
{
	struct str s;
	str_init(&s, 30);
	str_u64(&s, 0);
	str_repeat(&s, '-', 3);
	str_u64(&s, UINT64_MAX);
	str_repeat(&s, ' ', 0);
	cr_assert_str_eq(str_get(&s), "0---18446744073709551615");
	str_repeat(&s, 'x', 7);
	cr_assert(s.failed);
	cr_assert_str_eq(str_get(&s), "0---18446744073709551615", "it stays as it was");
	str_done(&s);
}

Test(arena, keeps_its_limit)
{
	struct arena a;
	arena_init(&a, 200000);
	char *text = arena_text(&a, span_text("abc"));
	cr_assert_str_eq(text, "abc");
	cr_assert_not_null(arena_alloc(&a, 100000), "larger than a chunk");
	cr_assert_null(arena_alloc(&a, 100000));
	cr_assert_str_eq(text, "abc");
	cr_assert_null(arena_alloc(&a, SIZE_MAX));
	arena_done(&a);
}

Test(err, tells_where)
{
	struct err err;
	char buf[300];
	cr_assert_eq(err_at(&err, ERR_MALFORMED, 420, "length %d", 7), -1);
	err.record = 17;
	err_format(&err, buf, sizeof buf);
	cr_assert_str_eq(buf, "byte 420 (record 17): length 7");
	err_line(&err, ERR_TRUNCATED, 3, "cut");
	err_in(&err, "row of %s", "x");
	err_format(&err, buf, sizeof buf);
	cr_assert_str_eq(buf, "line 3: row of x: cut");
	cr_assert_eq(err_set(NULL, ERR_USAGE, "nobody listens"), -1);
	err_sys(&err, 2, "cannot open");
	err_format(&err, buf, sizeof buf);
	cr_assert_str_eq(buf, "cannot open: No such file or directory");
}
