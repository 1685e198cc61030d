/* SPDX-License-Identifier: Apache-2.0 */
/* Titles of findings: see title.h. */
#include "cmd/title.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "UDP datagrams", "TCP segments" (of which events know nothing: "TCP data"), "ICMP echo requests",
 * "packets". */
static void what(const struct pattern *p, bool events, char *buf, size_t n)
{
	bool v6 = p->transport == TRANSPORT_ICMPV6;
	if (p->transport == TRANSPORT_UDP)
		snprintf(buf, n, "UDP datagrams");
	else if (p->transport == TRANSPORT_TCP)
		snprintf(buf, n, events ? "TCP data" : "TCP segments");
	else if (p->has_icmp && p->icmp_type == (v6 ? 128 : 8))
		snprintf(buf, n, "%s echo requests", v6 ? "ICMPv6" : "ICMP");
	else if (p->has_icmp && p->icmp_type == (v6 ? 129 : 0))
		snprintf(buf, n, "%s echo replies", v6 ? "ICMPv6" : "ICMP");
	else if (p->has_icmp)
		snprintf(buf, n, "%s messages (type %u, code %u)", v6 ? "ICMPv6" : "ICMP",
			p->icmp_type, p->icmp_code);
	else if (transport_name(p->transport))
		snprintf(buf, n, "%s packets", transport_name(p->transport));
	else
		snprintf(buf, n, "packets");
}

/* " to 15 hosts", " from port 53 of 2 hosts"; empty where no address is known. */
static void whom(const struct pattern *p, char *buf, size_t n)
{
	bool in = p->direction == DIRECTION_IN;
	const struct number_pattern *port = in ? &p->source_port : &p->destination_port;
	char peers[64] = "", service[32] = "";
	if (p->peers == 0) {
		buf[0] = '\0';
		return;
	}
	snprintf(peers, sizeof peers, "%s%" PRIu64 " host%s", p->peers_estimated ? "about " : "",
		p->peers, p->peers == 1 ? "" : "s");
	if (port->kind == NUMBER_CONSTANT)
		snprintf(service, sizeof service, "port %u of ", port->min);
	snprintf(buf, n, " %s %s%s", in ? "from" : "to", service, peers);
}

void title_make(struct finding *f, const struct process *process, const char *host, bool events)
{
	char things[80], peers[128], who[128];
	what(&f->pattern, events, things, sizeof things);
	whom(&f->pattern, peers, sizeof peers);
	if (!process) {
		snprintf(f->title, sizeof f->title, "%s: %s%s", reason_name(f->reason), things,
			peers);
		return;
	}
	if (process->image)
		snprintf(who, sizeof who, "%s (%u)", process->image, process->pid);
	else
		snprintf(who, sizeof who, "PID %u", process->pid);
	const char *verb = f->pattern.direction == DIRECTION_IN ? "receives"
		: f->pattern.direction == DIRECTION_LOCAL       ? "exchanges on this host"
								: "sends";
	if (f->pattern.direction == DIRECTION_LOCAL)
		peers[0] = '\0';
	snprintf(f->title, sizeof f->title, "%s%s%s %s %s%s", who, host ? " on " : "",
		host ? host : "", verb, things, peers);
}
