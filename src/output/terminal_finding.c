/* SPDX-License-Identifier: Apache-2.0 */
/* One finding: title, and rows of a label and its text. */
#include "output/terminal.h"

#include <inttypes.h>
#include <string.h>

#include "model/owner.h"
#include "output/escape.h"

static void add_title(struct terminal *t, const struct finding *f)
{
	struct str tail;
	str_init(&tail, 64);
	words_frames(&tail, t->context, f->pattern.packets);
	str_text(&t->lead, MARK_BOLD);
	str_printf(&t->lead, "%-2" PRIu32, f->number);
	str_text(&t->lead, MARK_END);
	str_text(&t->text, MARK_BOLD);
	escape_text(&t->text, f->title);
	str_text(&t->text, MARK_END);
	t->failed |= t->text.failed || t->lead.failed || tail.failed;
	size_t indent = layout_width(str_get(&t->lead)) + 1;
	size_t room = layout_width(str_get(&tail)) + 2;
	layout_block(&t->layout,
		&(struct layout_block){
			.lead = str_get(&t->lead),
			.text = str_get(&t->text),
			.indent = indent,
			.edge = LAYOUT_COLUMNS - room,
			.tail = str_get(&tail),
		});
	str_reset(&t->text);
	str_reset(&t->lead);
	str_done(&tail);
}

/* "exact for 1 frame, by ports for 1" */
static void add_grades(struct str *s, const struct sink_context *c, const struct finding *f)
{
	bool first = true;
	for (int g = GRADE_COUNT - 1; g > GRADE_NONE; g--) {
		if (f->grades[g] == 0)
			continue;
		str_printf(s, "%s%s for ", first ? "" : ", ", terminal_grade((enum grade)g));
		if (first)
			words_frames(s, c, f->grades[g]);
		else
			words_number(s, f->grades[g]);
		first = false;
	}
}

static void add_reasons(struct str *s, const struct sink_context *c, const struct finding *f)
{
	for (int r = REASON_NONE + 1; r < REASON_COUNT; r++) {
		if (f->reasons[r] == 0)
			continue;
		str_printf(s, "%s%s for ", s->n ? "; " : "", reason_name((enum reason)r));
		words_frames(s, c, f->reasons[r]);
		str_printf(s, ": %s", reason_text((enum reason)r));
	}
}

static void add_who(struct terminal *t, const struct finding *f)
{
	struct str *s = &t->text;
	add_grades(s, t->context, f);
	if (f->grades[GRADE_PATTERN])
		str_text(s, "; no other process does this");
	add_reasons(s, t->context, f);
	if (!s->n)
		str_text(s, "no process is named");
	const struct process *p = context_process(t->context, f->process);
	const char *services = p ? process_services(p, f->service) : NULL;
	if (services && services[0]) {
		str_text(s, "; ");
		words_services(s, services);
	}
	terminal_row(t, "who");
}

/* "0.00034"; what is smaller than a millionth is not known better than that. */
static void add_p_value(struct str *s, double p)
{
	if (p < 1e-6)
		str_text(s, "p < 0.000001");
	else
		str_printf(s, "p = %.*f", p < 1e-4 ? 6 : 5, p);
}

/* Whole seconds are enough, and minutes where there are many. */
static void add_span(struct str *s, int64_t ns)
{
	int64_t unit = ns < 600 * STAMP_NS_PER_S ? STAMP_NS_PER_S : 60 * STAMP_NS_PER_S;
	words_duration(s, ns - ns % unit);
}

static void add_lifetime(struct terminal *t, const struct finding *f)
{
	const struct lifetime *life = &f->lifetime;
	struct str *s = &t->text;
	char when[STAMP_TEXT_BYTES];
	if (!life->known)
		return;
	stamp_format_civil(life->stopped.ns, when);
	words_frames(s, t->context, life->before);
	str_text(s, " of this group in the ");
	add_span(s, life->before_ns);
	str_text(s, " while it ran, none in the ");
	add_span(s, life->after_ns);
	str_printf(s, " behind its stop at %.19s", when);
	if (life->stops > 1) {
		str_text(s, " and ");
		words_count(s, life->stops - 1, "more", "more");
	}
	str_text(s,
		"; other traffic went on, and nothing else is known to have stopped then; by "
		"chance alone with ");
	add_p_value(s, life->p_value);
	terminal_row(t, "lifetime");
}

