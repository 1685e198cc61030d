/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which records come out of the buffers of an event trace log, and files that are cut
 * or lie. */
#include "etl_file.h"

#include "base/limits.h"
#include "evidence/formats.h"
#include "evidence/trace/etl/walk.h"

static void put_sends(struct bytes *f, unsigned processor, const int64_t *raws, size_t n)
{
	size_t at = begin_buffer(f, processor, 0x20);
	for (size_t i = 0; i < n; i++)
		put_send(f, T0 + raws[i], (unsigned)raws[i]);
	end_buffer(f, at, 0);
}

static void expect_ports(const struct met *m, const unsigned *ports, size_t n)
{
	cr_assert_eq(m->items, n, "%zu records, not %zu", m->items, n);
	for (size_t i = 0; i < n; i++) {
		cr_assert_eq(m->records[i].kind, RECORD_EVENT);
		cr_assert_eq(m->records[i].event.local.port, ports[i], "record %zu: %u, not %u", i,
			m->records[i].event.local.port, ports[i]);
	}
}

/* Two processors, whose buffers stand in the file in the wrong order. The logfile header is the
 * first record of all. */
Test(etl_walk, order_of_time)
{
	static const unsigned ports[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct bytes f = log_of(NULL);
	struct met m;
	put_sends(&f, 1, (const int64_t[]){ 7, 9 }, 2);
	put_sends(&f, 0, (const int64_t[]){ 4, 5, 8 }, 3);
	put_sends(&f, 1, (const int64_t[]){ 2, 6 }, 2);
	put_sends(&f, 0, (const int64_t[]){ 1, 3 }, 2);
	cr_assert(format_etl.recognise(span_of(f.b, f.n), true));
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.errors, 0);
	expect_ports(&m, ports, 9);
	assert_counts(&m);
	cr_assert_eq(m.tally.skipped, 1);
	cr_assert_eq(m.tally.lost, 0);
	cr_assert_eq(m.records[0].number, 2);
	cr_assert_eq(m.records[8].number, 10);
	cr_assert(m.records[8].has_time);
	cr_assert_eq(m.records[8].when.ns, START_NS + 9 * 1000000000ll / FREQUENCY);
	cr_assert_eq(m.records[8].event.pid, 1009);
	cr_assert_eq(m.records[8].event.remote.port, 53);
}

/* Equal stamps: the buffer that stands first in the file comes first. */
Test(etl_walk, equal_stamps)
{
	struct bytes f = log_of(NULL);
	struct met m;
	for (unsigned i = 1; i < 4; i++) {
		size_t at = begin_buffer(&f, 4 - i, 0x20);
		put_send(&f, T0, 10 * i);
		put_send(&f, T0, 10 * i + 1);
		end_buffer(&f, at, 0);
	}
	read_bytes(&format_etl, &f, &m);
	expect_ports(&m, (const unsigned[]){ 10, 11, 20, 21, 30, 31 }, 6);
}

/* Where stamps of one buffer fall, its records keep the order of the file. */
Test(etl_walk, falling_stamps)
{
	struct bytes f = log_of(NULL);
	struct met m;
	put_sends(&f, 0, (const int64_t[]){ 5, 2, 7 }, 3);
	put_sends(&f, 1, (const int64_t[]){ 6 }, 1);
	read_bytes(&format_etl, &f, &m);
	expect_ports(&m, (const unsigned[]){ 5, 2, 6, 7 }, 4);
}

/* Records without a stamp at the front of a buffer do not decide when it is due. */
Test(etl_walk, message_first)
{
	struct bytes f = log_of(NULL);
	struct met m;
	size_t at = begin_buffer(&f, 0, 0x20);
	put16(&f, 200);
	put16(&f, 0x9000);
	put_fill(&f, 'm', 196);
	put_send(&f, T0 + 9, 9);
	end_buffer(&f, at, 0);
	put_sends(&f, 1, (const int64_t[]){ 8 }, 1);
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.errors, 0);
	expect_ports(&m, (const unsigned[]){ 8, 9 }, 2);
	cr_assert_eq(m.tally.skipped, 2);
}

