/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in event traces: netsh's and pktmon's. */
#include "etl_case.h"
#include "evidence/trace/etl/packets.h"
#include "model/owner.h"

#define WHOLE 0xc0000000ull
#define FIRST 0x40000000ull
#define LAST 0x80000000ull
#define SENT 0x100000000ull
#define RECEIVED 0x200000000ull

/* Ethernet, IPv4 of 40 bytes. */
#define FRAME                                                                         \
	"00*12 08 00 45 00 00 28 12 34 00 00 40 11 00 00 0a 00 00 01 0a 00 00 02 01 " \
	"02 00 35 00 14 00 00 61 62 63 64 65 66 67 68 69 6a 6b 6c"
#define FRAME_BYTES 54

static struct bytes fragment(uint32_t miniport, uint32_t layer, const char *frame)
{
	struct bytes b = { 0 }, f = hex(frame);
	add_number(&b, miniport, 4);
	add_number(&b, layer, 4);
	add_number(&b, f.n, 4);
	memcpy(b.b + b.n, f.b, f.n);
	b.n += f.n;
	return b;
}

static struct etl_record ndis(uint64_t keyword, const struct bytes *b)
{
	return (struct etl_record){ .class = ETL_MANIFEST,
		.id = 1001,
		.keyword = keyword,
		.pointer = 8,
		.has_thread = true,
		.pid = 700,
		.payload = span_of(b->b, b->n) };
}

static int read_at(struct etl_case *c, int64_t ms, uint64_t keyword, const struct bytes *b)
{
	struct etl_record rec = ndis(keyword, b);
	memset(&c->record, 0, sizeof c->record);
	memset(&c->err, 0, sizeof c->err);
	c->record.has_time = true;
	c->record.when.ns = ms * 1000000;
	c->record.number = 77;
	etl_shared_begin(c->shared, ms);
	return c->provider->read(c->state, c->shared, &rec, &c->record, &c->err);
}

Test(ndis, whole_packet)
{
	struct bytes b = fragment(5, 7, FRAME);
	add_number(&b, 1, 8); /* what later versions write behind it */
	add_number(&b, 2, 8);
	struct etl_case c = case_open(&etl_ndis);
	cr_assert_eq(read_at(&c, 1, WHOLE | SENT | 1, &b), ETL_GIVEN);
	const struct packet *p = &c.record.packet;
	cr_expect_eq(c.record.kind, RECORD_PACKET);
	cr_expect(c.record.has_time && c.record.when.ns == 1000000);
	cr_expect_eq(c.record.number, 77);
	cr_expect_eq(p->bytes.n, FRAME_BYTES);
	cr_expect_eq(p->wire_bytes, FRAME_BYTES);
	cr_expect_eq(p->link_type, 1);
	cr_expect_eq(p->way, WAY_OUT);
	cr_expect_not(p->copy);
	expect_text(p->interface->name, "miniport 5 layer 7");
	/* The thread that ran need not be the sender's. */
	cr_expect_eq(p->owner->pid, 700);
	cr_expect_eq(owner_grade(p->owner->origin), GRADE_NONE);
	case_close(&c);
}

Test(ndis, link_types)
{
	struct bytes ip = fragment(5, 7, "45 00 00 14 00*16"), eth = fragment(5, 7, FRAME),
		     w = fragment(5, 7, "88 41 00*30");
	struct etl_case c = case_open(&etl_ndis);
	cr_assert_eq(read_at(&c, 1, WHOLE | 0x200, &ip), ETL_GIVEN);
	cr_expect_eq(c.record.packet.link_type, 101);
	uint32_t id = c.record.packet.interface->id;
	cr_assert_eq(read_at(&c, 2, WHOLE | 0x8000, &ip), ETL_GIVEN);
	cr_expect_eq(c.record.packet.link_type, 101);
	cr_expect_eq(c.record.packet.interface->id, id);
	cr_assert_eq(read_at(&c, 2, WHOLE | 0x8000, &eth), ETL_GIVEN);
	cr_expect_eq(c.record.packet.link_type, 1, "no IP packet, whatever the keyword says");
	cr_assert_eq(read_at(&c, 3, WHOLE | 0x10000 | RECEIVED, &w), ETL_GIVEN);
	cr_expect_eq(c.record.packet.link_type, 105);
	cr_expect_neq(c.record.packet.interface->id, id, "an interface has one link type");
	/* The bytes are decrypted, and the header may not say otherwise. */
	cr_expect_eq(c.record.packet.bytes.p[1], 0x01);
	cr_expect_eq(w.b[13], 0x41, "what was read stays as it is");
	case_close(&c);
}

