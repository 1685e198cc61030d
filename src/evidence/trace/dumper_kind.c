/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of events in a dump of xperf: see dumper_kind.h and doc/xperf-dumper.md. */
#include "evidence/trace/dumper_kind.h"

#include "base/text.h"

/* Opcodes of the classes TcpIp and UdpIp, and the words for them in the names of xperf's own kinds
 * and in those of Kernel-Network. */
static const struct {
	unsigned code;
	const char *own, *manifest;
} words[] = {
	{ 10, "Send", "Datasent" },
	{ 11, "Recv", "Datareceived" },
	{ 12, "Connect", "Connectionattempted" },
	{ 13, "Disconnect", "Disconnectissued" },
	{ 14, "Retransmit", "Dataretransmitted" },
	{ 15, "Accept", "Connectionaccepted" },
	{ 16, "Reconnect", "Reconnectattempted" },
};

#define N_WORDS (sizeof words / sizeof *words)

/* Does one begin with the other? */
static bool cut_prefix(struct span *s, const char *prefix)
{
	size_t n = strlen(prefix);
	if (!text_starts(*s, prefix))
		return false;
	*s = span_of(s->p + n, s->n - n);
	return true;
}

/* "TcpSend", "UdpRecvIPV6" */
static bool own_network(struct span name, struct dumper_kind *ret)
{
	if (!cut_prefix(&name, "Tcp") && !cut_prefix(&name, "Udp"))
		return false;
	if (name.n > 4 &&
		(text_equal_nocase(span_of(name.p + name.n - 4, 4), "IPV4") ||
			text_equal_nocase(span_of(name.p + name.n - 4, 4), "IPV6")))
		name.n -= 4;
	ret->class = ret->name[0] == 'T' ? DUMP_TCPIP : DUMP_UDPIP;
	/* Its titles say "Remote" and "Local" for what the kernel calls d and s. For a UDP receive
	 * that is not known to be so: version 1 is the one whose ends are open. */
	ret->version = 1;
	for (size_t i = 0; i < N_WORDS; i++)
		if (text_equal(name, words[i].own)) {
			ret->what = words[i].code;
			return true;
		}
	return false;
}

/* "Microsoft-Windows-Kernel-Network/KERNEL_NETWORK_TASK_UDPIP/DatasentoverUDPprotocol." */
static bool kernel_network(struct span name, struct dumper_kind *ret)
{
	if (!cut_prefix(&name, "Microsoft-Windows-Kernel-Network/KERNEL_NETWORK_TASK_"))
		return false;
	bool udp = cut_prefix(&name, "UDPIP/");
	if (!udp && !cut_prefix(&name, "TCPIP/"))
		return false;
	ret->class = DUMP_KERNEL_NETWORK;
	for (size_t i = 0; i < N_WORDS; i++)
		if (text_starts(name, words[i].manifest)) {
			ret->what = words[i].code + (udp ? 32 : 0);
			return true;
		}
	return false;
}

static bool tcpip_stack(struct span name, struct dumper_kind *ret)
{
	if (!cut_prefix(&name, "Microsoft-Windows-TCPIP/"))
		return false;
	ret->class = DUMP_TCPIP_STACK;
	ret->what = text_starts(name, "UdpEndpointSendMessages")  ? 1169
		: text_starts(name, "UdpEndpointReceiveMessages") ? 1170
								  : 0;
	return ret->what != 0;
}

static bool process(struct span name, struct dumper_kind *ret)
{
	static const char *const names[] = { "P-Start", "P-End", "P-DCStart", "P-DCEnd" };
	ret->class = DUMP_PROCESS;
	ret->version = 4;
	for (unsigned i = 0; i < 4; i++)
		if (text_equal(name, names[i])) {
			ret->what = i + 1;
			return true;
		}
	return false;
}

static bool contains(struct span s, const char *word)
{
	return memmem(s.p, s.n, word, strlen(word)) != NULL;
}

/* "Remote IPv4 Addr", "Local IPv6 Port" */
static const char *own_field(struct span title)
{
	bool d = contains(title, "Remote") || contains(title, "Dest");
	bool s = contains(title, "Local") || contains(title, "Source");
	if (contains(title, "Size"))
		return "size";
	if (d == s)
		return NULL;
	return contains(title, "Addr")    ? (d ? "daddr" : "saddr")
		: contains(title, "Port") ? (d ? "dport" : "sport")
					  : NULL;
}

