/* SPDX-License-Identifier: Apache-2.0 */
/* The pcap reader: its variants, and files that are cut or lie. */
#include "capture_case.h"

#include "base/limits.h"
#include "evidence/capture/capture.h"

#define US 0xa1b2c3d4u
#define NS 0xa1b23c4du
#define VARIANT 0xa1b2cd34u

static void put_header(struct bytes *f, uint32_t magic, unsigned minor, uint32_t link)
{
	put32(f, magic);
	put16(f, 2);
	put16(f, minor);
	put_fill(f, 0, 8);
	put32(f, 0);
	put32(f, link);
}

static void put_record(struct bytes *f, uint32_t fraction, uint32_t captured, uint32_t wire)
{
	put32(f, 1263482414);
	put32(f, fraction);
	put32(f, captured);
	put32(f, wire);
}

/* Frames of 5, 0 and 9 bytes; the last one is cut by its snaplen. Returns where each ends. */
static struct bytes sample(bool big, uint32_t magic, size_t ends[4])
{
	struct bytes f = { .big = big };
	static const uint32_t lengths[] = { 5, 0, 9 };
	put_header(&f, magic, 4, 1);
	ends[0] = f.n;
	for (unsigned i = 0; i < 3; i++) {
		put_record(&f, 454856 + i, lengths[i], i == 2 ? 1500 : lengths[i]);
		if (magic == VARIANT)
			put_fill(&f, 0xee, 8);
		put_fill(&f, 'a' + i, lengths[i]);
		ends[i + 1] = f.n;
	}
	return f;
}

Test(pcap, variants)
{
	static const uint32_t magics[] = { US, NS, VARIANT };
	for (unsigned i = 0; i < 6; i++) {
		struct met m;
		size_t ends[4];
		uint32_t magic = magics[i / 2];
		struct bytes f = sample(i & 1, magic, ends);
		cr_assert(format_pcap.recognise(span_of(f.b, f.n), true));
		read_bytes(&format_pcap, &f, &m);
		cr_assert_eq(m.items, 3);
		cr_assert_eq(m.errors, 0);
		cr_assert_eq(m.tally.cut, 1);
		const struct record *r = &m.records[2];
		cr_assert_eq(r->kind, RECORD_PACKET);
		cr_assert_eq(r->number, 3);
		cr_assert(r->has_time);
		cr_assert_eq(r->when.ns, 1263482414000000000 + 454858ll * (magic == NS ? 1 : 1000));
		cr_assert_eq(r->packet.bytes.n, 9);
		cr_assert_eq(r->packet.wire_bytes, 1500);
		cr_assert_eq(r->packet.link_type, 1);
		cr_assert_not(r->packet.digested);
		cr_assert_eq(m.front[2][0], 'c');
	}
}

/* Bits above the link type tell the length of the FCS: 4 bytes here. */
Test(pcap, link_type_and_fcs)
{
	struct bytes f = { 0 };
	struct met m;
	put_header(&f, US, 4, 0x24000000 | 113);
	put_record(&f, 0, 1, 1);
	put8(&f, 7);
	read_bytes(&format_pcap, &f, &m);
	cr_assert_eq(m.items, 1);
	cr_assert_eq(m.records[0].packet.link_type, 113);
}

/* The snaplen is what was asked for, and some writers put 0 or nonsense there: frames are as long
 * as they say themselves, longer than it too. */
Test(pcap, any_snaplen)
{
	static const uint32_t snaplens[] = { 0, 1, 4, 68, 0x40000, 0x7fffffff, 0xffffffff };
	for (size_t i = 0; i < 2 * sizeof snaplens / sizeof *snaplens; i++) {
		struct bytes f = { .big = i & 1 };
		struct met m;
		put_header(&f, US, 4, 1);
		f.n = 16;
		put32(&f, snaplens[i / 2]);
		put32(&f, 1);
		put_record(&f, 0, 5, 5);
		put_fill(&f, 'x', 5);
		read_bytes(&format_pcap, &f, &m);
		cr_assert_eq(m.items, 1);
		cr_assert_eq(m.errors, 0);
		cr_assert_eq(m.tally.cut, 0);
		cr_assert_eq(m.records[0].packet.bytes.n, 5);
	}
}

Test(pcap, lengths_of_old_versions)
{
	for (unsigned minor = 2; minor < 5; minor++) {
		struct bytes f = { 0 };
		struct met m;
		put_header(&f, US, minor, 1);
		put_record(&f, 0, minor < 4 ? 60 : 2, minor < 4 ? 2 : 60);
		put_fill(&f, 'x', 2);
		read_bytes(&format_pcap, &f, &m);
		cr_assert_eq(m.items, 1);
		cr_assert_eq(m.records[0].packet.bytes.n, 2);
		cr_assert_eq(m.records[0].packet.wire_bytes, 60);
	}
}

Test(pcap, other_versions_are_not_read)
{
	struct bytes f = { 0 };
	struct met m;
	put_header(&f, US, 4, 1);
	f.b[4] = 3;
	read_bytes(&format_pcap, &f, &m);
	cr_assert_not(m.opened);
	cr_assert_eq(m.errs[0].kind, ERR_UNSUPPORTED);
}

