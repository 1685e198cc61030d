/* SPDX-License-Identifier: Apache-2.0 */
/* The pcapng reader: every kind of block, and files that are cut or lie. */
#include "capture_case.h"

#include "base/limits.h"
#include "evidence/capture/capture.h"

/* A block is begun, filled, and ended with its length on both sides. */
static size_t begin(struct bytes *f, uint32_t type)
{
	put32(f, type);
	put32(f, 0);
	return f->n - 8;
}

static void set32(struct bytes *f, size_t at, uint32_t v)
{
	struct bytes word = { .big = f->big };
	put32(&word, v);
	memcpy(f->b + at, word.b, 4);
}

static void end(struct bytes *f, size_t block)
{
	put_fill(f, 0, -(f->n - block) & 3);
	put32(f, (uint32_t)(f->n - block) + 4);
	set32(f, block + 4, (uint32_t)(f->n - block));
}

static void put_shb(struct bytes *f)
{
	size_t b = begin(f, 0x0a0d0d0a);
	put32(f, 0x1a2b3c4d);
	put16(f, 1);
	put16(f, 0);
	put_fill(f, 0xff, 8);
	end(f, b);
}

static void put_option(struct bytes *f, unsigned code, const void *value, size_t n)
{
	put16(f, code);
	put16(f, (unsigned)n);
	for (size_t i = 0; i < n; i++)
		put8(f, ((const uint8_t *)value)[i]);
	put_fill(f, 0, -n & 3);
}

static void put_option64(struct bytes *f, unsigned code, uint64_t v)
{
	struct bytes value = { .big = f->big };
	put32(&value, (uint32_t)(f->big ? v >> 32 : v));
	put32(&value, (uint32_t)(f->big ? v : v >> 32));
	put_option(f, code, value.b, 8);
}

/* `resolution` 0: no option, so microseconds. */
static void put_idb(
	struct bytes *f, unsigned link, uint32_t snaplen, uint8_t resolution, int64_t offset)
{
	size_t b = begin(f, 1);
	put16(f, link);
	put16(f, 0);
	put32(f, snaplen);
	put_option(f, 2, "eth0", 4);
	if (resolution)
		put_option(f, 9, &resolution, 1);
	if (offset)
		put_option64(f, 14, (uint64_t)offset);
	put32(f, 0);
	end(f, b);
}

static void put_units(struct bytes *f, uint64_t units)
{
	put32(f, (uint32_t)(units >> 32));
	put32(f, (uint32_t)units);
}

static void put_epb(struct bytes *f, uint32_t interface, uint64_t units, uint32_t n, uint32_t wire)
{
	size_t b = begin(f, 6);
	put32(f, interface);
	put_units(f, units);
	put32(f, n);
	put32(f, wire);
	put_fill(f, 'e', n);
	put_fill(f, 0, -(size_t)n & 3);
	put_option(f, 1, "a comment", 9);
	end(f, b);
}

static void put_spb(struct bytes *f, uint32_t n, uint32_t wire)
{
	size_t b = begin(f, 3);
	put32(f, wire);
	put_fill(f, 's', n);
	end(f, b);
}

static void put_pb(struct bytes *f, unsigned interface, unsigned drops, uint32_t n)
{
	size_t b = begin(f, 2);
	put16(f, interface);
	put16(f, drops);
	put_units(f, 1000000);
	put32(f, n);
	put32(f, n);
	put_fill(f, 'p', n);
	end(f, b);
}

static void put_isb(struct bytes *f, uint32_t interface, uint64_t ifdrop, uint64_t osdrop)
{
	size_t b = begin(f, 5);
	put32(f, interface);
	put_units(f, 7000000);
	put_option64(f, 4, 1000);
	put_option64(f, 5, ifdrop);
	put_option64(f, 7, osdrop);
	end(f, b);
}

static void put_other(struct bytes *f, uint32_t type)
{
	size_t b = begin(f, type);
	put_fill(f, 0x5a, 20);
	end(f, b);
}

static int64_t ns_at(const struct met *m, size_t i)
{
	cr_assert_lt(i, m->items);
	cr_assert(m->records[i].has_time);
	return m->records[i].when.ns;
}

