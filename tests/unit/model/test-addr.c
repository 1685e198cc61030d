/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "model/addr.h"

static struct addr a(const char *text)
{
	struct addr x;
	cr_assert(addr_parse(span_text(text), &x), "%s", text);
	return x;
}

Test(addr, parses_and_prints)
{
	char buf[ADDR_TEXT_BYTES];
	struct addr x = a("172.023.098.097");
	cr_assert_str_eq(addr_format(&x, buf), "172.23.98.97", "octets are decimal");
	x = a("010.001.001.001");
	cr_assert_str_eq(addr_format(&x, buf), "10.1.1.1");
	x = a("fe80::1%12");
	cr_assert_str_eq(addr_format(&x, buf), "fe80::1");
	x = a("::ffff:10.1.1.1");
	struct addr y = a("10.1.1.1");
	cr_assert(addr_equal(&x, &y), "v4-mapped is IPv4");
}

Test(addr, refuses_what_is_none)
{
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.",
		"1..2.3", "1.2.3.0004", "dicom-tls", "12:34", "%1", ":::" };
	struct addr x;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_not(addr_parse(span_text(bad[i]), &x), "%s", bad[i]);
}

Test(addr, knows_its_kinds)
{
	struct addr x = a("0.0.0.0"), y = a("::"), z = a("10.0.0.0");
	cr_assert(addr_is_wildcard(&x));
	cr_assert(addr_is_wildcard(&y));
	cr_assert_not(addr_is_wildcard(&z));
	x = a("127.9.9.9"), y = a("::1"), z = a("::2");
	cr_assert(addr_is_loopback(&x));
	cr_assert(addr_is_loopback(&y));
	cr_assert_not(addr_is_loopback(&z));
	x = a("239.255.255.250"), y = a("ff02::c"), z = a("255.255.255.255");
	cr_assert(addr_is_group(&x));
	cr_assert(addr_is_group(&y));
	cr_assert(addr_is_group(&z));
	x = a("10.1.1.255");
	cr_assert_not(addr_is_group(&x), "a subnet's broadcast needs its mask");
}
