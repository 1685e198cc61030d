/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the text of tracerpt: see tracerpt.h and doc/tracerpt-csv.md. */
#include "write/tracerpt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	unsigned opcode;
} words[] = {
	[EVENT_SEND] = { "Send", 10 },
	[EVENT_RECV] = { "Recv", 11 },
	[EVENT_CONNECT] = { "Connect", 12 },
	[EVENT_DISCONNECT] = { "Disconnect", 13 },
	[EVENT_RETRANSMIT] = { "Retransmit", 14 },
	[EVENT_ACCEPT] = { "Accept", 15 },
	[EVENT_RECONNECT] = { "Reconnect", 16 },
};

/* What stands before the fields of a row. */
struct head {
	const char *class, *type;
	unsigned version, opcode;
};

uint64_t tracerpt_filetime(int64_t ns)
{
	return 116444736000000000u + (uint64_t)(ns / 100);
}

/* The short form ends each row with the two instance ids. */
static void end_row(struct tracerpt_writer *w)
{
	if (!w->style.longer)
		str_text(w->out, ", 0, 0");
	str_text(w->out, w->style.crlf ? "\r\n" : "\n");
	w->lines++;
}

static void begin_row(struct tracerpt_writer *w, int64_t ns, struct head h)
{
	if (w->style.nbsp)
		str_text(
			w->out, "\xc2\xa0 \xc2\xa0 \xc2\xa0 \xc2\xa0 \xc2\xa0 \xc2\xa0 \xc2\xa0  ");
	if (w->style.longer)
		str_printf(w->out,
			"%18s, %12s, %8u, %8u, %8u, %8u, %8u, %8u, 0x0, 0xFFFFFFFF, 0xFFFFFFFF, "
			"%8u, "
			", , {00000000-0000-0000-0000-000000000000}, , %20" PRIu64 ", %8u, %8u, ",
			h.class, h.type, 0, h.version, 0, 0, h.opcode, 0, 0, tracerpt_filetime(ns),
			0, 0);
	else
		str_printf(w->out, "%s, %s, 0xFFFFFFFF, %" PRIu64 ", 0, 0, ", h.class, h.type,
			tracerpt_filetime(ns));
}

void tracerpt_begin(struct tracerpt_writer *w, struct str *out, struct tracerpt_style style)
{
	style.v2 |= style.longer;
	*w = (struct tracerpt_writer){ .out = out, .style = style };
	if (!style.titles)
		return;
	if (style.longer)
		str_text(out,
			"        Event Name,         Type, Event ID,  Version,  Channel,    Level, "
			"  "
			"Opcode,     Task, Keyword,        PID,        TID, Processor Number, "
			"Instance ID, Parent Instance ID, Activity ID, Related Activity ID, "
			"          Clock-Time, Kernel(ms), User(ms), User Data");
	else
		str_text(out, "Event Name, Type, TID, Clock-Time, Kernel(ms), User(ms), User Data");
	str_text(out, style.crlf ? "\r\n" : "\n");
	w->lines++;
}

void tracerpt_session(
	struct tracerpt_writer *w, int64_t ns, uint32_t lost_events, uint32_t lost_buffers)
{
	uint64_t at = tracerpt_filetime(ns);
	begin_row(w, ns, (struct head){ "EventTrace", "Header", 2, 0 });
	/* BufferSize, Version, ProviderVersion (build 3790: 2003), NumberOfProcessors, EndTime,
	 * TimerResolution, MaxFileSize, LogFileMode, BuffersWritten, StartBuffers, PointerSize,
	 * EventsLost, CPUSpeed, LoggerName, LogFileName, TimeZone, BootTime, PerfFreq, StartTime,
	 * ReservedFlags, BuffersLost */
	str_printf(w->out, "65536, 33554437, 3790, 2, %" PRIu64 ", 156250, 0, 1, 12, 1, 4, ", at);
	str_printf(w->out, "%u, 2394, \"NT Kernel Logger\", \"C:\\logs\\kernel.etl\", 0, ",
		lost_events);
	str_printf(w->out, "%" PRIu64 ", 3579545, %" PRIu64 ", 0, %u", at - 36000000000000u, at,
		lost_buffers);
	end_row(w);
}

static void put_addr(struct tracerpt_writer *w, const struct addr *a)
{
	char buf[ADDR_TEXT_BYTES];
	if (addr_is_v4(a) && w->mapped)
		str_printf(w->out, "::ffff:%u.%u.%u.%u", a->b[12], a->b[13], a->b[14], a->b[15]);
	else if (addr_is_v4(a) && !w->style.plain)
		str_printf(w->out, "%03u.%03u.%03u.%03u", a->b[12], a->b[13], a->b[14], a->b[15]);
	else
		str_text(w->out, addr_format(a, buf));
}

/* What follows sport, up to the two instance ids; version 2 has seqnum before connid. */
static const char *tail(const struct event *e, bool v2)
{
	if (e->transport == TRANSPORT_UDP)
		return v2 ? ", 0, 0x0" : "";
	if (e->op == EVENT_SEND)
		return v2 ? ", 0, 0, 0, 0x0" : ", 0, 0, 0, 0";
	if (e->op == EVENT_CONNECT || e->op == EVENT_ACCEPT)
		return v2 ? ", 1460, 1, 0, 0, 65535, 0, 0, 0, 0x0"
			  : ", 1460, 1, 0, 0, 65535, 0, 0, 0, 0";
	return v2 ? ", 0, 0x0" : ", 0, 0";
}

void tracerpt_event(struct tracerpt_writer *w, int64_t ns, const struct event *e)
{
	bool udp = e->transport == TRANSPORT_UDP, swapped = udp && e->op == EVENT_RECV;
	const struct endpoint *d = swapped ? &e->local : &e->remote;
	const struct endpoint *s = swapped ? &e->remote : &e->local;
	bool v6 = w->mapped || !addr_is_v4(&d->addr);
	const char *ip = !w->style.v2 ? "" : v6 ? "IPV6" : "IPV4";
	char type[24];
	unsigned opcode = words[e->op].opcode + (v6 ? 16 : 0);
	snprintf(type, sizeof type, "%s%s", words[e->op].word, ip);
	begin_row(
		w, ns, (struct head){ udp ? "UdpIp" : "TcpIp", type, w->style.v2 ? 2 : 1, opcode });
	str_printf(w->out, "%u, %u, ", e->pid, e->bytes);
	put_addr(w, &d->addr);
	str_text(w->out, ", ");
	put_addr(w, &s->addr);
	str_printf(w->out, ", %u, %u%s", d->port, s->port, tail(e, w->style.v2));
	end_row(w);
}

void tracerpt_process(
	struct tracerpt_writer *w, int64_t ns, const char *type, const struct process_note *note)
{
	static const char *const types[] = { "Start", "End", "DCStart", "DCEnd" };
	struct head head = { "Process", type, w->style.longer ? 4 : 1, 0 };
	for (unsigned i = 0; i < 4; i++)
		if (strcmp(type, types[i]) == 0)
			head.opcode = i + 1;
	begin_row(w, ns, head);
	str_printf(w->out,
		"0x00000000, 0x%08X, 0x%08X, 0, 0, %s\"\\\\NT AUTHORITY\\SYSTEM\", \"%.*s\"",
		note->pid, note->parent, w->style.longer ? "0x0, 0, " : "", (int)note->image.n,
		(const char *)note->image.p);
	if (w->style.longer)
		str_text(w->out, ", \"\", \"\", \"\"");
	end_row(w);
}