/* Above the window a buffer waits. What it holds comes late, and nothing is missing. */
Test(etl_walk, window)
{
	static const size_t windows[] = { 0, 1, 60, 120, 300, 1000000 };
	struct bytes f = log_of(NULL);
	put_sends(&f, 2, (const int64_t[]){ 3, 30, 31, 32 }, 4);
	put_sends(&f, 1, (const int64_t[]){ 2, 20, 21 }, 3);
	put_sends(&f, 0, (const int64_t[]){ 1, 10, 11, 40 }, 4);
	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
		struct input *in;
		struct etl_walk w;
		struct etl_buffer *b;
		struct err err;
		size_t n = 0, late = 0;
		int64_t last = INT64_MIN;
		cr_assert_eq(input_memory("test", span_of(f.b, f.n), &in, &err), 0);
		cr_assert_eq(etl_walk_init(&w, in, windows[i], &err), 0);
		for (; etl_walk_next(&w, &b, &err) == 1; n++) {
			late += b->rec.raw < last;
			last = b->rec.raw;
		}
		cr_assert_eq(n, 12);
		cr_assert_eq(
			late > 0, windows[i] < 1000000, "%zu late of %zu bytes", late, windows[i]);
		etl_walk_done(&w);
		input_close(in);
	}
}

/* A circular log whose first buffer is gone: no record has a time, and one error says so. */
Test(etl_walk, no_logfile_header)
{
	struct bytes f = { 0 };
	struct met m;
	put_sends(&f, 0, (const int64_t[]){ 4, 5, 6, 7, 8, 9 }, 6);
	put_sends(&f, 0, (const int64_t[]){ 1, 2 }, 2);
	cr_assert(format_etl.recognise(span_of(f.b, f.n), true));
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.errors, 1);
	expect_ports(&m, (const unsigned[]){ 1, 2, 4, 5, 6, 7, 8, 9 }, 8);
	cr_assert_not(m.records[0].has_time);
}

/* It may stand in another buffer. */
Test(etl_walk, logfile_header_later)
{
	struct bytes f = { 0 };
	struct met m;
	struct log_form form = usual();
	put_sends(&f, 0, (const int64_t[]){ 4, 5, 6, 7, 8, 9 }, 6);
	put_header_buffer(&f, &form);
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.errors, 0);
	cr_assert_eq(m.items, 6);
	cr_assert_eq(m.records[0].when.ns, START_NS + 4 * 1000000000ll / FREQUENCY);
}

/* Cut at every byte: what stands before is read as ever, and a cut inside of data is told. */
Test(etl_walk, cut_at_every_byte)
{
	static struct met whole, m;
	struct bytes f = log_of(NULL);
	size_t ends[3] = { f.n };
	put_sends(&f, 0, (const int64_t[]){ 1, 2, 3 }, 3);
	ends[1] = f.n;
	put_sends(&f, 0, (const int64_t[]){ 4, 5 }, 2);
	ends[2] = f.n;
	read_bytes(&format_etl, &f, &whole);
	for (size_t n = 0; n <= f.n; n++) {
		read_span(&format_etl, span_of(f.b, n), &m);
		cr_assert(m.opened);
		assert_counts(&m);
		size_t events = 0, sound = 0;
		for (size_t i = 0; i < m.items; i++) {
			if (m.records[i].kind != RECORD_EVENT)
				continue;
			cr_assert_eq(m.records[i].event.local.port,
				whole.records[events].event.local.port);
			events++;
		}
		for (size_t b = 0; b < 2; b++) {
			size_t front = ends[b] + ETL_HEAD_BYTES;
			size_t records = n > front ? (n - front + 4) / 56 : 0;
			sound += records < 3 - b ? records : 3 - b;
		}
		if (n >= ends[0])
			cr_assert_eq(events, sound, "%zu bytes: %zu of %zu", n, events, sound);
		bool boundary = n == ends[0] || n == ends[1] || n + 4 >= ends[2] ||
			(n < ends[0] && n >= ETL_HEAD_BYTES + 0x150);
		if (!boundary && n > ends[0])
			cr_assert_gt(m.errors, 0, "no word of a cut at %zu", n);
	}
}

