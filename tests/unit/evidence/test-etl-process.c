/* SPDX-License-Identifier: Apache-2.0 */
/* Processes and threads, of the kernel logger and of Kernel-Process. */
#include "etl_case.h"

#define START_V4                                                                                  \
	"04 00 02 c0 9b 00 01 03 b8 0d 00 00 b4 0d 00 00 99 e8 6a 75 00 00 00 00 08 00 00 00 00 " \
	"00 00 00 80 b3 cf 00 83 fa ff ff 5c 0e 00 00 b4 0d 00 00 01 00 00 00 03 01 00 00 00 b0 " \
	"8f 55 00 00 00 00 00 00 00 00 a0 8e 4f 00 a0 f8 ff ff 00*8 01 05 00 00 00 00 00 05 15 "  \
	"00 00 00 1b 81 fe ae 76 0c 7c 60 56 4c 8b 56 e9 03 00 00 'Test.x64.exe' 00 "             \
	"u'Test.x64.exe' 00 00 00 00 00 00"
#define SID_18 "01 01 00 00 00 00 00 05 12 00 00 00 "
#define TOKEN8 "a0 8e 4f 00 a0 f8 ff ff 00*8 "

static struct etl_record kernel(uint8_t opcode, uint8_t version, struct bytes *b)
{
	return (struct etl_record){ .class = ETL_KERNEL,
		.group = ETL_GROUP_PROCESS,
		.opcode = opcode,
		.version = version,
		.pointer = 8,
		.payload = span_of(b->b, b->n) };
}

Test(etl_process, start_of_a_real_log)
{
	struct bytes b = hex(START_V4);
	b.b[4] = (uint8_t)b.n;
	struct etl_record rec = case_record(&b);
	struct etl_case c = case_open(&etl_kernel_process);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN, "%s", c.err.msg);
	cr_expect_eq(c.record.kind, RECORD_PROCESS);
	cr_expect_eq(c.record.process.what, NOTE_START);
	cr_expect_eq(c.record.process.pid, 3676);
	cr_expect(c.record.process.has_parent);
	cr_expect_eq(c.record.process.parent, 3508);
	expect_text(c.record.process.image, "Test.x64.exe");
	cr_expect_not(c.record.process.has_start);
	case_close(&c);
	/* All that stands behind the name is not looked at. */
	cr_expect_eq(case_cuts(&etl_kernel_process, NULL, &rec), 36 + 16 + 28 + 13);
}

struct layout {
	uint8_t version, pointer;
	const char *hex;
};

/* Each version for 32 and 64 bits, PID 300, parent 200. */
static const struct layout layouts[] = {
	{ 0, 4, "2c 01 00 00 c8 00 00 00 00 00 00 00 'a.exe' 00" },
	{ 0, 8, "2c 01 00*6 c8 00*7 01*8 00*8 " SID_18 "'a.exe' 00" },
	{ 1, 4, "00*4 2c 01 00 00 c8 00 00 00 00*8 01*8 " SID_18 "'a.exe' 00" },
	{ 1, 8, "00*8 2c 01 00 00 c8 00 00 00 00*8 " TOKEN8 SID_18 "'a.exe' 00" },
	{ 2, 4, "00*4 2c 01 00 00 c8 00 00 00 00*8 00*4 'a.exe' 00 u'a.exe x' 00 00" },
	{ 2, 8, "00*8 2c 01 00 00 c8 00 00 00 00*8 00*16 " SID_18 "'a.exe' 00 u'x' 00 00" },
	{ 3, 4, "00*4 2c 01 00 00 c8 00 00 00 00*8 00*4 01*8 " SID_18 "'a.exe' 00 00 00" },
	{ 3, 8, "00*8 2c 01 00 00 c8 00 00 00 00*8 00*8 00*4 'a.exe' 00 u'a.exe x' 00 00" },
	{ 4, 4, "00*4 2c 01 00 00 c8 00 00 00 00*8 00*4 00*4 00*4 'a.exe' 00 00*6" },
	{ 4, 8, "00*8 2c 01 00 00 c8 00 00 00 00*8 00*8 00*4 00*16 " SID_18 "'a.exe' 00 00*6" },
	{ 5, 8, "00*8 2c 01 00 00 c8 00 00 00 00*8 00*8 00*4 00*4 'a.exe' 00 00*14" },
};

