/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the text of tracedmp (Windows 2000) and tracerpt, short form (XP, 2003) and long form
 * (Vista and later): doc/tracerpt-csv.md. */
#include <stdlib.h>

#include "base/text.h"
#include "evidence/input.h"
#include "evidence/trace/trace.h"
#include "evidence/trace/tracerpt_long.h"
#include "evidence/trace/tracerpt_plain.h"
#include "evidence/trace/tracerpt_row.h"

struct tracerpt {
	struct lines lines;
	struct tally tally;
	struct csv_row row;
	enum { FORM_UNKNOWN, FORM_SHORT, FORM_LONG } form;
	struct long_layout layout;
	struct dump_memory memory;
	struct dump_event event;
	struct source_time last; /* of the last row with a good time */
	bool has_last;
	bool over; /* reading failed: there is no way behind that */
	struct dump_loss loss;
	/* That times are rounded is said once, before the first row with such a time. */
	bool said_rounded, held;
	struct record record;
};

/* Excerpts are pasted with blank lines and "..." in place of what was left out. */
static bool is_filler(struct span line)
{
	struct span s = text_trim(line);
	return s.n == 0 || text_equal(s, "...") || text_equal(s, "\xe2\x80\xa6");
}

static bool is_word(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t b = s.p[i];
		if (!((b | 0x20) >= 'a' && (b | 0x20) <= 'z') && !(b >= '0' && b <= '9') &&
			b != '_')
			return false;
	}
	return s.n > 0;
}

static bool is_clock(struct span s)
{
	uint64_t v;
	return row_time_rounded(s) || (s.n >= 15 && s.n <= 20 && text_u64(s, &v));
}

static bool is_short_row(const struct csv_row *row)
{
	uint64_t tid;
	return row->n >= 4 && is_word(row->cells[0].text) && is_word(row->cells[1].text) &&
		text_starts(row->cells[2].text, "0x") && text_number(row->cells[2].text, &tid) &&
		is_clock(row->cells[3].text);
}

static bool is_short_titles(const struct csv_row *row)
{
	static const char *const names[] = { "Event Name", "Type", "TID", "Clock-Time" };
	for (size_t i = 0; i < 4; i++)
		if (i >= row->n || !text_equal_nocase(row->cells[i].text, names[i]))
			return false;
	return true;
}

static bool recognise(struct span head, bool whole)
{
	struct csv_row row;
	struct long_layout layout;
	struct span line;
	head = text_skip_mark(head);
	do {
		line = text_split(&head, '\n');
		if (!head.p && !whole)
			return false;
	} while (head.p && is_filler(line));
	csv_split(line, &row);
	return is_short_titles(&row) || long_titles(&row, &layout) || is_short_row(&row) ||
		long_is_row(&row);
}

static int tracerpt_open(struct input *input, void **ret_self, struct err *err)
{
	struct tracerpt *t = calloc(1, sizeof *t);
	if (!t)
		return err_nomem(err);
	if (lines_init(&t->lines, input, err) < 0) {
		free(t);
		return -1;
	}
	t->layout = long_layout_usual;
	*ret_self = t;
	return 0;
}

/* The row's text of a time. */
static bool clock_text(const struct tracerpt *t, struct span *ret)
{
	const struct long_layout short_form = { .clock = 3 };
	return long_clock(t->form == FORM_LONG ? &t->layout : &short_form, &t->row, ret);
}

static bool row_when(const struct tracerpt *t, struct source_time *ret)
{
	uint64_t ticks;
	struct span text;
	return clock_text(t, &text) && text_u64(text, &ticks) && stamp_from_filetime(ticks, ret);
}

/* Counts the damage and notes the loss. `split` is false where the line could not be read. */
static int damaged(struct tracerpt *t, bool split, struct err *err)
{
	t->tally.damaged++;
	t->loss.due = true;
	t->loss.line = t->lines.number;
	t->loss.has_time = split && row_when(t, &t->loss.when);
	if (!t->loss.has_time && t->has_last) {
		t->loss.when = t->last;
		t->loss.has_time = true;
	}
	if (err && split)
		err->line = t->lines.number;
	return -1;
}

static int bad_row(const struct tracerpt *t, bool whole, struct err *err)
{
	if (!whole)
		return err_set(
			err, ERR_TRUNCATED, "the input ends inside column %zu of a row", t->row.n);
	return err_set(err, ERR_MALFORMED, "no row of this table: %zu columns", t->row.n);
}

/* SOURCE_ITEM, SOURCE_END for a row that gives nothing, or -1. *ret_note: a damaged one loses no
 * event. */
static int read_short(
	struct tracerpt *t, bool whole, struct record *ret, bool *ret_note, struct err *err)
{
	enum row_kind kind = row_kind(&t->row);
	*ret_note = kind == ROW_PROCESS || kind == ROW_HEADER;
	if (t->row.sound < t->row.n && kind == ROW_NETWORK)
		return err_set(err, whole ? ERR_MALFORMED : ERR_TRUNCATED,
			"column %zu has a quote that is not closed", t->row.n);
	switch (kind) {
	case ROW_NETWORK:
		return row_network(&t->row, whole, ret, err);
	case ROW_PROCESS:
		return row_process(&t->row, whole, ret, err);
	case ROW_HEADER:
		return row_header(&t->row, whole, ret, err);
	case ROW_BROKEN:
		return bad_row(t, whole, err);
	case ROW_OTHER:
	case ROW_TITLES:
		break;
	}
	return SOURCE_END;
}

