/* SPDX-License-Identifier: Apache-2.0 */
/* The XML of tracerpt. */
#include "dump_case.h"

#include "base/limits.h"
#include "evidence/trace/trace.h"

/* 2020-07-29 00:07:02.2191257 UTC */
#define TIME "2020-07-29T00:07:02.219125700Z"
#define T0_NS 1595981222219125700ll

#define SYSTEM(provider, id, version, opcode, time)                                            \
	"<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">\r\n"          \
	"\t<System>\r\n\t\t<Provider " provider " />\r\n\t\t<EventID>" id "</EventID>\r\n"     \
	"\t\t<Version>" version "</Version>\r\n\t\t<Level>0</Level>\r\n\t\t<Task>0</Task>\r\n" \
	"\t\t<Opcode>" opcode "</Opcode>\r\n\t\t<Keywords>0x0</Keywords>\r\n"                  \
	"\t\t<TimeCreated SystemTime=\"" time "\" />\r\n"                                      \
	"\t\t<Execution ProcessID=\"4294967295\" ThreadID=\"4294967295\" ProcessorID=\"0\" "   \
	"KernelTime=\"0\" UserTime=\"0\" />\r\n\t\t<Channel />\r\n\t\t<Computer />\r\n"        \
	"\t</System>\r\n"
#define DATA(name, value) "\t\t<Data Name=\"" name "\">" value "</Data>\r\n"
#define KERNEL_PROVIDER "Guid=\"{9e814aad-3204-11d2-9a82-006008a86939}\""
#define TRACING(guid, class)                                                                      \
	"\t<RenderingInfo Culture=\"de-DE\">\r\n\t\t<Opcode>Senden</Opcode>\r\n"                  \
	"\t\t<EventName xmlns=\"http://schemas.microsoft.com/win/2004/08/events/trace\">" class   \
		"</EventName>\r\n\t</RenderingInfo>\r\n"                                          \
		"\t<ExtendedTracingInfo xmlns=\"http://schemas.microsoft.com/win/2004/08/events/" \
		"trace\">\r\n\t\t<EventGuid>" guid "</EventGuid>\r\n\t</ExtendedTracingInfo>\r\n"
#define UDP_GUID "{bf3a50c5-a9c9-4988-a005-2df0b7c80f80}"
#define TCP_GUID "{9a280ac0-c8e0-11d1-84e2-00c04fb998a2}"
#define SESSION_GUID "{68fdd900-4a3e-11d1-84f4-0000f80464e3}"
#define PROCESS_GUID "{3D6FA8D0-FE05-11D0-9DDA-00C04FD7BA7C}"

#define KERNEL(guid, class, version, opcode, data)          \
	SYSTEM(KERNEL_PROVIDER, "0", version, opcode, TIME) \
	"\t<EventData>\r\n" data "\t</EventData>\r\n" TRACING(guid, class) "</Event>\r\n"
#define MANIFEST(provider, id, version, data) \
	SYSTEM(provider, id, version, "0", TIME) "<EventData>" data "</EventData></Event>\r\n"
#define ENDS(d, s, dport, sport) \
	DATA("daddr", d) DATA("saddr", s) DATA("dport", dport) DATA("sport", sport)
#define NETWORK(pid, size, ends) DATA("PID", pid) DATA("size", size) ends DATA("connid", "0x0")
#define UDP_SEND                                \
	KERNEL(UDP_GUID, "UdpIp", "2", "10",    \
		NETWORK("    2136", "       8", \
			ENDS("172.23.98.97", "10.1.1.1", "    2762", "   36003")))

#define FILE_OF(events)                                                                      \
	"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Events>\r\n" events "</" \
	"Events>"

static struct story story;

static void tell(const char *text)
{
	read_story(&format_tracerpt_xml, span_text(text), &story);
}