/* A wireless frame without data: its first byte is no version of IP. */
Test(ndis, truncated_wireless_frame_keeps_its_length)
{
	struct bytes w = fragment(5, 7, "48 01 3a 98 00*20");
	struct etl_case c = case_open(&etl_ndis);
	cr_assert_eq(read_at(&c, 1, WHOLE | 0x10000 | 0x2000000, &w), ETL_GIVEN);
	cr_expect_eq(c.record.packet.wire_bytes, 24);
	case_close(&c);
}

Test(ndis, truncated_packet_has_the_length_of_its_header)
{
	struct bytes b = fragment(5, 7, "00*12 08 00 45 00 05 dc 00*16");
	struct bytes v6 = fragment(5, 7, "00*12 86 dd 60 00 00 00 05 00 00*34");
	struct etl_case c = case_open(&etl_ndis);
	cr_assert_eq(read_at(&c, 1, WHOLE | 0x2000000, &b), ETL_GIVEN);
	cr_expect_eq(c.record.packet.wire_bytes, 1500 + 14);
	cr_assert_eq(read_at(&c, 2, WHOLE | 0x2000000, &v6), ETL_GIVEN);
	cr_expect_eq(c.record.packet.wire_bytes, 0x500 + 40 + 14);
	cr_assert_eq(read_at(&c, 3, WHOLE, &b), ETL_GIVEN);
	cr_expect_eq(c.record.packet.wire_bytes, 34);
	case_close(&c);
}

/* Two cards log parts in turns; each is put together by itself. */
Test(ndis, parts)
{
	struct bytes a1 = fragment(5, 7, "01 02"), a2 = fragment(5, 7, "03"),
		     a3 = fragment(5, 7, "04 05"), b1 = fragment(6, 7, "11"),
		     b2 = fragment(6, 7, "12 13");
	struct etl_case c = case_open(&etl_ndis);
	cr_expect_eq(read_at(&c, 1, FIRST | SENT, &a1), ETL_NOTHING);
	cr_expect_eq(read_at(&c, 1, FIRST, &b1), ETL_NOTHING);
	cr_expect_eq(read_at(&c, 1, 0, &a2), ETL_NOTHING);
	cr_assert_eq(read_at(&c, 1, LAST, &b2), ETL_GIVEN);
	expect_text(c.record.packet.bytes, "\x11\x12\x13");
	cr_assert_eq(read_at(&c, 1, LAST | SENT, &a3), ETL_GIVEN);
	expect_text(c.record.packet.bytes, "\1\2\3\4\5");
	cr_expect_eq(c.record.packet.way, WAY_OUT);
	case_close(&c);
}

static void expect_loss(const struct record *r)
{
	cr_assert_eq(r->kind, RECORD_LOSS);
	cr_expect_eq(r->loss.what, LOSS_PACKETS);
	cr_expect_eq(r->loss.count, 1);
	cr_expect(r->has_time);
}

Test(ndis, parts_that_are_missing_are_a_loss)
{
	struct bytes a = fragment(5, 7, "01 02"), b = fragment(5, 7, "03");
	struct etl_case c = case_open(&etl_ndis);
	cr_assert_eq(read_at(&c, 1, LAST, &a), ETL_GIVEN);
	expect_loss(&c.record);
	cr_expect_eq(read_at(&c, 1, 0, &a), ETL_NOTHING);
	cr_expect_eq(read_at(&c, 2, FIRST, &a), ETL_NOTHING);
	cr_assert_eq(read_at(&c, 3, FIRST, &b), ETL_GIVEN, "the one before has no end");
	expect_loss(&c.record);
	cr_assert_eq(read_at(&c, 4, WHOLE, &a), ETL_GIVEN);
	cr_expect_eq(c.record.kind, RECORD_PACKET);
	struct record *also = etl_shared_also(c.shared);
	cr_assert_not_null(also);
	expect_loss(also);
	case_close(&c);
}

/* A frame is logged by each layer of the card. The same bytes once more in the first layer are
 * another frame. */
Test(ndis, layers_log_copies)
{
	struct bytes low = fragment(5, 7, FRAME), high = fragment(5, 9, FRAME),
		     card = fragment(6, 9, FRAME);
	struct etl_case c = case_open(&etl_ndis);
	static const struct {
		int64_t ms;
		int which;
		uint64_t way;
		bool copy;
	} all[] = {
		{ 1, 0, SENT, false }, { 2, 1, SENT, true },
		{ 3, 0, SENT, false },     /* again: a retransmission */
		{ 4, 1, SENT, true },      /* ... and its copy */
		{ 5, 1, RECEIVED, false }, /* the other way is another packet */
		{ 6, 2, SENT, false },     /* so is another card */
		{ 5000, 1, SENT, false },  /* and what comes so much later */
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		const struct bytes *b = all[i].which == 0 ? &low
			: all[i].which == 1               ? &high
							  : &card;
		cr_assert_eq(read_at(&c, all[i].ms, WHOLE | all[i].way, b), ETL_GIVEN);
		cr_expect_eq(c.record.packet.copy, all[i].copy, "row %zu", i);
	}
	case_close(&c);
}

