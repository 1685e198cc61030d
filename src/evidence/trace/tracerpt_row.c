/* SPDX-License-Identifier: Apache-2.0 */
/* One row of tracerpt's short form: see tracerpt_row.h and doc/tracerpt-csv.md.
 *
 * Columns, counted from 1, as in the MOF classes of the kernel logger (Windows Driver Kit):
 *
 *   all          1 class, 2 type, 3 TID, 4 Clock-Time, 5 kernel ms, 6 user ms
 *   TcpIp/UdpIp  7 PID, 8 size, 9 daddr, 10 saddr, 11 dport, 12 sport, ...   (XP and later)
 *   UdpIp 2000   7 context (the PID), 8 saddr, 9 sport, 10 size, 11 daddr, 12 dport, 13 dsize
 *   TcpIp 2000   7 daddr, 8 saddr, 9 dport, 10 sport, 11 size, 12 PID
 *   Process      7 page directory, 8 PID, 9 parent, 10 session, 11 exit status, 12 SID, 13 image
 *   Process 2000 7 PID, 8 parent, 9 SID, 10 image
 *
 * then the instance id and its parent's, which are no user data. */
#include "evidence/trace/tracerpt_row.h"

#include "base/text.h"
#include "evidence/trace/traced.h"
#include "model/source.h"

enum { COL_CLASS, COL_TYPE, COL_TID, COL_CLOCK, COL_KERNEL, COL_USER, COL_DATA };

#define PORT_MAX 65535u

struct columns {
	unsigned pid, size, daddr, saddr, dport, sport;
	unsigned behind; /* the first column whose presence proves that all of these are whole */
};

static const struct columns columns_v1 = { 6, 7, 8, 9, 10, 11, 12 };
static const struct columns columns_udp_v0 = { 6, 9, 10, 7, 11, 8, 12 };
static const struct columns columns_tcp_v0 = { 11, 10, 6, 7, 8, 9, 12 };

static const struct {
	const char *word;
	enum event_op op;
	bool udp;
} types[] = {
	{ "Send", EVENT_SEND, true },
	{ "Recv", EVENT_RECV, true },
	{ "Connect", EVENT_CONNECT, false },
	{ "Accept", EVENT_ACCEPT, false },
	{ "Reconnect", EVENT_RECONNECT, false },
	{ "Disconnect", EVENT_DISCONNECT, false },
	{ "Retransmit", EVENT_RETRANSMIT, false },
};

/* Cuts "IPV4" or "IPV6" off the type's end; only version 2 of the classes has it. */
static enum row_ip cut_version(struct span *type)
{
	if (type->n <= 4)
		return IP_UNSTATED;
	struct span tail = span_of(type->p + type->n - 4, 4);
	enum row_ip ip = text_equal_nocase(tail, "IPV4") ? IP_V4
		: text_equal_nocase(tail, "IPV6")        ? IP_V6
							 : IP_UNSTATED;
	if (ip != IP_UNSTATED)
		type->n -= 4;
	return ip;
}

static bool network_type(const struct csv_row *row, enum event_op *ret_op, enum row_ip *ret_ip)
{
	struct span type = row->cells[COL_TYPE].text;
	bool udp = text_equal_nocase(row->cells[COL_CLASS].text, "UdpIp");
	*ret_ip = cut_version(&type);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (!text_equal_nocase(type, types[i].word) || (udp && !types[i].udp))
			continue;
		*ret_op = types[i].op;
		return true;
	}
	return false;
}

static bool process_type(struct span type, int *ret)
{
	if (text_equal_nocase(type, "Start"))
		*ret = NOTE_START;
	else if (text_equal_nocase(type, "End"))
		*ret = NOTE_END;
	else if (text_equal_nocase(type, "DCStart") || text_equal_nocase(type, "DCEnd"))
		*ret = NOTE_RUNNING;
	else
		return false;
	return true;
}

enum row_kind row_kind(const struct csv_row *row)
{
	/* A class or type without a comma behind it may have lost its end: "Pro" is not Process. */
	if (row->n <= COL_TYPE || !row->cells[COL_CLASS].whole || !row->cells[COL_TYPE].whole ||
		row->cells[COL_CLASS].text.n == 0)
		return ROW_BROKEN;
	struct span class = row->cells[COL_CLASS].text, type = row->cells[COL_TYPE].text;
	enum event_op op;
	enum row_ip ip;
	int note;
	if (text_equal_nocase(class, "Event Name") && text_equal_nocase(type, "Type"))
		return ROW_TITLES;
	if (text_equal_nocase(class, "TcpIp") || text_equal_nocase(class, "UdpIp"))
		return network_type(row, &op, &ip) ? ROW_NETWORK : ROW_OTHER;
	if (text_equal_nocase(class, "Process"))
		return process_type(type, &note) ? ROW_PROCESS : ROW_OTHER;
	if (text_equal_nocase(class, "EventTrace"))
		return text_equal_nocase(type, "Header") ? ROW_HEADER : ROW_OTHER;
	return row->n > COL_CLOCK ? ROW_OTHER : ROW_BROKEN;
}