static void add_candidates(struct terminal *t, const struct finding *f)
{
	for (size_t i = 0; i < f->n_candidates && i < FINDING_CANDIDATES; i++) {
		words_process(&t->text, t->context, f->candidates[i].process);
		str_text(&t->text, ": ");
		escape_text(&t->text, f->candidates[i].because);
		terminal_row(t, i == 0 ? "perhaps" : "");
	}
}

/* Records of one frame number in several files merge, so a frame is named without its file unless
 * it comes from another capture than the first. */
static bool first_capture(const struct sink_context *c, uint32_t input)
{
	for (uint32_t i = 0; i < input && i < c->n_inputs; i++)
		if (c->inputs[i].packets)
			return false;
	return true;
}

/* What the record says that vouches for the packet. */
static void add_vouching(
	struct str *s, const struct sink_context *c, const struct proof *p, uint32_t pid)
{
	static const char *const texts[GRADE_COUNT] = {
		[GRADE_PORTS] = "the same ports, another address",
		[GRADE_ENDPOINT] = "it held the endpoint then",
		[GRADE_FLOW] = "it owned the flow then",
		[GRADE_EXACT] = "the same addresses and ports",
	};
	if (p->origin) {
		str_printf(s, "PID %" PRIu32 ", as %s states in the capture", pid,
			origin_text((enum owner_origin)p->origin));
		return;
	}
	bool event = p->op && (p->grade == GRADE_EXACT || p->grade == GRADE_PORTS);
	if (event) {
		words_transport(s, p->transport);
		str_printf(s, " %s, ", words_operation(p->op));
	}
	str_printf(s, "PID %" PRIu32 ", ", pid);
	/* An event of TCP states the bytes of a call, not of a packet. */
	if (event && p->has_payload && p->transport != TRANSPORT_TCP) {
		words_count(s, p->payload_bytes, "byte", "bytes");
		str_text(s, ", ");
	}
	bool through = p->translated && p->grade == GRADE_EXACT;
	str_text(s, through ? "the same addresses and ports, as translated by " : texts[p->grade]);
	if (through)
		words_evidence(s, c, &p->router);
}

static void add_frame(struct str *s, const struct sink_context *c, const struct proof *p)
{
	str_printf(s, "frame %" PRIu64, p->number);
	if (!first_capture(c, p->input)) {
		str_text(s, " of ");
		words_file(s, c, p->input);
	}
}

/* A row whose text hangs behind a name of its own: t->text. */
static void proof_row(struct terminal *t, const char *label, struct str *name, size_t column)
{
	if (label[0])
		str_printf(&t->lead, ROW_LABEL MARK_DIM "%s" MARK_END, label);
	else
		str_text(&t->lead, ROW_LABEL);
	size_t pad = ROW_INDENT - layout_width(str_get(&t->lead));
	str_printf(&t->lead, "%*s%s", (int)pad, "", str_get(name));
	t->failed |= name->failed;
	terminal_hang(t, column);
	str_done(name);
}

/* Two rows, the packet and its record, whose texts stand in one column. */
static void add_proof(
	struct terminal *t, const struct finding *f, const struct proof *p, bool first)
{
	const struct sink_context *c = t->context;
	const struct process *process = context_process(c, f->process);
	bool vouched = p->grade >= GRADE_PORTS && p->grade < GRADE_COUNT && process;
	struct str frame, record;
	str_init(&frame, ROW_BYTES);
	str_init(&record, ROW_BYTES);
	add_frame(&frame, c, p);
	if (vouched)
		words_evidence(&record, c, &p->evidence);
	size_t wide = layout_width(str_get(&frame)), other = layout_width(str_get(&record));
	wide = other > wide ? other : wide;
	/* Behind a long file name the text would be a narrow strip: it goes below. */
	size_t column = ROW_INDENT + 2 + (wide > 40 ? 0 : wide);
	words_flow(&t->text, &p->flow, p->transport);
	if (p->has_payload) {
		str_text(&t->text, ", ");
		words_count(&t->text, p->payload_bytes, "byte", "bytes");
	}
	proof_row(t, first ? "proof" : "", &frame, column);
	if (vouched) {
		add_vouching(&t->text, c, p, process->pid);
		proof_row(t, "", &record, column);
	}
	str_done(&record);
}

