/* SPDX-License-Identifier: Apache-2.0 */
/* Options of interfaces and packets in pcapng files. */
#include "owner_case.h"

#include "evidence/capture/capture.h"

static const uint8_t v4[] = { 10, 1, 1, 1, 255, 255, 255, 0 };
static const uint8_t v6[] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 64 };

static void assert_address(const struct seen *s, const char *text)
{
	char buf[ADDR_TEXT_BYTES];
	cr_assert_eq(s->record.kind, RECORD_ADDRESS);
	cr_assert_not(s->record.has_time);
	cr_assert_str_eq(addr_format(&s->record.address.addr, buf), text);
}

static struct str address_file(bool big)
{
	struct str file;
	struct pcapng_writer w = begin_file(&file, big);
	pcapng_interface(&w, 101, 0);
	pcapng_option(&w, 4, span_of(v4, 8));
	pcapng_option(&w, 2, span_text("eth0"));
	pcapng_option(&w, 5, span_of(v6, 17));
	pcapng_option(&w, 4, span_of("\0\0\0\0\0\0\0\0", 8)); /* none yet, says dumpcap */
	pcapng_option(&w, 4, span_of("\xc0\xa8\1\2\xff\xff\0\0", 8));
	pcapng_option(&w, 9, span_of("\3", 1));
	pcapng_end(&w);
	pcapng_packet(&w, 1, 1500, span_text("x"));
	pcapng_end(&w);
	return file;
}

Test(pcapng_options, addresses_of_interfaces)
{
	for (int big = 0; big < 2; big++) {
		static struct sight s;
		struct str file = address_file(big);
		see(&format_pcapng, &file, &s);
		cr_assert_eq(s.errors, 0);
		cr_assert_eq(s.n, 4);
		assert_address(&s.all[0], "10.1.1.1");
		assert_address(&s.all[1], "2001:db8::9");
		assert_address(&s.all[2], "192.168.1.2");
		cr_assert_eq(s.all[0].record.number, 3, "the block's");
		cr_assert_eq(s.all[3].record.number, 1, "the frame's");
		cr_assert_eq(s.all[3].record.when.ns, 1500000000);
	}
}

/* What stands before a damaged option is read, and times hold unless theirs may be what is lost. */
Test(pcapng_options, damaged_interfaces_give_what_they_can)
{
	static const struct {
		uint16_t code, length, errors;
		bool timed;
	} cases[] = { { 4, 0, 1, true }, { 4, 4, 1, true }, { 4, 9, 1, true }, { 5, 16, 1, true },
		{ 5, 18, 1, true }, { 9, 0, 1, false }, { 9, 2, 1, false }, { 14, 7, 1, false },
		{ 2, 0, 0, true }, { 2, 65535, 1, false }, { 4, 65535, 1, false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static struct sight s;
		struct str file;
		struct pcapng_writer w = { 0 };
		str_init(&file, 4096);
		pcapng_section(&w, &file, i & 1);
		pcapng_interface(&w, 1, 0);
		pcapng_option(&w, 4, span_of(v4, 8));
		pcapng_u16(&w, cases[i].code);
		pcapng_u16(&w, cases[i].length);
		if (cases[i].length < 65535)
			pcapng_bytes(&w,
				span_of("\6\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1",
					cases[i].length));
		pcapng_end(&w);
		pcapng_packet(&w, 0, 1, span_text("x"));
		pcapng_end(&w);
		see(&format_pcapng, &file, &s);
		cr_assert_eq(s.errors, cases[i].errors, "case %zu", i);
		cr_assert_eq(s.n, 2, "case %zu", i);
		assert_address(&s.all[0], "10.1.1.1");
		cr_assert_eq(s.all[1].record.has_time, cases[i].timed, "case %zu", i);
	}
}

/* What a file says of itself is there with each packet: the options of its first section, and its
 * interfaces in their order. */
Test(pcapng_options, of_the_file)
{
	for (int big = 0; big < 2; big++) {
		struct str file;
		struct pcapng_writer w = begin_file(&file, big);
		struct input *in;
		struct err err;
		struct record r;
		void *self;
		pcapng_interface(&w, 101, 96);
		pcapng_end(&w);
		open_packet(&w, 1);
		pcapng_end(&w);
		pcapng_section(&w, &file, big);
		pcapng_interface(&w, 113, 0);
		pcapng_end(&w);
		open_packet(&w, 1);
		pcapng_end(&w);
		cr_assert_eq(input_memory("test", span_of(file.p, file.n), &in, &err), 0);
		cr_assert_eq(format_pcapng.open(in, &self, &err), 0);
		cr_assert_eq(format_pcapng.next(self, &r, &err), SOURCE_ITEM);
		const struct capture_file *f = r.packet.interface->file;
		cr_assert_not_null(f);
		const struct capture_interface *i = f->first;
		cr_expect_eq(f->options_big, big);
		cr_expect_eq(i, r.packet.interface);
		cr_expect_eq(i->next->link_type, 101);
		cr_expect_eq(i->next->snaplen, 96);
		cr_expect_null(i->next->next, "not read yet");
		cr_assert_eq(format_pcapng.next(self, &r, &err), SOURCE_ITEM);
		cr_expect_eq(r.packet.interface, i->next->next);
		cr_expect_eq(r.packet.interface->file, f);
		cr_expect_eq(r.packet.interface->section, 1);
		format_pcapng.close(self);
		input_close(in);
		str_done(&file);
	}
}

Test(pcapng_options, of_packets)
{
	static const enum packet_way ways[] = { WAY_UNKNOWN, WAY_IN, WAY_OUT, WAY_UNKNOWN };
	for (int big = 0; big < 2; big++) {
		static struct sight s;
		struct str file;
		struct pcapng_writer w = begin_file(&file, big);
		for (uint32_t flags = 0; flags < 4; flags++) {
			open_packet(&w, 1);
			pcapng_option(&w, 1, span_text("by hand"));
			pcapng_option_u32(&w, 2, flags | 0xffff0000 | 1 << 2);
			pcapng_option_u64(&w, 4, 3);
			pcapng_option(&w, 2988, span_of("\0\0\0\1...", 7));
			pcapng_end(&w);
		}
		open_packet(&w, 1);
		pcapng_end(&w);
		see(&format_pcapng, &file, &s);
		cr_assert_eq(s.n, 5);
		cr_assert_eq(s.errors, 0);
		cr_assert_eq(s.tally.lost, 12);
		for (size_t i = 0; i < 4; i++) {
			assert_no_owner(&s.all[i]);
			cr_assert_eq(s.all[i].record.packet.way, ways[i]);
			cr_assert_eq(s.all[i].record.packet.options_big, big);
			cr_assert_eq(s.all[i].options, 12 + 8 + 12 + 12, "without their end");
		}
		cr_assert_eq(s.all[4].options, 0);
		cr_assert_eq(s.all[4].record.packet.way, WAY_UNKNOWN);
	}
}

Test(pcapng_options, of_the_obsolete_block)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	pcapng_begin(&w, 2);
	pcapng_u16(&w, 0);
	pcapng_u16(&w, 5);
	pcapng_time(&w, 7);
	pcapng_u32(&w, 3);
	pcapng_u32(&w, 3);
	pcapng_bytes(&w, span_text("abc"));
	pcapng_option_u32(&w, 2, 2);
	pcapng_end(&w);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.errors, 0);
	cr_assert_eq(s.all[0].record.packet.way, WAY_OUT);
	cr_assert_eq(s.tally.lost, 5);
}