static int read_long(
	struct tracerpt *t, bool whole, struct record *ret, bool *ret_note, struct err *err)
{
	struct span clock;
	*ret_note = false;
	if (!long_event(&t->layout, &t->row, whole, &t->event) || !clock_text(t, &clock))
		return bad_row(t, whole, err);
	*ret_note = dump_event_is_note(&t->event);
	if (!dump_event_used(&t->event))
		return SOURCE_END;
	struct source_time when;
	bool has_time = row_when(t, &when);
	if (!has_time && !row_time_rounded(clock))
		return err_set(err, ERR_MALFORMED,
			"column %zu (Clock-Time) is not a time between 1970 and 2262",
			t->layout.clock + 1);
	int rc = dump_event_read(&t->memory, &t->event, ret, err);
	if (rc < 0 && !whole)
		return bad_row(t, whole, err);
	if (rc != SOURCE_ITEM || ret->kind == RECORD_LOSS)
		return rc;
	ret->has_time = has_time;
	if (has_time)
		ret->when = when;
	return SOURCE_ITEM;
}

/* Titles of either form may come again where files were joined. */
static bool take_titles(struct tracerpt *t)
{
	if (is_short_titles(&t->row)) {
		t->form = FORM_SHORT;
		return true;
	}
	if (!long_titles(&t->row, &t->layout))
		return false;
	t->form = FORM_LONG;
	return true;
}

/* Times like 1.28663E+17 cannot be compared with any capture. The record goes out without a time.
 */
static int say_rounded(struct tracerpt *t, const struct record *record, struct err *err)
{
	struct span text = { 0 };
	t->said_rounded = t->held = true;
	t->record = *record;
	t->tally.damaged++;
	clock_text(t, &text);
	return err_line(err, ERR_MALFORMED, t->lines.number,
		"Clock-Time is %.*s: a spreadsheet has rounded it, and the times of this log are "
		"lost",
		(int)text.n, (const char *)text.p);
}

static int take_line(
	struct tracerpt *t, struct span line, bool whole, struct record *ret, struct err *err)
{
	struct source_time when;
	bool note;
	csv_split(line, &t->row);
	if (take_titles(t))
		return SOURCE_END;
	if (t->form == FORM_UNKNOWN && long_is_row(&t->row))
		t->form = FORM_LONG;
	int rc = t->form == FORM_LONG ? read_long(t, whole, ret, &note, err)
				      : read_short(t, whole, ret, &note, err);
	if (rc < 0) {
		damaged(t, true, err);
		/* These rows are no events: no packet lacks anything by them. */
		t->loss.due = !note;
		return -1;
	}
	if (row_when(t, &when)) {
		t->last = when;
		t->has_last = true;
	}
	if (rc == SOURCE_END) {
		t->tally.skipped++;
		return SOURCE_END;
	}
	ret->number = t->lines.number;
	if (ret->kind == RECORD_LOSS) {
		t->tally.lost += ret->loss.count;
		return SOURCE_ITEM;
	}
	t->tally.records++;
	return ret->has_time || t->said_rounded ? SOURCE_ITEM : say_rounded(t, ret, err);
}

/* Nine rows in ten of a log. */
static bool take_plain(struct tracerpt *t, struct span line, bool whole, struct record *ret)
{
	if (!whole || t->form == FORM_LONG || !plain_row(line, ret))
		return false;
	t->last = ret->when;
	t->has_last = true;
	t->tally.records++;
	ret->number = t->lines.number;
	return true;
}

static int tracerpt_next(void *self, struct record *ret, struct err *err)
{
	struct tracerpt *t = self;
	struct err unwanted;
	struct span line;
	bool whole;
	if (t->loss.due)
		return dump_loss_give(&t->loss, ret);
	if (t->held) {
		t->held = false;
		*ret = t->record;
		return SOURCE_ITEM;
	}
	err = err ? err : &unwanted;
	while (!t->over) {
		int rc = lines_next(&t->lines, &line, &whole, err);
		if (rc == 0)
			break;
		if (rc < 0) {
			t->over = err->kind != ERR_LIMIT;
			return damaged(t, false, err);
		}
		if (take_plain(t, line, whole, ret))
			return SOURCE_ITEM;
		if (is_filler(line))
			continue;
		rc = take_line(t, line, whole, ret, err);
		if (rc != SOURCE_END)
			return rc;
	}
	return SOURCE_END;
}

static const struct tally *tracerpt_tally(const void *self)
{
	const struct tracerpt *t = self;
	return &t->tally;
}

static void tracerpt_close(void *self)
{
	struct tracerpt *t = self;
	if (!t)
		return;
	lines_done(&t->lines);
	free(t);
}

const struct source_format format_tracerpt_csv = {
	.name = "tracerpt-csv",
	.title = "Windows kernel trace (tracerpt text)",
	.yields = YIELDS_EVENTS | YIELDS_PROCESSES,
	.traces = TRACES_TCP | TRACES_UDP,
	.zone_stated = true,
	.windows = true,
	.lines = true,
	.tick_ns = 15625000,
	.recognise = recognise,
	.open = tracerpt_open,
	.next = tracerpt_next,
	.tally = tracerpt_tally,
	.close = tracerpt_close,
};