Test(etl_process, versions)
{
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		struct bytes b = hex(layouts[i].hex);
		struct etl_record rec = kernel(1, layouts[i].version, &b);
		struct etl_case c = case_open(&etl_kernel_process);
		rec.pointer = layouts[i].pointer;
		cr_assert_eq(case_read(&c, &rec), ETL_GIVEN, "layout %zu: %s", i, c.err.msg);
		cr_expect_eq(c.record.process.pid, 300, "layout %zu", i);
		cr_expect_eq(c.record.process.parent, 200, "layout %zu", i);
		expect_text(c.record.process.image, "a.exe");
		case_close(&c);
		cr_expect(case_cuts(&etl_kernel_process, NULL, &rec) > 10);
	}
}

/* Records of 64 bits under headers of 32, as tools that write traces anew leave them, and the other
 * way round. What fits neither is read by its header; version 1 fits by chance and is not turned.
 */
Test(etl_process, the_other_pointer)
{
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		struct bytes b = hex(layouts[i].hex);
		struct etl_record rec = kernel(1, layouts[i].version, &b);
		struct etl_case c = case_open(&etl_kernel_process);
		rec.pointer = layouts[i].pointer == 8 ? 4 : 8;
		int rc = case_read(&c, &rec);
		if (layouts[i].version >= 2) {
			cr_assert_eq(rc, ETL_GIVEN, "layout %zu: %s", i, c.err.msg);
			cr_expect_eq(c.record.process.pid, 300, "layout %zu", i);
			expect_text(c.record.process.image, "a.exe");
		}
		b.b[b.n - 1] = 'x';
		case_read(&c, &rec);
		case_close(&c);
		b = hex(layouts[i].hex);
		if (layouts[i].version >= 2)
			case_cuts(&etl_kernel_process, NULL, &rec);
	}
}

/* The SID states how many parts it has. A record that claims more than 15, or another revision, is
 * damaged; and what looks like a SID behind a zeroed pointer must have a name behind it. */
Test(etl_process, sid_counts)
{
	for (unsigned parts = 0; parts < 256; parts++) {
		struct bytes b = hex("00*8 2c 01 00 00 c8 00 00 00 00*8 " TOKEN8 "01");
		add_number(&b, parts, 1);
		add_hex(&b, "00*5 05");
		for (unsigned i = 0; i < parts * 4; i++)
			add_number(&b, 1, 1);
		add_hex(&b, "'a.exe' 00");
		struct etl_record rec = kernel(1, 2, &b);
		struct etl_case c = case_open(&etl_kernel_process);
		cr_expect_eq(case_read(&c, &rec), parts <= 15 ? ETL_GIVEN : -1, "%u", parts);
		case_close(&c);
	}
	struct bytes b =
		hex("00*8 2c 01 00 00 c8 00 00 00 00*8 " TOKEN8 "02 01 00*5 05 00*4 'a' 00");
	struct etl_record rec = kernel(1, 2, &b);
	struct etl_case c = case_open(&etl_kernel_process);
	cr_expect_eq(case_read(&c, &rec), -1);
	case_close(&c);
}

/* Without a SID, and with what a SID begins with just where one would be behind a zeroed pointer.
 */
Test(etl_process, no_sid_but_its_likeness)
{
	struct bytes b = hex("00*8 2c 01 00 00 c8 00 00 00 00*8 00*4 'abcdefg.exe' 00 " SID_18);
	struct etl_record rec = kernel(1, 2, &b);
	struct etl_case c = case_open(&etl_kernel_process);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	expect_text(c.record.process.image, "abcdefg.exe");
	case_close(&c);
}

