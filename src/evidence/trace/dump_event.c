/* SPDX-License-Identifier: Apache-2.0 */
/* Events of text dumps: see dump_event.h. Names of fields are those of the kernel's MOF classes and
 * of the providers' manifests; doc/tracerpt-xml.md lists them. */
#include "evidence/trace/dump_event.h"

#include "base/text.h"
#include "evidence/trace/traced.h"
#include "model/source.h"

static const struct {
	enum dump_class class;
	const char *name, *guid;
} classes[] = {
	{ DUMP_SESSION, "EventTrace", "{68fdd900-4a3e-11d1-84f4-0000f80464e3}" },
	{ DUMP_PROCESS, "Process", "{3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c}" },
	{ DUMP_TCPIP, "TcpIp", "{9a280ac0-c8e0-11d1-84e2-00c04fb998a2}" },
	{ DUMP_UDPIP, "UdpIp", "{bf3a50c5-a9c9-4988-a005-2df0b7c80f80}" },
	{ DUMP_CONFIG, "SystemConfig", "{01853a65-418f-4f36-aefc-dc0f1d2fd235}" },
	{ DUMP_KERNEL_NETWORK, "Microsoft-Windows-Kernel-Network",
		"{7dd42a49-5329-4832-8dfd-43d979153a88}" },
	{ DUMP_KERNEL_PROCESS, "Microsoft-Windows-Kernel-Process",
		"{22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716}" },
	{ DUMP_TCPIP_STACK, "Microsoft-Windows-TCPIP", "{2f07e2ee-15db-40f1-90ef-9d7ba282188a}" },
};

#define N_CLASSES (sizeof classes / sizeof *classes)

enum dump_class dump_class_of_name(struct span name)
{
	for (size_t i = 0; i < N_CLASSES; i++)
		if (text_equal_nocase(name, classes[i].name))
			return classes[i].class;
	return DUMP_OTHER;
}

enum dump_class dump_class_of_guid(struct span guid)
{
	for (size_t i = 0; i < N_CLASSES; i++)
		if (text_equal_nocase(guid, classes[i].guid))
			return classes[i].class;
	return DUMP_OTHER;
}

/* Opcodes 10 to 16 of TcpIp and UdpIp, 16 more for IPv6. Copies (18) repeat bytes that a receive
 * counted, and failures (17) name no ends. */
static enum event_op op_of_code(unsigned code, bool udp)
{
	static const enum event_op ops[] = { EVENT_SEND, EVENT_RECV, EVENT_CONNECT,
		EVENT_DISCONNECT, EVENT_RETRANSMIT, EVENT_ACCEPT, EVENT_RECONNECT };
	unsigned base = code >= 26 ? 26 : 10, most = udp ? 2 : 7;
	return code >= base && code < base + most ? ops[code - base] : 0;
}

/* 0: no use. Kernel-Network counts UDP 32 higher: 42, 43, and 58, 59 for IPv6. */
static enum event_op network_op(const struct dump_event *e, bool *ret_udp)
{
	*ret_udp = e->class == DUMP_UDPIP;
	if (e->class == DUMP_TCPIP || e->class == DUMP_UDPIP)
		return op_of_code(e->what, *ret_udp);
	if (e->class != DUMP_KERNEL_NETWORK)
		return 0;
	*ret_udp = e->what >= 42;
	return op_of_code(*ret_udp ? e->what - 32 : e->what, *ret_udp);
}

/* Events of Microsoft-Windows-TCPIP that bear a PID and both ends. */
static const struct stack_event {
	unsigned id;
	enum event_op op;
	uint8_t transport;
	const char *pid;
} stack_events[] = {
	{ 1169, EVENT_SEND, TRANSPORT_UDP, "Pid" },          /* UdpEndpointSendMessages */
	{ 1170, EVENT_RECV, TRANSPORT_UDP, "Pid" },          /* UdpEndpointReceiveMessages */
	{ 1017, EVENT_ACCEPT, TRANSPORT_TCP, "ProcessId" },  /* accept complete */
	{ 1033, EVENT_CONNECT, TRANSPORT_TCP, "ProcessId" }, /* connect complete */
	{ 1300, EVENT_HOLD, TRANSPORT_TCP, "Pid" },          /* TcpConnectionRundown */
};

static const struct stack_event *stack_event(unsigned id)
{
	for (size_t i = 0; i < sizeof stack_events / sizeof *stack_events; i++)
		if (stack_events[i].id == id)
			return &stack_events[i];
	return NULL;
}

/* Process: 1 start, 2 end, 3 and 4 running when the log began or ended. Kernel-Process: 1 start, 2
 * stop, 15 running. */
static bool note_kind(const struct dump_event *e, int *ret)
{
	bool kernel = e->class == DUMP_PROCESS;
	if (!kernel && e->class != DUMP_KERNEL_PROCESS)
		return false;
	if (e->what == 1 || e->what == 2) {
		*ret = e->what == 1 ? NOTE_START : NOTE_END;
		return true;
	}
	*ret = NOTE_RUNNING;
	return kernel ? e->what == 3 || e->what == 4 : e->what == 15;
}

