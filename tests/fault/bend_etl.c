/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts and bends event trace logs: bend-etl EVERY FILE... Each log is cut (at every byte where it
 * is small, else at each buffer's end and at 200 places of a fixed sequence), and the lengths in
 * its headers of buffers and records are set to 0, to 1 and to all ones, at every so many-th of
 * them. What stands before a cut, and what is in buffers that were not touched, is read as ever.
 * Prints TAP. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/formats.h"
#include "evidence/trace/etl/walk.h"
#include "evidence/trace/trace.h"
#include "evidence/unpack.h"

#define SMALL_BYTES 8192u
#define CUTS 200u
/* Of a large log so many places are tried; each costs a whole reading. */
#define PLACES 120u
/* Bytes of all readings of one log, so that large ones take no minutes. */
#define READ_BYTES (1500ull << 20)

/* Where a record stands, and what it says. */
struct seen {
	uint64_t place, says;
};

struct reading {
	struct seen *seen;
	size_t n, cap;
	uint64_t errors;
};

struct bend {
	const char *name;
	uint8_t *bytes;
	size_t n;
	unsigned every;
	struct reading whole, bent;
	uint64_t readings, most, failures;
};

static _Noreturn void die(const char *why)
{
	fprintf(stderr, "bend-etl: %s\n", why);
	exit(2);
}

static uint64_t hash(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;
	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3;
	return h;
}

static void add(struct reading *r, const struct etl_buffer *b)
{
	const struct etl_record *rec = &b->rec;
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 1024;
		r->seen = realloc(r->seen, r->cap * sizeof *r->seen);
		if (!r->seen)
			die("no memory");
	}
	int64_t raw = rec->class == ETL_OTHER ? 0 : rec->raw;
	uint64_t h = hash(0xcbf29ce484222325, &raw, sizeof raw);
	h = hash(h, rec->payload.p, rec->payload.n < 64 ? rec->payload.n : 64);
	uint64_t inside = (uint64_t)(b->rest.p - b->bytes) - ETL_HEAD_BYTES;
	r->seen[r->n++] = (struct seen){ b->off << 24 | inside, h };
}