/* All kinds of block, with a late interface and a second section of the other byte order. */
static struct bytes sample(bool big)
{
	struct bytes f = { .big = big };
	put_shb(&f);
	put_idb(&f, 1, 4, 0, 0);
	put_epb(&f, 0, 5000000, 5, 5);
	put_other(&f, 4);
	put_idb(&f, 101, 0, 9, 0);
	put_epb(&f, 1, 5000000001, 3, 9);
	put_spb(&f, 4, 60);
	put_pb(&f, 0, 3, 6);
	put_isb(&f, 0, 2, 5);
	f.big = !big;
	put_shb(&f);
	put_other(&f, 0x80000777);
	put_idb(&f, 113, 0, 0, 0);
	put_epb(&f, 0, 6000000, 1, 1);
	return f;
}

Test(pcapng, all_kinds_of_block)
{
	for (int big = 0; big < 2; big++) {
		struct bytes f = sample(big);
		struct met m;
		cr_assert(format_pcapng.recognise(span_of(f.b, f.n), true));
		read_bytes(&format_pcapng, &f, &m);
		cr_assert_eq(m.items, 6);
		cr_assert_eq(m.errors, 0, "%s", m.errs[0].msg);
		cr_assert_eq(m.tally.skipped, 2);
		cr_assert_eq(m.tally.cut, 2);
		cr_assert_eq(m.tally.lost, 10);
		static const uint32_t links[] = { 1, 101, 1, 1, 0, 113 };
		static const uint64_t numbers[] = { 1, 2, 3, 4, 0, 5 };
		static const char fronts[] = "eesp_e";
		for (size_t i = 0; i < 6; i++) {
			if (i == 4)
				continue;
			cr_assert_eq(m.records[i].kind, RECORD_PACKET);
			cr_assert_eq(m.records[i].number, numbers[i]);
			cr_assert_eq(m.records[i].packet.link_type, links[i]);
			cr_assert_eq(m.front[i][0], fronts[i]);
		}
		cr_assert_eq(ns_at(&m, 0), 5000000000);
		cr_assert_eq(ns_at(&m, 1), 5000000001);
		cr_assert_not(m.records[2].has_time);
		cr_assert_eq(m.records[2].packet.bytes.n, 4);
		cr_assert_eq(m.records[2].packet.wire_bytes, 60);
		cr_assert_eq(m.records[4].kind, RECORD_LOSS);
		cr_assert_eq(m.records[4].loss.what, LOSS_PACKETS);
		cr_assert_eq(m.records[4].loss.count, 7);
		cr_assert_eq(ns_at(&m, 4), 7000000000);
	}
}

/* Statistics count from the start of the capture: two blocks do not add up. */
Test(pcapng, statistics_are_cumulative)
{
	struct bytes f = { 0 };
	struct met m;
	put_shb(&f);
	put_idb(&f, 1, 0, 0, 0);
	put_isb(&f, 0, 0, 0);
	put_isb(&f, 0, 2, 0);
	put_isb(&f, 0, 2, 3);
	put_isb(&f, 0, UINT64_MAX, UINT64_MAX);
	read_bytes(&format_pcapng, &f, &m);
	cr_assert_eq(m.items, 3);
	cr_assert_eq(m.records[0].loss.count, 2);
	cr_assert_eq(m.records[1].loss.count, 3);
	cr_assert_eq(m.tally.lost, UINT64_MAX);
}

Test(pcapng, resolutions_and_offsets)
{
	static const struct {
		uint8_t resolution;
		int64_t offset;
		uint64_t units;
		bool known;
		int64_t ns;
	} cases[] = {
		{ 0, 0, 1500000, true, 1500000000 }, { 3, 0, 1500, true, 1500000000 },
		{ 9, 0, 1500000001, true, 1500000001 }, { 12, 0, 1500000001999, true, 1500000001 },
		{ 19, 0, 15000000000000000000u, true, 1500000000 }, { 20, 0, 1, false, 0 },
		{ 0x81, 0, 3, true, 1500000000 }, { 0xa0, 0, 0x180000000, true, 1500000000 },
		{ 0xbf, 0, 0xc000000000000000, true, 1500000000 }, { 0xc0, 0, 1, false, 0 },
		{ 6, 100, 1500000, true, 101500000000 }, { 6, -1, 1500000, true, 500000000 },
		{ 6, -2, 1500000, false, 0 }, /* before 1970 */
		{ 6, INT64_MAX, 1500000, false, 0 },
		{ 0x80, 0, UINT64_MAX, false, 0 }, /* beyond what int64 nanoseconds hold */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes f = { .big = i & 1 };
		struct met m;
		put_shb(&f);
		put_idb(&f, 1, 0, cases[i].resolution, cases[i].offset);
		put_epb(&f, 0, cases[i].units, 4, 4);
		read_bytes(&format_pcapng, &f, &m);
		cr_assert_eq(m.items, 1, "case %zu", i);
		cr_assert_eq(m.records[0].has_time, cases[i].known, "case %zu", i);
		if (cases[i].known)
			cr_assert_eq(m.records[0].when.ns, cases[i].ns, "case %zu", i);
	}
}

