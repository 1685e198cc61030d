/* SPDX-License-Identifier: Apache-2.0 */
/* Which files the readers of traces and process tables claim: their own, and no other. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "evidence/input.h"
#include "evidence/table/table.h"
#include "evidence/trace/trace.h"
#include "table_text.h"

#define TITLES "Event Name, Type, TID, Clock-Time, Kernel(ms), User(ms), User Data\n"
#define SEND                                                                            \
	"UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 2136, 8, 172.023.098.097, " \
	"010.001.001.001, 2762, 36003, 0, 0\n"

#define RULE_SVC "========================= ====== =============================================\n"

Test(recognise, tracerpt_text)
{
	static const struct {
		const char *text;
		bool mine;
	} cases[] = {
		{ TITLES, true },
		{ "Event Name,Type,TID,Clock-Time,Kernel(ms),User(ms),User Data", true },
		{ "   Event Name,   Type,   TID,   Clock-Time,  Kernel(ms)\n", true },
		{ SEND, true },
		{ "\xef\xbb\xbf" TITLES, true },
		{ "\n...\n\xc2\xa0 \xc2\xa0 " SEND, true },
		{ "UdpIp,RecvIPV4,0xFFFFFFFF,1.28663E+17,0,0,4,50\n", true },
		{ "", false },
		{ "\n\n", false },
		{ "Event Name, Type, Event ID, Version, Channel, Level, Opcode, Clock-Time\n",
			false },
		{ "EventTrace, Header, 0, 2, 0, 0, 0, 0, 0x0, 0x8080, 0x46DC, 0, , , {0}, ,\n",
			false },
		{ "EventTrace, Header, 0, 2, 0, 0, 0, 0, 0x0, 0x8080, 0x46DC, 0, , , {0}, , "
		  "132404548222191257, 30, 15, 1048576\n",
			true },
		{ "Event Name, Type, Event ID, Version, Channel, Level, Opcode, Task, Keyword, "
		  "PID, TID, Clock-Time, Kernel(ms), User(ms), User Data\r\n",
			true },
		{ "No. Time Source Destination Protocol Info\n", false },
		{ "store.exe 2136 Console 0 1,040,592 K\n", false },
		{ "UdpIp, Send, 0xFFFFFFFF\n", false },
		{ "a b, Send, 0xFFFFFFFF, 129079416141424158\n", false },
		{ "1,2,0x3,eeee\n", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert(!cases[i].mine ||
			!format_tasklist.recognise(span_text(cases[i].text), true));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_eq(format_tracerpt_csv.recognise(span_text(cases[i].text), true),
			cases[i].mine, "%s", cases[i].text);
	/* A first line that goes on behind the head is no row. */
	cr_assert_not(format_tracerpt_csv.recognise(span_of(SEND, 40), false));
}

Test(recognise, tasklist)
{
	static const struct {
		const char *text;
		bool mine;
	} cases[] = {
		{ SVC_2003, true },
		{ PLAIN_10, true },
		{ WORDS, true },
		{ "\xef\xbb\xbf" PLAIN_10, true },
		{ "C:\\>tasklist\n" PLAIN_10, true },
		{ RULE_SVC, true },
		{ RULE_SVC "svchost.exe                  8", true },
		{ "Image Name PID Services\nstore.exe 2136 MSExchangeIS\n", true },
		{ "\"Image Name\",\"PID\",\"Services\"\n", true },
		{ "\"Abbildname\",\"PID\",\"Dienste\"\r\n\"a\",\"4\",\"x\"\r\n", true },
		{ "store.exe 2136 Console 0 1,040,592 K", true },
		{ "", false },
		{ "...\n", false },
		{ "store.exe 2136 MSExchangeIS\n", false },
		{ "====\n====\n", false },
		{ "=== ===\nname value\n", false },
		{ "105528 2010-01-14 15:20:14.454856 10.1.1.1 172.1.10.14 UDP Source port: 1\n",
			false },
		{ "No. Time Source Destination Protocol Info\n\n1 0.0 a b UDP 9 Console 0 5 K\n"
		  "2 0.1 a b UDP hello\n",
			false },
		{ "UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 2136\n", false },
		{ "UID        PID  PPID  C STIME TTY          TIME CMD\n"
		  "root         1     0  0 09:00 ?        00:00:01 init\n",
			false },
		{ "  Proto  Local Address          Foreign Address        State           PID\n"
		  "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       968\n",
			false },
		{ "Frame 1 (50 bytes on wire, 50 bytes captured)\n", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert(!cases[i].mine ||
			!format_tracerpt_csv.recognise(span_text(cases[i].text), true));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_eq(format_tasklist.recognise(span_text(cases[i].text), true),
			cases[i].mine, "%s", cases[i].text);
}

Test(recognise, other_tables_of_processes_and_sockets_are_not_claimed)
{
	const char *data = getenv("WHOSENT_DATA");
	if (!data)
		cr_skip_test("WHOSENT_DATA is not set: no real tables are read");
	static const struct {
		const char *name;
		bool mine;
	} cases[] = {
		{ "article/tasklist-svc.txt", true },
		{ "article/packet-list.txt", false },
		{ "article/frame-105540.txt", false },
		{ "article/kernel-trace.csv", false },
		{ "tables/jc_windows__windows-10__netstat-aonb.out", false },
		{ "tables/jc_ubuntu-18.04__ps-ef.out", false },
		{ "tables/perl_netstat-anp-win32.txt", false },
		{ "tables/jc_centos-7.7__lsof-sudo.out", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char name[4096];
		static uint8_t head[65536];
		size_t n;
		struct input *in;
		struct err err;
		snprintf(name, sizeof name, "%s/%s", data, cases[i].name);
		cr_assert_eq(input_open(name, &in, &err), 0, "%s", name);
		cr_assert_eq(input_read_at(in, 0, head, sizeof head, &n, &err), 0);
		cr_assert_eq(format_tasklist.recognise(span_of(head, n), n < sizeof head),
			cases[i].mine, "%s", name);
		input_close(in);
	}
}
