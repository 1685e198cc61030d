/* SPDX-License-Identifier: Apache-2.0 */
/* A group's pattern in words. What no packet states is not spoken of. */
#include "output/terminal.h"

#include <inttypes.h>

#define DASH "\xe2\x80\x93"

static void add_part(struct str *s)
{
	if (s->n)
		str_text(s, "; ");
}

/* "1, 2 or 3"; thousands are grouped in lengths, not in ports. */
static void add_values(
	struct str *s, const struct number_pattern *p, const char *last, bool grouped)
{
	for (uint8_t i = 0; i < p->n_values && i < PATTERN_SET; i++) {
		if (i)
			str_text(s, i + 1 == p->n_values ? last : ", ");
		if (grouped)
			words_number(s, p->values[i]);
		else
			str_printf(s, "%" PRIu32, p->values[i]);
	}
}

static void add_known(
	struct str *s, const struct number_pattern *p, uint64_t packets, const char *what)
{
	if (p->known >= packets)
		return;
	str_printf(s, " (%sknown for ", what);
	words_number(s, p->known);
	str_text(s, " of ");
	words_number(s, packets);
	str_char(s, ')');
}

static void add_length(struct str *s, const struct pattern *p)
{
	const struct number_pattern *n = &p->payload_bytes;
	if (n->kind == NUMBER_UNKNOWN)
		return;
	add_part(s);
	str_text(s, "payload ");
	if (n->kind == NUMBER_CONSTANT || n->kind == NUMBER_SET) {
		add_values(s, n, " or ", true);
	} else {
		words_number(s, n->min);
		str_text(s, DASH);
		words_number(s, n->max);
	}
	str_text(s, n->kind == NUMBER_CONSTANT && n->min == 1 ? " byte" : " bytes");
	add_known(s, n, p->packets, "length ");
}

/* Bytes in hexadecimal, and as text where all of them are printable ASCII. A row shows how the
 * payload begins; --json has more of it. */
#define SHOWN_BYTES 8

static void add_bytes(struct str *s, const struct pattern *p)
{
	bool printable = true;
	uint8_t n = p->payload_prefix_n < SHOWN_BYTES ? p->payload_prefix_n : SHOWN_BYTES;
	for (uint8_t i = 0; i < n; i++) {
		str_printf(s, " %02x", p->payload_prefix[i]);
		printable &= p->payload_prefix[i] >= 0x20 && p->payload_prefix[i] < 0x7f;
	}
	if (printable)
		str_printf(s, " \"%.*s\"", n, (const char *)p->payload_prefix);
}

static void add_content(struct str *s, const struct pattern *p)
{
	if (p->payload_prefix_n == 0 ||
		(p->payload != PAYLOAD_CONSTANT && p->payload != PAYLOAD_PREFIX))
		return;
	if (p->payload_bytes.kind == NUMBER_UNKNOWN) {
		add_part(s);
		str_text(s, "payload");
	}
	bool whole = p->payload == PAYLOAD_CONSTANT && p->payload_bytes.kind == NUMBER_CONSTANT &&
		p->payload_bytes.min == p->payload_prefix_n && p->payload_prefix_n <= SHOWN_BYTES;
	str_text(s, p->packets > 1 ? ", always" : ",");
	if (p->payload == PAYLOAD_CONSTANT && !whole && p->packets > 1)
		str_text(s, " the same,");
	if (!whole)
		str_text(s, " beginning");
	add_bytes(s, p);
}

static void add_ports(struct str *s, const struct number_pattern *n, const char *what)
{
	add_part(s);
	str_text(s, what);
	switch (n->kind) {
	case NUMBER_CONSTANT:
		str_char(s, ' ');
		add_values(s, n, "", false);
		break;
	case NUMBER_SET:
		str_text(s, "s ");
		add_values(s, n, " and ", false);
		break;
	case NUMBER_RISING:
		str_printf(s, "s rise %" PRIu32 DASH "%" PRIu32, n->min, n->max);
		break;
	case NUMBER_UNKNOWN:
	case NUMBER_RANGE:
	case NUMBER_VARIED:
		str_printf(s, "s vary, %" PRIu32 DASH "%" PRIu32, n->min, n->max);
		break;
	}
}

static void add_both_ports(struct str *s, const struct pattern *p)
{
	if (p->source_port.kind != NUMBER_UNKNOWN) {
		add_ports(s, &p->source_port, "source port");
		add_known(s, &p->source_port, p->packets, "");
		if (p->one_socket_each && p->packets > 1)
			str_printf(s, ", a new one for each %s",
				p->transport == TRANSPORT_UDP ? "datagram" : "packet");
	}
	if (p->destination_port.kind != NUMBER_UNKNOWN) {
		add_ports(s, &p->destination_port, "destination port");
		add_known(s, &p->destination_port, p->packets, "");
	}
}

static void add_interval(struct str *s, const struct pattern *p)
{
	if (p->interval == INTERVAL_UNKNOWN || p->interval == INTERVAL_SINGLE)
		return;
	add_part(s);
	if (p->interval == INTERVAL_PERIODIC) {
		str_text(s, "every ");
		words_duration(s, p->period_ns);
	} else {
		str_text(
			s, p->interval == INTERVAL_BURST ? "all within 1 s" : "at irregular times");
	}
}

static void add_answers(struct str *s, const struct pattern *p)
{
	if (!pattern_counts_answers(p) || p->packets == 0)
		return;
	add_part(s);
	if (p->answered == 0) {
		str_text(s, p->packets == 1 ? "not answered" : "never answered");
	} else if (p->answered >= p->answerable) {
		str_text(s, p->packets == 1 ? "answered" : "always answered");
	} else {
		words_number(s, p->answered);
		str_text(s, " of ");
		words_number(s, p->answerable);
		str_text(s, " answered");
	}
}

void terminal_pattern(struct str *s, const struct pattern *p)
{
	if (p->has_icmp)
		words_icmp(s, p->transport, p->icmp_type, p->icmp_code);
	add_length(s, p);
	add_content(s, p);
	add_both_ports(s, p);
	add_interval(s, p);
	add_answers(s, p);
}