/* A damaged option takes nothing else away: the packet comes, then the damage is said with its
 * number, and the next packet follows. */
Test(pcapng_options, damage_is_said_behind_the_packet)
{
	static const uint16_t codes[] = { 2, 4, 8, 257, 258, 0x8001, 0x8003 };
	static const uint16_t lengths[] = { 0, 1, 3, 5, 9, 65535 };
	for (size_t i = 0; i < 7 * 6; i++) {
		static struct sight s;
		struct str file;
		uint16_t length = lengths[i % 6];
		struct pcapng_writer w = begin_file(&file, i & 1);
		pcapng_darwin_process(&w, 7);
		pcapng_end(&w);
		open_packet(&w, 1);
		pcapng_option_u32(&w, 2, 1);
		pcapng_u16(&w, codes[i / 6]);
		pcapng_u16(&w, length);
		if (length < 65535)
			pcapng_bytes(&w, span_of("\0\0\0\0\0\0\0\0\0", length));
		pcapng_option_u32(&w, 0x8001, 0);
		pcapng_end(&w);
		open_packet(&w, 2);
		pcapng_end(&w);
		see(&format_pcapng, &file, &s);
		cr_assert_eq(s.n, 2);
		cr_assert_eq(s.errors, 1, "case %zu", i);
		cr_assert_eq(s.errs[0].kind, ERR_MALFORMED);
		cr_assert_eq(s.errs[0].record, 1);
		cr_assert_neq(s.errs[0].off, ERR_NO_OFFSET);
		cr_assert_eq(s.all[0].record.packet.way, WAY_IN);
		cr_assert_eq(s.all[1].record.number, 2);
		if (length < 65535)
			assert_owner(&s.all[0], OWNER_DARWIN, 7, NULL);
		else
			assert_no_owner(&s.all[0]);
		cr_assert_eq(
			s.all[0].options, length < 65535 ? 8 + 4 + (length + 3) / 4 * 4 + 8 : 8);
	}
}

/* Several are damaged: the first is said, and the packet counts once. */
Test(pcapng_options, the_first_damage_is_said)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	open_packet(&w, 1);
	pcapng_option(&w, 2, span_text("abc"));
	pcapng_option(&w, 8, span_text("abc"));
	pcapng_u16(&w, 1);
	pcapng_u16(&w, 400);
	pcapng_end(&w);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.n, 1);
	cr_assert_eq(s.errors, 1);
	cr_assert_str_eq(s.errs[0].msg, "option 2 has 3 bytes, and should have 4");
}

Test(pcapng_options, damage)
{
	for (int big = 0; big < 2; big++) {
		struct str file = address_file(big);
		damage_everywhere(&format_pcapng, &file);
		str_done(&file);
	}
}
