/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of tracerpt's long form: see tracerpt_long.h and doc/tracerpt-csv.md. The text names the
 * columns before the user data only. What stands in the user data is in the order of the kernel's
 * MOF classes and of the providers' manifests, which differs between versions of an event. */
#include "evidence/trace/tracerpt_long.h"

#include "base/text.h"

const struct long_layout long_layout_usual = {
	.id = 2,
	.version = 3,
	.opcode = 6,
	.clock = 16,
	.data = 19,
};

#define ANY UINT32_MAX

/* The fields of an event from version `from` on, until a later line says otherwise. */
static const struct order {
	enum dump_class class;
	unsigned what, from;
	const char *names;
} orders[] = {
	{ DUMP_SESSION, 0, 0,
		"BufferSize Version ProviderVersion NumberOfProcessors EndTime TimerResolution "
		"MaxFileSize LogFileMode BuffersWritten StartBuffers PointerSize EventsLost" },
	{ DUMP_TCPIP, ANY, 0, "daddr saddr dport sport size PID" },
	{ DUMP_TCPIP, ANY, 1, "PID size daddr saddr dport sport" },
	{ DUMP_UDPIP, ANY, 0, "PID saddr sport size daddr dport dsize" },
	{ DUMP_UDPIP, ANY, 1, "PID size daddr saddr dport sport" },
	{ DUMP_KERNEL_NETWORK, ANY, 0, "PID size daddr saddr dport sport" },
	{ DUMP_PROCESS, ANY, 0, "ProcessId ParentId UserSID ImageFileName" },
	{ DUMP_PROCESS, ANY, 1,
		"PageDirectoryBase ProcessId ParentId SessionId ExitStatus UserSID ImageFileName" },
	{ DUMP_PROCESS, ANY, 3,
		"UniqueProcessKey ProcessId ParentId SessionId ExitStatus DirectoryTableBase "
		"UserSID ImageFileName" },
	{ DUMP_PROCESS, ANY, 4,
		"UniqueProcessKey ProcessId ParentId SessionId ExitStatus DirectoryTableBase "
		"Flags UserSID ImageFileName" },
	{ DUMP_CONFIG, 15, 0, "ServiceName DisplayName ProcessName ProcessId" },
	{ DUMP_CONFIG, 15, 2, "ProcessId ServiceState SubProcessTag ServiceName" },
	{ DUMP_KERNEL_PROCESS, 1, 0, "ProcessID CreateTime ParentProcessID SessionID ImageName" },
	{ DUMP_KERNEL_PROCESS, 1, 1,
		"ProcessID CreateTime ParentProcessID SessionID Flags ImageName" },
	{ DUMP_KERNEL_PROCESS, 1, 3,
		"ProcessID ProcessSequenceNumber CreateTime ParentProcessID "
		"ParentProcessSequenceNumber SessionID Flags ProcessTokenElevationType "
		"ProcessTokenIsElevated MandatoryLabel ImageName" },
	{ DUMP_KERNEL_PROCESS, 15, 0,
		"ProcessID CreateTime ParentProcessID SessionID Flags ImageName" },
	{ DUMP_KERNEL_PROCESS, 15, 1,
		"ProcessID ProcessSequenceNumber CreateTime ParentProcessID "
		"ParentProcessSequenceNumber SessionID Flags ProcessTokenElevationType "
		"ProcessTokenIsElevated MandatoryLabel ImageName" },
	{ DUMP_KERNEL_PROCESS, 2, 0,
		"ProcessID CreateTime ExitTime ExitCode TokenElevationType HandleCount "
		"CommitCharge CommitPeak ImageName" },
	{ DUMP_KERNEL_PROCESS, 2, 1,
		"ProcessID CreateTime ExitTime ExitCode TokenElevationType HandleCount "
		"CommitCharge CommitPeak CPUCycleCount ReadOperationCount WriteOperationCount "
		"ReadTransferKiloBytes WriteTransferKiloBytes HardFaultCount ImageName" },
	{ DUMP_KERNEL_PROCESS, 2, 2,
		"ProcessID ProcessSequenceNumber CreateTime ExitTime ExitCode "
		"TokenElevationType HandleCount CommitCharge CommitPeak CPUCycleCount "
		"ReadOperationCount WriteOperationCount ReadTransferKiloBytes "
		"WriteTransferKiloBytes HardFaultCount ImageName" },
	{ DUMP_TCPIP_STACK, 1169, 0,
		"Endpoint NumMessages NumBytes LocalSockAddrLength LocalSockAddr "
		"RemoteSockAddrLength RemoteSockAddr Pid" },
	{ DUMP_TCPIP_STACK, 1170, 0,
		"Endpoint NumMessages NumBytes LocalSockAddrLength LocalSockAddr "
		"RemoteSockAddrLength RemoteSockAddr Pid" },
	{ DUMP_TCPIP_STACK, 1300, 0,
		"Tcb LocalAddressLength LocalAddress RemoteAddressLength RemoteAddress State "
		"Pid" },
	{ DUMP_TCPIP_STACK, ANY, 0,
		"LocalAddressLength LocalAddress RemoteAddressLength RemoteAddress Status "
		"ProcessId" },
};