static int compare(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* From memory that ends right behind the bytes. */
static void read_walk(struct bend *b, struct span bytes, struct reading *ret)
{
	struct input *in;
	struct etl_walk w;
	struct etl_buffer *buffer;
	struct err err;
	ret->n = ret->errors = 0;
	b->readings++;
	if (input_memory("bent", bytes, &in, &err) < 0 ||
		etl_walk_init(&w, in, LIMIT_ETL_WINDOW_BYTES, &err) < 0)
		die(err.msg);
	ret->errors += w.index.damage.kind != ERR_NONE;
	for (int rc; (rc = etl_walk_next(&w, &buffer, &err)) != 0;) {
		if (rc < 0 && !buffer)
			die(err.msg);
		if (rc < 0)
			ret->errors++;
		else
			add(ret, buffer);
	}
	etl_walk_done(&w);
	input_close(in);
	if (ret->n)
		qsort(ret->seen, ret->n, sizeof *ret->seen, compare);
}

/* The whole reader, with all providers, ends and counts what it says. */
static void read_all(struct bend *b, struct span bytes)
{
	struct input *in;
	struct err err;
	struct record r;
	void *self;
	uint64_t items = 0, errors = 0;
	if (input_memory("bent", bytes, &in, &err) < 0 || format_etl.open(in, &self, &err) < 0)
		die(err.msg);
	for (int rc; (rc = format_etl.next(self, &r, &err)) != SOURCE_END;) {
		items += rc > 0;
		errors += rc < 0;
	}
	const struct tally *t = format_etl.tally(self);
	if (t->records != items || t->damaged != errors) {
		b->failures++;
		printf("# %s: %" PRIu64 " records and %" PRIu64 " errors, counted %" PRIu64
		       " and %" PRIu64 "\n",
			b->name, items, errors, t->records, t->damaged);
	}
	format_etl.close(self);
	input_close(in);
}

/* Every record of the whole log that lies in front of `end` (a place in the file) and not in the
 * buffer at `but` is there, in what was bent. */
static void expect_rest(struct bend *b, uint64_t end, uint64_t but, const char *what, uint64_t at)
{
	size_t k = 0, missing = 0;
	for (size_t i = 0; i < b->whole.n; i++) {
		const struct seen *s = &b->whole.seen[i];
		uint64_t off = s->place >> 24;
		if (off >= end || off == but)
			continue;
		while (k < b->bent.n && b->bent.seen[k].place < s->place)
			k++;
		missing += k == b->bent.n || b->bent.seen[k].place != s->place ||
			b->bent.seen[k].says != s->says;
	}
	if (missing) {
		b->failures++;
		printf("# %s: %s at %" PRIu64 ": %zu records are missing or others\n", b->name,
			what, at, missing);
	}
}

static struct span copy_of(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	if (!copy)
		die("no memory");
	memcpy(copy, bytes, n);
	return span_of(copy, n);
}

/* The buffers that stand whole before the cut are as ever. */
static void cut_at(struct bend *b, size_t n)
{
	uint64_t end = 0;
	struct err err;
	struct etl_head head;
	const struct etl_logfile none = { 0 };
	while (end + ETL_HEAD_BYTES <= n &&
		etl_head_read(span_of(b->bytes + end, ETL_HEAD_BYTES), &none, &head, &err) == 0 &&
		end + head.size <= n)
		end += head.size;
	struct span bytes = copy_of(b->bytes, n);
	read_walk(b, bytes, &b->bent);
	expect_rest(b, end, UINT64_MAX, "cut", n);
	read_all(b, bytes);
	free((void *)(uintptr_t)bytes.p);
}

/* Sets a length; `but` is its buffer, and what stands at or behind `end` may be lost. */
static void bend_at(struct bend *b, size_t at, size_t width, uint64_t end, uint64_t but)
{
	static const uint32_t values[] = { 0, 1, UINT32_MAX, 0x48, 0x0100 };
	for (size_t v = 0; v < sizeof values / sizeof *values && b->readings < b->most; v++) {
		struct span bytes = copy_of(b->bytes, b->n);
		uint8_t *to = (uint8_t *)(uintptr_t)bytes.p + at;
		for (size_t i = 0; i < width; i++)
			to[i] = (uint8_t)(values[v] >> 8 * i);
		read_walk(b, bytes, &b->bent);
		expect_rest(b, end, but, "bent", at);
		read_all(b, bytes);
		free(to - at);
	}
}

static size_t buffer_size(const struct bend *b, size_t off)
{
	struct etl_head head;
	const struct etl_logfile none = { 0 };
	if (off + ETL_HEAD_BYTES > b->n ||
		etl_head_read(span_of(b->bytes + off, ETL_HEAD_BYTES), &none, &head, NULL) < 0)
		return 0;
	return head.size;
}

static void cut_all(struct bend *b)
{
	uint32_t x = 4;
	size_t end = 0, count = 0;
	if (b->n <= SMALL_BYTES) {
		for (size_t n = 0; n < b->n; n += b->every)
			cut_at(b, n);
		return;
	}
	for (size_t size; (size = buffer_size(b, end)) && end + size < b->n; end += size)
		if (count++ % b->every == 0 && b->readings < b->most)
			cut_at(b, end + size);
	for (unsigned i = 0; i < CUTS && b->readings < b->most; i += b->every) {
		x = x * 1664525 + 1013904223;
		cut_at(b, (size_t)((uint64_t)x * b->n >> 32));
	}
}

/* The first buffer says what the others' headers mean, in old logs, so all may be lost with it. */
static void bend_buffers(struct bend *b)
{
	static const struct {
		size_t at, width;
	} fields[] = { { 0, 4 }, { 0x30, 4 }, { 0x34, 2 } };
	size_t count = 0;
	for (size_t off = 0, size; (size = buffer_size(b, off)); off += size) {
		if (count++ % b->every)
			continue;
		for (size_t i = 0; i < 3; i++)
			bend_at(b, off + fields[i].at, fields[i].width, i ? UINT64_MAX : off, off);
	}
}

/* Of compressed buffers there is no length to bend; their bytes are, as many. */
static void bend_records(struct bend *b)
{
	size_t step = b->whole.n / PLACES + 1;
	for (size_t i = 1; i < b->whole.n; i += step * b->every) {
		uint64_t off = b->whole.seen[i].place >> 24;
		size_t at = (size_t)(off + ETL_HEAD_BYTES + (b->whole.seen[i].place & 0xffffff));
		if (at + 8 > b->n)
			continue;
		uint64_t end = off == 0 ? 0 : UINT64_MAX;
		bend_at(b, at, 2, end, off);
		bend_at(b, at + 4, 2, end, off);
	}
}

static void bend_log(struct bend *b)
{
	read_walk(b, span_of(b->bytes, b->n), &b->whole);
	b->readings = 0;
	b->most = READ_BYTES / (b->n + 65536) / b->every;
	b->most = b->n <= SMALL_BYTES ? UINT64_MAX : b->most;
	cut_all(b);
	b->most = b->most == UINT64_MAX ? b->most : b->readings + b->most;
	bend_buffers(b);
	bend_records(b);
}

static void bend_input(struct input *in, unsigned every, unsigned number)
{
	struct err err;
	uint64_t size;
	size_t n;
	if (input_size(in, &size, &err) < 0)
		die(err.msg);
	struct bend b = { .name = input_name(in), .n = (size_t)size, .every = every };
	b.bytes = malloc(b.n + 1);
	if (!b.bytes || input_read_at(in, 0, b.bytes, b.n, &n, &err) < 0 || n != b.n)
		die("cannot read");
	bend_log(&b);
	printf("%s %u - %s: %" PRIu64 " readings\n", b.failures ? "not ok" : "ok", number, b.name,
		b.readings);
	fflush(stdout);
	free(b.bytes);
	free(b.whole.seen);
	free(b.bent.seen);
}

static unsigned bend_path(const char *path, unsigned every, unsigned number)
{
	struct unpack_limits limits = unpack_limits_of(LIMIT_INPUTS);
	struct unpacked_list list = { 0 };
	struct unpacker *unpacker;
	const struct source_format *format;
	struct input *in;
	struct err err;
	if (input_open(path, &in, &err) < 0 || unpacker_new(&unpacker, &err) < 0 ||
		unpack(unpacker, in, &limits, &list, &err) < 0)
		die(err.msg);
	for (size_t i = 0; i < list.n; i++) {
		struct input *one = list.items[i].input;
		if (one && formats_recognise(one, &format, &err) == 0 && format == &format_etl)
			bend_input(one, every, ++number);
	}
	unpacked_done(&list);
	unpacker_free(unpacker);
	return number;
}

int main(int argc, char **argv)
{
	unsigned number = 0;
	if (argc < 2)
		die("usage: bend-etl EVERY FILE...");
	for (int i = 2; i < argc; i++)
		number = bend_path(argv[i], (unsigned)atoi(argv[1]), number);
	printf("1..%u\n", number);
	return 0;
}
