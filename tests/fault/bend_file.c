/* SPDX-License-Identifier: Apache-2.0 */
/* Bends whole captures: cut at every byte, and each length set to 0, 1 and all ones. However a file
 * is bent, the frames that stand before the place are read as before. */
#include "bend.h"

#include <stdlib.h>

#include "evidence/formats.h"

/* Up to here a file is cut at every byte; of more, CONTRIBUTING says what is tried. */
#define EVERY_BYTE 4096u
#define RANDOM_CUTS 200u
/* The front, which holds all headers of a file, is bent at every byte; behind it only lengths are,
 * for what stands between them are frames. */
#define BENT_BYTES 128u
#define MOST_LENGTHS 150u

static void reading_add(struct reading *r, uint64_t frame)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 64;
		r->frames = realloc(r->frames, r->cap * sizeof *r->frames);
		if (!r->frames)
			abort();
	}
	r->frames[r->n++] = frame;
}

void reading_done(struct reading *r)
{
	free(r->frames);
	*r = (struct reading){ 0 };
}

static void check_error(const struct err *err, size_t size, uint64_t *failures)
{
	if (err->kind == ERR_SYSTEM || err->kind == ERR_NOMEM)
		fail(failures, "error of kind %d: %s", err->kind, err->msg);
	if (err->off == ERR_NO_OFFSET || err->off > size)
		fail(failures, "not inside the file of %zu bytes: %s", size, err->msg);
	if (!err->msg[0])
		fail(failures, "an error without a word");
}

static void records_read(
	struct source *source, size_t size, struct reading *reading, uint64_t *failures)
{
	struct record r;
	/* Each record and each error passes at least a byte. */
	for (size_t steps = 0;; steps++) {
		struct err err = { .off = ERR_NO_OFFSET };
		int rc = source_next(source, &r, &err);
		if (rc == SOURCE_END)
			return;
		if (rc < 0)
			check_error(&err, size, failures);
		else if (r.kind == RECORD_PACKET)
			reading_add(reading, frame_hash(&r.packet));
		if (steps > size + 16) {
			fail(failures, "does not end");
			return;
		}
	}
}

void file_read(struct span bytes, struct reading *reading, uint64_t *failures)
{
	struct input *in;
	struct source source;
	const struct source_format *format;
	struct err err = { .off = ERR_NO_OFFSET };
	reading->n = 0;
	reading->known = false;
	if (input_memory("bent", bytes, &in, NULL) < 0)
		abort();
	if (formats_recognise(in, &format, &err) == 0) {
		reading->known = true;
		if (formats_open(format, in, &source, &err) == 0) {
			records_read(&source, bytes.n, reading, failures);
			source_close(&source);
		} else {
			check_error(&err, bytes.n, failures);
		}
	}
	input_close(in);
}

/* A file while it is bent. */
struct work {
	uint8_t *bytes;
	size_t n;
	struct reading whole, now;
	size_t *before; /* frames that a file cut at this byte still has; SIZE_MAX: not known */
	unsigned every; /* only every so many-th place is tried */
	uint64_t tried;
	uint64_t *failures;
};

static void compare(struct work *w, size_t frames, const char *what, size_t at)
{
	w->tried++;
	if (w->now.n < frames) {
		fail(w->failures, "%s at %zu: %zu frames of the %zu before it", what, at, w->now.n,
			frames);
		return;
	}
	for (size_t i = 0; i < frames; i++)
		if (w->now.frames[i] != w->whole.frames[i]) {
			fail(w->failures, "%s at %zu: frame %zu changed", what, at, i + 1);
			return;
		}
}

/* How many frames stand before the byte: as many as the file has when it is cut there. */
static size_t frames_before(struct work *w, size_t at)
{
	if (w->before[at] != SIZE_MAX)
		return w->before[at];
	/* A copy of that size, so that the sanitizer sees a read behind the end. */
	uint8_t *copy = malloc(at ? at : 1);
	if (!copy)
		abort();
	memcpy(copy, w->bytes, at);
	file_read(span_of(copy, at), &w->now, w->failures);
	free(copy);
	if (w->now.n > w->whole.n)
		fail(w->failures, "cut at %zu: %zu frames of %zu", at, w->now.n, w->whole.n);
	else
		compare(w, w->now.n, "cut", at);
	w->before[at] = w->now.n;
	return w->now.n;
}

