/* SPDX-License-Identifier: Apache-2.0 */
/* The streaming JSON writer. */
#include "output/json_writer.h"

#include <criterion/criterion.h>
#include <math.h>

static struct str s;
static struct json j;

static void fresh(void)
{
	str_init(&s, 65536);
	json_init(&j, &s);
}

static void done(void)
{
	str_done(&s);
}

TestSuite(writer, .init = fresh, .fini = done);

static void is(const char *want)
{
	cr_assert_str_eq(str_get(&s), want);
	str_reset(&s);
	json_init(&j, &s);
}

Test(writer, structure)
{
	json_object(&j);
	json_end(&j);
	is("{}");
	json_object(&j);
	json_key_u64(&j, "a", 1);
	json_key_array(&j, "b");
	json_i64(&j, -2);
	json_object(&j);
	json_key(&j, "c");
	json_bool(&j, false);
	json_end(&j);
	json_array(&j);
	json_end(&j);
	json_end(&j);
	json_key_object(&j, "d");
	json_end(&j);
	json_key_text(&j, "e", "f");
	json_end(&j);
	is("{\"a\":1,\"b\":[-2,{\"c\":false},[]],\"d\":{},\"e\":\"f\"}");
}

Test(writer, numbers)
{
	json_array(&j);
	json_u64(&j, UINT64_MAX);
	json_i64(&j, INT64_MIN);
	json_double(&j, 0);
	json_double(&j, -12.5);
	json_double(&j, 1e300);
	json_double(&j, NAN);
	json_double(&j, INFINITY);
	json_end(&j);
	is("[18446744073709551615,-9223372036854775808,0,-12.5,1e+300,null,null]");
}

Test(writer, text)
{
	json_text(&j, "a\"b\\c/d");
	is("\"a\\\"b\\\\c/d\"");
	json_text(&j, "\n\t\r\x1b\x01\x7f");
	is("\"\\n\\t\\u000d\\u001b\\u0001\\u007f\"");
	json_text(&j, "\xc2\x9b\xe2\x80\xae\xef\xbb\xbf");
	is("\"\\u009b\\u202e\\ufeff\"");
	json_text(&j, "\xf3\xa0\x81\x81");
	is("\"\\udb40\\udc41\"");
	json_text(&j,
		"\xff"
		"a\xc3");
	is("\"\xef\xbf\xbd"
	   "a\xef\xbf\xbd\"");
	json_text(&j, "\xe6\x97\xa5\xf0\x9f\x93\xac");
	is("\"\xe6\x97\xa5\xf0\x9f\x93\xac\"");
	json_span(&j, span_of("a\0b", 3));
	is("\"a\\u0000b\"");
}

Test(writer, too_deep_is_an_error_not_a_crash)
{
	for (int i = 0; i < JSON_DEPTH; i++)
		json_array(&j);
	cr_assert_not(s.failed);
	json_array(&j);
	cr_assert(s.failed);
	json_end(&j);
}

Test(writer, end_of_nothing)
{
	json_end(&j);
	is("");
}
