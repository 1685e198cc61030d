/* SPDX-License-Identifier: Apache-2.0 */
/* The long form of tracerpt's text (Windows Vista and later). */
#include "dump_case.h"

#include "evidence/trace/trace.h"

#define TITLES                                                                                 \
	"        Event Name,         Type, Event ID,  Version,  Channel,    Level,   Opcode, " \
	"Task, "                                                                               \
	"Keyword,        PID,        TID, Processor Number, Instance ID, Parent Instance ID, " \
	"Activity ID, Related Activity ID, Clock-Time, Kernel(ms), User(ms), User Data\r\n"
/* 2020-07-29 00:07:02.2191257 UTC */
#define T0 "132404548222191257"
#define T0_NS 1595981222219125700ll

#define ROW(class, type, id, version, opcode, rest)                                    \
	"        " class ",     " type ",   " id ",  " version ",   0,   0,   " opcode \
			 ",  0, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, 3, , , "                  \
			 "{00000000-0000-0000-0000-000000000000}, , "                  \
			 "  " T0 ",          0,          0, " rest "\r\n"
#define KERNEL(class, type, version, opcode, rest) ROW(class, type, "0", version, opcode, rest)

static struct story story;

static void tell(const char *text)
{
	read_story(&format_tracerpt_csv, span_text(text), &story);
}

Test(tracerpt_long, network_of_the_kernel)
{
	tell(TITLES KERNEL("UdpIp", "SendIPV4", "2", "10",
		"4, 201, 10.128.3.255, 10.128.0.55, 138, 137, 0, 0x0") KERNEL("UdpIp", "RecvIPV6",
		"2", "27", "2108, 146, ff02::c, ::1, 1900, 53191, 0, 0x0")
			KERNEL("TcpIp", "RecvIPV4", "2", "11",
				"500, 65652, 010.001.001.005, 010.001.001.001, 389, "
				"1040, 0, 0x0") KERNEL("TcpIp", "AcceptIPV6", "2", "31",
				"500, 0, ::5, ::1, 389, 1040, 1460, 1, 0, 1, "
				"65700, 8, 8, 0, 0x0"));
	cr_assert_eq(story.n, 4);
	is_event(&story.steps[0],
		(struct event){ .op = EVENT_SEND,
			.transport = TRANSPORT_UDP,
			.pid = 4,
			.bytes = 201,
			.local = end("10.128.0.55", 137),
			.remote = end("10.128.3.255", 138) });
	cr_assert_eq(story.steps[0].record.when.ns, T0_NS);
	cr_assert_eq(story.steps[0].record.number, 2);
	is_event(&story.steps[1],
		(struct event){ .op = EVENT_RECV,
			.transport = TRANSPORT_UDP,
			.pid = 2108,
			.bytes = 146,
			.local = end("ff02::c", 1900),
			.remote = end("::1", 53191) });
	is_event(&story.steps[2],
		(struct event){ .op = EVENT_RECV,
			.transport = TRANSPORT_TCP,
			.pid = 500,
			.bytes = 65652,
			.local = end("10.1.1.1", 1040),
			.remote = end("10.1.1.5", 389) });
	is_event(&story.steps[3],
		(struct event){ .op = EVENT_ACCEPT,
			.transport = TRANSPORT_TCP,
			.pid = 500,
			.local = end("::1", 1040),
			.remote = end("::5", 389) });
}

/* Logs of XP and 2000 that a later system prints. */
Test(tracerpt_long, older_versions)
{
	tell(KERNEL("UdpIp", "Recv", "1", "11", "4, 65744, 10.1.1.1, 10.1.1.5, 1, 2") KERNEL(
		"UdpIp", "Send", "0", "10", "4, 10.1.1.1, 2, 8, 10.1.1.5, 1, 8")
			KERNEL("TcpIp", "Send", "0", "10", "10.1.1.5, 10.1.1.1, 1, 2, 8, 4"));
	cr_assert_eq(story.n, 3);
	struct event want = { .op = EVENT_RECV,
		.transport = TRANSPORT_UDP,
		.pid = 4,
		.bytes = 208,
		.either_way = true,
		.local = end("10.1.1.1", 1),
		.remote = end("10.1.1.5", 2) };
	is_event(&story.steps[0], want);
	want = (struct event){ .op = EVENT_SEND,
		.transport = TRANSPORT_UDP,
		.pid = 4,
		.bytes = 8,
		.local = end("10.1.1.1", 2),
		.remote = end("10.1.1.5", 1) };
	is_event(&story.steps[1], want);
	want.transport = TRANSPORT_TCP;
	is_event(&story.steps[2], want);
}