#define CONFIG_SERVICES 15

bool dump_event_used(const struct dump_event *e)
{
	bool udp;
	int note;
	return network_op(e, &udp) || note_kind(e, &note) ||
		(e->class == DUMP_SESSION && e->what == 0) ||
		(e->class == DUMP_CONFIG && e->what == CONFIG_SERVICES) ||
		(e->class == DUMP_TCPIP_STACK && stack_event(e->what));
}

bool dump_event_is_note(const struct dump_event *e)
{
	return e->class == DUMP_SESSION || e->class == DUMP_PROCESS ||
		e->class == DUMP_KERNEL_PROCESS || e->class == DUMP_CONFIG;
}

/* The kernel logger before Kernel-Network before TCPIP: where an earlier one was seen, events of a
 * later one tell of the same datagrams once more, and only say who holds the flow. The first few
 * may come double; then packets get `flow`, never another name. */
enum event_op dump_event_settle(struct dump_memory *m, const struct dump_event *e, enum event_op op)
{
	unsigned rank = e->class == DUMP_TCPIP_STACK ? 2 : e->class == DUMP_KERNEL_NETWORK ? 1 : 0;
	bool second = m->seen & ((1u << rank) - 1);
	m->seen |= 1u << rank;
	return second ? EVENT_HOLD : op;
}

int dump_loss_give(struct dump_loss *loss, struct record *ret)
{
	loss->due = false;
	*ret = (struct record){
		.kind = RECORD_LOSS,
		.number = loss->line,
		.has_time = loss->has_time,
		.when = loss->when,
		.loss = { .what = LOSS_EVENTS, .count = 1 },
	};
	return SOURCE_ITEM;
}

static int read_network(
	struct dump_memory *m, const struct dump_event *e, struct record *ret, struct err *err)
{
	bool udp;
	struct event event = { .op = network_op(e, &udp) };
	struct dump_ends ends;
	event.transport = udp ? TRANSPORT_UDP : TRANSPORT_TCP;
	if (fields_u32(&e->fields, "PID", UINT32_MAX, &event.pid, err) < 0 ||
		fields_u32(&e->fields, "size", UINT32_MAX, &event.bytes, err) < 0 ||
		fields_ends(&e->fields, &ends, err) < 0)
		return -1;
	if (!traced_pid(event.pid))
		return SOURCE_END;
	bool kernel_v1 = e->class != DUMP_KERNEL_NETWORK && e->version < 2;
	/* Version 1 of UdpIp fills 16 bits of the size. It has no IPv6, so no jumbograms. */
	if (udp && kernel_v1)
		event.bytes &= UINT16_MAX;
	/* TCP: d is remote. UDP: as the packet has it; of older receives that is not known. */
	bool swapped = udp && event.op == EVENT_RECV;
	event.local = swapped ? ends.d : ends.s;
	event.remote = swapped ? ends.s : ends.d;
	event.either_way = swapped && kernel_v1;
	event.op = dump_event_settle(m, e, event.op);
	event.traces = TRACES_TCP | TRACES_UDP; /* one flag turns both on */
	*ret = (struct record){ .kind = RECORD_EVENT, .event = event };
	return SOURCE_ITEM;
}

/* "LocalSockAddr", "LocalAddress": a field of that side that is no length. */
static const struct field *find_side(const struct fields *fs, const char *side)
{
	for (size_t i = 0; i < fs->n; i++) {
		struct span name = fs->f[i].name;
		bool length =
			name.n > 6 && text_equal_nocase(span_of(name.p + name.n - 6, 6), "Length");
		if (text_starts(name, side) && !length)
			return &fs->f[i];
	}
	return NULL;
}

static int read_stack(struct dump_memory *m, const struct dump_event *e,
	const struct stack_event *known, struct record *ret, struct err *err)
{
	const struct field *local = find_side(&e->fields, "Local");
	const struct field *remote = find_side(&e->fields, "Remote");
	struct event event = { .op = known->op, .transport = known->transport };
	uint32_t messages = 1, status = 0;
	if (!local || !remote)
		return err_set(err, ERR_MALFORMED, "the event has no local and remote address");
	if (fields_u32(&e->fields, known->pid, UINT32_MAX, &event.pid, err) < 0 ||
		fields_socket(local, &event.local, err) < 0 ||
		fields_socket(remote, &event.remote, err) < 0)
		return -1;
	if (event.transport == TRANSPORT_UDP) {
		if (fields_u32(&e->fields, "NumMessages", UINT32_MAX, &messages, err) < 0 ||
			fields_u32(&e->fields, "NumBytes", UINT32_MAX, &event.bytes, err) < 0)
			return -1;
	} else if (fields_find(&e->fields, "Status") &&
		fields_u32(&e->fields, "Status", UINT32_MAX, &status, err) < 0) {
		return -1;
	}
	if (!traced_pid(event.pid) || status != 0)
		return SOURCE_END;
	m->sends |= event.op == EVENT_SEND;
	m->receives |= event.op == EVENT_RECV;
	/* A log that has the ones but not the others would deny packets that it could not have, and
	 * sends and receives of TCP are logged without a process. */
	event.traces = m->sends && m->receives ? TRACES_UDP : 0;
	event.op = dump_event_settle(m, e, event.op);
	/* Of several messages only the sum is told, so none of them can be known by its length. */
	if (messages != 1)
		event.op = EVENT_HOLD;
	if (event.op == EVENT_HOLD)
		event.bytes = 0;
	*ret = (struct record){ .kind = RECORD_EVENT, .event = event };
	return SOURCE_ITEM;
}

