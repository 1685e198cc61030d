/* SPDX-License-Identifier: Apache-2.0 */
/* Words for people: see words.h. */
#include "output/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "output/escape.h"
#include "output/layout.h"

void words_number(struct str *s, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			str_char(s, ',');
		str_char(s, digits[i]);
	}
}

void words_count(struct str *s, uint64_t n, const char *one, const char *many)
{
	words_number(s, n);
	str_text(s, MARK_TIE);
	str_text(s, n == 1 ? one : many);
}

static uint64_t magnitude(int64_t ns)
{
	return ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
}

void words_duration(struct str *s, int64_t ns)
{
	uint64_t size = magnitude(ns);
	if (size && size < 1000000) {
		str_printf(s, "0.%03" PRIu64 MARK_TIE "ms", size / 1000);
		return;
	}
	uint64_t ms = (size + 500000) / 1000000;
	uint64_t hours = ms / 3600000, minutes = ms / 60000 % 60, rest = ms % 60000;
	if (hours)
		str_printf(s, "%" PRIu64 MARK_TIE "h ", hours);
	if (minutes)
		str_printf(s, "%" PRIu64 MARK_TIE "min ", minutes);
	if (rest || ms < 60000)
		str_printf(s, "%" PRIu64 ".%03" PRIu64 MARK_TIE "s", rest / 1000, rest % 1000);
	else if (s->n && s->p[s->n - 1] == ' ')
		s->p[--s->n] = '\0';
}

void words_delta(struct str *s, int64_t ns)
{
	uint64_t us = (magnitude(ns) + 500) / 1000;
	str_printf(s, "%s%" PRIu64 ".%03" PRIu64 MARK_TIE "ms", ns < 0 ? "-" : "+", us / 1000,
		us % 1000);
}

static bool has_ports(uint8_t transport)
{
	return transport == TRANSPORT_TCP || transport == TRANSPORT_UDP || transport == 33 ||
		transport == 132 || transport == 136;
}

void words_endpoint(struct str *s, const struct endpoint *e, uint8_t transport)
{
	char text[ADDR_TEXT_BYTES];
	addr_format(&e->addr, text);
	if (!has_ports(transport))
		str_text(s, text);
	else
		str_printf(s, addr_is_v4(&e->addr) ? "%s:%u" : "[%s]:%u", text, e->port);
}

void words_flow(struct str *s, const struct flow *f, uint8_t transport)
{
	words_endpoint(s, &f->src, transport);
	str_text(s, " > ");
	words_endpoint(s, &f->dst, transport);
}

void words_transport(struct str *s, uint8_t transport)
{
	const char *name = transport_name(transport);
	if (transport == TRANSPORT_ICMPV6)
		str_text(s, "ICMPv6");
	else if (!name)
		str_printf(s, "IP protocol %u", transport);
	if (transport == TRANSPORT_ICMPV6 || !name)
		return;
	for (; *name; name++)
		str_char(s, *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name);
}

/* The names that IANA's registries "ICMP Type Numbers" and "ICMPv6 Parameters" give. */
static const char *icmp_name(uint8_t transport, uint8_t type)
{
	static const struct {
		uint8_t transport, type;
		const char *name;
	} names[] = {
		{ TRANSPORT_ICMP, 0, "echo reply" },
		{ TRANSPORT_ICMP, 3, "destination unreachable" },
		{ TRANSPORT_ICMP, 4, "source quench" },
		{ TRANSPORT_ICMP, 5, "redirect" },
		{ TRANSPORT_ICMP, 8, "echo request" },
		{ TRANSPORT_ICMP, 9, "router advertisement" },
		{ TRANSPORT_ICMP, 10, "router solicitation" },
		{ TRANSPORT_ICMP, 11, "time exceeded" },
		{ TRANSPORT_ICMP, 12, "parameter problem" },
		{ TRANSPORT_ICMP, 13, "timestamp request" },
		{ TRANSPORT_ICMP, 14, "timestamp reply" },
		{ TRANSPORT_ICMPV6, 1, "destination unreachable" },
		{ TRANSPORT_ICMPV6, 2, "packet too big" },
		{ TRANSPORT_ICMPV6, 3, "time exceeded" },
		{ TRANSPORT_ICMPV6, 4, "parameter problem" },
		{ TRANSPORT_ICMPV6, 128, "echo request" },
		{ TRANSPORT_ICMPV6, 129, "echo reply" },
		{ TRANSPORT_ICMPV6, 133, "router solicitation" },
		{ TRANSPORT_ICMPV6, 134, "router advertisement" },
		{ TRANSPORT_ICMPV6, 135, "neighbor solicitation" },
		{ TRANSPORT_ICMPV6, 136, "neighbor advertisement" },
		{ TRANSPORT_ICMPV6, 143, "multicast listener report" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].transport == transport && names[i].type == type)
			return names[i].name;
	return NULL;
}

void words_icmp(struct str *s, uint8_t transport, uint8_t type, uint8_t code)
{
	const char *name = icmp_name(transport, type);
	words_transport(s, transport);
	if (!name)
		str_printf(s, " type %u, code %u", type, code);
	else if (code)
		str_printf(s, " %s, code %u", name, code);
	else
		str_printf(s, " %s", name);
}

const char *words_operation(enum event_op op)
{
	static const char *const names[] = {
		[EVENT_SEND] = "send",
		[EVENT_RECV] = "receive",
		[EVENT_CONNECT] = "connect",
		[EVENT_ACCEPT] = "accept",
		[EVENT_RECONNECT] = "reconnect",
		[EVENT_DISCONNECT] = "disconnect",
		[EVENT_RETRANSMIT] = "retransmit",
	};
	return op >= EVENT_SEND && op <= EVENT_RETRANSMIT ? names[op] : "event";
}

bool pattern_counts_answers(const struct pattern *p)
{
	return p->answerable > 0;
}

const struct process *context_process(const struct sink_context *c, process_handle handle)
{
	return handle < c->n_processes ? &c->processes[handle] : NULL;
}

const char *context_host(const struct sink_context *c, const struct process *p)
{
	return c->n_hosts > 1 && p->host < c->n_hosts ? c->hosts[p->host] : NULL;
}

void words_process(struct str *s, const struct sink_context *c, process_handle handle)
{
	const struct process *p = context_process(c, handle);
	if (!p) {
		str_text(s, "no process");
		return;
	}
	str_text(s, MARK_BOLD);
	if (p->image && p->image[0]) {
		escape_text(s, p->image);
		str_printf(s, "%s (%" PRIu32 ")", p->image_cut ? "\xe2\x80\xa6" : "", p->pid);
	} else {
		str_printf(s, "PID %" PRIu32, p->pid);
	}
	str_text(s, MARK_END);
	const char *host = context_host(c, p);
	if (host) {
		str_text(s, " on ");
		escape_text(s, host);
	}
}

void words_frames(struct str *s, const struct sink_context *c, uint64_t n)
{
	words_count(s, n, c->only_events ? "event" : "frame", c->only_events ? "events" : "frames");
}

void words_services(struct str *s, const char *services)
{
	str_text(s, strchr(services, ',') ? "services " : "service ");
	escape_text(s, services);
}

void words_file(struct str *s, const struct sink_context *c, uint32_t input)
{
	escape_text(s, input < c->n_inputs ? c->inputs[input].file : "?");
}

void words_evidence(struct str *s, const struct sink_context *c, const struct evidence *e)
{
	words_file(s, c, e->input);
	str_printf(s, ":%" PRIu64, e->number);
}