#define SID "\"\\\\NT AUTHORITY\\SYSTEM\""

Test(tracerpt_long, processes_and_services)
{
	tell(KERNEL("Process", "Start", "1", "1",
		"0x0, 0x858, 0x1A4, 0, 0, " SID ", \"a.exe\"") KERNEL("Process", "End", "2", "2",
		"0x1, 0x858, 0x1A4, 0, 0, " SID ", \"a.exe\", \"\"C:\\b c\\a.exe\" "
		"-x, -y\"") KERNEL("Process", "DCStart", "3", "3",
		"0x1, 0x858, 0x1A4, 0, 0, 0x2, " SID ", \"b.exe\", \"b\"") KERNEL("Process",
		"DCEnd", "4", "4",
		"0x1, 2137, 420, 0, 259, 0x2, 0, " SID ", \"c.exe\", \"c\", \"\", \"\"")
			KERNEL("SystemConfig", "Services", "3", "15",
				"144, 4, 5, \"Appinfo\", \"App, Info\", "
				"\"svchost.exe\", \"\", \"\"") KERNEL("SystemConfig", "Services",
				"3", "15", "0, 1, 0, \"Alerter\", \"x\", \"y\""));
	cr_assert_eq(story.n, 5);
	is_process(&story.steps[0], NOTE_START, 0x858, "a.exe");
	cr_assert_eq(story.steps[0].record.process.parent, 0x1a4);
	is_process(&story.steps[1], NOTE_END, 0x858, "a.exe");
	is_process(&story.steps[2], NOTE_RUNNING, 0x858, "b.exe");
	is_process(&story.steps[3], NOTE_RUNNING, 2137, "c.exe");
	is_process(&story.steps[4], NOTE_RUNNING, 144, "");
	cr_assert_str_eq(story.steps[4].services, "Appinfo");
	cr_assert(story.steps[4].record.process.service);
	cr_assert_eq(story.steps[4].record.process.tag, 5);
	cr_assert_eq(story.tally.skipped, 1);
}

#define KNET "Microsoft-Windows-Kernel-Network"

/* Its manifest does not say that a number is an address. One tool prints what it means, another the
 * number, and then the port beside it is one too. */
Test(tracerpt_long, kernel_network)
{
	tell(ROW(KNET, "Datasent", "42", "0", "42",
		"344, 388, 157.56.244.38, 10.121.106.118, 4500, 500, 0, 0") ROW(KNET, "42", "42",
		"0", "42", "344, 388, 653539485, 1986689290, 37905, 62465, 0, 0")
			ROW("KERNEL_NETWORK_TASK_UDPIP", "x", "59", "0", "43",
				"1008, 30, FF020000000000000000000000010003, "
				"0xFE800000000000000D2D5C45DA2F47A7, 60180, 7654, 0, 0") ROW(KNET,
				"x", "26", "0", "10", "7, 30, ::5, ::6, 1, 2, 0, 0, 0, 0"));
	cr_assert_eq(story.n, 4);
	struct event sent = { .op = EVENT_SEND,
		.transport = TRANSPORT_UDP,
		.pid = 344,
		.bytes = 388,
		.local = end("10.121.106.118", 500),
		.remote = end("157.56.244.38", 4500) };
	is_event(&story.steps[0], sent);
	is_event(&story.steps[1], sent);
	is_event(&story.steps[2],
		(struct event){ .op = EVENT_RECV,
			.transport = TRANSPORT_UDP,
			.pid = 1008,
			.bytes = 30,
			.local = end("ff02::1:3", 5355),
			.remote = end("fe80::d2d:5c45:da2f:47a7", 58909) });
	is_event(&story.steps[3],
		(struct event){ .op = EVENT_SEND,
			.transport = TRANSPORT_TCP,
			.pid = 7,
			.bytes = 30,
			.local = end("::6", 2),
			.remote = end("::5", 1) });
}

