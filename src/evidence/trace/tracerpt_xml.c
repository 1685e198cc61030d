/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the XML of tracerpt (Windows Vista and later): doc/tracerpt-xml.md. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "evidence/input.h"
#include "evidence/trace/dump_payload.h"
#include "evidence/trace/trace.h"
#include "evidence/trace/xml_event.h"

struct tracerpt_xml {
	struct reader reader;
	struct tally tally;
	struct xml_event *parser;
	struct dump_memory memory;
	struct dump_payload *payload;
	struct xml_said said;
	uint64_t line; /* of the next byte, from 1 */
	bool over;
	struct source_time last;
	bool has_last;
	struct dump_loss loss;
};

static void xml_close(void *self)
{
	struct tracerpt_xml *t = self;
	if (!t)
		return;
	dump_payload_free(t->payload);
	xml_event_free(t->parser);
	reader_done(&t->reader);
	free(t);
}

static int xml_open(struct input *input, void **ret_self, struct err *err)
{
	struct tracerpt_xml *t = calloc(1, sizeof *t);
	if (!t)
		return err_nomem(err);
	t->line = 1;
	if (reader_init_text(&t->reader, input, err) < 0 || xml_event_new(&t->parser, err) < 0 ||
		dump_payload_new(&t->payload, err) < 0) {
		xml_close(t);
		return -1;
	}
	*ret_self = t;
	return 0;
}

/* Passes n bytes and counts their lines. */
static void pass(struct tracerpt_xml *t, struct span s, size_t n)
{
	const uint8_t *p = s.p, *end = s.p + n;
	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		t->line++;
		p++;
	}
	reader_take(&t->reader, n);
}

/* "<Event" behind which the name ends: not <Events, <EventData, <EventID. Its place from `from` on,
 * or the span's length. */
static size_t find_open(struct span s, size_t from)
{
	static const char tag[] = "<Event";
	const size_t n = sizeof tag - 1;
	while (from + n < s.n) {
		const uint8_t *at = memmem(s.p + from, s.n - from, tag, n);
		size_t place = at ? (size_t)(at - s.p) : s.n;
		if (place + n >= s.n)
			break;
		if (memchr(" \t\r\n>", s.p[place + n], 5))
			return place;
		from = place + n;
	}
	return s.n;
}

#define LOOK_BYTES 65536u
#define TAG_BYTES 8u /* "</Event>" */

/* Puts the next event's begin at the front. 1, 0 at the end of the input, -1. */
static int seek_event(struct tracerpt_xml *t, struct err *err)
{
	for (;;) {
		struct span s;
		int rc = reader_peek(&t->reader, LOOK_BYTES, &s, err);
		if (rc < 0)
			return -1;
		size_t at = find_open(s, 0);
		if (at < s.n) {
			pass(t, s, at);
			return 1;
		}
		/* The end of what is seen may be the front of a tag. */
		size_t n = rc == 0 || s.n < TAG_BYTES ? s.n : s.n - (TAG_BYTES - 1);
		pass(t, s, n);
		if (rc == 0)
			return 0;
	}
}

/* With an event at the front, finds its end. 1 and *ret; -1 for one that has none: then what may be
 * the next one is at the front. */
static int take_event(struct tracerpt_xml *t, struct span *ret, struct err *err)
{
	size_t looked = 0;
	for (size_t want = 8192;; want *= 2) {
		struct span s;
		int rc = reader_peek(&t->reader, want, &s, err);
		if (rc < 0)
			return -1;
		const uint8_t *end = memmem(s.p + looked, s.n - looked, "</Event>", TAG_BYTES);
		size_t n = end ? (size_t)(end - s.p) + TAG_BYTES : s.n;
		size_t next = find_open(span_of(s.p, n), looked ? looked : 1);
		if (end && next == n) {
			*ret = span_of(s.p, n);
			return 1;
		}
		bool limit = !end && next == n && s.n >= LIMIT_XML_EVENT_BYTES;
		if (next < n || limit || rc == 0) {
			pass(t, s, next);
			return next < n ? err_set(err, ERR_MALFORMED,
						  "another event begins inside "
						  "this one")
				: limit
				? err_set(err, ERR_LIMIT, "an event is longer than %u bytes",
					  LIMIT_XML_EVENT_BYTES)
				: err_set(err, ERR_TRUNCATED, "the input ends inside an event");
		}
		looked = s.n - (TAG_BYTES - 1);
	}
}