static void bend_at(struct work *w, size_t at, size_t width)
{
	size_t frames = frames_before(w, at);
	for (int value = 0; value < BEND_VALUES; value++) {
		struct bent b = { .at = at, .width = width };
		if (!bend(w->bytes, w->n, &b, value))
			continue;
		file_read(span_of(w->bytes, w->n), &w->now, w->failures);
		unbend(w->bytes, &b);
		compare(w, frames, "bent", at);
	}
}

/* Where lengths stand in a capture. */
struct lengths {
	size_t *at; /* with the width in the lowest bit: 1 for two bytes, 0 for four */
	size_t n, cap;
};

static void lengths_add(struct lengths *l, size_t at, size_t width)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 256;
		l->at = realloc(l->at, l->cap * sizeof *l->at);
		if (!l->at)
			abort();
	}
	l->at[l->n++] = at << 1 | (width == 2);
}

static uint32_t number_at(const struct work *w, size_t at, bool big)
{
	struct cursor c = cursor_of(span_of(w->bytes + at, 4));
	return cursor_u32(&c, big);
}

/* Captured length and length on the wire of each record. */
static void pcap_lengths(const struct work *w, struct lengths *ret)
{
	uint32_t magic = number_at(w, 0, true);
	bool big = magic >> 16 == 0xa1b2;
	size_t header = magic == 0xa1b2cd34 || magic == 0x34cdb2a1 ? 24 : 16;
	for (size_t at = 24; at + header <= w->n;) {
		size_t captured = number_at(w, at + 8, big);
		lengths_add(ret, at + 8, 4);
		lengths_add(ret, at + 12, 4);
		if (captured > w->n - at - header)
			return;
		at += header + captured;
	}
}

/* Both lengths of each block, and what could be one inside: captured length and length on the wire
 * of packets (at 20 and 24), and the lengths of the last options. */
static void pcapng_lengths(const struct work *w, struct lengths *ret)
{
	bool big = false;
	for (size_t at = 0; at + 12 <= w->n;) {
		if (number_at(w, at, true) == 0x0a0d0d0a)
			big = number_at(w, at + 8, true) == 0x1a2b3c4d;
		size_t length = number_at(w, at + 4, big);
		if (length < 12 || length > w->n - at)
			return;
		lengths_add(ret, at + 4, 4);
		lengths_add(ret, at + length - 4, 4);
		for (size_t inside = 20; inside <= 24 && inside + 4 < length; inside += 4)
			lengths_add(ret, at + inside, 4);
		for (size_t back = 6; back <= 26 && back + 12 < length; back += 4)
			lengths_add(ret, at + length - back, 2);
		at += length;
	}
}

static void bend_lengths(struct work *w)
{
	struct lengths l = { 0 };
	if (w->n >= 24 && number_at(w, 0, true) == 0x0a0d0d0a)
		pcapng_lengths(w, &l);
	else if (w->n >= 24)
		pcap_lengths(w, &l);
	size_t step = (l.n / MOST_LENGTHS + 1) * w->every;
	for (size_t i = 0; i < l.n; i += step)
		if ((l.at[i] >> 1) >= BENT_BYTES)
			bend_at(w, l.at[i] >> 1, l.at[i] & 1 ? 2 : 4);
	free(l.at);
}

static void cut_all(struct work *w)
{
	uint64_t random = 88172645463325252ull;
	for (size_t at = 0; at < w->n && w->n <= EVERY_BYTE; at += w->every)
		frames_before(w, at);
	for (size_t i = 0; i < RANDOM_CUTS && w->n > EVERY_BYTE; i += w->every) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		frames_before(w, random % w->n);
	}
}

uint64_t file_bend(uint8_t *bytes, size_t n, unsigned every, uint64_t *failures)
{
	struct work w = { .bytes = bytes, .n = n, .every = every, .failures = failures };
	w.before = malloc((n + 1) * sizeof *w.before);
	if (!w.before)
		abort();
	memset(w.before, 0xff, (n + 1) * sizeof *w.before);
	file_read(span_of(bytes, n), &w.whole, failures);
	cut_all(&w);
	for (size_t at = 0; at < n && at < BENT_BYTES; at += every) {
		bend_at(&w, at, 2);
		bend_at(&w, at, 4);
	}
	bend_lengths(&w);
	free(w.before);
	reading_done(&w.whole);
	reading_done(&w.now);
	return w.tried;
}