#define KPROC "Microsoft-Windows-Kernel-Process"

Test(tracerpt_long, kernel_process)
{
	tell(ROW(KPROC, "Start", "1", "0", "1",
		"4100, 132404548222191257, 500, 1, \"\\Device\\HarddiskVolume2\\Windows\\a.exe\"")
			ROW(KPROC, "Start", "1", "5", "1",
				"4101, 77, 2020-07-29T00:07:02.219125700Z, 500, 6, 1, 0, 1, 0, "
				"\"S-1-16-1\", \"\\Device\\b.exe\", 0x0, 0x0, \"\", \"\", 0, 0, 1")
				ROW(KPROC, "Stop", "2", "1", "2",
					"4100, x, x, 0, 1, 5, 1, 1, 1, 1, 1, 1, 1, 1, \"a.exe\"")
					ROW(KPROC, "Stop", "2", "2", "2",
						"4101, 77, x, x, 0, 1, 5, 1, 1, 1, 1, 1, 1, 1, 1, "
						"\"b.exe\"") ROW(KPROC, "Info", "15", "0", "0",
						"4, x, 0, 0, 0, \"System\", 1"));
	cr_assert_eq(story.n, 5);
	is_process(&story.steps[0], NOTE_START, 4100, "a.exe");
	is_process(&story.steps[1], NOTE_START, 4101, "b.exe");
	is_process(&story.steps[2], NOTE_END, 4100, "a.exe");
	is_process(&story.steps[3], NOTE_END, 4101, "b.exe");
	is_process(&story.steps[4], NOTE_RUNNING, 4, "System");
	for (size_t i = 0; i < 2; i++) {
		cr_assert(story.steps[i].record.process.has_start);
		cr_assert_eq(story.steps[i].record.process.start.ns, T0_NS);
		cr_assert_eq(story.steps[i].record.process.parent, 500);
	}
	cr_assert_not(story.steps[2].record.process.has_start);
}

#define STACK "Microsoft-Windows-TCPIP"
#define UDP_STACK(id, messages)       \
	ROW(STACK, "x", id, "1", "0", \
		"0xFFFF, " messages ", 40, 16, 10.1.1.1:5353, 16, 10.1.1.5:53, 1200, 99")

/* Once the kernel's own events were seen, the stack's tell of the same datagrams again. */
Test(tracerpt_long, one_datagram_is_not_told_twice)
{
	tell(UDP_STACK("1169", "1") UDP_STACK("1170", "1") UDP_STACK("1169", "3") KERNEL(
		"UdpIp", "SendIPV4", "2", "10", "1200, 40, 10.1.1.5, 10.1.1.1, 53, 5353, 0, 0x0")
			UDP_STACK("1169", "1") ROW(KNET, "x", "42", "0", "42",
				"1200, 40, 10.1.1.5, 10.1.1.1, 53, 5353, 0, 0x0"));
	cr_assert_eq(story.n, 6);
	struct event want = { .op = EVENT_SEND,
		.transport = TRANSPORT_UDP,
		.pid = 1200,
		.bytes = 40,
		.local = end("10.1.1.1", 5353),
		.remote = end("10.1.1.5", 53) };
	is_event(&story.steps[0], want);
	is_event(&story.steps[3], want);
	want.op = EVENT_RECV;
	is_event(&story.steps[1], want);
	want.op = EVENT_HOLD;
	want.bytes = 0;
	is_event(&story.steps[2], want); /* three messages: no length is known */
	is_event(&story.steps[4], want);
	cr_assert_eq(story.steps[5].record.event.op, EVENT_HOLD);
}

/* What a log holds none of it cannot deny. */
Test(tracerpt_long, what_the_tellers_trace)
{
	tell(UDP_STACK("1169", "1") UDP_STACK("1169", "1") UDP_STACK("1170", "1") ROW(
		KNET, "x", "42", "0", "42", "1200, 40, 10.1.1.5, 10.1.1.1, 53, 5353, 0, 0x0"));
	static const uint8_t want[] = { 0, 0, TRACES_UDP, TRACES_TCP | TRACES_UDP };
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(story.steps[i].record.event.traces, want[i]);
}

