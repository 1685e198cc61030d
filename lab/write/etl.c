/* SPDX-License-Identifier: Apache-2.0 */
/* Writes event trace logs: see etl.h; files, buffers, clocks. Records are in etl_record.c. */
#include "write/etl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/stamp.h"
#include "write/etl_lz77.h"
#include "write/etl_record.h"

enum { HEADER = 0x48, LOST_EVENTS = 0x02, LOST_BUFFER = 0x04, HAS_INDEX = 0x20, PACKED = 0x40 };
enum { FLUSH_MARK = 0x01, TYPE_GENERIC = 0, TYPE_HEADER = 4 };

static _Noreturn void die(const char *why)
{
	fprintf(stderr, "lab: event trace log: %s\n", why);
	exit(1);
}

static void *need(void *p)
{
	if (!p)
		die("no memory");
	return p;
}

static void store(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t filetime(int64_t ns)
{
	return (uint64_t)(ns / 100) + 116444736000000000u;
}

int64_t etlog_stamp(const struct etlog *w, int64_t ns)
{
	const struct etlog_form *f = &w->form;
	if (f->clock == ETLOG_SYSTEM_TIME)
		return (int64_t)filetime(ns - ns % f->tick_ns);
	__int128 since = ns - f->start_ns;
	return f->t0 +
		(int64_t)(f->clock == ETLOG_QPC ? since * (int64_t)f->frequency / STAMP_NS_PER_S
						: since * f->mhz / 1000);
}

int64_t etlog_time(const struct etlog *w, int64_t stamp)
{
	const struct etlog_form *f = &w->form;
	if (f->clock == ETLOG_SYSTEM_TIME)
		return (stamp - 116444736000000000ll) * 100;
	__int128 since = stamp - f->t0;
	return f->start_ns +
		(int64_t)(f->clock == ETLOG_QPC ? since * STAMP_NS_PER_S / (int64_t)f->frequency
						: since * 1000 / f->mhz);
}

/* Where the file is written over, it must reach so far already. */
static void write_at(struct etlog *w, uint64_t at, struct span bytes)
{
	if (w->out) {
		if (at == w->out->n)
			str_add(w->out, bytes);
		else if (!w->out->failed)
			memcpy(w->out->p + at, bytes.p, bytes.n);
		w->failed |= w->out->failed;
	} else {
		/* Seeking empties the stream's buffer: only where it is needed. */
		if (at != w->end && fseeko(w->file, (off_t)at, SEEK_SET) != 0)
			w->failed = true;
		if (fwrite(bytes.p, 1, bytes.n, w->file) != bytes.n)
			w->failed = true;
		if (at != w->end && fseeko(w->file, 0, SEEK_END) != 0)
			w->failed = true;
	}
	if (at + bytes.n > w->end)
		w->end = at + bytes.n;
}

static bool old(const struct etlog *w)
{
	return w->form.build < 6000;
}

/* Fields that nobody may trust get what real files have there. */
static void put_header(struct etlog *w, struct etlog_buffer *b, uint32_t bytes, uint16_t type)
{
	uint8_t *p = b->p;
	bool first = type == TYPE_HEADER;
	memset(p, 0, HEADER);
	store(p, bytes, 4);
	if (!first)
		store(p + 4, random_below(&w->random, 2) ? b->used : HEADER, 4);
	store(p + 8, b->used + random_below(&w->random, 4096) * 8, 4);
	if (!first)
		store(p + 0x10, (uint64_t)b->last, 8);
	store(p + 0x2a, 3, 2);
	store(p + 0x2c, 3, 4);
	store(p + 0x30, b->used, 4);
	if (old(w)) {
		store(p + 0x0c, w->form.clock == ETLOG_QPC, 4);
		p[0x28] = (uint8_t)b->processor;
		p[0x29] = 8;
		/* Before 2003 a count of what was lost. */
		store(p + 0x34, w->form.build < 3790 ? b->lost : b->flags,
			w->form.build < 3790 ? 4 : 2);
		if (w->form.build >= 3790)
			store(p + 0x36, type, 2);
		return;
	}
	store(p + 0x18, b->serial, 8);
	store(p + 0x20, random_next(&w->random), 8);
	store(p + 0x38, random_next(&w->random), 8);
	if (w->form.build >= 9200) {
		b->flags |= HAS_INDEX;
		store(p + 0x28, b->processor, 2);
	} else {
		p[0x28] = (uint8_t)b->processor;
		p[0x29] = 8;
	}
	store(p + 0x34, b->flags, 2);
	store(p + 0x36, type, 2);
}

static void remember(struct etlog *w, uint64_t serial, uint64_t at)
{
	if (serial >= w->offsets_cap) {
		size_t cap = w->offsets_cap ? 2 * w->offsets_cap : 1024;
		w->offsets = need(reallocarray(w->offsets, cap, sizeof *w->offsets));
		for (size_t i = w->offsets_cap; i < cap; i++)
			w->offsets[i] = UINT64_MAX;
		w->offsets_cap = cap;
	}
	w->offsets[serial] = at;
}

/* The first buffer stays; the others go round. */
static uint64_t next_place(struct etlog *w, uint64_t serial)
{
	if (!w->form.ring)
		return w->end;
	uint64_t slot = 1 + (w->written - 1) % (w->form.ring - 1);
	if (w->slots[slot])
		w->offsets[w->slots[slot]] = UINT64_MAX;
	w->slots[slot] = serial;
	return slot * w->form.buffer_bytes;
}

static void write_packed(struct etlog *w, struct etlog_buffer *b)
{
	size_t n = etl_lz77_pack(span_of(b->p + HEADER, b->used - HEADER), w->packed + HEADER);
	b->flags |= PACKED;
	put_header(w, b, (uint32_t)(HEADER + n), TYPE_GENERIC);
	store(b->p + 0x2c, 5, 4);
	memcpy(w->packed, b->p, HEADER);
	remember(w, b->serial, w->end);
	write_at(w, w->end, span_of(w->packed, HEADER + n));
}

static void write_buffer(struct etlog *w, struct etlog_buffer *b)
{
	uint32_t bytes = w->form.buffer_bytes;
	if (w->form.compressed) {
		write_packed(w, b);
	} else {
		/* Now and then what the buffer held before is left behind its end. */
		if (old(w) || random_below(&w->random, 4))
			memset(b->p + b->used, 0xff, bytes - b->used);
		put_header(w, b, bytes, TYPE_GENERIC);
		uint64_t at = next_place(w, b->serial);
		remember(w, b->serial, at);
		write_at(w, at, span_of(b->p, bytes));
	}
	w->written++;
	b->used = 0;
	b->flags = 0;
	b->lost = 0;
}

/* Buffers reach the file in any order: one of those that wait goes. */
static void write_one(struct etlog *w)
{
	uint32_t i = random_below(&w->random, w->n_waiting);
	struct etlog_buffer b = w->waiting[i];
	write_buffer(w, &b);
	w->waiting[i] = w->waiting[--w->n_waiting];
	w->waiting[w->n_waiting] = b;
}

/* Changes a full buffer for an empty one. */
static void put_aside(struct etlog *w, struct etlog_buffer *b)
{
	struct etlog_buffer *to = &w->waiting[w->n_waiting++];
	struct etlog_buffer empty = { .p = to->p };
	*to = *b;
	*b = empty;
	if (w->n_waiting > w->form.processors || w->n_waiting == ETLOG_WAITING)
		write_one(w);
}

static void begin_buffer(struct etlog *w, struct etlog_buffer *b, uint32_t processor)
{
	if (!b->p)
		b->p = need(calloc(1, w->form.buffer_bytes));
	b->used = HEADER;
	b->processor = processor;
	b->serial = ++w->serials;
	remember(w, b->serial, UINT64_MAX);
}

uint64_t etlog_add(struct etlog *w, const struct etlog_record *r)
{
	uint32_t processor = r->processor % w->form.processors;
	struct etlog_buffer *b = &w->open[processor];
	uint32_t bytes = etlog_record_bytes(r);
	if (bytes > w->form.buffer_bytes - HEADER || bytes > UINT16_MAX)
		die("a record does not fit a buffer");
	if (b->used && b->used + ((bytes + 7) & ~7u) > w->form.buffer_bytes)
		put_aside(w, b);
	if (!b->used)
		begin_buffer(w, b, processor);
	b->last = etlog_stamp(w, r->ns);
	if (r->ns > w->last_ns)
		w->last_ns = r->ns;
	etlog_record_put(r, w->form.pointer, b->last, b->p + b->used);
	memset(b->p + b->used + bytes, 0, -bytes & 7);
	b->used += (bytes + 7) & ~7u;
	return b->serial;
}

void etlog_room(struct etlog *w, uint16_t processor, uint32_t bytes)
{
	struct etlog_buffer *b = &w->open[processor % w->form.processors];
	if (b->used && b->used + bytes > w->form.buffer_bytes)
		put_aside(w, b);
}

void etlog_lose(struct etlog *w, uint16_t processor)
{
	struct etlog_buffer *b = &w->open[processor % w->form.processors];
	if (!b->used)
		begin_buffer(w, b, processor % w->form.processors);
	b->flags |= LOST_EVENTS;
	b->lost++;
	w->events_lost++;
}

void etlog_flush(struct etlog *w)
{
	for (uint32_t i = 0; i < w->form.processors; i++)
		if (w->open[i].used)
			put_aside(w, &w->open[i]);
	while (w->n_waiting)
		write_one(w);
}

/* A time zone of UTC + 1 in winter. What is not set is 0, as for a zone without a summer. */
static void put_zone(struct str *out)
{
	size_t at = out->n;
	etlog_put(out, (uint32_t)-60, 4);
	etlog_wide(out, "@tzres.dll,-322");
	while (out->n < at + 88)
		etlog_put(out, 0, 2);
	etlog_wide(out, "@tzres.dll,-321");
	while (out->n < at + 172)
		etlog_put(out, 0, 2);
}

static uint32_t mode(const struct etlog_form *f)
{
	return (f->ring ? 2 : 1) | (f->relogged ? 0x10000 : 0) | (f->compressed ? 0x04000000 : 0);
}

static void put_version(const struct etlog_form *f, struct str *out)
{
	bool win10 = f->build >= 10240, win8 = f->build >= 9200, win7 = f->build >= 7600;
	etlog_put(out, win10 ? 10 : f->build < 6000 ? 5 : 6, 1);
	etlog_put(out, win10 || f->build == 6002 ? 0 : win8 || f->build < 6000 ? 2 : 1, 1);
	etlog_put(out, f->compressed ? 2 : 1, 1);
	etlog_put(out, f->compressed ? 0 : win7 ? 5 : f->build < 6000 ? 2 : 4, 1);
	etlog_put(out, f->build, 4);
}

/* TRACE_LOGFILE_HEADER and its two texts. */
static void put_session(const struct etlog *w, bool closed, struct str *out)
{
	const struct etlog_form *f = &w->form;
	etlog_put(out, f->buffer_bytes, 4);
	put_version(f, out);
	etlog_put(out, f->processors, 4);
	etlog_put(out, closed ? filetime(w->last_ns) : 0, 8);
	etlog_put(out, 156250, 4);
	etlog_put(out, f->ring ? 100 : 0, 4);
	etlog_put(out, mode(f), 4);
	etlog_put(out, closed ? w->written : 0, 4);
	etlog_put(out, 1, 4);
	etlog_put(out, f->pointer, 4);
	etlog_put(out, closed ? w->events_lost : 0, 4);
	etlog_put(out, f->build < 6000 && f->clock != ETLOG_CYCLES ? 0 : f->mhz, 4);
	etlog_put(out, 5, f->pointer);
	etlog_put(out, 6, f->pointer);
	put_zone(out);
	etlog_put(out, 0, 4);
	etlog_put(out, filetime(f->start_ns) - 360000000000u, 8);
	etlog_put(out, f->frequency, 8);
	etlog_put(out, filetime(f->start_ns), 8);
	/* Before Vista this field only says whether the performance counter was used. */
	etlog_put(out, f->build < 6000 && f->clock == ETLOG_SYSTEM_TIME ? 0 : f->clock, 4);
	etlog_put(out, closed ? f->buffers_lost : 0, 4);
	etlog_wide(out, f->relogged ? "Relogger" : "lab");
	etlog_wide(out, f->relogged ? "[multiple files]" : "C:\\lab\\trace.etl");
}

/* The first buffer: the session's header, and since Vista the masks of its groups. */
static void put_first(struct etlog *w, bool closed)
{
	struct etlog_buffer *b = &w->header;
	uint32_t bytes = w->form.relogged ? 0x400 : w->form.buffer_bytes;
	struct str payload;
	str_init(&payload, 4096);
	put_session(w, closed, &payload);
	memset(b->p, 0xff, bytes);
	b->used = HEADER;
	b->flags = FLUSH_MARK | (closed && w->form.buffers_lost ? LOST_BUFFER : 0);
	struct etlog_record r = { .kind = ETLOG_SYSTEM,
		.pid = 4321,
		.tid = 5000,
		.version = old(w) ? 1 : 2,
		.payload = span_of(payload.p, payload.n) };
	int64_t stamp = etlog_stamp(w, w->form.start_ns);
	etlog_record_put(&r, w->form.pointer, stamp, b->p + b->used);
	b->used += (etlog_record_bytes(&r) + 7) & ~7u;
	if (!old(w)) {
		static const uint8_t masks[36] = { 0x03, 0x00, 0x01 };
		r = (struct etlog_record){ .kind = ETLOG_PERFINFO,
			.opcode = 5,
			.version = 2,
			.payload = span_of(masks, sizeof masks) };
		etlog_record_put(&r, w->form.pointer, stamp, b->p + b->used);
		b->used += (etlog_record_bytes(&r) + 7) & ~7u;
	}
	put_header(w, b, bytes, TYPE_HEADER);
	write_at(w, 0, span_of(b->p, bytes));
	str_done(&payload);
}

static void set_defaults(struct etlog_form *f)
{
	if (!f->build)
		f->build = 19041;
	if (!f->clock)
		f->clock = ETLOG_QPC;
	if (!f->frequency)
		f->frequency = 10000000;
	if (!f->mhz)
		f->mhz = 2394;
	if (!f->tick_ns)
		f->tick_ns = 100;
	if (!f->pointer)
		f->pointer = 8;
	if (!f->processors)
		f->processors = 1;
	if (!f->buffer_bytes)
		f->buffer_bytes = 65536;
	if (!f->t0)
		f->t0 = 36000ll * (int64_t)f->frequency + 12345;
	f->start_ns -= f->start_ns % 100;
}

void etlog_begin(struct etlog *w, const struct etlog_form *form, struct str *out, FILE *file)
{
	*w = (struct etlog){ .form = *form, .out = out, .file = file, .random = { form->seed } };
	set_defaults(&w->form);
	if (w->form.processors > ETLOG_PROCESSORS || w->form.buffer_bytes < 1024 ||
		w->form.buffer_bytes % 8 ||
		(w->form.ring && (w->form.ring < 3 || form->compressed)))
		die("its form is not possible");
	w->last_ns = w->form.start_ns;
	w->header.p = need(malloc(w->form.buffer_bytes));
	if (w->form.ring)
		w->slots = need(calloc(w->form.ring, sizeof *w->slots));
	if (w->form.compressed)
		w->packed = need(malloc(HEADER + etl_lz77_bound(w->form.buffer_bytes)));
	put_first(w, false);
	w->written = 1;
}

void etlog_end(struct etlog *w)
{
	etlog_flush(w);
	if (!w->form.unclosed)
		put_first(w, true);
	if (w->file && fflush(w->file) != 0)
		w->failed = true;
}

void etlog_done(struct etlog *w)
{
	for (uint32_t i = 0; i < ETLOG_PROCESSORS; i++)
		free(w->open[i].p);
	for (uint32_t i = 0; i < ETLOG_WAITING; i++)
		free(w->waiting[i].p);
	free(w->header.p);
	free(w->slots);
	free(w->offsets);
	free(w->packed);
}

uint64_t etlog_where(const struct etlog *w, uint64_t serial)
{
	return serial < w->offsets_cap ? w->offsets[serial] : UINT64_MAX;
}