Test(etl_process, kinds)
{
	struct bytes b = hex(layouts[9].hex);
	struct etl_case c = case_open(&etl_kernel_process);
	struct etl_record rec = kernel(3, 4, &b);
	cr_expect_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.process.what, NOTE_RUNNING);
	rec.opcode = 4;
	cr_expect_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.process.what, NOTE_RUNNING);
	rec.opcode = 2;
	cr_expect_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.process.what, NOTE_END);
	for (unsigned opcode = 5; opcode < 256; opcode++) {
		rec.opcode = (uint8_t)opcode;
		cr_expect_eq(case_read(&c, &rec), ETL_NOTHING, "%u", opcode);
	}
	memset(b.b + 8, 0xff, 4);
	rec.opcode = 1;
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING, "no PID");
	case_close(&c);
}

/* A process that is only held is an end where none was told. */
Test(etl_process, defunct)
{
	struct bytes b = hex(layouts[10].hex);
	struct etl_case c = case_open(&etl_kernel_process);
	struct etl_record defunct = kernel(39, 5, &b), end = kernel(2, 4, &b),
			  start = kernel(1, 4, &b);
	cr_expect_eq(case_read(&c, &defunct), ETL_GIVEN);
	cr_expect_eq(c.record.process.what, NOTE_END);
	cr_expect_eq(case_read(&c, &defunct), ETL_NOTHING);
	cr_expect_eq(case_read(&c, &start), ETL_GIVEN);
	cr_expect_eq(case_read(&c, &end), ETL_GIVEN);
	cr_expect_eq(case_read(&c, &defunct), ETL_NOTHING);
	cr_expect_eq(case_read(&c, &start), ETL_GIVEN, "the PID is used again");
	cr_expect_eq(case_read(&c, &defunct), ETL_GIVEN, "and its end was lost");
	case_close(&c);
}