/* A process is not told twice: the kernel's own word counts, and a second start or end would be
 * those of another process. */
Test(tracerpt_long, one_process_is_not_told_twice)
{
#define STARTED ROW(KPROC, "Start", "1", "0", "1", "99, x, 500, 1, \"a.exe\"")
#define STOPPED ROW(KPROC, "Stop", "2", "0", "2", "99, x, x, 0, 0, 0, 0, 0, \"a.exe\"")
	tell(STARTED STOPPED KERNEL("Process", "Start", "1", "1",
		"0x0, 99, 0x1A4, 0, 0, " SID ", \"a.exe\"") STARTED STOPPED);
	cr_assert_eq(story.n, 4);
	is_process(&story.steps[0], NOTE_START, 99, "a.exe");
	is_process(&story.steps[1], NOTE_END, 99, "a.exe");
	is_process(&story.steps[2], NOTE_START, 99, "a.exe");
	is_process(&story.steps[3], NOTE_RUNNING, 99, "a.exe");
}

Test(tracerpt_long, tcp_of_the_stack)
{
	tell(ROW(STACK, "x", "1033", "0", "0",
		"28, [fe80::1%3]:50000, 28, [fe80::5%3]:443, 0, 1200, 1, 0x1") ROW(STACK, "x",
		"1017", "0", "0",
		"16, 0200C350C0A80101000000000000000000, 16, 10.1.1.5:443, 0, 1200") ROW(STACK, "x",
		"1033", "0", "0",
		"16, 0200C350C0A801010000000000000000, 16, 10.1.1.5:443, 0, 1200") ROW(STACK, "x",
		"1033", "0", "0", "16, 10.1.1.1:1, 16, 10.1.1.5:443, 0xC000020D, 1200") ROW(STACK,
		"x", "1300", "1", "0", "0x1, 16, 10.1.1.1:1, 16, 10.1.1.5:443, 4, 1200, 9"));
	struct event want = { .op = EVENT_CONNECT,
		.transport = TRANSPORT_TCP,
		.pid = 1200,
		.local = end("fe80::1", 50000),
		.remote = end("fe80::5", 443) };
	is_event(&story.steps[0], want);
	is_error(&story.steps[1], ERR_MALFORMED, "address with a port");
	cr_assert_eq(story.steps[2].record.kind, RECORD_LOSS);
	want.local = end("192.168.1.1", 50000);
	want.remote = end("10.1.1.5", 443);
	is_event(&story.steps[3], want);
	want.local = end("10.1.1.1", 1);
	want.op = EVENT_HOLD;
	is_event(&story.steps[4], want);
	cr_assert_eq(story.n, 5);
	cr_assert_eq(story.tally.skipped, 1); /* the connect that failed */
}

#define SESSION(lost, buffers)                                                                   \
	KERNEL("EventTrace", "Header", "2", "0",                                                 \
		"65536, 83951878, 19041, 4, 132404548222191258, 156250, 0, 0x1, 40, 1, 8, " lost \
		", 2394, \"NT Kernel Logger\", \"C:\\log, 1.etl\", \"tz\", 132404548222191258, " \
		"10000000, 132404548222191258, 1, " buffers)

Test(tracerpt_long, losses_of_the_session)
{
	tell(TITLES SESSION("17", "2") SESSION("0", "0"));
	cr_assert_eq(story.n, 1);
	cr_assert_eq(story.steps[0].record.kind, RECORD_LOSS);
	cr_assert_eq(story.steps[0].record.loss.count, 19);
	cr_assert_not(story.steps[0].record.has_time);
	cr_assert_eq(story.tally.lost, 19);
	cr_assert_eq(story.tally.skipped, 1);
}

/* Another version of the tool has other columns, and says so. */
Test(tracerpt_long, titles_say_where_the_columns_are)
{
	tell("Event Name, Type, Event ID, Version, Opcode, PID, TID, Clock-Time, User Data\n"
	     "UdpIp, SendIPV4, 0, 2, 10, 0xFFFFFFFF, 0xFFFFFFFF, " T0
	     ", 4, 201, 10.128.3.255, 10.128.0.55, 138, 137, 0, 0x0\n");
	cr_assert_eq(story.n, 1);
	cr_assert_eq(story.steps[0].record.event.pid, 4);
	cr_assert_eq(story.steps[0].record.when.ns, T0_NS);
}