static void add_paragraph(struct terminal *t, const char *label, const char *text)
{
	if (!text || !text[0])
		return;
	escape_text(&t->text, text);
	terminal_row(t, label);
}

static void add_agreement(struct str *s, const struct explanation *e)
{
	if (e->by_port_only)
		str_text(s, ": by port only");
	else if (e->agreement == AGREEMENT_YES)
		str_text(s, ": the process agrees");
	if (e->agreement == AGREEMENT_UNKNOWN && e->expected) {
		str_text(s, "; expected from ");
		escape_text(s, e->expected);
	}
}

/* Such packets from a program that does not send them is what a reader must not miss. */
static void add_contradiction(struct terminal *t, const struct finding *f)
{
	const struct explanation *e = &f->explanation;
	struct str *s = &t->text;
	str_text(s, MARK_BOLD "contradiction" MARK_END ": the rule expects ");
	escape_text(s, e->expected ? e->expected : "another process");
	str_text(s, ", but ");
	words_process(s, t->context, f->process);
	str_text(s,
		f->pattern.direction == DIRECTION_IN ? " received these packets"
						     : " sent these packets");
	terminal_row(t, "warning");
}

static void add_explanation(struct terminal *t, const struct finding *f)
{
	const struct explanation *e = &f->explanation;
	struct str *s = &t->text;
	if (e->agreement == AGREEMENT_NO)
		add_contradiction(t, f);
	str_text(s, "consistent with ");
	escape_text(s, e->title);
	str_text(s, " (rule ");
	escape_text(s, e->id);
	str_printf(s, ", %s", strength_name(e->strength));
	add_agreement(s, e);
	str_text(s, e->agreement == AGREEMENT_NO ? ", but for its process): " : "): ");
	escape_text(s, e->why);
	terminal_row(t, "why");
	add_paragraph(t, "confirm", e->confirm);
	add_paragraph(t, "stop", e->stop);
	for (size_t i = 0; i < e->n_references; i++) {
		str_text(s, i ? "; " : "");
		escape_text(s, e->references[i]);
	}
	if (e->n_references)
		terminal_row(t, "see");
}

static void add_when(struct terminal *t, const struct pattern *p)
{
	if (!p->has_time)
		return;
	char first[STAMP_TEXT_BYTES], last[STAMP_TEXT_BYTES];
	stamp_format_civil(p->first.ns, first);
	stamp_format_civil(p->last.ns, last);
	str_text(&t->text, first);
	if (strcmp(first, last) != 0)
		str_printf(&t->text, " to %s", last);
	if (p->has_bytes) {
		str_text(&t->text, ", ");
		words_count(&t->text, p->bytes, "byte", "bytes");
		str_text(&t->text, " on the wire");
	}
	terminal_row(t, "when");
}

void terminal_finding(struct terminal *t, const struct finding *f)
{
	terminal_begin_section(t, SECTION_OTHER);
	add_title(t, f);
	/* Unnamed packets without a rule have nothing in common but their reason. What no rule
	 * explains stays short, so that what one does explain is not lost among it. */
	bool plain = !f->has_explanation && !t->context->verbose;
	if (!plain || f->process != PROCESS_NONE)
		terminal_pattern(&t->text, &f->pattern);
	if (t->text.n)
		terminal_row(t, "pattern");
	if (t->context->verbose)
		add_when(t, &f->pattern);
	add_who(t, f);
	add_lifetime(t, f);
	add_candidates(t, f);
	/* One proof shows how the process is known; the others are for those who ask. */
	size_t proofs = t->context->verbose || f->n_proofs == 0 ? f->n_proofs : plain ? 0 : 1;
	for (size_t i = 0; i < proofs && i < FINDING_PROOFS; i++)
		add_proof(t, f, &f->proofs[i], i == 0);
	if (f->has_explanation) {
		add_explanation(t, f);
	} else if (f->process != PROCESS_NONE && !plain) {
		str_text(&t->text, "no rule explains this pattern");
		terminal_row(t, "why");
	}
}
