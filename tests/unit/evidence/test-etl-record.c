/* SPDX-License-Identifier: Apache-2.0 */
/* Single records of event trace logs: each type of header, what stands before the payload, and
 * sizes that lie. */
#include "capture_case.h"

#include "evidence/trace/etl/record.h"

#define RAW 0x1122334455667788ll

static void put64(struct bytes *f, uint64_t v)
{
	put32(f, (uint32_t)v);
	put32(f, (uint32_t)(v >> 32));
}

/* Reads from memory that ends right behind the bytes. */
static int read_copy(const struct bytes *b, size_t n, struct etl_record *ret, uint32_t *ret_step,
	struct err *err)
{
	static uint8_t *copy;
	free(copy);
	copy = malloc(n ? n : 1);
	memcpy(copy, b->b, n);
	*err = (struct err){ 0 };
	return etl_record_read(span_of(copy, n), 4, ret, ret_step, err);
}

static struct etl_record read_sound(const struct bytes *b)
{
	struct etl_record rec;
	uint32_t step;
	struct err err;
	memset(&rec, 0xee, sizeof rec);
	cr_assert_eq(read_copy(b, b->n, &rec, &step, &err), 1, "%s", err.msg);
	cr_assert_eq(step, (b->n + 7) / 8 * 8);
	return rec;
}

static struct bytes kernel(unsigned type, unsigned version, size_t payload)
{
	size_t header = type <= 2 ? 0x20 : type <= 4 ? 0x18 : 0x10;
	struct bytes b = { 0 };
	put16(&b, version);
	put16(&b, 0xc000 | type);
	put16(&b, (unsigned)(header + payload));
	put16(&b, 0x080a);
	if (type < 5) {
		put32(&b, 77);
		put32(&b, 1234);
	}
	put64(&b, RAW);
	put_fill(&b, 0, header - b.n);
	put_fill(&b, 'p', payload);
	return b;
}

static struct bytes sized(unsigned type, size_t header, size_t payload)
{
	struct bytes b = { 0 };
	put16(&b, (unsigned)(header + payload));
	put16(&b, 0xc000 | type);
	put8(&b, 11);
	put8(&b, 0);
	put16(&b, 2);
	put32(&b, 77);
	put32(&b, 1234);
	put64(&b, RAW);
	put_fill(&b, 0x5a, header - b.n);
	put_fill(&b, 'p', payload);
	return b;
}

static struct bytes manifest(unsigned type, unsigned flags)
{
	struct bytes b = sized(type, 0x50, 0);
	b.b[4] = (uint8_t)flags;
	b.b[5] = (uint8_t)(flags >> 8);
	b.b[0x28] = 42;
	b.b[0x29] = 1;
	b.b[0x2a] = 3;
	b.b[0x2d] = 9;
	return b;
}

static void finish(struct bytes *b)
{
	b->b[0] = (uint8_t)b->n;
	b->b[1] = (uint8_t)(b->n >> 8);
}

static void assert_payload(const struct etl_record *rec, size_t n)
{
	cr_assert_eq(rec->payload.n, n, "%zu bytes of payload", rec->payload.n);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(rec->payload.p[i], 'p');
}

Test(etl_record, kernel_headers)
{
	static const unsigned all[] = { 1, 2, 3, 4, 0x10, 0x11 };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct bytes b = kernel(all[i], 2, 21);
		struct etl_record rec = read_sound(&b);
		cr_assert_eq(rec.class, ETL_KERNEL);
		cr_assert_eq(rec.group, ETL_GROUP_UDPIP);
		cr_assert_eq(rec.opcode, 10);
		cr_assert_eq(rec.version, 2);
		cr_assert_eq(rec.raw, RAW);
		cr_assert_eq(rec.pointer, all[i] == 1 || all[i] == 3 || all[i] == 0x10 ? 4 : 8);
		cr_assert_eq(rec.has_thread, all[i] < 5);
		if (rec.has_thread) {
			cr_assert_eq(rec.tid, 77);
			cr_assert_eq(rec.pid, 1234);
		}
		cr_assert_not(rec.bad);
		assert_payload(&rec, 21);
	}
}