static struct event udp_send(void)
{
	return (struct event){ .op = EVENT_SEND,
		.transport = TRANSPORT_UDP,
		.pid = 2136,
		.bytes = 8,
		.local = end("10.1.1.1", 36003),
		.remote = end("172.23.98.97", 2762) };
}

Test(tracerpt_xml, network_of_the_kernel)
{
	tell(FILE_OF(UDP_SEND KERNEL(UDP_GUID, "UdpIp", "2", "27",
		NETWORK("2108", "146", ENDS("ff02::c", "::1", "1900", "53191"))) KERNEL(TCP_GUID,
		"TcpIp", "2", "12",
		NETWORK("500", "0", ENDS("010.001.001.005", "10.1.1.1", "389", "1040")))));
	cr_assert_eq(story.n, 3);
	is_event(&story.steps[0], udp_send());
	cr_assert_eq(story.steps[0].record.event.traces, TRACES_TCP | TRACES_UDP);
	cr_assert_eq(story.steps[0].record.when.ns, T0_NS);
	cr_assert_eq(story.steps[0].record.number, 3);
	is_event(&story.steps[1],
		(struct event){ .op = EVENT_RECV,
			.transport = TRANSPORT_UDP,
			.pid = 2108,
			.bytes = 146,
			.local = end("ff02::c", 1900),
			.remote = end("::1", 53191) });
	is_event(&story.steps[2],
		(struct event){ .op = EVENT_CONNECT,
			.transport = TRANSPORT_TCP,
			.pid = 500,
			.local = end("10.1.1.1", 1040),
			.remote = end("10.1.1.5", 389) });
}

Test(tracerpt_xml, processes)
{
	tell(FILE_OF(KERNEL(PROCESS_GUID, "Process", "3", "3",
		DATA("UniqueProcessKey", "0x1") DATA("ProcessId", "0x10EC") DATA("ParentId",
			"0x1A4") DATA("UserSID", "\\\\NT AUTHORITY\\SYSTEM") DATA("ImageFileName",
			"a&amp;b.exe") DATA("CommandLine", "\"a&lt;b.exe\" -x"))
			MANIFEST("Name=\"Microsoft-Windows-Kernel-Process\" "
				 "Guid=\"{22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716}\"",
				"1", "3",
				DATA("ProcessID", " 4100") DATA("CreateTime", TIME)
					DATA("ParentProcessID", "500") DATA("ImageName",
						"\\Device\\HarddiskVolume2\\c\xc3\xa4.exe"))));
	cr_assert_eq(story.n, 2);
	is_process(&story.steps[0], NOTE_RUNNING, 0x10ec, "a&b.exe");
	cr_assert_eq(story.steps[0].record.process.parent, 0x1a4);
	/* The kernel's class was seen: its own word counts for starts. */
	is_process(&story.steps[1], NOTE_RUNNING, 4100, "c\xc3\xa4.exe");
	cr_assert_eq(story.steps[1].record.process.start.ns, T0_NS);
}

#define KNET                                         \
	"Name=\"Microsoft-Windows-Kernel-Network\" " \
	"Guid=\"{7dd42a49-5329-4832-8dfd-43d979153a88}\""
#define STACK "Name=\"Microsoft-Windows-TCPIP\" Guid=\"{2F07E2EE-15DB-40F1-90EF-9D7BA282188A}\""

Test(tracerpt_xml, providers)
{
	tell(MANIFEST(KNET, "42", "0",
		NETWORK("2136", "8",
			ENDS("1633818540", "16843018", "51722", "41868"))) MANIFEST(STACK, "1170",
		"0",
		DATA("Endpoint", "0x1") DATA("NumMessages", "1") DATA("NumBytes", "40") DATA(
			"LocalSockAddrLength", "16") DATA("LocalSockAddr", "10.1.1.1:5353")
			DATA("RemoteSockAddrLength", "28") DATA("RemoteSockAddr", "[fe80::1%3]:53")
				DATA("Pid", "99")));
	cr_assert_eq(story.n, 2);
	struct event want = udp_send();
	is_event(&story.steps[0], want);
	cr_assert_eq(story.steps[1].record.event.pid, 99);
	cr_assert_eq(story.steps[1].record.event.op, EVENT_HOLD);
	cr_assert_eq(story.steps[1].record.event.remote.port, 53);
}