Test(ndis, parts_are_limited)
{
	static struct bytes b;
	struct etl_case c = case_open(&etl_ndis);
	int rc = ETL_NOTHING;
	for (uint32_t i = 0; i < ETL_INTERFACES_MOST && rc == ETL_NOTHING; i++) {
		b = fragment(i, 7, "01*1800");
		rc = read_at(&c, 1, FIRST, &b);
		for (int k = 0; k < 8 && rc == ETL_NOTHING; k++)
			rc = read_at(&c, 1, 0, &b);
	}
	cr_expect_eq(rc, -1);
	cr_expect_eq(c.err.kind, ERR_LIMIT);
	case_close(&c);
}

Test(ndis, switch_fragment)
{
	struct bytes b = { 0 }, f = hex(FRAME);
	add_number(&b, 5, 4);
	add_number(&b, 7, 4);
	add_number(&b, 3, 4);
	add_hex(&b, "u'port' 00 00 u'vm one' 00 00 u'Synthetic' 00 00 02 00 00 00 00*16");
	add_number(&b, f.n, 4);
	memcpy(b.b + b.n, f.b, f.n);
	b.n += f.n;
	add_hex(&b, "04 00 00 00 00*4");
	struct etl_record rec = ndis(WHOLE | SENT | 0x1000000, &b);
	rec.id = 1003;
	struct etl_case c = case_open(&etl_ndis);
	cr_assert_eq(case_read(&c, &rec), ETL_GIVEN);
	cr_expect_eq(c.record.packet.bytes.n, FRAME_BYTES);
	cr_expect_eq(c.record.packet.way, WAY_UNKNOWN, "sent by a guest, perhaps");
	expect_text(c.record.packet.interface->name, "switch 5 port 3 vm one");
	case_close(&c);
}

static void cut_everywhere(
	const struct etl_provider *p, struct etl_record rec, size_t needed, size_t taken)
{
	struct span whole = rec.payload;
	for (size_t n = 0; n <= whole.n; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		memcpy(copy, whole.p, n);
		rec.payload = span_of(copy, n);
		struct etl_case c = case_open(p);
		int rc = case_read(&c, &rec);
		cr_expect_eq(rc, n < needed ? -1 : ETL_GIVEN, "%zu bytes", n);
		cr_expect(rc < 0 || c.record.packet.bytes.n == taken);
		case_close(&c);
		free(copy);
	}
}

Test(ndis, cut_records_are_damage)
{
	struct bytes b = fragment(5, 7, FRAME);
	add_number(&b, 0, 8);
	cut_everywhere(&etl_ndis, ndis(WHOLE, &b), 12 + FRAME_BYTES, FRAME_BYTES);
	static const uint32_t sizes[] = { 0, 1, 0xffff, 0x7fffffff, 0xffffffff };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct etl_record rec = ndis(WHOLE, &b);
		memcpy(b.b + 8, &sizes[i], 4);
		struct etl_case c = case_open(&etl_ndis);
		cr_expect_eq(case_read(&c, &rec), sizes[i] < 2 ? ETL_GIVEN : -1);
		case_close(&c);
	}
}

struct appearance {
	uint16_t number, direction, type, component;
	uint32_t reason;
	uint16_t original;
};

static struct bytes pktmon(uint64_t group, const struct appearance *a)
{
	struct bytes b = { 0 }, f = hex(a->type == 3 ? "45 00 00 14 00*16" : FRAME);
	add_number(&b, group, 8);
	add_number(&b, a->number, 2);
	add_number(&b, 1, 2);
	add_number(&b, a->direction, 2);
	add_number(&b, a->type, 2);
	add_number(&b, a->component, 2);
	add_number(&b, 0, 4);
	add_number(&b, a->reason, 4);
	add_number(&b, a->reason ? 0xe000401e : 0, 4);
	add_number(&b, a->original, 2);
	add_number(&b, f.n, 2);
	memcpy(b.b + b.n, f.b, f.n);
	b.n += f.n;
	return b;
}

static struct etl_record pktmon_record(uint16_t id, const struct bytes *b)
{
	return (struct etl_record){
		.class = ETL_MANIFEST, .id = id, .pointer = 8, .payload = span_of(b->b, b->n)
	};
}