/* Counters of the processor stand before the payload, and may not reach beyond it. */
Test(etl_record, counters)
{
	struct bytes b = kernel(0x11, 0x8302, 4 * 8 + 3);
	struct etl_record rec = read_sound(&b);
	cr_assert_eq(rec.version, 2);
	assert_payload(&rec, 3);
	b = kernel(0x11, 0x0702, 7 * 8 - 1);
	rec = read_sound(&b);
	cr_assert(rec.bad);
	cr_assert_eq(rec.payload.n, 0);
}

Test(etl_record, classic_headers)
{
	static const unsigned all[][2] = { { 0x0a, 0x30 }, { 0x14, 0x30 }, { 0x0b, 0x48 },
		{ 0x15, 0x48 } };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct bytes b = sized(all[i][0], all[i][1], 5);
		struct etl_record rec = read_sound(&b);
		cr_assert_eq(rec.class, ETL_CLASSIC);
		cr_assert_eq(rec.opcode, 11);
		cr_assert_eq(rec.version, 2);
		cr_assert_eq(rec.raw, RAW);
		cr_assert_eq(rec.pid, 1234);
		cr_assert_eq(rec.guid->b[15], 0x5a);
		cr_assert_eq(rec.pointer, i == 1 || i == 3 ? 8 : 4);
		assert_payload(&rec, 5);
	}
}

/* Windows 2000 and XP had an instance header without a GUID: it is passed over. */
Test(etl_record, instance_without_guid)
{
	struct bytes b = sized(0x0b, 0x38, 8);
	struct etl_record rec = read_sound(&b);
	cr_assert_eq(rec.class, ETL_OTHER);
}

/* A program that writes kernel records uses the class GUID of their group, and headers that are
 * older than the pointers of 64 bits in them. */
Test(etl_record, kernel_class_guids)
{
	static const struct {
		uint8_t group, guid[16];
	} classes[] = {
		{ ETL_GROUP_HEADER,
			{ 0x00, 0xd9, 0xfd, 0x68, 0x3e, 0x4a, 0xd1, 0x11, 0x84, 0xf4, 0x00, 0x00,
				0xf8, 0x04, 0x64, 0xe3 } },
		{ ETL_GROUP_PROCESS,
			{ 0xd0, 0xa8, 0x6f, 0x3d, 0x05, 0xfe, 0xd0, 0x11, 0x9d, 0xda, 0x00, 0xc0,
				0x4f, 0xd7, 0xba, 0x7c } },
		{ ETL_GROUP_THREAD,
			{ 0xd1, 0xa8, 0x6f, 0x3d, 0x05, 0xfe, 0xd0, 0x11, 0x9d, 0xda, 0x00, 0xc0,
				0x4f, 0xd7, 0xba, 0x7c } },
		{ ETL_GROUP_TCPIP,
			{ 0xc0, 0x0a, 0x28, 0x9a, 0xe0, 0xc8, 0xd1, 0x11, 0x84, 0xe2, 0x00, 0xc0,
				0x4f, 0xb9, 0x98, 0xa2 } },
		{ ETL_GROUP_UDPIP,
			{ 0xc5, 0x50, 0x3a, 0xbf, 0xc9, 0xa9, 0x88, 0x49, 0xa0, 0x05, 0x2d, 0xf0,
				0xb7, 0xc8, 0x0f, 0x80 } },
		{ ETL_GROUP_CONFIG,
			{ 0x65, 0x3a, 0x85, 0x01, 0x8f, 0x41, 0x36, 0x4f, 0xae, 0xfc, 0xdc, 0x0f,
				0x1d, 0x2f, 0xd2, 0x35 } },
	};
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		struct bytes b = sized(0x14, 0x30, 5);
		memcpy(b.b + 0x18, classes[i].guid, 16);
		struct etl_record rec = read_sound(&b);
		cr_assert_eq(rec.class, ETL_KERNEL);
		cr_assert_eq(rec.group, classes[i].group);
		cr_assert_eq(rec.opcode, 11);
		cr_assert_eq(rec.version, 2);
		cr_assert_eq(rec.pointer, 8);
		b.b[2] = 0x0a;
		cr_assert_eq(
			etl_record_read(span_of(b.b, b.n), 8, &rec, &(uint32_t){ 0 }, NULL), 1);
		cr_assert_eq(rec.pointer, 8);
		cr_assert_eq(
			etl_record_read(span_of(b.b, b.n), 4, &rec, &(uint32_t){ 0 }, NULL), 1);
		cr_assert_eq(rec.pointer, 4);
	}
}

