/* SPDX-License-Identifier: Apache-2.0 */
/* The report's last lines: how many frames have which kind of answer, and what was missing. */
#include "output/terminal.h"

#include <inttypes.h>

#include "output/escape.h"

static void sentence(struct terminal *t)
{
	terminal_hang(t, 0);
}

static void add_answers(struct terminal *t, const struct report *r)
{
	uint64_t named = 0, unnamed = 0;
	for (int g = GRADE_NONE + 1; g < GRADE_COUNT; g++)
		named += r->grades[g];
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		unnamed += r->reasons[i];
	struct str *s = &t->text;
	if (r->packets == 0) {
		str_text(s, r->filter ? "No frame matches the filter." : "No frames were read.");
	} else if (t->context->only_events) {
		str_text(s, "No input has packets. Told is what the logs say: ");
		words_frames(s, t->context, r->packets);
		str_text(s, ", each with its process.");
	} else {
		/* The sums are the correlator's promise; a report does not repeat one that fails.
		 */
		if (named + unnamed == r->packets)
			str_text(s, "Every frame has an answer: ");
		else
			words_number(s, r->packets);
		str_text(s, named + unnamed == r->packets ? "" : " frames: ");
		words_number(s, named);
		str_text(s, " by process, ");
		words_number(s, unnamed);
		str_text(s, " by reason.");
	}
	sentence(t);
}

static void add_copies(struct terminal *t, const struct report *r)
{
	if (!r->copies)
		return;
	words_count(&t->text, r->copies, "frame more is a copy", "frames more are copies");
	str_text(&t->text, " of them, captured twice or at two places, and counted once.");
	sentence(t);
}

static void add_filter(struct terminal *t, const struct report *r)
{
	if (!r->filter)
		return;
	str_text(&t->text, "Reported are the frames that match the filter: ");
	escape_text(&t->text, r->filter);
	sentence(t);
}

static void add_missing(struct terminal *t, const struct report *r)
{
	if (!r->has_events) {
		str_text(&t->text,
			"No kernel event log was given: no process can be named, at best there "
			"are candidates.");
		sentence(t);
	} else if (!r->has_roster) {
		str_text(&t->text, "No process table was given: PIDs have no names.");
		sentence(t);
	}
}

/* More than so many are for programs: see JSON. */
#define MAPPINGS_SHOWN 8

static void add_mappings(struct terminal *t, const struct report *r)
{
	struct str *s = &t->text;
	char buf[ADDR_TEXT_BYTES];
	for (size_t i = 0; i < r->n_mappings && i < MAPPINGS_SHOWN; i++) {
		const struct mapping *m = &r->mappings[i];
		str_text(s, addr_format(&m->trace, buf));
		str_text(s, " in the trace is ");
		str_text(s, addr_format(&m->captured, buf));
		str_text(s, " in ");
		words_file(s, t->context, m->capture);
		str_text(s, ", ");
		words_count(s, m->packets, "packet agrees.", "packets agree.");
		sentence(t);
	}
	if (r->n_mappings > MAPPINGS_SHOWN) {
		words_number(s, r->n_mappings - MAPPINGS_SHOWN);
		str_text(s, " more addresses of the trace are others in the capture (see --json).");
		sentence(t);
	}
}

static void add_losses(struct terminal *t, const struct report *r)
{
	struct str *s = &t->text;
	if (r->lost_events || r->lost_packets) {
		str_text(s, "The inputs state a loss: ");
		words_count(s, r->lost_events, "event", "events");
		str_text(s, " and ");
		words_count(s, r->lost_packets, "packet", "packets");
		str_text(s, " are missing.");
		sentence(t);
	}
	if (r->evicted) {
		words_number(s, r->evicted);
		str_text(s,
			" packets, events or flows were dropped at a limit; what needed them says "
			"so.");
		sentence(t);
	}
}

void terminal_summary(struct terminal *t, const struct report *r)
{
	terminal_begin_section(t, SECTION_OTHER);
	if (r->interrupted) {
		str_text(&t->text, "Interrupted: this is what was known by then.");
		sentence(t);
	}
	add_answers(t, r);
	add_copies(t, r);
	add_filter(t, r);
	add_mappings(t, r);
	add_missing(t, r);
	add_losses(t, r);
}
