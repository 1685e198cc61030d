/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of conntrack: every form that its lines have, damage, and cuts. */
#include "dump_case.h"
#include "evidence/table/table.h"

#define UDP                                                               \
	"udp      17 27 src=10.0.0.5 dst=192.0.2.53 sport=4000 dport=53 " \
	"src=192.0.2.53 dst=198.51.100.1 sport=53 dport=61000 mark=0 use=1\n"
#define TCP                                                                                    \
	"ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.5 dst=192.0.2.80 sport=4001 "     \
	"dport=443 packets=9 bytes=800 src=192.0.2.80 dst=198.51.100.1 sport=443 dport=4001 "  \
	"packets=7 bytes=9000 [ASSURED] mark=0 secctx=system_u:object_r:unlabeled_t:s0 use=1 " \
	"id=77\n"
#define ICMP                                                           \
	"icmp     1 29 src=10.0.0.5 dst=192.0.2.1 type=8 code=0 id=9 " \
	"src=192.0.2.1 dst=198.51.100.1 type=0 code=0 id=9 mark=0 use=1\n"

static struct story told(const char *text)
{
	struct story s;
	struct input *in;
	struct err err;
	cr_assert_eq(input_memory("c", span_text(text), &in, &err), 0);
	read_story_of(&format_conntrack, in, &s);
	input_close(in);
	return s;
}

static void assert_flow(const struct flow *f, const char *want)
{
	char a[ADDR_TEXT_BYTES], b[ADDR_TEXT_BYTES], got[128];
	snprintf(got, sizeof got, "%s:%u > %s:%u", addr_format(&f->src.addr, a), f->src.port,
		addr_format(&f->dst.addr, b), f->dst.port);
	cr_assert_str_eq(got, want);
}

static void assert_udp(const struct step *s)
{
	cr_assert_eq(s->rc, SOURCE_ITEM);
	cr_assert_eq(s->record.kind, RECORD_TRANSLATION);
	cr_assert_not(s->record.has_time);
	cr_assert_eq(s->record.translation.transport, TRANSPORT_UDP);
	assert_flow(&s->record.translation.before, "10.0.0.5:4000 > 192.0.2.53:53");
	assert_flow(&s->record.translation.behind, "198.51.100.1:61000 > 192.0.2.53:53");
}

Test(conntrack, a_list)
{
	struct story s =
		told(UDP ICMP "\n" TCP "conntrack v1.4.7 (conntrack-tools): 3 flow entries have "
			      "been shown.\n");
	cr_assert_eq(s.n, 2);
	assert_udp(&s.steps[0]);
	cr_assert_eq(s.steps[0].record.number, 1);
	cr_assert_eq(s.steps[1].record.number, 4);
	cr_assert_eq(s.steps[1].record.translation.transport, TRANSPORT_TCP);
	assert_flow(&s.steps[1].record.translation.behind, "198.51.100.1:4001 > 192.0.2.80:443");
	cr_assert_eq(s.tally.skipped, 1);
	cr_assert_eq(s.tally.damaged, 0);
}