Test(pcap, every_cut_keeps_what_came_before)
{
	for (unsigned i = 0; i < 2; i++) {
		size_t ends[4];
		struct bytes f = sample(i, i ? VARIANT : US, ends);
		for (size_t n = 0; n <= f.n; n++) {
			struct met m;
			size_t whole = 0;
			bool border = n == ends[0];
			for (size_t k = 1; k < 4; k++) {
				whole += ends[k] <= n;
				border = border || ends[k] == n;
			}
			read_span(&format_pcap, span_of(f.b, n), &m);
			cr_assert_eq(m.opened, n >= ends[0]);
			cr_assert_eq(m.items, whole, "cut at %zu", n);
			cr_assert_eq(m.errors, border ? 0 : 1, "cut at %zu", n);
			if (!border)
				cr_assert_eq(m.errs[0].kind, ERR_TRUNCATED);
			assert_counts(&m);
		}
	}
}

Test(pcap, a_cut_names_its_numbers)
{
	size_t ends[4];
	struct bytes f = sample(false, US, ends);
	struct met m;
	char text[300];
	read_span(&format_pcap, span_of(f.b, f.n - 4), &m);
	err_format(&m.errs[0], text, sizeof text);
	cr_assert_str_eq(text,
		"byte 61 (record 3): the file ends inside record 3: "
		"9 bytes promised, 5 left");
}

Test(pcap, frame_above_the_limit)
{
	struct bytes f = { 0 };
	struct met m;
	put_header(&f, US, 4, 1);
	put_record(&f, 0, 1, 1);
	put8(&f, 1);
	put_record(&f, 0, LIMIT_FRAME_BYTES + 1, 1);
	put_fill(&f, 0, 100);
	read_bytes(&format_pcap, &f, &m);
	cr_assert_eq(m.items, 1);
	cr_assert_eq(m.errors, 1);
	cr_assert_eq(m.errs[0].kind, ERR_MALFORMED);
	cr_assert_eq(m.errs[0].off, 24 + 17);
	cr_assert_eq(m.errs[0].record, 2);
}

/* A fraction of more than a second is what some tools write; it is carried over. */
Test(pcap, fraction_above_a_second)
{
	struct bytes f = { 0 };
	struct met m;
	put_header(&f, US, 4, 1);
	put_record(&f, 1000000, 0, 0);
	read_bytes(&format_pcap, &f, &m);
	cr_assert_eq(m.records[0].when.ns, 1263482415000000000);
}

Test(pcap, recognises_only_its_own)
{
	cr_assert_not(recognises(&format_pcap, ""));
	cr_assert_not(recognises(&format_pcap, "\n\r\r\n"));
	cr_assert_not(recognises(&format_pcap, "No. Time Source Destination Protocol Info\n"));
	cr_assert_not(format_pcap.recognise(span_of("\xd4\xc3\xb2", 3), true));
	cr_assert(format_pcap.recognise(span_of("\xd4\xc3\xb2\xa1", 4), true));
}

Test(pcap, every_word_may_lie)
{
	size_t ends[4];
	struct bytes f = sample(false, US, ends);
	every_word_lies(&format_pcap, &f, 1);
	f = sample(true, VARIANT, ends);
	every_word_lies(&format_pcap, &f, 1);
}

/* Each read of the disk fails in turn. The reader ends, says so once, and hands out nothing that
 * it has not read. */
Test(pcap, every_read_may_fail)
{
	enum { FRAMES = 1000, SIZE = 1000 };
	static const struct input_ops ops = { .read_at = bad_disk_read };
	uint8_t *file = malloc(24 + FRAMES * (16 + SIZE));
	struct bytes f = { 0 };
	put_header(&f, US, 4, 1);
	memcpy(file, f.b, 24);
	for (size_t i = 0; i < FRAMES; i++) {
		f.n = 0;
		put_record(&f, 0, SIZE, SIZE);
		put_fill(&f, (unsigned)(i + 1) & 0xff, SIZE);
		memcpy(file + 24 + i * f.n, f.b, f.n);
	}
	uint64_t last = 0;
	for (int n = 0; n < 12; n++) {
		struct bad_disk disk = { span_of(file, 24 + FRAMES * f.n), n / 2, n & 1 };
		struct input *in;
		void *self;
		struct record r = { 0 };
		struct err err = { 0 };
		int rc, bad = 0;
		cr_assert_eq(input_custom("disk", &ops, &disk, &in, &err), 0);
		if (format_pcap.open(in, &self, &err) < 0) {
			cr_assert_eq(n / 2, 0);
			cr_assert_eq(err.sys, 5);
			input_close(in);
			continue;
		}
		uint64_t frames = 0;
		while ((rc = format_pcap.next(self, &r, &err)) != SOURCE_END) {
			bad += rc < 0;
			cr_assert_leq(bad, 1);
			if (rc < 0)
				continue;
			frames++;
			cr_assert_eq(r.packet.bytes.p[0], r.number & 0xff);
			cr_assert_eq(r.packet.bytes.p[SIZE - 1], r.number & 0xff);
		}
		cr_assert_geq(frames, last);
		cr_assert(bad || frames == FRAMES);
		last = frames;
		format_pcap.close(self);
		input_close(in);
	}
	cr_assert_eq(last, FRAMES);
	free(file);
	format_pcap.close(NULL);
}
