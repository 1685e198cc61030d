/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/stamp.h"

Test(stamp, filetime_of_the_article)
{
	struct source_time t;
	char buf[STAMP_TEXT_BYTES];
	cr_assert(stamp_from_filetime(129079416141424158ull, &t));
	stamp_format_rfc3339(t.ns, buf);
	cr_assert_str_eq(buf, "2010-01-14T11:20:14.142415800Z");
	cr_assert_not(stamp_from_filetime(0, &t));
	cr_assert_not(stamp_from_filetime(UINT64_MAX, &t));
	cr_assert(stamp_from_filetime(116444736000000000ull, &t));
	cr_assert_eq(t.ns, 0);
}

Test(stamp, civil_goes_both_ways)
{
	struct source_time t;
	char buf[STAMP_TEXT_BYTES];
	static const char *const dates[] = { "1970-01-01 00:00:00.000000",
		"2000-02-29 23:59:59.999999", "2010-01-14 15:20:14.454856",
		"2100-03-01 00:00:00.000000", "2261-12-31 12:00:00.123457" };
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		cr_assert(stamp_parse_civil(span_text(dates[i]), &t), "%s", dates[i]);
		stamp_format_civil(t.ns, buf);
		cr_assert_str_eq(buf, dates[i]);
	}
	stamp_format_civil(1, buf);
	cr_assert_str_eq(buf, "1970-01-01 00:00:00.000000001");
	stamp_format_rfc3339(-1, buf);
	cr_assert_str_eq(buf, "1969-12-31T23:59:59.999999999Z");
}

Test(stamp, civil_refuses_what_is_none)
{
	struct source_time t;
	static const char *const bad[] = { "", "2010-01-14", "2010-13-01 00:00:00",
		"2010-01-14 24:00:00", "2010-01-14 15:20:14.", "2010-01-14 15:20:14.1234567891",
		"2010-01-14 15:20:14Z", "10-01-14 15:20:14", "2010-01-32 00:00:00" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_not(stamp_parse_civil(span_text(bad[i]), &t), "%s", bad[i]);
}

Test(stamp, parts_refuse_overflow)
{
	struct source_time t;
	cr_assert(stamp_from_parts(1, 500000, 1000000, &t));
	cr_assert_eq(t.ns, 1500000000);
	cr_assert(stamp_from_parts(1, 1, 3, &t), "units that do not divide a second");
	cr_assert_eq(t.ns, 1333333333);
	cr_assert_not(stamp_from_parts(UINT64_MAX, 0, 1, &t));
	cr_assert_not(stamp_from_parts(0, 0, 0, &t));
}
