/* SPDX-License-Identifier: Apache-2.0 */
/* Services and network cards as the kernel logger lists them. */
#include "etl_case.h"

static struct etl_record config(uint8_t opcode, uint8_t version, struct bytes *b)
{
	return (struct etl_record){ .class = ETL_KERNEL,
		.group = ETL_GROUP_CONFIG,
		.opcode = opcode,
		.version = version,
		.pointer = 8,
		.payload = span_of(b->b, b->n) };
}

/* Of a real log, Windows 8. */
Test(etl_config, service_v3)
{
	struct bytes b =
		hex("03 00 02 c0 88 00 0f 0b c8 0e 00 00 94 0f 00 00 3e 07 b6 79 00*4 02 00 00 "
		    "00 28 00 00 00 90 00 00 00 04 00 00 00 05 00 00 00 u'Appinfo' 00 00 "
		    "u'Application Information' 00 00 u'svchost.exe' 00 00 00 00 00 00");
	b.b[4] = (uint8_t)b.n;
	struct etl_record rec = case_record(&b);
	struct etl_case c = case_open(&etl_kernel_config);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.kind, RECORD_PROCESS);
	cr_expect_eq(c.record.process.what, NOTE_RUNNING);
	cr_expect_eq(c.record.process.pid, 144);
	cr_expect_eq(c.record.process.tag, 5);
	cr_expect(c.record.process.service);
	cr_expect_not(c.record.process.service_table);
	expect_text(c.record.process.services, "Appinfo");
	cr_expect_eq(c.record.process.image.n, 0);
	case_close(&c);
	cr_expect_eq(case_cuts(&etl_kernel_config, NULL, &rec), 12 + 16);
}

Test(etl_config, service_stopped)
{
	struct bytes b = hex("00*4 01 00 00 00 05 00 00 00 u'Appinfo' 00 00 00*8");
	struct etl_record rec = config(0x0f, 2, &b);
	struct etl_case c = case_open(&etl_kernel_config);
	cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	case_close(&c);
}

/* XP and 2003: fields of fixed width, no tags. */
Test(etl_config, service_v0)
{
	struct bytes b =
		hex("u'Dnscache' 00*52 u'DNS Client' 00*492 u'svchost.exe' 00*46 2c 01 00 00");
	struct etl_record rec = config(0x0f, 0, &b);
	struct etl_case c = case_open(&etl_kernel_config);
	cr_assert_eq(b.n, 652);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.process.pid, 300);
	cr_expect_eq(c.record.process.tag, 0);
	expect_text(c.record.process.services, "Dnscache");
	case_close(&c);
	cr_expect_eq(case_cuts(&etl_kernel_config, NULL, &rec), 652);
}

/* A name that fills its field has no zero behind it. */
Test(etl_config, service_v0_full)
{
	struct bytes b = hex("61*68 62*580 2c 01 00 00");
	struct etl_record rec = config(0x0f, 1, &b);
	struct etl_case c = case_open(&etl_kernel_config);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.process.services.n, 34 * 3, "34 characters of U+6161");
	case_close(&c);
}

Test(etl_config, service_without_a_name)
{
	struct bytes none = hex("90 00 00 00 04 00 00 00 05 00 00 00 00 00 00 00");
	struct bytes endless = hex("90 00 00 00 04 00 00 00 05 00 00 00 61*700 00 00");
	struct etl_record a = config(0x0f, 3, &none), b = config(0x0f, 3, &endless);
	struct etl_case c = case_open(&etl_kernel_config);
	cr_expect_eq(case_read(&c, &a), ETL_NOTHING);
	cr_expect_eq(case_read(&c, &b), ETL_NOTHING);
	case_close(&c);
}

#define CARD "00 15 5d 7c 58 28 00 00 06 00 00 00 0c 00 00 00 0c 00 00 00 u'Card' 00 00 "

static void expect_addresses(struct bytes b, const char *const *all, size_t n)
{
	struct etl_record rec = config(0x0d, 2, &b);
	struct etl_case c = case_open(&etl_kernel_config);
	char text[ADDR_TEXT_BYTES];
	cr_assert_eq(case_read(&c, &rec), n ? ETL_GIVEN : ETL_NOTHING);
	for (size_t i = 0; i < n; i++) {
		struct record *r = i ? etl_shared_also(c.shared) : &c.record;
		cr_assert_not_null(r);
		cr_expect_eq(r->kind, RECORD_ADDRESS);
		cr_expect_str_eq(addr_format(&r->address.addr, text), all[i]);
	}
	cr_expect_null(etl_shared_also(c.shared));
	case_close(&c);
	cr_expect(case_cuts(&etl_kernel_config, NULL, &rec) > 20);
}

/* As a real log has them. Those of every machine tell it from no other. */
Test(etl_config, addresses_of_a_card)
{
	static const char *const four[] = { "2001:4898:f0:26:950:d6de:fa84:4cc0", "10.128.0.55",
		"fe80::5efe:a80:37", "fe80::1" };
	expect_addresses(hex(CARD "u'2001:4898:f0:26:950:d6de:fa84:4cc0;10.128.0.55;"
				  "fe80::5efe:10.128.0.55;fe80::1%12;' 00 00 u'10.50.10.50' 00 00"),
		four, 4);
	expect_addresses(hex(CARD "u'::1;127.0.0.1;0.0.0.0;nonsense' 00 00 00 00"), NULL, 0);
	expect_addresses(hex(CARD "00 00 00 00"), NULL, 0);
	expect_addresses(hex(CARD "u'127.0.0.1; 10.128.0.55' 00 00 00 00"), four + 1, 1);
}

/* More than any card has: those that fit are whole. */
Test(etl_config, addresses_without_end)
{
	struct bytes b = hex(CARD);
	static uint8_t many[20000];
	struct etl_case c = case_open(&etl_kernel_config);
	memcpy(many, b.b, b.n);
	for (size_t i = b.n; i + 22 < sizeof many; i += 22)
		for (size_t k = 0; k < 11; k++)
			many[i + 2 * k] = (uint8_t) "10.0.0.255;"[k];
	many[b.n + 4096 - 4] = '1';
	struct etl_record rec = config(0x0d, 2, &b);
	rec.payload = span_of(many, sizeof many);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	for (struct record *r; (r = etl_shared_also(c.shared));) {
		char text[ADDR_TEXT_BYTES];
		cr_expect_str_eq(addr_format(&r->address.addr, text), "10.0.0.255");
	}
	cr_expect_eq(c.shared->dropped, 4096 / 22 - 1 - ETL_ALSO_MOST);
	case_close(&c);
}

Test(etl_config, all_else)
{
	struct bytes b = hex(CARD "u'10.0.0.1' 00 00 00 00");
	struct etl_case c = case_open(&etl_kernel_config);
	struct etl_record old = config(0x0d, 1, &b);
	cr_expect_eq(case_read(&c, &old), ETL_NOTHING, "another layout");
	for (unsigned opcode = 0; opcode < 256; opcode++) {
		struct etl_record rec = config((uint8_t)opcode, 2, &b);
		if (opcode != 0x0d && opcode != 0x0f)
			cr_expect_eq(case_read(&c, &rec), ETL_NOTHING);
	}
	case_close(&c);
}