/* The size of a record, of a buffer and of its data, and all else: no field may do more than spoil
 * what it says itself. */
Test(etl_walk, every_word_lies)
{
	struct bytes f = log_of(NULL);
	put_sends(&f, 0, (const int64_t[]){ 1, 2, 3 }, 3);
	put_sends(&f, 1, (const int64_t[]){ 4, 5 }, 2);
	every_word_lies(&format_etl, &f, 2);
}

/* A bad record ends its buffer and none else; what is missing lies between the last sound one and
 * the processor's next buffer. */
Test(etl_walk, bad_record)
{
	struct bytes f = log_of(NULL);
	struct met m;
	put_sends(&f, 0, (const int64_t[]){ 1, 2, 3 }, 3);
	size_t bad = f.n - 2 * 56;
	put_sends(&f, 1, (const int64_t[]){ 20 }, 1);
	put_sends(&f, 0, (const int64_t[]){ 30 }, 1);
	set16(&f, bad + 4, 7);
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.errors, 1);
	cr_assert_eq(m.errs[0].kind, ERR_MALFORMED);
	cr_assert_eq(m.errs[0].off, bad + 4);
	cr_assert_eq(m.errs[0].record, 3);
	cr_assert_eq(m.items, 4);
	cr_assert_eq(m.records[0].event.local.port, 1);
	const struct record *loss = &m.records[1];
	cr_assert_eq(loss->kind, RECORD_LOSS);
	cr_assert_eq(loss->loss.what, LOSS_EVENTS);
	cr_assert_eq(loss->when.ns, m.records[0].when.ns);
	cr_assert_eq(loss->loss.lasts_ns, m.records[3].when.ns - m.records[0].when.ns);
	cr_assert_eq(m.records[2].event.local.port, 20);
	cr_assert_eq(m.records[3].event.local.port, 30);
}

/* A record of sound size whose payload is too short is skipped alone. */
Test(etl_walk, bad_payload)
{
	struct bytes f = log_of(NULL);
	struct met m;
	put_sends(&f, 0, (const int64_t[]){ 1, 2, 3 }, 3);
	size_t bad = f.n - 2 * 56;
	f.b[bad + 1] = 7; /* counters take all of it */
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.errors, 1);
	cr_assert_eq(m.errs[0].off, bad);
	cr_assert_eq(m.errs[0].record, 3);
	cr_assert_eq(m.items, 3);
	cr_assert_eq(m.records[1].kind, RECORD_LOSS);
	cr_assert_eq(m.records[1].loss.lasts_ns, 0);
	cr_assert_eq(m.records[1].when.ns, START_NS + 2 * 1000000000ll / FREQUENCY);
	cr_assert_eq(m.records[2].event.local.port, 3);
}

/* A hole where a buffer should begin ends the walk; what stands before is read. */
Test(etl_walk, hole)
{
	struct bytes f = log_of(NULL);
	struct met m;
	put_sends(&f, 0, (const int64_t[]){ 1 }, 1);
	size_t hole = f.n;
	put_fill(&f, 0, 0x200);
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.errors, 1);
	cr_assert_eq(m.errs[0].off, hole);
	cr_assert_eq(m.items, 2);
	cr_assert_eq(m.records[0].kind, RECORD_LOSS);
	cr_assert_not(m.records[0].has_time);
	cr_assert_eq(m.records[1].kind, RECORD_EVENT);
}

/* A file that is made in its full size before it is filled has one at its end. */
Test(etl_walk, preallocated)
{
	struct log_form form = usual();
	form.mode = ETL_MODE_PREALLOCATE;
	struct bytes f = log_of(&form);
	struct met m;
	put_sends(&f, 0, (const int64_t[]){ 1 }, 1);
	put_fill(&f, 0, 0x200);
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.errors, 0);
	cr_assert_eq(m.items, 1);
}