/* Blocks that are damaged inside do not take the next ones with them, and frames keep their
 * numbers. */
Test(pcapng, goes_on_behind_a_bad_block)
{
	struct bytes f = { 0 };
	struct met m;
	put_shb(&f);
	put_idb(&f, 1, 0, 0, 0);
	size_t bad = f.n;
	put_epb(&f, 0, 1, 4, 4);
	put_epb(&f, 7, 2, 4, 4);
	put_isb(&f, 9, 1, 1);
	put_epb(&f, 0, 3, 4, 4);
	set32(&f, bad + 20, 4000);
	read_bytes(&format_pcapng, &f, &m);
	cr_assert_eq(m.errors, 3);
	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(m.errs[i].kind, ERR_MALFORMED);
	cr_assert_eq(m.errs[0].off, bad);
	cr_assert_eq(m.errs[0].record, 1);
	cr_assert_eq(m.errs[1].record, 2);
	cr_assert_eq(m.items, 1);
	cr_assert_eq(m.records[0].number, 3);
}

/* The frames of the interface behind a damaged one are not taken for its own. */
Test(pcapng, damaged_interface_keeps_its_place)
{
	struct bytes f = { 0 };
	struct met m;
	put_shb(&f);
	size_t b = begin(&f, 1);
	put16(&f, 101);
	put16(&f, 0);
	end(&f, b);
	put_idb(&f, 113, 0, 0, 0);
	put_epb(&f, 0, 1, 4, 4);
	put_epb(&f, 1, 2, 4, 4);
	read_bytes(&format_pcapng, &f, &m);
	cr_assert_eq(m.errors, 2);
	cr_assert_eq(m.items, 1);
	cr_assert_eq(m.records[0].number, 2);
	cr_assert_eq(m.records[0].packet.link_type, 113);
}

/* Where an interface's options cannot be read its times are not known, rather than wrong. */
Test(pcapng, damaged_options_take_the_times)
{
	struct bytes f = { 0 };
	struct met m;
	put_shb(&f);
	size_t b = begin(&f, 1);
	put16(&f, 1);
	put16(&f, 0);
	put32(&f, 0);
	put16(&f, 9);
	put16(&f, 400);
	end(&f, b);
	put_epb(&f, 0, 1, 4, 4);
	read_bytes(&format_pcapng, &f, &m);
	cr_assert_eq(m.errors, 1);
	cr_assert_eq(m.items, 1);
	cr_assert_not(m.records[0].has_time);
}