static const char *find_names(const struct dump_event *e)
{
	const struct order *best = NULL;
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		const struct order *o = &orders[i];
		bool fits = o->class == e->class && (o->what == e->what || o->what == ANY) &&
			o->from <= e->version;
		if (fits && !(best && best->what != ANY && o->what == ANY))
			best = o;
	}
	return best ? best->names : NULL;
}

static bool find_column(const struct csv_row *row, const char *name, size_t *ret)
{
	for (size_t i = 0; i < row->n; i++) {
		if (!text_equal_nocase(row->cells[i].text, name))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

bool long_titles(const struct csv_row *row, struct long_layout *ret)
{
	return row->n > 2 && text_equal_nocase(row->cells[0].text, "Event Name") &&
		text_equal_nocase(row->cells[1].text, "Type") &&
		find_column(row, "Event ID", &ret->id) &&
		find_column(row, "Version", &ret->version) &&
		find_column(row, "Opcode", &ret->opcode) &&
		find_column(row, "Clock-Time", &ret->clock) &&
		find_column(row, "User Data", &ret->data);
}

static bool number_at(const struct csv_row *row, size_t at, unsigned *ret)
{
	uint32_t v;
	if (at >= row->n || !text_u32(row->cells[at].text, UINT16_MAX, &v))
		return false;
	*ret = v;
	return true;
}

bool long_is_row(const struct csv_row *row)
{
	const struct long_layout *at = &long_layout_usual;
	unsigned v;
	uint64_t clock;
	if (row->n <= at->data || row->cells[0].quoted || row->cells[0].text.n == 0)
		return false;
	for (size_t i = at->id; i <= 7; i++) /* ID, version, channel, level, opcode, task */
		if (!number_at(row, i, &v))
			return false;
	struct span text = row->cells[at->clock].text;
	return text_starts(row->cells[8].text, "0x") && text_starts(row->cells[9].text, "0x") &&
		text_starts(row->cells[10].text, "0x") && text.n >= 15 && text_u64(text, &clock);
}

bool long_clock(const struct long_layout *at, const struct csv_row *row, struct span *ret)
{
	if (row->n <= at->clock || !row->cells[at->clock].whole)
		return false;
	*ret = row->cells[at->clock].text;
	return true;
}

/* Rows of manifest events bear the provider's name or, in some versions of the tool, that of the
 * task, which only Kernel-Network has in a form that nobody else would take. */
static enum dump_class class_of(struct span name, bool manifest)
{
	enum dump_class class = dump_class_of_name(name);
	if (text_equal_nocase(name, "KERNEL_NETWORK_TASK_TCPIP") ||
		text_equal_nocase(name, "KERNEL_NETWORK_TASK_UDPIP"))
		class = DUMP_KERNEL_NETWORK;
	/* Events of kernel classes have no id, those of providers have one. */
	return (class >= DUMP_KERNEL_NETWORK) == manifest ? class : DUMP_OTHER;
}

static void name_fields(const struct long_layout *at, const struct csv_row *row, bool whole,
	const char *names, struct dump_event *ret)
{
	struct span rest = span_text(names);
	for (size_t i = at->data; rest.p && i < row->n && i < row->sound; i++) {
		const struct csv_cell *cell = &row->cells[i];
		fields_add(
			&ret->fields, text_split(&rest, ' '), cell->text, !whole && !cell->whole);
	}
}

/* The last field of a session's header; it is at its place unless the time zone before it was
 * printed as several columns. */
static void name_buffers_lost(
	const struct long_layout *at, const struct csv_row *row, struct dump_event *ret)
{
	static const size_t fields = 21;
	if (row->n == at->data + fields && row->sound == row->n)
		fields_add(
			&ret->fields, span_text("BuffersLost"), row->cells[row->n - 1].text, false);
}

bool long_event(
	const struct long_layout *at, const struct csv_row *row, bool whole, struct dump_event *ret)
{
	unsigned id = 0, opcode = 0;
	size_t most = at->clock > at->opcode ? at->clock : at->opcode;
	ret->class = DUMP_OTHER;
	ret->fields.n = 0;
	if (row->n <= most || !row->cells[most].whole || row->sound <= most ||
		row->cells[0].text.n == 0 || !number_at(row, at->id, &id) ||
		!number_at(row, at->version, &ret->version) || !number_at(row, at->opcode, &opcode))
		return false;
	ret->class = class_of(row->cells[0].text, id != 0);
	ret->what = id ? id : opcode;
	const char *names = find_names(ret);
	if (!names || !dump_event_used(ret))
		return true;
	name_fields(at, row, whole, names, ret);
	if (ret->class == DUMP_SESSION && whole)
		name_buffers_lost(at, row, ret);
	return true;
}