static const char *field_of(const struct dumper_kind *k, struct span title)
{
	static const char *const manifest[] = { "PID", "size", "daddr", "saddr", "dport", "sport",
		"NumMessages", "NumBytes", "LocalSockAddr", "RemoteSockAddr" };
	if (k->class == DUMP_PROCESS)
		return text_equal_nocase(title, "ParentPID") ? "ParentId" : NULL;
	if (k->class == DUMP_TCPIP || k->class == DUMP_UDPIP)
		return own_field(title);
	for (size_t i = 0; i < sizeof manifest / sizeof *manifest; i++)
		if (text_equal_nocase(title, manifest[i]))
			return manifest[i];
	return NULL;
}

static bool has_field(const struct dumper_kind *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->fields[i] && strcmp(k->fields[i], name) == 0)
			return true;
	return false;
}

static bool is_complete(const struct dumper_kind *k)
{
	if (k->time == 0)
		return false;
	if (k->class == DUMP_PROCESS)
		return k->process != 0;
	if (k->class == DUMP_TCPIP_STACK)
		return has_field(k, "LocalSockAddr") && has_field(k, "RemoteSockAddr") &&
			has_field(k, "NumMessages") && has_field(k, "NumBytes") &&
			has_field(k, "PID");
	return has_field(k, "daddr") && has_field(k, "saddr") && has_field(k, "dport") &&
		has_field(k, "sport") && has_field(k, "size") &&
		(k->class == DUMP_KERNEL_NETWORK ? has_field(k, "PID") : k->process != 0);
}

bool dumper_kind_read(const struct csv_row *titles, struct dumper_kind *ret)
{
	struct dumper_kind k = { 0 };
	struct span name = titles->cells[0].text;
	if (titles->n < 3 || name.n == 0 || name.n >= KIND_NAME_BYTES)
		return false;
	memcpy(k.name, name.p, name.n);
	if (!own_network(name, &k) && !kernel_network(name, &k) && !tcpip_stack(name, &k) &&
		!process(name, &k))
		return false;
	for (size_t i = 1; i < titles->n && i < KIND_COLUMNS; i++) {
		struct span title = titles->cells[i].text;
		if (text_equal(title, "TimeStamp"))
			k.time = (uint8_t)i;
		else if (text_starts(title, "Process Name"))
			k.process = (uint8_t)i;
		else
			k.fields[i] = field_of(&k, title);
		k.n = (uint8_t)(i + 1);
	}
	if (!is_complete(&k))
		return false;
	*ret = k;
	return true;
}

/* "store.exe (2136)", "csrss.exe ( 608)": the name may hold parentheses itself. */
static bool split_process(struct span s, struct span *ret_name, struct span *ret_pid)
{
	size_t at = s.n;
	while (at && s.p[at - 1] != '(')
		at--;
	if (at == 0 || s.p[s.n - 1] != ')')
		return false;
	*ret_name = text_trim(span_of(s.p, at - 1));
	*ret_pid = text_trim(span_of(s.p + at, s.n - at - 1));
	return true;
}

bool dumper_kind_event(
	const struct dumper_kind *k, const struct csv_row *row, bool whole, struct dump_event *ret)
{
	struct span name, pid;
	ret->class = k->class;
	ret->version = k->version;
	ret->what = k->what;
	ret->fields.n = 0;
	for (size_t i = 1; i < k->n && i < row->n && i < row->sound; i++)
		if (k->fields[i])
			fields_add(&ret->fields, span_text(k->fields[i]), row->cells[i].text,
				!whole && !row->cells[i].whole);
	if (k->class == DUMP_KERNEL_NETWORK || k->class == DUMP_TCPIP_STACK)
		return true;
	if (k->process >= row->n || !split_process(row->cells[k->process].text, &name, &pid))
		return false;
	bool note = k->class == DUMP_PROCESS;
	fields_add(&ret->fields, span_text(note ? "ProcessId" : "PID"), pid, false);
	if (note)
		fields_add(&ret->fields, span_text("ImageFileName"), name, false);
	return true;
}