/* Up to Windows 7 a name of 14 to 16 bytes may be cut; from Windows 8 on it is whole. */
Test(etl_process, cut_names)
{
	static const struct {
		const char *hex;
		uint8_t version;
		bool cut;
	} cases[] = {
		{ "00*8 2c 01 00 00 c8 00 00 00 00*8 00*4 'MemCompression' 00", 1, true },
		{ "00*8 2c 01 00 00 c8 00 00 00 00*8 00*8 00*4 'MemCompression' 00", 3, true },
		{ "00*8 2c 01 00 00 c8 00 00 00 00*8 00*8 00*4 00*4 'MemCompression' 00", 4,
			false },
		{ "00*8 2c 01 00 00 c8 00 00 00 00*8 00*4 'Calculator.exe' 00", 1, false },
		{ "00*8 2c 01 00 00 c8 00 00 00 00*8 00*4 'MemCompressio' 00", 1, false },
		{ "00*8 2c 01 00 00 c8 00 00 00 00*8 00*4 'MemCompressionXYZ' 00", 1, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes b = hex(cases[i].hex);
		struct etl_record rec = kernel(1, cases[i].version, &b);
		struct etl_case c = case_open(&etl_kernel_process);
		cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
		cr_expect_eq(c.record.process.image_cut, cases[i].cut, "case %zu", i);
		case_close(&c);
	}
}

static void expect_thread(struct etl_case *c, uint32_t tid, uint32_t pid, uint32_t tag)
{
	uint32_t p = 0, t = 0;
	cr_assert(etl_thread(c->shared, tid, &p, &t), "thread %u is not known", tid);
	cr_expect_eq(p, pid);
	cr_expect_eq(t, tag);
}

Test(etl_process, threads)
{
	struct bytes real =
		hex("03 00 02 c0 68 00 01 05 c4 0e 00 00 94 0f 00 00 62 1c d3 73 00*4 04 "
		    "00*7 04 00 00 00 54 0e 00 00 00*56 00 00 00 00 08 05 02 00");
	struct bytes v0 = hex("0b 00 00 00 2c 01 00 00"), v1 = hex("2c 01 00 00 0c 00 00 00 00*49");
	struct bytes v2 = hex("2c 01 00 00 0d 00 00 00 00*28 07 00 00 00");
	struct bytes v3 =
		hex("2c 01 00 00 0e 00 00 00 00*56 09 00 00 00 08 05 02 00 u'pool' 00 00");
	struct etl_case c = case_open(&etl_kernel_thread);
	struct etl_record rec = case_record(&real);
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	expect_thread(&c, 3668, 4, 0);
	rec = (struct etl_record){ .opcode = 3, .version = 0, .pointer = 4 };
	rec.payload = span_of(v0.b, v0.n);
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	expect_thread(&c, 11, 300, 0);
	rec.version = 1;
	rec.payload = span_of(v1.b, v1.n);
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	expect_thread(&c, 12, 300, 0);
	rec.version = 2;
	rec.payload = span_of(v2.b, v2.n);
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	expect_thread(&c, 13, 300, 7);
	rec.version = 3;
	rec.pointer = 8;
	rec.payload = span_of(v3.b, v3.n);
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	expect_thread(&c, 14, 300, 9);
	case_close(&c);
	cr_expect_eq(case_cuts(&etl_kernel_thread, NULL, &rec), 8);
}

/* A pool's thread runs for one service after the other, and says so itself. */
Test(etl_process, thread_changes_its_service)
{
	struct bytes b = hex("00 00 00 00 15 00 00 00");
	struct etl_record rec = { .opcode = 0x45,
		.version = 2,
		.pointer = 8,
		.has_thread = true,
		.pid = 300,
		.tid = 20,
		.payload = span_of(b.b, b.n) };
	struct etl_case c = case_open(&etl_kernel_thread);
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	expect_thread(&c, 20, 300, 21);
	rec.has_thread = false;
	rec.tid = 22;
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	uint32_t pid, tag;
	cr_expect_not(etl_thread(c.shared, 22, &pid, &tag));
	case_close(&c);
	cr_expect_eq(case_cuts(&etl_kernel_thread, NULL, &rec), 8);
}

#define CREATED "0e 2a 50 a9 b8 b3 d4 01 "
#define PATH "u'\\Device\\HarddiskVolume2\\Windows\\System32\\svchost.exe' 00 00"

static const struct {
	uint16_t id;
	uint8_t version;
	const char *hex;
} starts[] = {
	{ 1, 0, "2c 01 00 00 " CREATED "c8 00 00 00 01 00 00 00 " PATH },
	{ 1, 1, "2c 01 00 00 " CREATED "c8 00 00 00 01 00 00 00 00*4 " PATH },
	{ 1, 2, "2c 01 00 00 " CREATED "c8 00 00 00 01 00 00 00 00*4 " PATH " 00*12" },
	{ 1, 3,
		"2c 01 00 00 07*8 " CREATED "c8 00 00 00 08*8 01 00 00 00 00*12 "
		"01 01 00 00 00 00 00 10 00 40 00 00 " PATH " 00*12" },
	{ 1, 5,
		"2c 01 00 00 07*8 " CREATED "c8 00 00 00 08*8 01 00 00 00 00*12 "
		"01 01 00 00 00 00 00 10 00 40 00 00 " PATH " 00*22" },
	{ 15, 0, "2c 01 00 00 " CREATED "c8 00 00 00 01 00 00 00 00*4 " PATH " 00*12" },
	{ 15, 1,
		"2c 01 00 00 07*8 " CREATED "c8 00 00 00 08*8 01 00 00 00 00*12 "
		"01 01 00 00 00 00 00 10 00 40 00 00 " PATH " 00*12" },
};

static struct etl_record manifest(uint16_t id, uint8_t version, struct bytes *b)
{
	return (struct etl_record){ .class = ETL_MANIFEST,
		.id = id,
		.version = version,
		.pointer = 8,
		.payload = span_of(b->b, b->n) };
}

Test(etl_process, manifest_starts)
{
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		struct bytes b = hex(starts[i].hex);
		struct etl_record rec = manifest(starts[i].id, starts[i].version, &b);
		struct etl_case c = case_open(&etl_process);
		struct process_note *n = &c.record.process;
		struct source_time created;
		cr_assert(stamp_from_filetime(0x01d4b3b8a9502a0e, &created));
		cr_assert_eq(case_read(&c, &rec), ETL_GIVEN, "start %zu: %s", i, c.err.msg);
		cr_expect_eq(n->what, starts[i].id == 1 ? NOTE_START : NOTE_RUNNING);
		cr_expect_eq(n->pid, 300);
		cr_expect_eq(n->parent, 200);
		cr_expect(n->has_start);
		cr_expect_eq(n->start.ns, created.ns);
		expect_text(n->image, "svchost.exe");
		cr_expect_not(n->image_cut);
		case_close(&c);
		cr_expect(case_cuts(&etl_process, NULL, &rec) > 100);
	}
}

