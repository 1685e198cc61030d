/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the text of `xperf -a dumper` and `wpaexporter`: doc/xperf-dumper.md. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "evidence/input.h"
#include "evidence/trace/dumper_kind.h"
#include "evidence/trace/trace.h"

struct dumper {
	struct lines lines;
	struct tally tally;
	struct csv_row row;
	struct dump_memory memory;
	struct dump_event event;
	struct dumper_kind *kinds;
	size_t n_kinds;
	bool in_header, over;
	bool has_start, said_start;
	struct source_time start; /* "Trace Start" */
	struct source_time last;
	bool has_last;
	struct dump_loss loss;
	bool held; /* `record` goes out next */
	struct record record;
};

static int dumper_open(struct input *input, void **ret_self, struct err *err)
{
	struct dumper *d = calloc(1, sizeof *d);
	struct dumper_kind *kinds = calloc(LIMIT_DUMP_KINDS, sizeof *kinds);
	if (!d || !kinds) {
		free(d);
		free(kinds);
		return err_nomem(err);
	}
	if (lines_init(&d->lines, input, err) < 0) {
		free(d);
		free(kinds);
		return -1;
	}
	d->kinds = kinds;
	*ret_self = d;
	return 0;
}

static void dumper_close(void *self)
{
	struct dumper *d = self;
	if (!d)
		return;
	lines_done(&d->lines);
	free(d->kinds);
	free(d);
}

/* A time is microseconds behind the trace's start. */
static bool time_of(const struct dumper *d, struct span text, struct source_time *ret)
{
	uint64_t us;
	int64_t ns;
	if (!text_u64(text, &us) || us > INT64_MAX / 1000 || !d->has_start ||
		__builtin_add_overflow(d->start.ns, (int64_t)us * 1000, &ns))
		return false;
	*ret = (struct source_time){ ns };
	return true;
}

static int damaged(struct dumper *d, bool lost, struct err *err)
{
	d->tally.damaged++;
	d->loss = (struct dump_loss){ lost, d->has_last, d->last, d->lines.number };
	if (err)
		err->line = d->lines.number;
	return -1;
}

/* A kind may be told twice, where dumps were joined: the last one counts. */
static int take_titles(struct dumper *d, struct err *err)
{
	struct dumper_kind kind;
	size_t at = 0;
	if (!dumper_kind_read(&d->row, &kind))
		return SOURCE_END;
	while (at < d->n_kinds && strcmp(d->kinds[at].name, kind.name) != 0)
		at++;
	if (at == LIMIT_DUMP_KINDS) {
		err_set(err, ERR_LIMIT, "more than %u kinds of events that are read",
			LIMIT_DUMP_KINDS);
		return damaged(d, false, err);
	}
	d->kinds[at] = kind;
	d->n_kinds = at < d->n_kinds ? d->n_kinds : at + 1;
	return SOURCE_END;
}

/* The number behind "Events Lost: ". */
static uint64_t session_number(const struct csv_row *row, const char *name)
{
	uint64_t v;
	size_t n = strlen(name);
	for (size_t i = 0; i < row->n; i++) {
		struct span s = row->cells[i].text;
		if (s.n > n && text_equal_nocase(span_of(s.p, n), name) &&
			text_u64(text_trim(span_of(s.p + n, s.n - n)), &v))
			return v;
	}
	return 0;
}

/* "OS Version: ..., Events Lost: 0, Buffers lost: 0, Trace Start: 132675686690347142, ..." */
static int take_session(struct dumper *d, struct record *ret)
{
	uint64_t start = session_number(&d->row, "Trace Start:");
	uint64_t events = session_number(&d->row, "Events Lost:");
	uint64_t buffers = session_number(&d->row, "Buffers lost:");
	if (start)
		d->has_start = stamp_from_filetime(start, &d->start);
	if (events > UINT32_MAX || buffers > UINT32_MAX || events + buffers == 0)
		return SOURCE_END;
	/* A lost buffer held at least one event. */
	*ret = (struct record){
		.kind = RECORD_LOSS,
		.number = d->lines.number,
		.loss = { .what = LOSS_EVENTS, .count = events + buffers },
	};
	d->tally.lost += ret->loss.count;
	return SOURCE_ITEM;
}

static const struct dumper_kind *find_kind(const struct dumper *d, struct span name)
{
	for (size_t i = 0; i < d->n_kinds; i++)
		if (text_equal(name, d->kinds[i].name))
			return &d->kinds[i];
	return NULL;
}