/* A provider may call its event like a class of the kernel. */
Test(tracerpt_xml, a_name_is_not_enough)
{
	tell(SYSTEM("Guid=\"{11111111-3204-11d2-9a82-006008a86939}\"", "0", "2", "10",
		TIME) "<EventData>" NETWORK("1", "8",
		ENDS("1.1.1.1", "1.1.1.2", "1",
			"2")) "</EventData>"
			      "<RenderingInfo><EventName>UdpIp</EventName></RenderingInfo></"
			      "Event>" KERNEL("{22222222-a9c9-4988-a005-2df0b7c80f80}", "UdpIp",
				      "2", "10",
				      NETWORK("1", "8", ENDS("1.1.1.1", "1.1.1.2", "1", "2"))));
	cr_assert_eq(story.n, 0);
	cr_assert_eq(story.tally.skipped, 2);
	tell(SYSTEM(KERNEL_PROVIDER, "0", "2", "10", TIME) "<EventData>" NETWORK("1", "8",
		ENDS("1.1.1.1", "1.1.1.2", "1", "2")) "</EventData>"
						      "<RenderingInfo><EventName>UdpIp</"
						      "EventName></RenderingInfo></Event>");
	cr_assert_eq(story.n, 1);
}

static int64_t time_of(const char *time)
{
	char text[4096];
	static const char event[] = UDP_SEND;
	const char *at = strstr(event, TIME);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - event), event, time,
		at + sizeof TIME - 1);
	tell(text);
	return story.steps[0].rc == SOURCE_ITEM ? story.steps[0].record.when.ns : -1;
}

/* An offset of minutes that no zone has is rounded; a zone that had it would be minutes off. */
Test(tracerpt_xml, times)
{
	cr_assert_eq(time_of("2020-07-29T00:07:02.219125700Z"), T0_NS);
	cr_assert_eq(time_of("2020-07-29T00:07:02.219125700+00:00"), T0_NS);
	cr_assert_eq(time_of("2020-07-29T00:07:02.219125700"), T0_NS);
	cr_assert_eq(time_of("2020-07-28T17:07:02.219125700-07:00"), T0_NS);
	cr_assert_eq(time_of("2020-07-28T16:07:02.219125700-07:59"), T0_NS);
	cr_assert_eq(time_of("2020-07-29T05:52:02.219125700+05:45"), T0_NS);
	cr_assert_eq(time_of("2020-07-29T00:07:02Z"), T0_NS - 219125700);
	cr_assert_eq(time_of("132404548222191257"), T0_NS);
	static const char *const none[] = { "", "Z", "+00:00", "2020-07-29", "x",
		"2020-07-29T25:07:02Z", "2020-07-29T00:07:02+15:00", "1.28663E+17", "0" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		cr_assert_eq(time_of(none[i]), -1, "%s", none[i]);
		is_error(&story.steps[0], ERR_MALFORMED, "SystemTime");
	}
}

Test(tracerpt_xml, losses_of_the_session)
{
	tell(FILE_OF(KERNEL("{68fdd900-4a3e-11d1-84f4-0000f80464e3}", "EventTrace", "2", "0",
		DATA("BufferSize", "65536") DATA("EventsLost", "       7") DATA("BuffersLost", "1"))
			UDP_SEND));
	cr_assert_eq(story.steps[0].record.kind, RECORD_LOSS);
	cr_assert_eq(story.steps[0].record.loss.count, 8);
	cr_assert_eq(story.tally.lost, 8);
	is_event(&story.steps[1], udp_send());
}

