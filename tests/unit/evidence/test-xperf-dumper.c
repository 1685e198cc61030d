/* SPDX-License-Identifier: Apache-2.0 */
/* The text of xperf -a dumper. */
#include "dump_case.h"

#include "evidence/trace/trace.h"

#define OWN_COLUMNS                                                                            \
	",  TimeStamp,     Process Name ( PID), Transfer Size, Remote IPv4 Addr, Remote IPv4 " \
	"Port, "                                                                               \
	"Local IPv4 Addr, Local IPv4 Port\r\n"
#define P_COLUMNS                                                                           \
	",  TimeStamp,     Process Name ( PID),  ParentPID,  SessionID,        UniqueKey, " \
	"CommandLine, PackageFullName, PRAID\r\n"
#define STACK "Microsoft-Windows-TCPIP/UdpEndpointSendMessages/win:Info"
#define KNET \
	"Microsoft-Windows-Kernel-Network/KERNEL_NETWORK_TASK_UDPIP/DatareceivedoverUDPprotocol."
#define KINDS                                                                                  \
	"                TcpSend" OWN_COLUMNS "                TcpRecv" OWN_COLUMNS            \
	"                UdpRecv" OWN_COLUMNS "                UdpSend" OWN_COLUMNS            \
	"                P-Start" P_COLUMNS "                  P-End" P_COLUMNS                \
	"              P-DCStart" P_COLUMNS                                                    \
	"                CSwitch,  TimeStamp, New Process Name ( PID),    New TID\r\n" STACK   \
	",  TimeStamp, Process Name ( PID), ThreadID, CPU, etw:ActivityId, Endpoint, "         \
	"NumMessages, "                                                                        \
	"NumBytes, LocalSockAddrLength, LocalSockAddr, RemoteSockAddrLength, RemoteSockAddr, " \
	"Pid\r\n" KNET                                                                         \
	",  TimeStamp, Process Name ( PID), ThreadID, PID, size, daddr, saddr, dport, sport\r\n"
/* 2021-06-07 19:44:29.034714 UTC */
#define SESSION(lost)                                                                            \
	"OS Version: 10.0.19043, Trace Size: 20736KB, Events Lost: " lost                        \
	", Buffers lost: 0, Trace Start: 132675686690347142, Trace Length: 2 sec, PointerSize: " \
	"8, "                                                                                    \
	"Trace Name: x.etl\r\n"
#define START_NS 1623095069034714200ll
#define FILE_OF(rows)                                                \
	"BeginHeader\r\n" KINDS                                      \
	"EndHeader\r\n" SESSION("0") "FirstReliableEventTimeStamp, " \
				     "0\r\nFirstReliableCSwitchEventTimeStamp, 6016\r\n" rows

#define SEND                                                                                  \
	"                TcpSend,     104743,       store.exe (2136),        221, 10.1.1.5, " \
	"389, 10.1.1.1, 1040\r\n"

static struct story story;

static void tell(const char *text)
{
	read_story(&format_xperf_dumper, span_text(text), &story);
}

static struct event tcp_send(void)
{
	return (struct event){ .op = EVENT_SEND,
		.transport = TRANSPORT_TCP,
		.pid = 2136,
		.bytes = 221,
		.local = end("10.1.1.1", 1040),
		.remote = end("10.1.1.5", 389) };
}

Test(dumper, network)
{
	tell(FILE_OF(
		SEND "                UdpRecv,     104744,       csrss (x).exe ( 608),        50, "
		     "10.1.1.255, 138, 10.1.1.1, 137\r\n"));
	cr_assert_eq(story.n, 2);
	is_event(&story.steps[0], tcp_send());
	cr_assert_eq(story.steps[0].record.when.ns, START_NS + 104743000);
	cr_assert_eq(story.steps[0].record.number, 16);
	/* Which end of a UDP receive the tool calls remote is not known: the reader says so. */
	is_event(&story.steps[1],
		(struct event){ .op = EVENT_RECV,
			.transport = TRANSPORT_UDP,
			.pid = 608,
			.bytes = 50,
			.either_way = true,
			.local = end("10.1.1.255", 138),
			.remote = end("10.1.1.1", 137) });
	cr_assert_eq(story.tally.skipped, 2);
}

Test(dumper, processes)
{
	tell(FILE_OF("P-Start,     104743,        rustc.exe (10612),        480,          1, "
		     "0x0000938192a10300, \"rustc.exe\" --crate-name a,b \"c, <none>, <none>\r\n"
		     "P-DCStart,  0,  Idle (   0),  0, 0, 0, x\r\n"
		     "P-End,  9,  a (b).exe ( 608),  4294967295, 0, 0, x\r\n"));
	cr_assert_eq(story.n, 3);
	is_process(&story.steps[0], NOTE_START, 10612, "rustc.exe");
	cr_assert_eq(story.steps[0].record.process.parent, 480);
	is_process(&story.steps[1], NOTE_RUNNING, 0, "Idle");
	is_process(&story.steps[2], NOTE_END, 608, "a (b).exe");
	cr_assert_not(story.steps[2].record.process.has_parent);
}

/* The process of the row is whoever ran; the PID is the event's own. */
Test(dumper, providers)
{
	tell(FILE_OF(STACK ", 10, Idle (   0), 0, 0, {0}, 0xFF, 1, 40, 16, 10.1.1.1:5353, 16, "
			   "10.1.1.5:53, 1200\r\n" KNET
			   ", 11, Idle (   0), 0, 1201, 30, 10.1.1.1, 10.1.1.5, 5353, 53\r\n"));
	cr_assert_eq(story.n, 2);
	is_event(&story.steps[0],
		(struct event){ .op = EVENT_SEND,
			.transport = TRANSPORT_UDP,
			.pid = 1200,
			.bytes = 40,
			.local = end("10.1.1.1", 5353),
			.remote = end("10.1.1.5", 53) });
	is_event(&story.steps[1],
		(struct event){ .op = EVENT_RECV,
			.transport = TRANSPORT_UDP,
			.pid = 1201,
			.bytes = 30,
			.local = end("10.1.1.1", 5353),
			.remote = end("10.1.1.5", 53) });
}

