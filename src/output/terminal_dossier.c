/* SPDX-License-Identifier: Apache-2.0 */
/* The answer for one frame (--frame): each side, and every record that was considered. */
#include "output/terminal.h"

#include <inttypes.h>

#include "model/owner.h"
#include "output/escape.h"

static void add_title(struct terminal *t, const struct packet_line *line)
{
	struct str *s = &t->text;
	str_printf(s, MARK_BOLD "frame %" PRIu64 MARK_END " of ", line->number);
	words_file(s, t->context, line->input);
	if (line->has_time) {
		char when[STAMP_TEXT_BYTES];
		stamp_format_civil(line->when.ns, when);
		str_printf(s, ", %s", when);
	}
	if (line->finding)
		str_printf(s, ", in finding %" PRIu32, line->finding);
	t->failed |= s->failed;
	layout_line(&t->layout, str_get(s));
	str_reset(s);
}

static void add_copy(struct terminal *t, const struct packet_line *line)
{
	if (!line->duplicate_of)
		return;
	words_evidence(&t->text, t->context, line->duplicate_of);
	str_text(&t->text, ", the same packet, whose answer it shares");
	terminal_row(t, "copy of");
}

static void add_packet(struct terminal *t, const struct packet_line *line)
{
	const struct digest *d = line->digest;
	struct str *s = &t->text;
	if (!digest_has(d, DIGEST_DECODED)) {
		str_text(s, "not decoded");
	} else {
		if (digest_has(d, DIGEST_ADDRS)) {
			words_flow(s, &d->flow,
				digest_has(d, DIGEST_PORTS) ? d->transport : TRANSPORT_NONE);
			str_text(s, ", ");
		}
		if (digest_has(d, DIGEST_ARP))
			str_text(s, "ARP");
		else if (d->transport == TRANSPORT_NONE)
			str_text(s, "unknown protocol");
		else
			terminal_protocol(s, d);
	}
	if (digest_has(d, DIGEST_WIRE))
		str_printf(s, ", %" PRIu32 " bytes on the wire", d->wire_bytes);
	terminal_row(t, "packet");
}

static void add_named(struct terminal *t, const struct claim *claim)
{
	struct str *s = &t->text;
	terminal_named(s, t->context, claim);
	const struct process *p = context_process(t->context, claim->process);
	const char *services = p ? process_services(p, claim->service) : NULL;
	if (services && services[0]) {
		str_text(s, ", ");
		words_services(s, services);
	}
	str_printf(s, ", %s: %s", grade_name((enum grade)claim->grade),
		terminal_grade_text((enum grade)claim->grade));
	for (uint8_t i = 0; i < claim->n_evidence && i < CLAIM_EVIDENCE; i++) {
		str_text(s, i ? ", " : "; ");
		words_evidence(s, t->context, &claim->evidence[i]);
	}
	if (claim->has_delta) {
		str_text(s, ", packet minus record ");
		words_delta(s, claim->clock_delta_ns);
	}
	if (claim->about != PROCESS_NONE) {
		str_text(s, "; it acts for ");
		words_process(s, t->context, claim->about);
	}
}

static void add_unnamed(struct terminal *t, const struct claim *claim)
{
	struct str *s = &t->text;
	str_printf(s, "%s: %s", reason_name((enum reason)claim->reason),
		reason_text((enum reason)claim->reason));
	const char *detail = detail_text((enum detail)claim->detail);
	if (detail)
		str_printf(s, " (%s)", detail);
	if (claim->about != PROCESS_NONE) {
		str_text(s, "; it is about ");
		words_process(s, t->context, claim->about);
	}
	for (uint8_t i = 0; i < claim->n_candidates && i < CLAIM_CANDIDATES; i++) {
		str_text(s, i ? ", " : "; candidates ");
		words_process(s, t->context, claim->candidates[i]);
	}
	if (claim->more_candidates)
		str_text(s, " and more");
}