static bool row_time(const struct csv_row *row, struct source_time *ret)
{
	uint64_t ticks;
	return row->n > COL_CLOCK && row->cells[COL_CLOCK].whole &&
		text_u64(row->cells[COL_CLOCK].text, &ticks) && stamp_from_filetime(ticks, ret);
}

bool row_time_rounded(struct span s)
{
	bool exponent = false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t b = s.p[i];
		if (b == 'E' || b == 'e')
			exponent = true;
		else if ((b < '0' || b > '9') && b != '.' && b != '+')
			return false;
	}
	return exponent && s.p[0] >= '0' && s.p[0] <= '9' && s.n <= 32;
}

static int take_time(const struct csv_row *row, struct record *ret, struct err *err)
{
	struct source_time when;
	if (row->n <= COL_CLOCK || !row->cells[COL_CLOCK].whole)
		return err_set(err, ERR_TRUNCATED, "the row ends before or inside column %d (%s)",
			COL_CLOCK + 1, "Clock-Time");
	struct span text = row->cells[COL_CLOCK].text;
	if (row_time_rounded(text))
		return 0;
	if (!row_time(row, &when))
		return err_set(err, ERR_MALFORMED,
			"column 4 (Clock-Time) is not a time between 1970 and 2262");
	ret->has_time = true;
	ret->when = when;
	return 0;
}

struct place {
	unsigned col;
	const char *name;
	uint32_t max;
};

static int take_u32(const struct csv_row *row, struct place field, uint32_t *ret, struct err *err)
{
	uint64_t v;
	if (!text_number(row->cells[field.col].text, &v))
		return err_set(err, ERR_MALFORMED, "column %u (%s) is not a number", field.col + 1,
			field.name);
	if (v > field.max)
		return err_set(err, ERR_MALFORMED, "column %u (%s) is %llu, above %u",
			field.col + 1, field.name, (unsigned long long)v, field.max);
	*ret = (uint32_t)v;
	return 0;
}

static int take_port(const struct csv_row *row, struct place field, uint16_t *ret, struct err *err)
{
	uint32_t v = 0;
	field.max = PORT_MAX;
	if (take_u32(row, field, &v, err) < 0)
		return -1;
	*ret = (uint16_t)v;
	return 0;
}

static int take_addr(
	const struct csv_row *row, struct place field, struct addr *ret, struct err *err)
{
	if (addr_parse(row->cells[field.col].text, ret))
		return 0;
	return err_set(
		err, ERR_MALFORMED, "column %u (%s) is not an address", field.col + 1, field.name);
}

static bool has_dots(const struct csv_row *row, unsigned col)
{
	struct span s = col < row->n ? row->cells[col].text : (struct span){ 0 };
	return s.n && (memchr(s.p, '.', s.n) || memchr(s.p, ':', s.n));
}

/* The text states no version: the place of the first address tells it. Later versions have a
 * number in columns 7 and 8, Windows 2000 has an address in one of them. A row whose numbers were
 * damaged into something with a dot is then read by the wrong order, and fails at an address. */
static const struct columns *find_columns(const struct csv_row *row, bool udp)
{
	if (udp && has_dots(row, columns_udp_v0.saddr))
		return &columns_udp_v0;
	if (!udp && has_dots(row, columns_tcp_v0.daddr))
		return &columns_tcp_v0;
	return &columns_v1;
}

/* All that is needed must be there. Without a line feed the last column may have lost digits, so
 * another one must have begun behind it, or it ends with its quote. */
static int check_length(const struct csv_row *row, unsigned behind, bool whole, struct err *err)
{
	if (row->n > behind || (row->n == behind && (whole || row->cells[behind - 1].whole)))
		return 0;
	if (whole)
		return err_set(err, ERR_MALFORMED, "the row has %zu columns where %u are needed",
			row->n, behind);
	return err_set(err, ERR_TRUNCATED,
		"the input ends inside column %zu of a row that needs %u", row->n, behind);
}

static int take_ends(const struct csv_row *row, const struct columns *at, struct endpoint *ret_d,
	struct endpoint *ret_s, struct err *err)
{
	if (take_addr(row, (struct place){ at->daddr, "daddr", 0 }, &ret_d->addr, err) < 0 ||
		take_addr(row, (struct place){ at->saddr, "saddr", 0 }, &ret_s->addr, err) < 0 ||
		take_port(row, (struct place){ at->dport, "dport", 0 }, &ret_d->port, err) < 0)
		return -1;
	return take_port(row, (struct place){ at->sport, "sport", 0 }, &ret_s->port, err);
}