Test(etl_record, manifest_header)
{
	struct bytes b = manifest(0x13, 0);
	put_fill(&b, 'p', 7);
	finish(&b);
	struct etl_record rec = read_sound(&b);
	cr_assert_eq(rec.class, ETL_MANIFEST);
	cr_assert_eq(rec.id, 0x12a);
	cr_assert_eq(rec.version, 3);
	cr_assert_eq(rec.opcode, 9);
	cr_assert_eq(rec.keyword, 0x5a5a5a5a5a5a5a5aull);
	cr_assert_eq(rec.pointer, 8);
	cr_assert_eq(rec.guid->b[0], 0x5a);
	cr_assert_not(rec.has_start_key);
	assert_payload(&rec, 7);
	b.b[2] = 0x12;
	cr_assert_eq(read_sound(&b).pointer, 4);
	b.b[5] = 1; /* a classic record in this header */
	cr_assert_eq(read_sound(&b).class, ETL_CLASSIC);
}

static void put_item(struct bytes *b, unsigned type, unsigned size, bool more, unsigned data)
{
	put16(b, size);
	put16(b, type);
	put16(b, more);
	put16(b, data);
	put_fill(b, 0x33, size > 8 ? size - 8 : 0);
}

Test(etl_record, extended_items)
{
	struct bytes b = manifest(0x13, 1);
	put_item(&b, 6, 24, true, 16);
	put_item(&b, 12, 16, true, 3);
	put_item(&b, 13, 16, true, 8);
	put_item(&b, 11, 8, false, 0);
	put_fill(&b, 'p', 6);
	finish(&b);
	struct etl_record rec = read_sound(&b);
	cr_assert_not(rec.bad);
	cr_assert(rec.has_start_key);
	cr_assert_eq(rec.start_key, 0x3333333333333333ull);
	assert_payload(&rec, 6);
}

/* The record's own size stays good, so that the next one is found. */
Test(etl_record, extended_items_lie)
{
	static const unsigned lies[][3] = { { 0, 0, 0 }, { 7, 0, 0 }, { 0xffff, 0, 0 },
		{ 24, 0, 17 }, { 24, 0, 0xffff }, { 24, 1, 16 }, { 32, 1, 16 }, { 33, 0, 16 } };
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct bytes b = manifest(0x13, 1);
		put_item(&b, 6, 24, false, 16);
		put_fill(&b, 0, 8);
		finish(&b);
		b.b[0x50] = (uint8_t)lies[i][0];
		b.b[0x51] = (uint8_t)(lies[i][0] >> 8);
		b.b[0x54] = (uint8_t)lies[i][1];
		b.b[0x56] = (uint8_t)lies[i][2];
		b.b[0x57] = (uint8_t)(lies[i][2] >> 8);
		struct etl_record rec = read_sound(&b);
		cr_assert(rec.bad, "lie %zu", i);
		cr_assert_eq(rec.payload.n, 0);
	}
	struct bytes none = manifest(0x13, 1);
	cr_assert(read_sound(&none).bad);
}