/* Where the kernel logger tells of processes too, a second start a moment after the first would be
 * another process, and a second end one that nobody saw begin. False: not to be told again. */
static bool settle_note(
	struct dump_memory *m, const struct dump_event *e, struct process_note *note)
{
	m->processes |= e->class == DUMP_PROCESS;
	if (e->class == DUMP_PROCESS || !m->processes)
		return true;
	if (note->what == NOTE_END)
		return false;
	note->what = NOTE_RUNNING;
	return true;
}

static int read_process(
	struct dump_memory *m, const struct dump_event *e, struct record *ret, struct err *err)
{
	bool kernel = e->class == DUMP_PROCESS;
	struct process_note note = { 0 };
	const struct field *parent =
		fields_find(&e->fields, kernel ? "ParentId" : "ParentProcessID");
	const struct field *created = kernel ? NULL : fields_find(&e->fields, "CreateTime");
	struct span image;
	int what = NOTE_RUNNING;
	note_kind(e, &what);
	note.what = what;
	if (fields_u32(&e->fields, "ProcessId", UINT32_MAX, &note.pid, err) < 0 ||
		fields_text(&e->fields, kernel ? "ImageFileName" : "ImageName", &image, err) < 0)
		return -1;
	if (note.pid == TRACED_PID_NONE || !settle_note(m, e, &note))
		return SOURCE_END;
	if (parent &&
		fields_u32(&e->fields, kernel ? "ParentId" : "ParentProcessID", UINT32_MAX,
			&note.parent, err) < 0)
		return -1;
	note.has_parent = parent && note.parent != TRACED_PID_NONE;
	note.image = kernel ? image : traced_base_name(image);
	note.image_cut = kernel && e->version < 4 && traced_image_cut(note.image);
	note.has_start = created && !created->cut && dump_time(created->text, &note.start);
	*ret = (struct record){ .kind = RECORD_PROCESS, .process = note };
	return SOURCE_ITEM;
}

static int read_service(const struct dump_event *e, struct record *ret, struct err *err)
{
	struct process_note note = { .what = NOTE_RUNNING, .service = true };
	const struct field *tag = fields_find(&e->fields, "SubProcessTag");
	if (fields_u32(&e->fields, "ProcessId", UINT32_MAX, &note.pid, err) < 0 ||
		fields_text(&e->fields, "ServiceName", &note.services, err) < 0 ||
		(tag && fields_u32(&e->fields, "SubProcessTag", UINT32_MAX, &note.tag, err) < 0))
		return -1;
	/* A stopped service has no process. */
	if (!traced_pid(note.pid) || note.services.n == 0)
		return SOURCE_END;
	*ret = (struct record){ .kind = RECORD_PROCESS, .process = note };
	return SOURCE_ITEM;
}

/* A lost buffer held at least one event. */
static int read_session(const struct dump_event *e, struct record *ret, struct err *err)
{
	uint32_t events = 0, buffers = 0;
	if ((fields_find(&e->fields, "EventsLost") &&
		    fields_u32(&e->fields, "EventsLost", UINT32_MAX, &events, err) < 0) ||
		(fields_find(&e->fields, "BuffersLost") &&
			fields_u32(&e->fields, "BuffersLost", UINT32_MAX, &buffers, err) < 0))
		return -1;
	if (events == 0 && buffers == 0)
		return SOURCE_END;
	*ret = (struct record){
		.kind = RECORD_LOSS,
		.loss = { .what = LOSS_EVENTS, .count = (uint64_t)events + buffers },
	};
	return SOURCE_ITEM;
}

int dump_event_read(
	struct dump_memory *m, const struct dump_event *e, struct record *ret, struct err *err)
{
	if (!dump_event_used(e))
		return SOURCE_END;
	switch (e->class) {
	case DUMP_TCPIP:
	case DUMP_UDPIP:
	case DUMP_KERNEL_NETWORK:
		return read_network(m, e, ret, err);
	case DUMP_TCPIP_STACK: {
		const struct stack_event *known = stack_event(e->what);
		return known ? read_stack(m, e, known, ret, err) : SOURCE_END;
	}
	case DUMP_PROCESS:
	case DUMP_KERNEL_PROCESS:
		return read_process(m, e, ret, err);
	case DUMP_CONFIG:
		return read_service(e, ret, err);
	case DUMP_SESSION:
		return read_session(e, ret, err);
	case DUMP_OTHER:
		break;
	}
	return SOURCE_END;
}
