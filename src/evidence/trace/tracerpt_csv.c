/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the text of tracedmp (Windows 2000) and tracerpt (XP, 2003): doc/tracerpt-csv.md. */
#include <stdlib.h>

#include "base/text.h"
#include "evidence/input.h"
#include "evidence/trace/trace.h"
#include "evidence/trace/tracerpt_row.h"

struct tracerpt {
	struct lines lines;
	struct tally tally;
	struct csv_row row;
	struct source_time last; /* of the last row with a good time */
	bool has_last;
	bool over; /* reading failed: there is no way behind that */
	/* A damaged row may have been anyone's event. The next call says so, so that packets near
	 * it are known to lack one. */
	bool loss_due, loss_has_time;
	struct source_time loss_when;
	uint64_t loss_line;
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
	bool exponent = s.n && s.p[0] >= '0' && s.p[0] <= '9' &&
		(memchr(s.p, 'E', s.n) || memchr(s.p, 'e', s.n));
	if (!exponent)
		return s.n >= 15 && s.n <= 20 && text_u64(s, &v);
	for (size_t i = 0; i < s.n; i++)
		if (!memchr("0123456789.Ee+", s.p[i], 14))
			return false;
	return true;
}

/* Columns 3 and 4 set this text apart: Vista's long one has Event ID and Version there. */
static bool recognise(struct span head, bool whole)
{
	static const uint8_t bom[3] = { 0xef, 0xbb, 0xbf };
	struct csv_row row;
	struct span line;
	uint64_t tid;
	if (head.n >= sizeof bom && memcmp(head.p, bom, sizeof bom) == 0)
		head = span_of(head.p + 3, head.n - 3);
	do {
		line = text_split(&head, '\n');
		if (!head.p && !whole)
			return false;
	} while (head.p && is_filler(line));
	csv_split(line, &row);
	if (row.n < 4)
		return false;
	struct span class = row.cells[0].text, type = row.cells[1].text;
	struct span third = row.cells[2].text, fourth = row.cells[3].text;
	if (text_equal_nocase(class, "Event Name"))
		return text_equal_nocase(type, "Type") && text_equal_nocase(third, "TID") &&
			text_equal_nocase(fourth, "Clock-Time");
	return is_word(class) && is_word(type) && text_starts(third, "0x") &&
		text_number(third, &tid) && is_clock(fourth);
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
	*ret_self = t;
	return 0;
}

/* Counts the damage and notes the loss. `row` is NULL where the line could not be read. */
static int damaged(struct tracerpt *t, const struct csv_row *row, struct err *err)
{
	t->tally.damaged++;
	t->loss_due = true;
	t->loss_line = t->lines.number;
	t->loss_has_time = row && row_time(row, &t->loss_when);
	if (!t->loss_has_time && t->has_last) {
		t->loss_when = t->last;
		t->loss_has_time = true;
	}
	if (err && row)
		err->line = t->lines.number;
	return -1;
}

static int say_loss(struct tracerpt *t, struct record *ret)
{
	t->loss_due = false;
	*ret = (struct record){
		.kind = RECORD_LOSS,
		.number = t->loss_line,
		.has_time = t->loss_has_time,
		.when = t->loss_when,
		.loss = { .what = LOSS_EVENTS, .count = 1 },
	};
	return SOURCE_ITEM;
}

/* SOURCE_ITEM, SOURCE_END for a row that gives nothing, or -1. */
static int read_row(
	struct tracerpt *t, enum row_kind kind, bool whole, struct record *ret, struct err *err)
{
	switch (kind) {
	case ROW_NETWORK:
		return row_network(&t->row, whole, ret, err);
	case ROW_PROCESS:
		return row_process(&t->row, whole, ret, err);
	case ROW_HEADER:
		return row_header(&t->row, whole, ret, err);
	case ROW_BROKEN:
		if (!whole)
			return err_set(err, ERR_TRUNCATED,
				"the input ends inside column %zu of a row", t->row.n);
		return err_set(err, ERR_MALFORMED, "no row of this table: %zu columns", t->row.n);
	case ROW_OTHER:
	case ROW_TITLES:
		break;
	}
	return SOURCE_END;
}

static int take_line(
	struct tracerpt *t, struct span line, bool whole, struct record *ret, struct err *err)
{
	struct source_time when;
	bool sound = csv_split(line, &t->row);
	enum row_kind kind = row_kind(&t->row);
	int rc;
	if (!sound && (kind == ROW_NETWORK || kind == ROW_PROCESS))
		rc = err_set(err, whole ? ERR_MALFORMED : ERR_TRUNCATED,
			"column %zu has a quote that is not closed", t->row.n);
	else
		rc = read_row(t, kind, whole, ret, err);
	if (rc < 0) {
		damaged(t, &t->row, err);
		/* These rows are no events: no packet lacks anything by them. */
		t->loss_due = kind != ROW_PROCESS && kind != ROW_HEADER;
		return -1;
	}
	if (row_time(&t->row, &when)) {
		t->last = when;
		t->has_last = true;
	}
	if (rc == SOURCE_END) {
		t->tally.skipped += kind != ROW_TITLES;
		return SOURCE_END;
	}
	ret->number = t->lines.number;
	if (ret->kind == RECORD_LOSS)
		t->tally.lost += ret->loss.count;
	else
		t->tally.records++;
	return SOURCE_ITEM;
}

static int tracerpt_next(void *self, struct record *ret, struct err *err)
{
	struct tracerpt *t = self;
	struct span line;
	bool whole;
	if (t->loss_due)
		return say_loss(t, ret);
	while (!t->over) {
		struct err local = { .kind = ERR_NONE };
		int rc = lines_next(&t->lines, &line, &whole, &local);
		if (rc == 0)
			break;
		if (rc < 0) {
			t->over = local.kind != ERR_LIMIT;
			if (err)
				*err = local;
			return damaged(t, NULL, err);
		}
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
	.lines = true,
	.tick_ns = 15625000,
	.recognise = recognise,
	.open = tracerpt_open,
	.next = tracerpt_next,
	.tally = tracerpt_tally,
	.close = tracerpt_close,
};
