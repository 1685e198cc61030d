/* SPDX-License-Identifier: Apache-2.0 */
/* The report's first section: what was read, and how its clocks stand to each other. */
#include "output/terminal.h"

#include <inttypes.h>
#include <string.h>

/* File names up to this width share their line with the text. */
#define FILE_COLUMNS 40
#define GAP 3

static void add_counts(struct str *s, const struct input_report *in)
{
	const struct {
		uint64_t n;
		unsigned yields;
		const char *one, *many;
	} kinds[] = {
		{ in->packets, YIELDS_PACKETS, "frame", "frames" },
		{ in->events, YIELDS_EVENTS, "event", "events" },
		{ in->processes, YIELDS_PROCESSES, "process", "processes" },
		{ in->translations, YIELDS_TRANSLATIONS, "connection", "connections" },
	};
	bool any = false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (kinds[i].n == 0)
			continue;
		str_text(s, ", ");
		words_count(s, kinds[i].n, kinds[i].one, kinds[i].many);
		any = true;
	}
	if (in->copies) {
		str_text(s, " (");
		words_number(s, in->copies);
		str_text(s, " copies)");
	}
	if (in->owned) {
		str_text(s, " (");
		words_number(s, in->owned);
		str_text(s, " with their process)");
	}
	if (!any)
		str_text(s, ", no records");
}

#define YEAR_NS (366 * 86400 * STAMP_NS_PER_S)

/* A text that states times since its first frame, or of a day, begins with 1970. Wrong for a
 * capture of that year; no program wrote one. */
static bool is_relative(const struct input_report *in)
{
	return !in->format->zone_stated && in->has_time && in->last.ns < YEAR_NS &&
		in->first.ns >= 0;
}

static void add_relative(struct str *s, const struct input_report *in)
{
	const int64_t unit = STAMP_NS_PER_S;
	str_printf(s, ", %" PRId64 ".%06" PRId64, in->first.ns / unit, in->first.ns % unit / 1000);
	str_printf(s, " to %" PRId64 ".%06" PRId64 " s, no date stated", in->last.ns / unit,
		in->last.ns % unit / 1000);
}

/* "2010-01-14 15:20:14.454856", and of a second time what differs. */
static void add_times(struct str *s, const struct input_report *in)
{
	if (is_relative(in)) {
		add_relative(s, in);
		return;
	}
	char first[STAMP_TEXT_BYTES], last[STAMP_TEXT_BYTES];
	stamp_format_civil(in->first.ns, first);
	stamp_format_civil(in->last.ns, last);
	str_printf(s, ", %s", first);
	if (strcmp(first, last) != 0) {
		static const size_t date = sizeof "2010-01-14 " - 1;
		bool same_day = strncmp(first, last, date) == 0;
		str_printf(s, " to %s", same_day ? last + date : last);
	}
	str_text(s, in->format->zone_stated ? " UTC" : ", zone not stated");
}

/* "+4 h", "-7 h 30 min" */
static void add_zone(struct str *s, int32_t minutes)
{
	str_text(s, minutes < 0 ? "-" : "+");
	words_duration(s, minutes * 60ll * STAMP_NS_PER_S);
}

static void add_skew(struct str *s, const struct clock_report *clock)
{
	int64_t zone = clock->zone_minutes * 60ll * STAMP_NS_PER_S, skew;
	if (__builtin_sub_overflow(clock->offset_ns, zone, &skew))
		skew = clock->offset_ns;
	str_text(s, " (");
	if (clock->zone_minutes) {
		str_text(s, "zone ");
		add_zone(s, clock->zone_minutes);
		str_text(s, ", skew ");
		str_text(s, skew < 0 ? "-" : "");
		words_duration(s, skew);
		str_char(s, ' ');
	}
	str_text(s, "\xc2\xb1 ");
	words_duration(s, clock->error_ns);
	str_char(s, ')');
}