/* The header says where the columns are. A kind that lacks one is not read. */
Test(dumper, columns_are_those_of_the_header)
{
	tell("BeginHeader\nUdpSend, Local IPv6 Port, Size, TimeStamp, Process Name ( PID), Local "
	     "IPv6 "
	     "Addr, Dest IPv6 Addr, Dest IPv6 Port\nTcpSend, TimeStamp, Process Name ( PID), Size\n"
	     "EndHeader\n" SESSION("3") "UdpSend, 2, 9, 7, x (5), ::1, ::2, 3\n"
					"TcpSend, 7, x (5), 9\n");
	cr_assert_eq(story.n, 2);
	cr_assert_eq(story.steps[0].record.kind, RECORD_LOSS);
	cr_assert_eq(story.steps[0].record.loss.count, 3);
	is_event(&story.steps[1],
		(struct event){ .op = EVENT_SEND,
			.transport = TRANSPORT_UDP,
			.pid = 5,
			.bytes = 9,
			.local = end("::1", 2),
			.remote = end("::2", 3) });
	cr_assert_eq(story.steps[1].record.when.ns, START_NS + 7000);
	cr_assert_eq(story.tally.skipped, 1);
	cr_assert_eq(story.tally.lost, 3);
}

Test(dumper, without_the_start_there_are_no_times)
{
	tell("BeginHeader\n" KINDS "EndHeader\n" SEND SEND);
	cr_assert_eq(story.n, 3);
	is_error(&story.steps[0], ERR_MALFORMED, "Trace Start");
	for (size_t i = 1; i < 3; i++) {
		is_event(&story.steps[i], tcp_send());
		cr_assert_not(story.steps[i].record.has_time);
	}
}

Test(dumper, damage)
{
	tell(FILE_OF(SEND "TcpSend, 1, store.exe, 221, 10.1.1.5, 389, 10.1.1.1, 1040\n"
			  "TcpSend, x, a (1), 221, 10.1.1.5, 389, 10.1.1.1, 1040\n"
			  "TcpSend, 1, a (1), 221, 10.1.1.5, 389, 10.1.1.1\n"
			  "TcpSend, 1, a (x), 221, 10.1.1.5, 389, 10.1.1.1, 1040\n"
			  "P-Start, 1, a (x), 221\nTcpSend, 1, Unknown (  -1), 221\n" SEND));
	is_error(&story.steps[1], ERR_MALFORMED, "no process");
	cr_assert_eq(story.steps[1].err.line, 17);
	cr_assert_eq(story.steps[2].record.kind, RECORD_LOSS);
	cr_assert_eq(story.steps[2].record.when.ns, START_NS + 104743000);
	is_error(&story.steps[3], ERR_MALFORMED, "TimeStamp");
	is_error(&story.steps[5], ERR_MALFORMED, "no field sport");
	is_error(&story.steps[7], ERR_MALFORMED, "PID is not a number");
	is_error(&story.steps[9], ERR_MALFORMED, "ProcessId"); /* no event is lost by it */
	is_error(&story.steps[10], ERR_MALFORMED, "PID is not a number");
	is_event(&story.steps[12], tcp_send());
	cr_assert_eq(story.n, 13);
}

Test(dumper, times_beyond_reason)
{
	tell(FILE_OF("TcpSend, 18446744073709551615, a (1), 1, 10.1.1.5, 389, 10.1.1.1, 1\n"
		     "TcpSend, 9223372036854775, a (1), 1, 10.1.1.5, 389, 10.1.1.1, 1\n"
		     "OS Version: 1, Trace Start: 1\n"
		     "TcpSend, 1, a (1), 1, 10.1.1.5, 389, 10.1.1.1, 1\n"));
	is_error(&story.steps[0], ERR_MALFORMED, "TimeStamp");
	is_error(&story.steps[2], ERR_MALFORMED, "TimeStamp");
	is_error(&story.steps[4], ERR_MALFORMED, "Trace Start");
	cr_assert_not(story.steps[5].record.has_time);
}

Test(dumper, recognise)
{
	static const struct {
		const char *text;
		bool mine;
	} cases[] = {
		{ FILE_OF(SEND), true },
		{ "\xef\xbb\xbf\r\nBeginHeader\r\n", true },
		{ "BeginHeader", true },
		{ "BeginHeaders\n", false },
		{ SEND, false },
		{ "", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_eq(format_xperf_dumper.recognise(span_text(cases[i].text), true),
			cases[i].mine, "%s", cases[i].text);
}

#define ALL                                                                                        \
	"BeginHeader\r\nTcpSend" OWN_COLUMNS "P-Start" P_COLUMNS "EndHeader\r\n" SESSION("2") SEND \
		"P-Start, 104743, rustc.exe (10612), 4800, 1, 0x0, \"r\" -a,b, <none>, "           \
		"<none>\r\n" SEND

Test(dumper, every_cut)
{
	every_cut(&format_xperf_dumper, span_text(ALL));
}

Test(dumper, every_wrong_byte_gives_no_crash)
{
	every_wrong_byte(&format_xperf_dumper, span_text(ALL));
}

Test(dumper, utf16)
{
	same_in_utf16(&format_xperf_dumper, ALL);
}