int row_network(const struct csv_row *row, bool whole, struct record *ret, struct err *err)
{
	bool udp = text_equal_nocase(row->cells[COL_CLASS].text, "UdpIp");
	const struct columns *at = find_columns(row, udp);
	struct record record = { .kind = RECORD_EVENT };
	struct event *event = &record.event;
	struct endpoint d, s;
	enum row_ip ip = IP_UNSTATED;
	event->transport = udp ? TRANSPORT_UDP : TRANSPORT_TCP;
	network_type(row, &event->op, &ip);
	if (take_time(row, &record, err) < 0 || check_length(row, at->behind, whole, err) < 0 ||
		take_u32(row, (struct place){ at->pid, "PID", UINT32_MAX }, &event->pid, err) < 0 ||
		take_u32(row, (struct place){ at->size, "size", UINT32_MAX }, &event->bytes, err) <
			0 ||
		take_ends(row, at, &d, &s, err) < 0)
		return -1;
	bool v4 = addr_is_v4(&d.addr) && addr_is_v4(&s.addr);
	if (ip == IP_V4 && !v4)
		return err_set(err, ERR_MALFORMED, "an IPv4 event with an address of IPv6");
	if (!traced_pid(event->pid))
		return SOURCE_END;
	row_ends(event, d, s, ip);
	*ret = record;
	return SOURCE_ITEM;
}

/* Column 13 in version 1; later versions put one or two numbers before the SID, and all of them
 * quote the name. A command line behind it may have quotes of its own that nobody doubled. A SID
 * ("\\DOMAIN\user", "S-1-5-18") is never taken for it. */
static bool find_image(const struct csv_row *row, bool whole, struct span *ret)
{
	for (size_t i = 12; i < row->sound && i <= 14; i++) {
		const struct csv_cell *cell = &row->cells[i];
		struct span text = cell->text;
		bool named = cell->quoted ? cell->whole
					  : i == 12 && row->n == 15 && (whole || cell->whole);
		if (!named || text.n == 0 || memchr(text.p, '\\', text.n) ||
			text_starts(text, "S-1-"))
			continue;
		*ret = text;
		return true;
	}
	return false;
}

int row_process(const struct csv_row *row, bool whole, struct record *ret, struct err *err)
{
	struct record record = { .kind = RECORD_PROCESS };
	struct process_note *note = &record.process;
	int what = NOTE_RUNNING;
	bool v0 = row->n >= 10 && row->n <= 12 && row->sound > 9 && row->cells[9].quoted &&
		row->cells[9].whole;
	unsigned pid = v0 ? 6 : 7;
	process_type(row->cells[COL_TYPE].text, &what);
	note->what = what;
	if (take_time(row, &record, err) < 0 || check_length(row, v0 ? 10 : 13, whole, err) < 0)
		return -1;
	if (v0)
		note->image = row->cells[9].text;
	else if (!find_image(row, whole, &note->image))
		return err_set(err, whole ? ERR_MALFORMED : ERR_TRUNCATED,
			"column 13 (ImageFileName) is missing or cut");
	if (take_u32(row, (struct place){ pid, "ProcessId", UINT32_MAX }, &note->pid, err) < 0 ||
		take_u32(row, (struct place){ pid + 1, "ParentId", UINT32_MAX }, &note->parent,
			err) < 0)
		return -1;
	if (note->pid == TRACED_PID_NONE)
		return SOURCE_END;
	note->has_parent = note->parent != TRACED_PID_NONE;
	note->image_cut = traced_image_cut(note->image);
	*ret = record;
	return SOURCE_ITEM;
}

/* TRACE_LOGFILE_HEADER from column 7: PointerSize is the 11th of its fields, EventsLost the 12th,
 * BuffersLost the 21st and last. PointerSize must be 4 or 8, or the fields stand elsewhere; wrong
 * where another order happens to have such a number there, and then a loss is made up, which costs
 * names but never gives a wrong one. A lost buffer held at least one event. */
int row_header(const struct csv_row *row, bool whole, struct record *ret, struct err *err)
{
	enum { POINTER_SIZE = 16, EVENTS_LOST = 17, BUFFERS_LOST = 26, COLUMNS = 29 };
	uint64_t pointer = 0, events = 0, buffers = 0;
	if (!whole && (row->n <= EVENTS_LOST || !row->cells[EVENTS_LOST].whole))
		return err_set(err, ERR_TRUNCATED,
			"the input ends inside the row that says how many events were lost");
	if (row->n <= EVENTS_LOST || !text_u64(row->cells[POINTER_SIZE].text, &pointer) ||
		(pointer != 4 && pointer != 8) ||
		!text_number(row->cells[EVENTS_LOST].text, &events) || events > UINT32_MAX)
		return SOURCE_END;
	/* A time zone printed as several columns moves BuffersLost: then it is not read. */
	if (row->n != COLUMNS || !text_number(row->cells[BUFFERS_LOST].text, &buffers) ||
		buffers > UINT32_MAX)
		buffers = 0;
	if (events + buffers == 0)
		return SOURCE_END;
	*ret = (struct record){
		.kind = RECORD_LOSS,
		.loss = { .what = LOSS_EVENTS, .count = events + buffers },
	};
	return SOURCE_ITEM;
}