static void add_offset(struct str *s, const struct input_report *in)
{
	const struct clock_report *clock = &in->clock;
	bool capture = in->format && (in->format->yields & YIELDS_PACKETS);
	const char *other = capture ? "the first capture" : "the capture";
	static const char *const verb[] = {
		[CLOCK_NONE] = "",
		[CLOCK_UNSURE] = "is probably ",
		[CLOCK_SURE] = "is ",
		[CLOCK_GIVEN] = "is taken as ",
		[CLOCK_REFERENCE] = "",
	};
	str_printf(s, "; its clock %s", verb[clock->state]);
	if (clock->offset_ns == 0) {
		str_printf(s, "that of %s", other);
	} else if (clock->offset_ns < -YEAR_NS || clock->offset_ns > YEAR_NS) {
		/* One of the two states no date: what they differ by says nothing. */
		str_printf(s, "aligned with that of %s", other);
	} else {
		words_duration(s, clock->offset_ns);
		str_printf(s, " %s %s", clock->offset_ns > 0 ? "behind" : "ahead of", other);
	}
	if (clock->state == CLOCK_GIVEN) {
		str_text(s, ", as given");
		return;
	}
	add_skew(s, clock);
	str_text(s, ", from ");
	words_count(s, clock->pairs, capture ? "matching packet" : "matching event",
		capture ? "matching packets" : "matching events");
}

static void add_clock(struct str *s, const struct input_report *in)
{
	const struct clock_report *clock = &in->clock;
	if (!in->has_clock || clock->state == CLOCK_REFERENCE)
		return;
	if (clock->state == CLOCK_NONE) {
		str_text(s, "; its clock could not be aligned");
		return;
	}
	add_offset(s, in);
	if (clock->drift_ppm >= 1 || clock->drift_ppm <= -1)
		str_printf(s, ", drift %.0f ppm", clock->drift_ppm);
	if (clock->steps) {
		str_text(s, ", set ");
		words_count(s, clock->steps, "time", "times");
		str_text(s, " while it was written");
	}
}

static void add_losses(struct str *s, const struct input_report *in, bool verbose)
{
	const struct tally *t = &in->tally;
	if (t->damaged) {
		str_text(s, "; ");
		words_count(s, t->damaged, "record", "records");
		str_text(s, " damaged");
	}
	if (t->lost) {
		str_text(s, "; ");
		words_count(s, t->lost, "record", "records");
		str_text(s, " lost, as the file says itself");
	}
	if (in->unused_roster)
		str_text(s, "; it belongs to no single host and is not used (see --host)");
	if (verbose && t->cut) {
		str_text(s, "; ");
		words_count(s, t->cut, "frame", "frames");
		str_text(s, " cut short by the capture");
	}
	if (verbose && t->skipped) {
		str_text(s, "; ");
		words_count(s, t->skipped, "record", "records");
		str_text(s, " of other kinds");
	}
}

static void add_input(struct terminal *t, const struct input_report *in)
{
	struct str *s = &t->text;
	if (!in->format) {
		str_text(s, "not read");
		return;
	}
	str_text(s, in->format->title);
	add_counts(s, in);
	if (in->has_time && (in->packets || t->context->only_events))
		add_times(s, in);
	add_clock(s, in);
	add_losses(s, in, t->context->verbose);
}

void terminal_inputs(struct terminal *t, const struct report *report)
{
	if (report->n_inputs == 0)
		return;
	terminal_begin_section(t, SECTION_INPUTS);
	size_t columns = 0;
	for (uint32_t i = 0; i < report->n_inputs; i++) {
		words_file(&t->lead, t->context, i);
		size_t wide = layout_width(str_get(&t->lead));
		if (wide <= FILE_COLUMNS && wide > columns)
			columns = wide;
		str_reset(&t->lead);
	}
	for (uint32_t i = 0; i < report->n_inputs; i++) {
		words_file(&t->lead, t->context, i);
		add_input(t, &report->inputs[i]);
		terminal_hang(t, columns + GAP);
	}
}
