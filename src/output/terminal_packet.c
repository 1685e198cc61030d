/* SPDX-License-Identifier: Apache-2.0 */
/* One line for each packet, as tcpdump prints, with who was behind it. */
#include "output/terminal.h"

#include <inttypes.h>

#include "model/owner.h"
#include "output/escape.h"

/* tcpdump's letters: [S], [P.], [.] */
static void add_flags(struct str *s, uint8_t flags)
{
	static const struct {
		uint8_t flag;
		char letter;
	} letters[] = {
		{ TCP_FIN, 'F' },
		{ TCP_SYN, 'S' },
		{ TCP_RST, 'R' },
		{ TCP_PSH, 'P' },
		{ TCP_ACK, '.' },
	};
	str_text(s, ", flags [");
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (flags & letters[i].flag)
			str_char(s, letters[i].letter);
	str_char(s, ']');
}

void terminal_protocol(struct str *s, const struct digest *d)
{
	if (digest_has(d, DIGEST_ICMP))
		words_icmp(s, d->transport, d->icmp_type, d->icmp_code);
	else
		words_transport(s, d->transport);
	if (digest_has(d, DIGEST_ECHO))
		str_printf(s, ", id %u, seq %u", d->icmp_id, d->icmp_seq);
	if (digest_has(d, DIGEST_TCP)) {
		add_flags(s, d->tcp_flags);
		str_printf(s, ", seq %" PRIu32, d->tcp_seq);
		if (d->tcp_flags & TCP_ACK)
			str_printf(s, ", ack %" PRIu32, d->tcp_ack);
	}
	if (digest_has(d, DIGEST_FRAGMENT))
		str_text(s, ", later fragment");
	if (digest_has(d, DIGEST_PAYLOAD))
		str_printf(s, ", length %" PRIu32, d->payload_bytes);
}

/* tcpdump joins address and port with a full stop, which IPv6 needs no brackets for. */
static void add_end(struct str *s, const struct digest *d, const struct endpoint *e)
{
	char text[ADDR_TEXT_BYTES];
	str_text(s, addr_format(&e->addr, text));
	if (digest_has(d, DIGEST_PORTS))
		str_printf(s, ".%u", e->port);
}

/* tcpdump puts the outer packet in front. */
static void add_tunnel(struct str *s, const struct digest *d)
{
	char src[ADDR_TEXT_BYTES], dst[ADDR_TEXT_BYTES];
	if (!digest_has(d, DIGEST_TUNNEL))
		return;
	if (digest_has(d, DIGEST_OUTER))
		str_printf(s, "%s > %s: ", addr_format(&d->outer.src.addr, src),
			addr_format(&d->outer.dst.addr, dst));
	str_printf(s, "%s: ", tunnel_name((enum tunnel)d->tunnel));
}

static void add_packet(struct str *s, const struct digest *d)
{
	add_tunnel(s, d);
	if (!digest_has(d, DIGEST_DECODED)) {
		str_text(s, "not decoded");
	} else if (!digest_has(d, DIGEST_ADDRS)) {
		str_text(s, digest_has(d, DIGEST_ARP) ? "ARP" : "no IP packet");
	} else {
		bool arp = digest_has(d, DIGEST_ARP);
		str_text(s, arp ? "ARP " : d->ip_version == 6 ? "IP6 " : "IP ");
		add_end(s, d, &d->flow.src);
		str_text(s, " > ");
		add_end(s, d, &d->flow.dst);
		if (!arp) {
			str_text(s, ": ");
			if (d->transport == TRANSPORT_NONE)
				str_text(s, "unknown protocol");
			else
				terminal_protocol(s, d);
		}
	}
	if (!digest_has(d, DIGEST_PAYLOAD) && digest_has(d, DIGEST_WIRE))
		str_printf(s, ", %" PRIu32 " bytes on the wire", d->wire_bytes);
}

void terminal_named(struct str *s, const struct sink_context *c, const struct claim *claim)
{
	words_process(s, c, claim->process);
	for (uint8_t i = 0; i < claim->n_candidates && i < CLAIM_CANDIDATES; i++) {
		str_text(s, ", ");
		words_process(s, c, claim->candidates[i]);
	}
	if (claim->more_candidates)
		str_text(s, " and more");
}

/* "store.exe (2136) exact", "[ambiguous: a.exe (1), b.exe (2)]" */
static void add_claim(struct str *s, const struct sink_context *c, const struct claim *claim)
{
	if (claim->grade != GRADE_NONE) {
		terminal_named(s, c, claim);
		str_printf(s, " %s", grade_name((enum grade)claim->grade));
		if (claim->about != PROCESS_NONE) {
			str_text(s, " for ");
			words_process(s, c, claim->about);
		}
		return;
	}
	str_printf(s, "[%s", reason_name((enum reason)claim->reason));
	const char *detail = detail_text((enum detail)claim->detail);
	if (detail)
		str_printf(s, ": %s", detail);
	for (uint8_t i = 0; i < claim->n_candidates && i < CLAIM_CANDIDATES; i++) {
		str_text(s, i ? ", " : ": ");
		words_process(s, c, claim->candidates[i]);
	}
	if (claim->more_candidates)
		str_text(s, ", ...");
	if (claim->about != PROCESS_NONE) {
		str_text(s, ", about ");
		words_process(s, c, claim->about);
	}
	str_char(s, ']');
}

void terminal_packet(struct terminal *t, const struct packet_line *line)
{
	struct str *s = &t->text;
	terminal_begin_section(t, SECTION_PACKETS);
	str_printf(s, "%" PRIu64 "  ", line->number);
	if (line->has_time) {
		char when[STAMP_TEXT_BYTES];
		stamp_format_civil(line->when.ns, when);
		str_printf(s, "%s ", when);
	}
	add_packet(s, line->digest);
	str_text(s, "  ");
	add_claim(s, t->context, &line->sides[SIDE_SENDER]);
	const struct claim *receiver = &line->sides[SIDE_RECEIVER];
	if (receiver->reason != REASON_OTHER_HOST) {
		str_text(s, " > ");
		add_claim(s, t->context, receiver);
	}
	if (line->duplicate_of) {
		str_text(s, "  (copy of ");
		words_evidence(s, t->context, line->duplicate_of);
		str_char(s, ')');
	}
	if (line->packet && line->packet->remark.n) {
		str_text(s, "  (");
		escape_span(s, line->packet->remark);
		str_char(s, ')');
	}
	t->failed |= s->failed;
	layout_line(&t->layout, str_get(s));
	str_reset(s);
}