/* Damage at the line where the event began; it may have been anyone's. */
static int damaged(struct tracerpt_xml *t, uint64_t line, bool lost, struct err *err)
{
	t->tally.damaged++;
	t->loss = (struct dump_loss){ lost, t->has_last, t->last, line };
	if (err)
		err->line = line;
	return -1;
}

static int read_event(struct tracerpt_xml *t, struct span text, struct record *ret, struct err *err)
{
	struct xml_said *said = &t->said;
	struct source_time when;
	if (xml_event_read(t->parser, text, said, err) < 0)
		return -1;
	bool has_time = dump_time(said->time, &when);
	if (has_time) {
		t->last = when;
		t->has_last = true;
	}
	if (!dump_event_used(&said->event))
		return SOURCE_END;
	if (!has_time)
		return err_set(
			err, ERR_MALFORMED, "SystemTime is not a time between 1970 and 2262");
	/* tracerpt had no words for it. */
	bool bytes = said->payload.n && said->event.fields.n == 0;
	int rc = bytes
		? dump_payload_read(t->payload, &t->memory, &said->event, said->payload, ret, err)
		: dump_event_read(&t->memory, &said->event, ret, err);
	if (rc == SOURCE_ITEM && ret->kind != RECORD_LOSS) {
		ret->has_time = true;
		ret->when = when;
	}
	return rc;
}

/* One event; SOURCE_END where it gives nothing. */
static int next_event(struct tracerpt_xml *t, struct record *ret, struct err *err)
{
	uint64_t line = t->line;
	struct span text;
	t->said.event.class = DUMP_OTHER;
	if (take_event(t, &text, err) < 0) {
		t->over = err->kind == ERR_SYSTEM || err->kind == ERR_NOMEM;
		return damaged(t, line, true, err);
	}
	int rc = read_event(t, text, ret, err);
	pass(t, text, text.n);
	if (rc < 0) {
		t->over = err->kind == ERR_NOMEM;
		return damaged(t, line, !dump_event_is_note(&t->said.event), err);
	}
	if (rc == SOURCE_END) {
		t->tally.skipped++;
		return SOURCE_END;
	}
	ret->number = line;
	if (ret->kind == RECORD_LOSS)
		t->tally.lost += ret->loss.count;
	else
		t->tally.records++;
	return SOURCE_ITEM;
}

static int xml_next(void *self, struct record *ret, struct err *err)
{
	struct tracerpt_xml *t = self;
	struct err local;
	if (t->loss.due)
		return dump_loss_give(&t->loss, ret);
	while (!t->over) {
		local = (struct err){ .kind = ERR_NONE, .off = ERR_NO_OFFSET };
		int rc = seek_event(t, &local);
		if (rc == 0)
			break;
		if (rc < 0) {
			t->over = true;
			rc = damaged(t, t->line, true, &local);
		} else {
			rc = next_event(t, ret, &local);
		}
		if (rc < 0 && err)
			*err = local;
		if (rc != SOURCE_END)
			return rc;
	}
	return SOURCE_END;
}

static const struct tally *xml_tally(const void *self)
{
	return &((const struct tracerpt_xml *)self)->tally;
}

/* Event logs in XML (wevtutil) have the same elements. Those of a trace also name the processor in
 * each event, and the session's header, which is first, has elements of another namespace. */
static bool recognise(struct span head, bool whole)
{
	static const char events[] = "http://schemas.microsoft.com/win/2004/08/events/event";
	static const char trace[] = "http://schemas.microsoft.com/win/2004/08/events/trace";
	static const char processor[] = "ProcessorID=";
	(void)whole;
	head = text_skip_mark(head);
	size_t at = 0;
	while (at < head.n && memchr(" \t\r\n", head.p[at], 4))
		at++;
	struct span front = span_of(head.p + at, head.n - at);
	if (!text_starts(front, "<?xml") && !text_starts(front, "<Event"))
		return false;
	return memmem(head.p, head.n, events, sizeof events - 1) &&
		(memmem(head.p, head.n, trace, sizeof trace - 1) ||
			memmem(head.p, head.n, processor, sizeof processor - 1));
}

const struct source_format format_tracerpt_xml = {
	.name = "tracerpt-xml",
	.title = "Windows kernel trace (tracerpt XML)",
	.yields = YIELDS_EVENTS | YIELDS_PROCESSES,
	.traces = TRACES_TCP | TRACES_UDP,
	.traces_shown = true,
	.zone_stated = true,
	.windows = true,
	.lines = true,
	.tick_ns = 15625000,
	.recognise = recognise,
	.open = xml_open,
	.next = xml_next,
	.tally = xml_tally,
	.close = xml_close,
};