Test(conntrack, events_with_and_without_times)
{
	struct story s =
		told("    [NEW] " UDP "[1290787700.123456]\t    [NEW] " UDP
		     "[1290787790.000001]\t[DESTROY] udp      17 src=10.0.0.5 dst=192.0.2.53 "
		     "sport=4000 dport=53 [UNREPLIED] src=192.0.2.53 dst=198.51.100.1 "
		     "sport=53 dport=61000\n");
	cr_assert_eq(s.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_udp(&s.steps[i]);
	cr_assert_eq((int)s.steps[0].record.translation.what, TRANSLATION_LISTED);
	cr_assert_eq((int)s.steps[1].record.translation.what, TRANSLATION_OPENED);
	cr_assert_eq(s.steps[1].record.translation.when.ns, 1290787700123456000ll);
	cr_assert_eq((int)s.steps[2].record.translation.what, TRANSLATION_CLOSED);
	cr_assert_eq(s.steps[2].record.translation.when.ns, 1290787790000001000ll);
}

/* What looks like a time and is none leaves the line without one. */
Test(conntrack, times_that_are_none)
{
	static const char *const none[] = { "[1290787700]", "[1290787700.12345]", "[.123456]",
		"[99999999999999999999.123456]", "[9999999999999.123456]", "[129078770x.123456]",
		"[UPDATE]" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		char text[512];
		snprintf(text, sizeof text, "%s [NEW] %s", none[i], UDP);
		struct story s = told(text);
		cr_assert_eq(s.n, 1, "%s", none[i]);
		assert_udp(&s.steps[0]);
		cr_assert_eq(
			(int)s.steps[0].record.translation.what, TRANSLATION_LISTED, "%s", none[i]);
	}
	struct story s = told("[1290787700.123456] [UPDATE] " UDP);
	cr_assert_eq((int)s.steps[0].record.translation.what, TRANSLATION_SEEN);
}

Test(conntrack, ipv6)
{
	struct story s = told("ipv6     10 udp      17 25 src=fd00::5 dst=2001:db8::53 sport=4000 "
			      "dport=53 src=2001:db8::53 dst=2001:db8::1 sport=53 dport=61000 "
			      "mark=0 zone=0 use=2\n");
	cr_assert_eq(s.n, 1);
	assert_flow(&s.steps[0].record.translation.behind, "2001:db8::1:61000 > 2001:db8::53:53");
}

Test(conntrack, damage_is_passed)
{
	static const char *const bad[] = {
		"udp 17 27 src=10.0.0.5 dst=192.0.2.53 sport=4000 dport=53 mark=0\n",
		"udp 6 27 " UDP,
		"udp 17 27 src=10.0.0.5 dst=192.0.2.53 sport=4000 dport=53 src=192.0.2.53 "
		"dst=198.51.100.1 sport=53 mark=0\n",
		"udp 17 27 src=10.0.0.5 dst=192.0.2.53 sport=4000 dport=65536 src=192.0.2.53 "
		"dst=198.51.100.1 sport=53 dport=61000 use=1\n",
		"udp 17 27 src=10.0.0.999 dst=192.0.2.53 sport=4000 dport=53 src=192.0.2.53 "
		"dst=198.51.100.1 sport=53 dport=61000 use=1\n",
		"udp 17 27 sport=4000 src=10.0.0.5 dst=192.0.2.53 dport=53 src=192.0.2.53 "
		"dst=198.51.100.1 sport=53 dport=61000 use=1\n",
		"udp 17 27 src=10.0.0.5 dst=1.2.3.4 dst=192.0.2.53 sport=4000 dport=53 "
		"src=192.0.2.53 dst=198.51.100.1 sport=53 dport=61000 use=1\n",
		"tcp 6 1 x src=1.1.1.1 dst=1.1.1.2 src=1.1.1.1 dst=1.1.1.2 src=1.1.1.1 use=1\n",
		"nothing\n",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[1024];
		snprintf(text, sizeof text, "%s%s", bad[i], UDP);
		struct story s = told(text);
		cr_assert_eq(s.n, 2, "%s", bad[i]);
		cr_assert_eq(s.steps[0].rc, -1, "%s", bad[i]);
		cr_assert_eq(s.steps[0].err.kind, ERR_MALFORMED);
		assert_udp(&s.steps[1]);
		cr_assert_eq(s.tally.damaged, 1);
	}
}

/* The last number may have lost digits, until something stands behind it. */
Test(conntrack, each_cut)
{
	const char *whole = UDP;
	const char *behind = strstr(whole, " mark");
	for (size_t n = 1; n < strlen(whole); n++) {
		char text[256];
		snprintf(text, sizeof text, "%.*s", (int)n, whole);
		struct story s = told(text);
		bool good = text + n > text + (behind - whole) + 1;
		cr_assert_eq(s.n, 1, "%s", text);
		cr_assert_eq(s.steps[0].rc, good ? SOURCE_ITEM : -1, "%s", text);
		if (good)
			assert_udp(&s.steps[0]);
	}
}

Test(conntrack, recognised)
{
	static const struct {
		const char *text;
		bool mine;
	} cases[] = {
		{ UDP, true },
		{ "\n" ICMP, true },
		{ "conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.\n" TCP,
			true },
		{ "[1290787700.123456]\t    [NEW] " TCP, true },
		{ "", false },
		{ "conntrack v1.4.7 (conntrack-tools): 0 flow entries have been shown.\n", false },
		{ "udp 17 packets\n", false },
		{ "udp 17 27 src=10.0.0.5 dst=192.0.2.53 sport=4000 dport=53\n", false },
		{ "store.exe 2136 Console 0 1,040,592 K\n", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_eq(format_conntrack.recognise(span_text(cases[i].text), true),
			cases[i].mine, "%s", cases[i].text);
	cr_assert_not(format_conntrack.recognise(span_of(UDP, strlen(UDP) - 20), false));
}