Test(etl_record, others_are_passed_over)
{
	struct bytes b = { 0 };
	put16(&b, 21);
	put16(&b, 0x9000);
	put_fill(&b, 'x', 17);
	cr_assert_eq(read_sound(&b).class, ETL_OTHER);
	b.b[3] = 0xc0;
	b.b[2] = 0x0f;
	cr_assert_eq(read_sound(&b).class, ETL_OTHER);
	b.b[2] = 0x0d;
	cr_assert_eq(read_sound(&b).class, ETL_OTHER);
}

Test(etl_record, ends)
{
	static const uint32_t ends[] = { 0, 0xffffffff };
	struct etl_record rec;
	struct err err;
	uint32_t step;
	for (int i = 0; i < 2; i++) {
		struct bytes b = { 0 };
		put32(&b, ends[i]);
		put_fill(&b, 1, 40);
		cr_assert_eq(read_copy(&b, b.n, &rec, &step, &err), 0);
	}
	struct bytes b = kernel(0x11, 2, 8);
	for (size_t n = 0; n < 4; n++)
		cr_assert_eq(read_copy(&b, n, &rec, &step, &err), 0);
}

/* Types that are not known, and headers of other kinds: nothing says where the next one is. */
Test(etl_record, unknown_marks)
{
	static const uint32_t marks[] = { 0xc0000002, 0xc0050002, 0xc00c0002, 0xc00e0002,
		0xc0160020, 0xc0ff0020, 0xb0020020, 0x40020020, 0x00020020, 0xd0020020, 1 };
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		struct etl_record rec;
		struct err err;
		uint32_t step = 5;
		struct bytes b = { 0 };
		put32(&b, marks[i]);
		put_fill(&b, 0x20, 0x60);
		cr_assert_eq(read_copy(&b, b.n, &rec, &step, &err), -1);
		cr_assert_eq(err.kind, ERR_MALFORMED);
		cr_assert_eq(step, 5);
	}
}

/* Every type is cut at every byte, and its size is every value from 0 to beyond its end. */
Test(etl_record, cuts_and_sizes)
{
	for (unsigned type = 0; type < 0x20; type++) {
		bool version = type < 5 || type == 0x10 || type == 0x11;
		struct bytes b = version ? kernel(type, 2, 0x40) : sized(type, 0x50, 8);
		struct etl_record rec;
		struct err err;
		uint32_t step = 0;
		bool known = read_copy(&b, b.n, &rec, &step, &err) == 1;
		for (size_t n = 4; n < b.n; n++)
			cr_assert_eq(read_copy(&b, n, &rec, &step, &err), -1);
		for (unsigned size = 0; size < 0x10000;
			size = size < 0x100 ? size + 1 : size * 2 + 1) {
			size_t at = version ? 4 : 0;
			b.b[at] = (uint8_t)size;
			b.b[at + 1] = (uint8_t)(size >> 8);
			int rc = read_copy(&b, b.n, &rec, &step, &err);
			cr_assert(rc == -1 || (rc == 1 && known && size <= b.n && step >= 8));
			cr_assert(rc == -1 || rec.payload.n <= size);
		}
	}
}

Test(etl_record, stamp_of_the_front)
{
	int64_t raw = 1;
	struct bytes b = kernel(0x11, 2, 40);
	cr_assert(etl_record_stamp(span_of(b.b, 0x18), &raw));
	cr_assert_eq(raw, RAW);
	cr_assert_not(etl_record_stamp(span_of(b.b, 0x17), &raw));
	b.b[3] = 0x90;
	cr_assert_not(etl_record_stamp(span_of(b.b, b.n), &raw));
	b.b[3] = 0x10;
	cr_assert_not(etl_record_stamp(span_of(b.b, b.n), &raw));
}