/* A buffer that says so had losses before it or in it: told where the processor's buffer before it
 * begins, and lasting to where the one behind it does. */
Test(etl_walk, losses)
{
	for (unsigned flag = 2; flag <= 4; flag += 2) {
		struct bytes f = log_of(NULL);
		struct met m;
		put_sends(&f, 1, (const int64_t[]){ 1 }, 1);
		put_sends(&f, 0, (const int64_t[]){ 2, 3 }, 2);
		size_t flagged = f.n;
		put_sends(&f, 0, (const int64_t[]){ 4 }, 1);
		f.b[flagged + 0x34] = (uint8_t)(0x20 | flag);
		put_sends(&f, 1, (const int64_t[]){ 5 }, 1);
		put_sends(&f, 0, (const int64_t[]){ 6 }, 1);
		read_bytes(&format_etl, &f, &m);
		cr_assert_eq(m.errors, 0);
		cr_assert_eq(m.items, 7);
		cr_assert_eq(m.tally.lost, 1);
		const struct record *loss = &m.records[1];
		cr_assert_eq(loss->kind, RECORD_LOSS);
		cr_assert_eq(loss->when.ns, m.records[2].when.ns);
		cr_assert_eq(m.records[2].event.local.port, 2);
		cr_assert_eq(loss->when.ns + loss->loss.lasts_ns, m.records[6].when.ns);
		assert_counts(&m);
	}
}

/* The processor's only buffer: nothing says when its losses ended. */
Test(etl_walk, losses_without_end)
{
	struct bytes f = log_of(NULL);
	struct met m;
	size_t flagged = f.n;
	put_sends(&f, 3, (const int64_t[]){ 4 }, 1);
	f.b[flagged + 0x34] = 0x22;
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.items, 2);
	cr_assert_eq(m.records[0].kind, RECORD_LOSS);
	cr_assert_eq(m.records[0].loss.lasts_ns, INT64_MAX);
}

/* The header counts losses, and no buffer says where they are: anywhere. */
Test(etl_walk, losses_somewhere)
{
	struct log_form form = usual();
	form.events_lost = 7;
	form.buffers_lost = 2;
	struct bytes f = log_of(&form);
	struct met m;
	put_sends(&f, 3, (const int64_t[]){ 4 }, 1);
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.items, 2);
	cr_assert_eq(m.records[0].kind, RECORD_LOSS);
	cr_assert_not(m.records[0].has_time);
	cr_assert_eq(m.records[0].loss.count, 9);
	cr_assert_eq(m.tally.lost, 9);
}

/* Before Windows Vista the place of the size may hold something else: the logfile header knows. The
 * other way of a field of two uses, a size that is one and is not this buffer's, would be followed
 * to where no buffer is, and be told as damage. */
Test(etl_walk, headers_of_windows_xp)
{
	struct log_form form = {
		.pointer = 4, .major = 5, .build = 2600, .clock = 0, .t0 = START, .start = START
	};
	struct bytes f = { 0 };
	struct met m;
	put_header_buffer(&f, &form);
	size_t second = f.n, at = begin_buffer(&f, 0, 0);
	put_send(&f, START + 10, 10);
	end_buffer(&f, at, 0x400);
	at = begin_buffer(&f, 0, 0);
	put_send(&f, START + 20, 20);
	end_buffer(&f, at, 0x400);
	set32(&f, 0, 1);
	set32(&f, second, 0);
	set32(&f, second + 0x34, 5); /* events lost, not flags: XP */
	set32(&f, at + 0x30, 0x7fffffff);
	set32(&f, at + 8, 0x48 + 56);
	cr_assert(format_etl.recognise(span_of(f.b, f.n), true));
	read_bytes(&format_etl, &f, &m);
	cr_assert_eq(m.errors, 0);
	cr_assert_eq(m.items, 3);
	cr_assert_eq(m.records[0].kind, RECORD_LOSS);
	cr_assert_eq(m.records[1].event.local.port, 10);
	cr_assert_eq(m.records[1].when.ns, START_NS + 1000);
	cr_assert_eq(m.records[2].event.local.port, 20);
	set32(&f, second, 0x100);
	read_bytes(&format_etl, &f, &m);
	cr_assert_gt(m.errors, 0);
}