Test(pcapng, lengths_that_disagree_end_it)
{
	static const struct {
		uint32_t front, behind;
		const char *words;
	} cases[] = {
		{ 48, 52, "block length 48 in front and 52 behind differ" },
		{ 50, 48, "block length 50 is not a multiple of 4" },
		{ 8, 48, "block length 8, and the least is 12" },
		{ LIMIT_BLOCK_BYTES + 4, 48, "block length 16777220, and the most is 16777216" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes f = { .big = i & 1 };
		struct met m;
		put_shb(&f);
		put_idb(&f, 1, 0, 0, 0);
		put_epb(&f, 0, 1, 4, 4);
		size_t bad = f.n;
		put_epb(&f, 0, 2, 4, 4);
		cr_assert_eq(f.n - bad, 52);
		put_epb(&f, 0, 3, 4, 4);
		set32(&f, bad + 4, cases[i].front);
		set32(&f, bad + 44, cases[i].behind);
		read_bytes(&format_pcapng, &f, &m);
		cr_assert_eq(m.items, 1);
		cr_assert_eq(m.errors, 1);
		cr_assert_eq(m.errs[0].kind, ERR_MALFORMED);
		cr_assert_eq(m.errs[0].off, bad);
		cr_assert_str_eq(m.errs[0].msg, cases[i].words);
	}
}

/* NTAR's files: 167 bytes by both lengths, 168 in the file. */
Test(pcapng, padding_left_out_of_the_length)
{
	struct bytes f = { 0 };
	struct met m;
	put_shb(&f);
	put_idb(&f, 1, 0, 0, 0);
	size_t b = f.n;
	put_pb(&f, 0, 0xffff, 3);
	set32(&f, b + 4, (uint32_t)(f.n - b) - 1);
	set32(&f, f.n - 4, (uint32_t)(f.n - b) - 1);
	put_epb(&f, 0, 2, 4, 4);
	read_bytes(&format_pcapng, &f, &m);
	cr_assert_eq(m.errors, 0);
	cr_assert_eq(m.items, 2);
	cr_assert_eq(m.tally.lost, 0);
}

Test(pcapng, other_versions_and_byte_orders)
{
	struct bytes f = { 0 };
	struct met m;
	put_shb(&f);
	put_idb(&f, 1, 0, 0, 0);
	put_epb(&f, 0, 1, 4, 4);
	size_t second = f.n;
	put_shb(&f);
	put_idb(&f, 1, 0, 0, 0);
	put_epb(&f, 0, 1, 4, 4);
	f.b[second + 12] = 2;
	read_bytes(&format_pcapng, &f, &m);
	cr_assert_eq(m.items, 1);
	cr_assert_eq(m.errs[0].kind, ERR_UNSUPPORTED);
	f.b[second + 8] = 0;
	read_bytes(&format_pcapng, &f, &m);
	cr_assert_eq(m.items, 1);
	cr_assert_eq(m.errs[0].kind, ERR_MALFORMED);
}

/* A new section forgets the interfaces of the last one. */
Test(pcapng, sections_do_not_share_interfaces)
{
	struct bytes f = { 0 };
	struct met m;
	put_shb(&f);
	put_idb(&f, 1, 0, 0, 0);
	put_shb(&f);
	put_epb(&f, 0, 1, 4, 4);
	put_spb(&f, 4, 4);
	read_bytes(&format_pcapng, &f, &m);
	cr_assert_eq(m.items, 0);
	cr_assert_eq(m.errors, 2);
}

Test(pcapng, every_cut_keeps_what_came_before)
{
	struct bytes f = sample(false);
	struct met all, m;
	read_bytes(&format_pcapng, &f, &all);
	size_t last = 0;
	for (size_t n = 0; n < f.n; n++) {
		read_span(&format_pcapng, span_of(f.b, n), &m);
		cr_assert(m.opened);
		cr_assert_leq(m.errors, 1);
		cr_assert_geq(m.items, last, "cut at %zu", n);
		last = m.items;
		for (size_t i = 0; i < m.items; i++) {
			cr_assert_eq(m.records[i].number, all.records[i].number);
			cr_assert_eq(m.records[i].when.ns, all.records[i].when.ns);
		}
		if (m.errors)
			cr_assert_eq(m.errs[0].kind, ERR_TRUNCATED, "cut at %zu", n);
		assert_counts(&m);
	}
	/* The last block holds one frame: all but that one are there before its last byte. */
	cr_assert_eq(last, all.items - 1);
	cr_assert_eq(m.errors, 1);
}

Test(pcapng, every_word_may_lie)
{
	struct bytes f = sample(false);
	every_word_lies(&format_pcapng, &f, 4);
	f = sample(true);
	every_word_lies(&format_pcapng, &f, 4);
}

/* Packets of those below the limit are read, and none is taken for another interface's. */
Test(pcapng, interfaces_are_limited)
{
	const size_t before = 28 + (size_t)(LIMIT_INTERFACES + 2) * 20;
	struct bytes f = { 0 }, packets = { 0 };
	struct met m;
	put_shb(&f);
	size_t b = begin(&f, 1);
	put_fill(&f, 0, 8);
	end(&f, b);
	for (uint32_t id = LIMIT_INTERFACES - 1; id <= LIMIT_INTERFACES + 1; id++)
		put_epb(&packets, id, 1, 4, 4);
	uint8_t *file = malloc(before + packets.n);
	memcpy(file, f.b, 28);
	for (size_t at = 28; at < before; at += 20)
		memcpy(file + at, f.b + 28, 20);
	memcpy(file + before, packets.b, packets.n);
	read_span(&format_pcapng, span_of(file, before + packets.n), &m);
	free(file);
	cr_assert_eq(m.items, 1);
	cr_assert_eq(m.records[0].number, 1);
	cr_assert_eq(m.errors, 4);
	for (size_t i = 0; i < m.errors; i++)
		cr_assert_eq(m.errs[i].kind, ERR_LIMIT);
}

Test(pcapng, recognises_only_its_own)
{
	cr_assert_not(recognises(&format_pcapng, ""));
	cr_assert_not(recognises(&format_pcapng, "\n\r\r\nsome text, and more of it"));
	cr_assert_not(recognises(&format_pcapng, "No. Time Source Destination Protocol Info\n"));
}