#define UNDECODED(provider, id, version, opcode, payload)                                        \
	SYSTEM(provider, id, version, opcode, TIME)                                              \
	"<ProcessingErrorData><ErrorCode>15005</ErrorCode><DataItemName/><EventPayload>" payload \
	"</EventPayload></ProcessingErrorData>"
#define UDP_BYTES           \
	"58080000080000000" \
	"a0101050a01010100350014"
#define TAIL "000000000000000000000000"

/* The payload is read as the binary log's would be. */
Test(tracerpt_xml, what_the_tool_did_not_decode)
{
	tell(UNDECODED(KERNEL_PROVIDER, "0", "2", "10", UDP_BYTES TAIL)
			TRACING(UDP_GUID, "x") "</Event>" UNDECODED(KNET, "43", "0", "43",
				"\r\n" UDP_BYTES TAIL "\r\n") "</Event>" UNDECODED(KERNEL_PROVIDER,
				"0", "2", "17", "00") TRACING(UDP_GUID, "x") "</Event>");
	struct event want = { .op = EVENT_SEND,
		.transport = TRANSPORT_UDP,
		.pid = 2136,
		.bytes = 8,
		.local = end("10.1.1.1", 20),
		.remote = end("10.1.1.5", 53) };
	cr_assert_eq(story.n, 2);
	is_event(&story.steps[0], want);
	cr_assert_eq(story.steps[0].record.when.ns, T0_NS);
	cr_assert_eq(story.steps[1].record.event.op, EVENT_HOLD); /* told a second time */
	cr_assert_eq(story.tally.skipped, 1);
	tell(UNDECODED(KERNEL_PROVIDER, "0", "2", "10", UDP_BYTES) TRACING(
		UDP_GUID, "x") "</Event>" UNDECODED(KERNEL_PROVIDER, "0", "2", "10", "5808000")
			TRACING(UDP_GUID, "x") "</Event>" UNDECODED(KERNEL_PROVIDER, "0", "2", "10",
				"xy") TRACING(UDP_GUID, "x") "</Event>" UNDECODED(KERNEL_PROVIDER,
				"0", "2", "0", "00") TRACING(SESSION_GUID, "x") "</Event>");
	is_event(&story.steps[0], want); /* the tail is not used */
	is_error(&story.steps[1], ERR_MALFORMED, "hexadecimal");
	cr_assert_eq(story.steps[2].record.kind, RECORD_LOSS);
	is_error(&story.steps[3], ERR_MALFORMED, "hexadecimal");
	cr_assert_eq(story.n, 5);
}

/* Damage costs one event, and begins and ends with it. */
Test(tracerpt_xml, damage)
{
	tell(FILE_OF(UDP_SEND "<Event><System></Event>" UDP_SEND
			      "<Event>&nbsp;</Event><Event>cut " UDP_SEND
			      "<Event><System><EventID>70000</EventID></System></Event>"
			      "<!-- <Event> --> x </Event>" UDP_SEND));
	cr_assert_eq(story.n, 12);
	is_error(&story.steps[1], ERR_MALFORMED, "no XML");
	cr_assert_eq(story.steps[1].err.line, 34);
	cr_assert_eq(story.steps[2].record.kind, RECORD_LOSS);
	cr_assert_eq(story.steps[2].record.when.ns, T0_NS);
	is_error(&story.steps[4], ERR_MALFORMED, "no XML");
	is_error(&story.steps[6], ERR_MALFORMED, "another event begins");
	is_error(&story.steps[9], ERR_MALFORMED, "EventID");
	cr_assert_eq(story.tally.skipped, 1); /* the comment's, which is an event of no use */
	for (size_t i = 0; i < story.n; i++)
		if (story.steps[i].record.kind == RECORD_EVENT)
			is_event(&story.steps[i], udp_send());
	tell(KERNEL(UDP_GUID, "UdpIp", "2", "10", DATA("PID", "4")));
	is_error(&story.steps[0], ERR_MALFORMED, "no field size");
	/* A process that cannot be read is no lost event. */
	tell(KERNEL(PROCESS_GUID, "Process", "4", "1", DATA("ProcessId", "4")));
	is_error(&story.steps[0], ERR_MALFORMED, "no field ImageFileName");
	cr_assert_eq(story.n, 1);
}