/* Little that expands to much. */
Test(etl_walk, bomb)
{
	struct bytes f = log_of(NULL);
	struct met m;
	for (unsigned i = 0; i < 8; i++) {
		size_t at = begin_buffer(&f, 0, 0x60);
		put32(&f, 0x40000000);
		put8(&f, 0);
		put16(&f, 7);
		put32(&f, 0x0000ffff);
		put32(&f, LIMIT_ETL_BUFFER_BYTES);
		end_buffer(&f, at, 0);
		set32(&f, at + 0x30, LIMIT_ETL_BUFFER_BYTES);
	}
	read_bytes(&format_etl, &f, &m);
	cr_assert_gt(m.errors, 0);
	for (size_t i = 0; i < m.errors; i++)
		cr_assert_eq(m.errs[i].kind, ERR_LIMIT);
	assert_counts(&m);
}

static int disk_size(void *self, uint64_t *ret, struct err *err)
{
	const struct bad_disk *d = self;
	(void)err;
	*ret = d->file.n;
	return 0;
}

/* A disk that fails is the end, not damage. */
Test(etl_walk, disk_that_fails)
{
	static const struct input_ops ops = { .read_at = bad_disk_read, .size = disk_size };
	struct bytes f = log_of(NULL);
	put_sends(&f, 0, (const int64_t[]){ 1, 3 }, 2);
	put_sends(&f, 1, (const int64_t[]){ 2 }, 1);
	for (int left = 0; left < 12; left++) {
		struct bad_disk disk = { span_of(f.b, f.n), left, false };
		struct input *in;
		struct record r;
		struct err err;
		void *self = NULL;
		int rc, items = 0;
		cr_assert_eq(input_custom("test", &ops, &disk, &in, &err), 0);
		rc = format_etl.open(in, &self, &err);
		while (rc == 0 && (rc = format_etl.next(self, &r, &err)) == SOURCE_ITEM)
			items += rc--;
		if (rc < 0)
			cr_assert_eq(err.kind, ERR_SYSTEM);
		else
			cr_assert_eq(items, 3);
		if (self)
			cr_assert_eq(format_etl.tally(self)->damaged, 0);
		format_etl.close(self);
		input_close(in);
	}
}

/* No other format says yes to a log, and this one to no other format's file. */
Test(etl_walk, recognised_alone)
{
	static const char *const others[] = {
		"\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0",
		"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a", "Event Name,  Type,  TID", ""
	};
	struct bytes f = log_of(NULL), circular = { 0 };
	put_sends(&circular, 0, (const int64_t[]){ 4, 5, 6, 7, 8, 9 }, 6);
	for (const struct source_format *const *p = formats; *p; p++) {
		bool mine = *p == &format_etl;
		cr_assert_eq((*p)->recognise(span_of(f.b, f.n), true), mine);
		cr_assert_eq((*p)->recognise(span_of(circular.b, circular.n), true), mine);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct bytes o = { 0 };
		memcpy(o.b, others[i], 24 < strlen(others[i]) ? 24 : strlen(others[i]));
		for (size_t n = 0; n < 4096; n += 64)
			cr_assert_not(format_etl.recognise(span_of(o.b, n), true));
	}
	put_fill(&f, 0, 0);
	for (size_t n = 0; n < 0x48 + 0x138; n++)
		cr_assert_not(format_etl.recognise(span_of(f.b, n), true));
	/* Zeros, ones, and a buffer of too few records to be sure. */
	for (unsigned v = 0; v < 256; v++) {
		struct bytes z = { 0 };
		put_fill(&z, v, 8192);
		cr_assert_not(format_etl.recognise(span_of(z.b, z.n), true));
	}
	struct bytes few = { 0 };
	put_sends(&few, 0, (const int64_t[]){ 4, 5, 6 }, 3);
	cr_assert_not(format_etl.recognise(span_of(few.b, few.n), true));
}
