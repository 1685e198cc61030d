/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the traces of lab-offline, as text and as event trace logs: see offline_observe.h. */
#include <stdlib.h>
#include <string.h>

#include "offline_observe.h"
#include "write/etl_events.h"
#include "write/tracerpt.h"

enum { ICMP = 1 };

/* A record of the log, in the order of their times. */
struct line {
	int64_t ns;
	size_t place;
	const struct world_call *call; /* or */
	const struct observed_note *note;
};

static int compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* Events that are lost are among them: some logs say where they were. */
static struct line *collect(
	const struct observed *o, unsigned host, struct observed_note **ret_notes, size_t *ret_n)
{
	const struct observed_log *l = &o->logs[host];
	size_t n_notes = observed_notes(o, host, ret_notes), n = 0;
	struct line *lines = calloc(o->world->n_calls + n_notes + 1, sizeof *lines);
	if (!lines)
		abort();
	for (size_t i = 0; i < n_notes; i++, n++)
		lines[n] = (struct line){ (*ret_notes)[i].ns, n, NULL, &(*ret_notes)[i] };
	for (size_t i = 0; i < o->world->n_calls; i++) {
		const struct world_call *c = &o->world->calls[o->calls[i]];
		if (c->host == host && c->ns >= l->from && c->ns <= l->to) {
			lines[n] = (struct line){ c->ns, n, c, NULL };
			n++;
		}
	}
	qsort(lines, n, sizeof *lines, compare);
	*ret_n = n;
	return lines;
}

static struct event event_of(const struct observed *o, const struct world_call *c)
{
	struct event e = c->event;
	e.pid = o->world->processes[c->process].pid;
	return e;
}

static struct process_note note_of(const struct observed_note *n)
{
	struct process_note note = { .pid = n->process->pid,
		.parent = n->process->parent,
		.has_parent = true,
		.image = span_text(n->process->image) };
	note.what = strcmp(n->what, "Start") == 0 ? NOTE_START
		: strcmp(n->what, "End") == 0     ? NOTE_END
						  : NOTE_RUNNING;
	return note;
}

void observed_csv(const struct observed *o, unsigned host, struct str *out)
{
	const struct scenario *s = o->world->scenario;
	struct tracerpt_style style = { .titles = true,
		.v2 = s->v[PARAM_FORM] == FORM_CSV_V2,
		.longer = s->v[PARAM_FORM] == FORM_CSV_LONG };
	struct observed_note *notes;
	size_t n;
	struct line *lines = collect(o, host, &notes, &n);
	struct tracerpt_writer w;
	tracerpt_begin(&w, out, style);
	tracerpt_session(&w, observed_stamp(o, host, o->logs[host].from),
		s->v[PARAM_LOSS_STATED] ? (uint32_t)o->logs[host].lost : 0, 0);
	for (size_t i = 0; i < n; i++) {
		const struct line *l = &lines[i];
		int64_t stamp = observed_stamp(o, host, l->ns);
		if (l->note) {
			struct process_note note = note_of(l->note);
			tracerpt_process(&w, stamp, l->note->what, &note);
		} else if (l->call->kept) {
			struct event e = event_of(o, l->call);
			w.mapped = l->call->mapped;
			tracerpt_event(&w, stamp, &e);
		}
	}
	free(lines);
	free(notes);
}

static void etl_note(
	struct etlog *w, const struct etlog_at *at, const struct observed_note *n, bool manifest)
{
	struct process_note note = note_of(n);
	uint8_t opcode = note.what == NOTE_START ? 1 : note.what == NOTE_END ? 2 : 3;
	if (!manifest) {
		etlog_process(w, at,
			&(struct etlog_process){ .opcode = opcode, .version = 4, .note = &note });
		return;
	}
	int64_t began = n->process->from < 0 ? WORLD_START - 3600000 * WORLD_MS : n->process->from;
	began += at->ns - n->ns;
	etlog_manifest_process(w, at,
		&(struct etlog_manifest_process){ .id = opcode == 3 ? 15 : opcode,
			.version = opcode == 2 ? 2
				: opcode == 1  ? 3
					       : 1,
			.note = &note,
			.start_ns = began });
}

/* A socket of its own for each datagram. Its number is of no matter; that it is made before it
 * sends is, so all comes from one processor. ICMP's header is a part of what is sent. */
static void etl_raw(struct etlog *w, const struct etlog_at *at, const struct event *e)
{
	struct etlog_at own = *at;
	struct event sent = *e;
	uint64_t endpoint = 0x8a4b0000u + (uint64_t)at->ns % 0xfff0000u;
	own.pid = e->pid;
	own.tid = e->pid + 4;
	own.processor = 0;
	sent.bytes += 8;
	etlog_raw_socket(w, &own, endpoint, ICMP);
	etlog_raw_send(w, &own, endpoint, &sent);
	etlog_raw_close(w, &own, endpoint);
}

static void etl_line(
	const struct observed *o, struct etlog *w, const struct etlog_at *at, const struct line *l)
{
	bool manifest = o->world->scenario->v[PARAM_FORM] == FORM_ETL_MANIFEST;
	if (l->note) {
		etl_note(w, at, l->note, manifest);
		return;
	}
	if (!l->call->kept) {
		if (o->world->scenario->v[PARAM_LOSS_STATED] && l->call->event.transport != ICMP)
			etlog_lose(w, at->processor);
		return;
	}
	struct event e = event_of(o, l->call);
	struct etlog_at mapped = *at;
	mapped.mapped = l->call->mapped;
	if (e.transport == ICMP)
		etl_raw(w, at, &e);
	else if (manifest)
		etlog_network(w, &mapped, &e);
	else
		etlog_tcpudp(w, &mapped, 2, &e);
}

/* A clock that stands still is system time, all others are counters. */
void observed_etl(const struct observed *o, unsigned host, struct str *out)
{
	const struct observed_log *log = &o->logs[host];
	struct observed_note *notes;
	size_t n;
	struct line *lines = collect(o, host, &notes, &n);
	int64_t begin = observed_stamp(o, host, log->from - WORLD_MS);
	struct etlog_form form = { .seed = o->world->scenario->seed,
		.start_ns = begin - begin % 100,
		.build = 19041,
		.pointer = 8,
		.processors = 4,
		.frequency = 10000000,
		.buffer_bytes = 16384,
		.clock = log->tick_ns == 100 ? ETLOG_QPC : ETLOG_SYSTEM_TIME,
		.tick_ns = log->tick_ns };
	struct random r = { o->world->scenario->seed + 77 };
	struct etlog w;
	etlog_begin(&w, &form, out, NULL);
	int64_t flushed = begin;
	for (size_t i = 0; i < n; i++) {
		struct etlog_at at = { .ns = observed_stamp(o, host, lines[i].ns),
			.processor = (uint16_t)random_below(&r, 4),
			.pid = 4,
			.tid = 100 };
		/* The flush timer, once a second. */
		if (at.ns - flushed > 1000 * WORLD_MS) {
			etlog_flush(&w);
			flushed = at.ns;
		}
		etl_line(o, &w, &at, &lines[i]);
	}
	etlog_end(&w);
	etlog_done(&w);
	free(lines);
	free(notes);
}
