/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, times, endpoints and processes in words. */
#include "output/words.h"

#include <criterion/criterion.h>

static struct str s;

static void fresh(void)
{
	str_init(&s, 4096);
}

static void done(void)
{
	str_done(&s);
}

TestSuite(words, .init = fresh, .fini = done);

/* Ties (layout.h) read as blanks. */
static void is(const char *want)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\x04')
			s.p[i] = ' ';
	cr_assert_str_eq(str_get(&s), want);
	str_reset(&s);
}

Test(words, numbers)
{
	words_number(&s, 0);
	is("0");
	words_number(&s, 999);
	is("999");
	words_number(&s, 1040592);
	is("1,040,592");
	words_number(&s, UINT64_MAX);
	is("18,446,744,073,709,551,615");
	words_count(&s, 1, "frame", "frames");
	is("1 frame");
	words_count(&s, 0, "process", "processes");
	is("0 processes");
}

Test(words, durations)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0.000 s" },
		{ 312440200, "0.312 s" },
		{ 14400312440200, "4 h 0.312 s" },
		{ -27000000000000, "7 h 30 min" },
		{ 240 * 60000000000ll, "4 h" },
		{ 60000000000, "1 min" },
		{ 61500000000, "1 min 1.500 s" },
		{ 59999600000, "1 min" },
		{ 3600000000000 + 999600000, "1 h 1.000 s" },
		{ 250000, "0.250 ms" },
		{ 100, "0.000 ms" },
		{ 999999, "0.999 ms" },
		{ 15625000, "0.016 s" },
		{ INT64_MIN, "2562047 h 47 min 16.855 s" },
		{ INT64_MAX, "2562047 h 47 min 16.855 s" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		words_duration(&s, cases[i].ns);
		is(cases[i].text);
	}
}

Test(words, deltas)
{
	words_delta(&s, 0);
	is("+0.000 ms");
	words_delta(&s, 312440200);
	is("+312.440 ms");
	words_delta(&s, -1500);
	is("-0.002 ms");
	words_delta(&s, INT64_MIN);
	is("-9223372036854.776 ms");
}

Test(words, endpoints)
{
	struct endpoint v4 = { .port = 53 }, v6 = { .port = 53 };
	cr_assert(addr_parse(span_text("10.1.1.1"), &v4.addr));
	cr_assert(addr_parse(span_text("fe80::1"), &v6.addr));
	words_endpoint(&s, &v4, TRANSPORT_UDP);
	is("10.1.1.1:53");
	words_endpoint(&s, &v6, TRANSPORT_TCP);
	is("[fe80::1]:53");
	words_endpoint(&s, &v6, TRANSPORT_ICMPV6);
	is("fe80::1");
	words_flow(&s, &(struct flow){ v4, v6 }, TRANSPORT_NONE);
	is("10.1.1.1 > fe80::1");
}

Test(words, protocols)
{
	words_transport(&s, TRANSPORT_UDP);
	is("UDP");
	words_transport(&s, TRANSPORT_ICMPV6);
	is("ICMPv6");
	words_transport(&s, 99);
	is("IP protocol 99");
	words_icmp(&s, TRANSPORT_ICMP, 8, 0);
	is("ICMP echo request");
	words_icmp(&s, TRANSPORT_ICMP, 3, 3);
	is("ICMP destination unreachable, code 3");
	words_icmp(&s, TRANSPORT_ICMPV6, 8, 0);
	is("ICMPv6 type 8, code 0");
}

Test(words, processes)
{
	struct process p[] = { { .pid = 2136, .image = "store.exe" }, { .pid = 4, .image = "" },
		{ .pid = 9, .image = "Microsoft.Exchange.RpcCli", .image_cut = true, .host = 1 },
		{ .pid = 10, .host = 7 } };
	const char *hosts[] = { "MAIL", "CAS" };
	struct sink_context c = { .processes = p, .n_processes = 4, .hosts = hosts, .n_hosts = 1 };
	words_process(&s, &c, 0);
	is("\x01store.exe (2136)\x03");
	words_process(&s, &c, 1);
	is("\x01PID 4\x03");
	words_process(&s, &c, 2);
	is("\x01Microsoft.Exchange.RpcCli\xe2\x80\xa6 (9)\x03");
	words_process(&s, &c, PROCESS_NONE);
	is("no process");
	c.n_hosts = 2;
	words_process(&s, &c, 2);
	is("\x01Microsoft.Exchange.RpcCli\xe2\x80\xa6 (9)\x03 on CAS");
	words_process(&s, &c, 3);
	is("\x01PID 10\x03");
	hosts[0] = NULL;
	words_process(&s, &c, 0);
	is("\x01store.exe (2136)\x03");
}