/* The packet around this one. */
static void add_tunnel(struct terminal *t, const struct packet_line *line)
{
	const struct digest *d = line->digest;
	struct str *s = &t->text;
	if (!digest_has(d, DIGEST_TUNNEL))
		return;
	str_text(s, tunnel_name((enum tunnel)d->tunnel));
	if (!digest_has(d, DIGEST_OUTER) || !line->outer) {
		str_text(s, "; what is inside could not be read");
		terminal_row(t, "tunnel");
		return;
	}
	str_text(s, ", ");
	words_flow(s, &d->outer,
		d->outer.src.port || d->outer.dst.port ? d->outer_transport : TRANSPORT_NONE);
	for (int side = 0; side < SIDES; side++) {
		const struct outer_claim *c = &line->outer[side];
		str_text(s, side == SIDE_SENDER ? "; sender " : ", receiver ");
		if (c->grade == GRADE_NONE) {
			str_text(s, reason_name(REASON_KERNEL_TUNNEL));
			continue;
		}
		words_process(s, t->context, c->process);
		str_printf(s, " %s", grade_name((enum grade)c->grade));
	}
	terminal_row(t, "tunnel");
}

static void add_side(struct terminal *t, const char *label, const struct claim *claim)
{
	if (claim->grade != GRADE_NONE)
		add_named(t, claim);
	else
		add_unnamed(t, claim);
	terminal_row(t, label);
}

/* What the knowledge base expects behind a sender that nothing names. */
static void add_expected(struct terminal *t, const struct packet_line *line)
{
	for (size_t i = 0; i < line->n_expected; i++) {
		words_process(&t->text, t->context, line->expected[i].process);
		str_text(&t->text, ": ");
		escape_text(&t->text, line->expected[i].because);
		terminal_row(t, i == 0 ? "perhaps" : "");
	}
}

/* "sender: chosen; UDP send by store.exe (2136), 10.1.1.1:36003 with 172.23.98.97:2762, 8 bytes,
 * +0.000 ms" */
static void add_considered(struct terminal *t, const struct considered *c)
{
	struct str *s = &t->text;
	bool chosen = c->verdict == VERDICT_CHOSEN;
	str_printf(s, "%s: %s%s%s; ", c->side == SIDE_SENDER ? "sender" : "receiver",
		chosen ? MARK_BOLD : "", verdict_text(c->verdict), chosen ? MARK_END : "");
	if (c->origin) {
		words_process(s, t->context, c->process);
		str_printf(s, ", as %s states in the capture",
			origin_text((enum owner_origin)c->origin));
		return;
	}
	words_transport(s, c->transport);
	str_printf(s, " %s by ", words_operation(c->op));
	words_process(s, t->context, c->process);
	str_text(s, ", ");
	words_endpoint(s, &c->local, c->transport);
	str_text(s, " with ");
	words_endpoint(s, &c->remote, c->transport);
	str_text(s, ", ");
	words_count(s, c->bytes, "byte", "bytes");
	str_text(s, ", ");
	words_delta(s, c->delta_ns);
}

static size_t evidence_column(struct terminal *t, const struct considered *considered, size_t n)
{
	size_t column = 0;
	for (size_t i = 0; i < n; i++) {
		words_evidence(&t->lead, t->context, &considered[i].evidence);
		size_t wide = layout_width(str_get(&t->lead));
		column = wide > column ? wide : column;
		str_reset(&t->lead);
	}
	/* Beside a long file name the text would be a narrow strip: it goes below. */
	return column > 40 ? 6 : column + 5;
}

void terminal_dossier(struct terminal *t, const struct packet_line *line,
	const struct considered *considered, size_t n)
{
	terminal_begin_section(t, SECTION_OTHER);
	add_title(t, line);
	add_packet(t, line);
	add_copy(t, line);
	add_tunnel(t, line);
	add_side(t, "sender", &line->sides[SIDE_SENDER]);
	add_expected(t, line);
	add_side(t, "receiver", &line->sides[SIDE_RECEIVER]);
	/* What was considered for it stands with the packet that it is a copy of. */
	if (n == 0 && line->duplicate_of)
		return;
	if (n == 0) {
		str_text(&t->text, "no record was near enough to be considered");
		terminal_row(t, "evidence");
		return;
	}
	str_printf(&t->text, "%zu considered; the times are packet minus record", n);
	terminal_row(t, "evidence");
	size_t column = evidence_column(t, considered, n);
	for (size_t i = 0; i < n; i++) {
		str_text(&t->lead, "   ");
		words_evidence(&t->lead, t->context, &considered[i].evidence);
		add_considered(t, &considered[i]);
		terminal_hang(t, column);
	}
}