/* No entities but those of XML, no DTD. */
Test(tracerpt_xml, entities_are_not_expanded)
{
	tell("<?xml version=\"1.0\"?><!DOCTYPE Events [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
	     "\"&a;&a;&a;&a;\">]><Events><Event><System><EventID>&b;</EventID></System></Event>"
	     "</Events>");
	is_error(&story.steps[0], ERR_MALFORMED, "undefined entity");
}

Test(tracerpt_xml, an_event_without_end)
{
	size_t n = 2 * LIMIT_XML_EVENT_BYTES, event = sizeof UDP_SEND - 1;
	char *text = malloc(n);
	memset(text, 'x', n);
	memcpy(text, "<Event>", 7);
	memcpy(text + n - event, UDP_SEND, event);
	read_story(&format_tracerpt_xml, span_of(text, n), &story);
	cr_assert_eq(story.n, 3);
	is_error(&story.steps[0], ERR_LIMIT, "longer than");
	is_event(&story.steps[2], udp_send());
	/* One that is as long as may be is read. */
	memset(text, ' ', n);
	memcpy(text, "<Event><System>", 15);
	n = LIMIT_XML_EVENT_BYTES;
	memcpy(text + n - 17, "</System></Event>", 17);
	read_story(&format_tracerpt_xml, span_of(text, n), &story);
	cr_assert_eq(story.n, 0);
	cr_assert_eq(story.tally.skipped, 1);
	free(text);
}

/* Where the reader's window ends the front of a tag may stand. */
Test(tracerpt_xml, tags_at_the_end_of_a_window)
{
	size_t event = sizeof UDP_SEND - 1;
	char *text = malloc(65536 + 64 + event);
	for (size_t lead = 65536 - 20; lead < 65536 + 20; lead++) {
		memset(text, ' ', lead);
		memcpy(text + lead, UDP_SEND, event);
		read_story(&format_tracerpt_xml, span_of(text, lead + event), &story);
		cr_assert_eq(story.n, 1);
		is_event(&story.steps[0], udp_send());
	}
	free(text);
}

Test(tracerpt_xml, recognise)
{
	static const struct {
		const char *text;
		bool mine;
	} cases[] = {
		{ FILE_OF(UDP_SEND), true },
		{ UDP_SEND, true },
		{ "\r\n" MANIFEST(KNET, "42", "0", ""), true },
		{ "<Events></Events>", false },
		{ "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
		  "<Execution ProcessID='4' ThreadID='52'/></System></Event>",
			false },
		{ "<?xml version=\"1.0\"?><pdml>ProcessorID=</pdml>", false },
		{ "", false },
		{ "<", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_eq(format_tracerpt_xml.recognise(span_text(cases[i].text), true),
			cases[i].mine, "%s", cases[i].text);
}

#define ALL                                                        \
	FILE_OF(UDP_SEND KERNEL(PROCESS_GUID, "Process", "4", "1", \
		DATA("ProcessId", "77") DATA("ImageFileName", "a.exe")) UDP_SEND)

Test(tracerpt_xml, every_cut)
{
	every_cut(&format_tracerpt_xml, span_text(ALL));
}

Test(tracerpt_xml, every_wrong_byte_gives_no_crash)
{
	every_wrong_byte(&format_tracerpt_xml, span_text(ALL));
}

Test(tracerpt_xml, utf16)
{
	same_in_utf16(&format_tracerpt_xml, ALL);
	same_in_utf16(&format_tracerpt_xml, FILE_OF("<Event><x></Event>" UDP_SEND));
}