static int read_pktmon(struct etl_case *c, uint16_t id, uint64_t group, struct appearance a)
{
	static struct bytes b;
	b = pktmon(group, &a);
	struct etl_record rec = pktmon_record(id, &b);
	return case_read(c, &rec);
}

Test(pktmon, packet_and_its_copies)
{
	struct bytes name = hex("0c 00 01 00 u'tcpip.sys' 00 00 u'TCP/IP' 00 00");
	struct etl_record component = pktmon_record(20, &name);
	struct etl_case c = case_open(&etl_pktmon);
	cr_expect_eq(case_read(&c, &component), ETL_NOTHING);
	cr_assert_eq(
		read_pktmon(&c, 160, 9, (struct appearance){ 1, 3, 1, 12, 0, 1514 }), ETL_GIVEN);
	cr_expect_eq(c.record.packet.way, WAY_IN);
	cr_expect_eq(c.record.packet.wire_bytes, 1514);
	cr_expect_eq(c.record.packet.bytes.n, FRAME_BYTES);
	cr_expect_not(c.record.packet.copy);
	cr_expect_eq(c.record.packet.remark.n, 0);
	cr_expect_null(c.record.packet.owner);
	expect_text(c.record.packet.interface->name, "component 12 TCP/IP");
	cr_assert_eq(read_pktmon(&c, 160, 9, (struct appearance){ 1, 1, 1, 13, 0, 54 }), ETL_GIVEN);
	cr_expect(c.record.packet.copy);
	cr_expect_eq(c.record.packet.way, WAY_UNKNOWN, "in, seen from a component");
	expect_text(c.record.packet.interface->name, "component 13");
	cr_assert_eq(read_pktmon(&c, 160, 9, (struct appearance){ 2, 4, 1, 13, 0, 54 }), ETL_GIVEN);
	cr_expect_not(c.record.packet.copy, "the next one of its group");
	cr_expect_eq(c.record.packet.way, WAY_OUT);
	case_close(&c);
}

/* After a restart of the machine groups begin anew. */
Test(pktmon, the_same_number_later_is_another_packet)
{
	struct bytes b = pktmon(9, &(struct appearance){ 1, 3, 1, 12, 0, 54 });
	struct etl_case c = case_open(&etl_pktmon);
	static const int64_t at[] = { 0, 1, 5000 };
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		struct etl_record rec = pktmon_record(160, &b);
		memset(&c.record, 0, sizeof c.record);
		c.record.has_time = true;
		c.record.when.ns = at[i] * 1000000;
		etl_shared_begin(c.shared, at[i]);
		cr_assert_eq(
			c.provider->read(c.state, c.shared, &rec, &c.record, &c.err), ETL_GIVEN);
		cr_expect_eq(c.record.packet.copy, i == 1);
	}
	case_close(&c);
}

Test(pktmon, drop_reason_is_kept)
{
	struct etl_case c = case_open(&etl_pktmon);
	cr_assert_eq(read_pktmon(&c, 170, 9, (struct appearance){ 1, 3, 3, 12, 5, 20 }), ETL_GIVEN);
	cr_expect_eq(c.record.packet.link_type, 101);
	expect_text(c.record.packet.remark, "dropped: reason 5 at location 0xe000401e");
	case_close(&c);
}

Test(pktmon, what_is_no_frame_is_passed_over)
{
	struct etl_case c = case_open(&etl_pktmon);
	cr_expect_eq(
		read_pktmon(&c, 160, 9, (struct appearance){ 1, 3, 6, 12, 0, 20 }), ETL_NOTHING);
	cr_expect_eq(
		read_pktmon(&c, 80, 9, (struct appearance){ 1, 3, 1, 12, 0, 20 }), ETL_NOTHING);
	case_close(&c);
}

Test(pktmon, cut_records_are_damage)
{
	struct bytes b = pktmon(9, &(struct appearance){ 1, 3, 1, 12, 0, 54 });
	cut_everywhere(&etl_pktmon, pktmon_record(160, &b), 34 + FRAME_BYTES, FRAME_BYTES);
}

Test(pktmon, components_are_limited)
{
	struct etl_case c = case_open(&etl_pktmon);
	int rc = ETL_GIVEN;
	for (uint32_t i = 0; i < 70000 && rc == ETL_GIVEN; i++)
		rc = read_pktmon(&c, 160, i, (struct appearance){ 1, 3, 1, (uint16_t)i, 0, 54 });
	cr_expect_eq(rc, -1);
	cr_expect_eq(c.err.kind, ERR_LIMIT);
	case_close(&c);
}