Test(etl_process, manifest_stops)
{
	static const char *const stops[] = {
		"2c 01 00 00 " CREATED "01*36 'svchost.exe' 00",
		"2c 01 00 00 " CREATED "01*64 'svchost.exe' 00",
		"2c 01 00 00 07*8 " CREATED "01*64 'RuntimeBroker.' 00",
	};
	for (uint8_t i = 0; i < 3; i++) {
		struct bytes b = hex(stops[i]);
		struct etl_record rec = manifest(2, i, &b);
		struct etl_case c = case_open(&etl_process);
		cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
		cr_expect_eq(c.record.process.what, NOTE_END);
		cr_expect_eq(c.record.process.pid, 300);
		cr_expect(c.record.process.has_start);
		expect_text(c.record.process.image, i == 2 ? "RuntimeBroker." : "svchost.exe");
		cr_expect_eq(c.record.process.image_cut, i == 2);
		case_close(&c);
		cr_expect_eq(case_cuts(&etl_process, NULL, &rec), b.n);
	}
}

/* Two providers on one process: its start is told once, and its end once. */
Test(etl_process, told_once)
{
	struct bytes s = hex(starts[1].hex),
		     e = hex("2c 01 00 00 " CREATED "01*64 'svchost.exe' 00");
	struct etl_record start = manifest(1, 1, &s), stop = manifest(2, 1, &e);
	struct etl_case c = case_open(&etl_process);
	etl_seen(c.shared, ETL_SEEN_PROCESS);
	cr_assert_eq(case_read(&c, &start), ETL_GIVEN);
	cr_expect_eq(c.record.process.what, NOTE_RUNNING);
	cr_expect(c.record.process.has_start);
	cr_expect_eq(case_read(&c, &stop), ETL_NOTHING);
	case_close(&c);
}

Test(etl_process, manifest_threads)
{
	struct bytes v0 = hex("2c 01 00 00 0d 00 00 00 00*56"),
		     v1 = hex("2c 01 00 00 0e 00 00 00 00*56 "
			      "07 00 00 00");
	struct etl_case c = case_open(&etl_process);
	struct etl_record a = manifest(3, 0, &v0), b = manifest(3, 1, &v1),
			  other = manifest(5, 0, &v0);
	cr_expect_eq(case_read(&c, &a), ETL_NOTHING);
	expect_thread(&c, 13, 300, 0);
	cr_expect_eq(case_read(&c, &b), ETL_NOTHING);
	expect_thread(&c, 14, 300, 7);
	cr_expect_eq(case_read(&c, &other), ETL_NOTHING);
	case_close(&c);
	cr_expect_eq(case_cuts(&etl_process, NULL, &b), 8);
}

/* A name longer than any file's is no name. */
Test(etl_process, names_beyond_all_bounds)
{
	struct bytes b = hex("2c 01 00 00 " CREATED "c8 00 00 00 01 00 00 00 61*1000 00 00");
	struct etl_record rec = manifest(1, 0, &b);
	struct etl_case c = case_open(&etl_process);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.process.image.n, 0);
	case_close(&c);
	b = hex("00*8 2c 01 00 00 c8 00 00 00 00*8 00*4 61*1021 00");
	rec = kernel(1, 2, &b);
	c = case_open(&etl_kernel_process);
	cr_expect_eq(case_read(&c, &rec), -1);
	case_close(&c);
}