Test(tracerpt_long, what_is_of_no_use_is_skipped)
{
	tell(KERNEL("TcpIp", "TCPCopyIPV4", "2", "18", "x") KERNEL("UdpIp", "Fail", "2", "17",
		"2, 1") KERNEL("Thread", "Start", "3", "1", "1, 2") ROW(KNET, "x", "49", "0", "49",
		"2, 1") ROW("UdpIp", "x", "10", "2", "10", "somebody else's") ROW(KNET, "x", "0",
		"0", "10", "a header of its own") KERNEL("UdpIp", "SendIPV4", "2", "10",
		"4294967295, 8, 1.1.1.1, 1.1.1.2, 1, 2, 0, 0"));
	cr_assert_eq(story.n, 0);
	cr_assert_eq(story.tally.skipped, 7);
}

Test(tracerpt_long, damage)
{
	tell(KERNEL("UdpIp", "SendIPV4", "2", "10",
		"4, 201, 10.128.3.256, 10.128.0.55, 138, 137") KERNEL("UdpIp", "SendIPV4", "2",
		"10", "4, 201, 10.128.3.255, 10.128.0.55, 138") KERNEL("Process", "Start", "4", "1",
		"0x1, x") KERNEL("UdpIp", "SendIPV4", "2", "x", "4, 201") KERNEL("UdpIp",
		"SendIPV4", "2", "10", "4, 201, 1.1.1.1, 1.1.1.2, 65536, 1, 0, 0"));
	is_error(&story.steps[0], ERR_MALFORMED, "daddr is not an address");
	cr_assert_eq(story.steps[1].record.kind, RECORD_LOSS);
	cr_assert_eq(story.steps[1].record.when.ns, T0_NS);
	is_error(&story.steps[2], ERR_MALFORMED, "no field sport");
	/* A process that cannot be read is no lost event. */
	is_error(&story.steps[4], ERR_MALFORMED, "ProcessId is not a number");
	cr_assert_eq(story.steps[4].err.line, 3);
	is_error(&story.steps[5], ERR_MALFORMED, "no row of this table");
	is_error(&story.steps[7], ERR_MALFORMED, "dport is 65536, above 65535");
	cr_assert_eq(story.n, 9);
}

Test(tracerpt_long, a_time_that_a_spreadsheet_rounded)
{
	tell(TITLES
		"UdpIp,SendIPV4,0,2,0,0,10,0,0x0,0xFFFFFFFF,0xFFFFFFFF,0,,,{0},,1.32405E+17,0,0,"
		"4,201,10.128.3.255,10.128.0.55,138,137,0,0x0\n");
	cr_assert_eq(story.n, 2);
	is_error(&story.steps[0], ERR_MALFORMED, "spreadsheet");
	cr_assert_eq(story.steps[1].record.event.pid, 4);
	cr_assert_not(story.steps[1].record.has_time);
}

#define ALL                                                                                  \
	TITLES SESSION("1", "0") KERNEL("UdpIp", "SendIPV4", "2", "10",                      \
		"4, 201, 10.128.3.255, 10.128.0.55, 138, 13700, 0, 0x0") KERNEL("Process",   \
		"DCEnd", "4", "4",                                                           \
		"0x1, 2137, 420, 0, 259, 0x2, 0, " SID ", \"c, d.exe\", \"c\", \"\", \"\"")  \
		ROW(KNET, "x", "42", "0", "42",                                              \
			"344, 388, 653539485, 1986689290, 37905, 62465, 0, 0")               \
			UDP_STACK("1169", "1") KERNEL("SystemConfig", "Services", "3", "15", \
				"144, 4, 5, \"Appinfo\", \"A\", \"s\"")

Test(tracerpt_long, every_cut)
{
	every_cut(&format_tracerpt_csv, span_text(ALL));
}

Test(tracerpt_long, every_wrong_byte_gives_no_crash)
{
	every_wrong_byte(&format_tracerpt_csv, span_text(ALL));
}

Test(tracerpt_long, utf16)
{
	same_in_utf16(&format_tracerpt_csv, ALL);
	tell(ALL);
	cr_assert_eq(story.n, 6);
}