/* Without the trace's start its times are those of no clock. Said once; the records go out bare. */
static int say_no_start(struct dumper *d, const struct record *record, struct err *err)
{
	d->said_start = d->held = true;
	d->record = *record;
	d->tally.damaged++;
	return err_line(err, ERR_MALFORMED, d->lines.number,
		"no line with \"Trace Start\" came before this event: the times of this log are "
		"lost");
}

static int take_event(struct dumper *d, const struct dumper_kind *kind, bool whole,
	struct record *ret, struct err *err)
{
	struct source_time when;
	uint64_t us;
	bool note = kind->class == DUMP_PROCESS;
	if (d->row.n <= kind->time || !d->row.cells[kind->time].whole ||
		!dumper_kind_event(kind, &d->row, whole, &d->event)) {
		err_set(err, whole ? ERR_MALFORMED : ERR_TRUNCATED,
			"the row has %zu columns, or no process where the header says so",
			d->row.n);
		return damaged(d, !note, err);
	}
	struct span stamp = d->row.cells[kind->time].text;
	bool has_time = time_of(d, stamp, &when);
	if (!text_u64(stamp, &us) || (d->has_start && !has_time)) {
		err_set(err, ERR_MALFORMED, "TimeStamp is not a number of microseconds");
		return damaged(d, !note, err);
	}
	if (has_time) {
		d->last = when;
		d->has_last = true;
	}
	int rc = dump_event_read(&d->memory, &d->event, ret, err);
	if (rc < 0 && !whole)
		err_set(err, ERR_TRUNCATED, "the input ends inside column %zu of a row", d->row.n);
	if (rc < 0)
		return damaged(d, !note, err);
	if (rc == SOURCE_END) {
		d->tally.skipped++;
		return SOURCE_END;
	}
	ret->number = d->lines.number;
	ret->has_time = has_time;
	if (has_time)
		ret->when = when;
	d->tally.records++;
	return has_time || d->said_start ? SOURCE_ITEM : say_no_start(d, ret, err);
}

static int take_line(
	struct dumper *d, struct span line, bool whole, struct record *ret, struct err *err)
{
	line = text_trim(line);
	if (line.n == 0)
		return SOURCE_END;
	if (text_equal(line, "BeginHeader") || text_equal(line, "EndHeader")) {
		d->in_header = line.p[0] == 'B';
		return SOURCE_END;
	}
	csv_split(line, &d->row);
	if (d->in_header)
		return whole ? take_titles(d, err) : SOURCE_END;
	if (text_starts(line, "OS Version:"))
		return take_session(d, ret);
	/* The name is cut where the line is, so it might be any kind's. */
	if (!whole && d->row.n == 1) {
		err_set(err, ERR_TRUNCATED, "the input ends inside the name of an event");
		return damaged(d, true, err);
	}
	const struct dumper_kind *kind = find_kind(d, d->row.cells[0].text);
	if (kind)
		return take_event(d, kind, whole, ret, err);
	d->tally.skipped++;
	return SOURCE_END;
}

static int dumper_next(void *self, struct record *ret, struct err *err)
{
	struct dumper *d = self;
	if (d->loss.due)
		return dump_loss_give(&d->loss, ret);
	if (d->held) {
		d->held = false;
		*ret = d->record;
		return SOURCE_ITEM;
	}
	while (!d->over) {
		struct err local = { .kind = ERR_NONE, .off = ERR_NO_OFFSET };
		struct span line;
		bool whole;
		int rc = lines_next(&d->lines, &line, &whole, &local);
		if (rc == 0)
			break;
		if (rc < 0) {
			d->over = local.kind != ERR_LIMIT;
			rc = damaged(d, true, &local);
		} else {
			rc = take_line(d, line, whole, ret, &local);
		}
		if (rc < 0 && err)
			*err = local;
		if (rc != SOURCE_END)
			return rc;
	}
	return SOURCE_END;
}

static const struct tally *dumper_tally(const void *self)
{
	return &((const struct dumper *)self)->tally;
}

static bool recognise(struct span head, bool whole)
{
	(void)whole;
	head = text_skip_mark(head);
	while (head.p) {
		struct span line = text_trim(text_split(&head, '\n'));
		if (line.n)
			return text_equal(line, "BeginHeader");
	}
	return false;
}

const struct source_format format_xperf_dumper = {
	.name = "xperf-dumper",
	.title = "Windows trace (xperf dumper text)",
	.yields = YIELDS_EVENTS | YIELDS_PROCESSES,
	.traces = TRACES_TCP | TRACES_UDP,
	.traces_shown = true,
	.zone_stated = true,
	.windows = true,
	.lines = true,
	.tick_ns = 15625000,
	.recognise = recognise,
	.open = dumper_open,
	.next = dumper_next,
	.tally = dumper_tally,
	.close = dumper_close,
};
