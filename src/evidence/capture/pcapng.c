/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of pcapng files: draft-ietf-opsawg-pcapng.
 *
 *   block    type 4, total length 4, body, total length 4
 *   options  code 2, length 2, value, padding to 4; code 0 ends them
 *
 * The byte order is that of the section. A block whose two lengths agree can be damaged inside and
 * the next one is still found; where they do not agree the reader stops. */
#include "evidence/capture/capture.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "evidence/input.h"

#define BLOCK_LEAST 12u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du

enum {
	BLOCK_IDB = 1,
	BLOCK_PB = 2,
	BLOCK_SPB = 3,
	BLOCK_ISB = 5,
	BLOCK_EPB = 6,
	BLOCK_SHB = 0x0a0d0d0a,
};

struct interface {
	uint16_t link_type;
	bool damaged;         /* its block was: frames of it cannot be read */
	uint32_t snaplen;     /* 0: none */
	uint64_t units_per_s; /* 0: a resolution that cannot be read, so no times */
	int64_t offset_s;
	uint64_t dropped; /* as the last statistics block said: they count from the start */
};

struct pcapng {
	struct reader reader;
	struct tally tally;
	bool big, done;
	struct interface *interfaces; /* of this section */
	size_t count, cap;
	uint64_t frames;
	uint64_t blocks;
	uint64_t off;  /* of the block being read */
	size_t handed; /* bytes of the block that the caller still looks at */
};

static bool byte_order_read(struct span block, bool *ret_big)
{
	struct cursor le = cursor_of(block);
	cursor_skip(&le, 8);
	struct cursor be = le;
	*ret_big = cursor_be32(&be) == BYTE_ORDER_MAGIC;
	return *ret_big || cursor_le32(&le) == BYTE_ORDER_MAGIC;
}

static bool pcapng_recognise(struct span head, bool whole)
{
	(void)whole;
	bool big;
	struct cursor c = cursor_of(head);
	return cursor_be32(&c) == BLOCK_SHB && byte_order_read(head, &big);
}

static void pcapng_close(void *self)
{
	struct pcapng *p = self;
	if (!p)
		return;
	reader_done(&p->reader);
	free(p->interfaces);
	free(p);
}

static int pcapng_open(struct input *input, void **ret_self, struct err *err)
{
	struct pcapng *p = calloc(1, sizeof *p);
	if (!p)
		return err_nomem(err);
	if (reader_init(&p->reader, input, err) < 0) {
		pcapng_close(p);
		return -1;
	}
	*ret_self = p;
	return 0;
}

/* One option. Returns 1, 0 behind the last, -1 where it does not fit into its block. */
struct option {
	uint16_t code;
	struct span value;
};

static int option_next(const struct pcapng *p, struct cursor *c, struct option *ret)
{
	if (cursor_left(c) == 0)
		return 0;
	ret->code = cursor_u16(c, p->big);
	uint16_t length = cursor_u16(c, p->big);
	if (c->ran_out)
		return -1;
	if (ret->code == 0)
		return 0;
	ret->value = cursor_take(c, length);
	if (c->ran_out)
		return -1;
	/* Writers that leave out the last padding exist; its bytes say nothing. */
	size_t padding = -(size_t)length & 3;
	cursor_skip(c, padding < cursor_left(c) ? padding : cursor_left(c));
	return 1;
}

static int malformed_options(const struct pcapng *p, const char *block, struct err *err)
{
	return err_at(err, ERR_MALFORMED, p->off,
		"an option of the %s block is longer than the block", block);
}

/* Section header: byte order, major, minor, section length, options. Block lengths are trusted
 * instead of the section's. */
static int shb_read(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	(void)ret;
	cursor_skip(c, 4);
	uint16_t major = cursor_u16(c, p->big), minor = cursor_u16(c, p->big);
	cursor_skip(c, 8);
	p->count = 0;
	if (c->ran_out)
		return err_at(
			err, ERR_MALFORMED, p->off, "a section header block without its fields");
	if (major == 1)
		return 0;
	p->done = true;
	return err_at(err, ERR_UNSUPPORTED, p->off, "pcapng version %u.%u, and only 1.x is read",
		major, minor);
}

/* if_tsresol: a power of ten, or with the high bit a power of two. 0 where a second has more than
 * 2^64 units. */
static uint64_t units_of(uint8_t resolution)
{
	unsigned n = resolution & 0x7f;
	if (resolution & 0x80)
		return n < 64 ? 1ull << n : 0;
	uint64_t units = 1;
	while (n-- && units)
		units = units > UINT64_MAX / 10 ? 0 : units * 10;
	return units;
}

static int idb_options(
	const struct pcapng *p, struct cursor c, struct interface *ret, struct err *err)
{
	enum { IF_TSRESOL = 9, IF_TSOFFSET = 14 };
	struct option o;
	int rc;
	while ((rc = option_next(p, &c, &o)) > 0) {
		struct cursor v = cursor_of(o.value);
		if (o.code == IF_TSRESOL)
			ret->units_per_s = units_of(cursor_u8(&v));
		else if (o.code == IF_TSOFFSET)
			ret->offset_s = (int64_t)cursor_u64(&v, p->big);
		if (v.ran_out)
			return err_at(err, ERR_MALFORMED, p->off,
				"interface option %u with %zu bytes", o.code, o.value.n);
	}
	if (rc < 0)
		return malformed_options(p, "interface", err);
	if (ret->units_per_s == 0)
		return err_at(err, ERR_UNSUPPORTED, p->off,
			"times of interface %zu have too many digits to be read", p->count - 1);
	return 0;
}

static int interface_add(struct pcapng *p, struct err *err)
{
	if (p->count >= LIMIT_INTERFACES)
		return err_at(err, ERR_LIMIT, p->off, "more than %u interfaces in a section",
			LIMIT_INTERFACES);
	if (p->count == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 8;
		struct interface *grown = realloc(p->interfaces, cap * sizeof *grown);
		if (!grown)
			return err_nomem(err);
		p->interfaces = grown;
		p->cap = cap;
	}
	p->interfaces[p->count++] = (struct interface){ .units_per_s = 1000000 };
	return 0;
}

/* Interface description: link type, reserved, snaplen, options. A damaged one keeps its place, so
 * that the frames of the next are not taken for those of another. */
static int idb_read(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	(void)ret;
	if (interface_add(p, err) < 0) {
		p->done = true;
		return -1;
	}
	struct interface *i = &p->interfaces[p->count - 1];
	i->link_type = cursor_u16(c, p->big);
	cursor_skip(c, 2);
	i->snaplen = cursor_u32(c, p->big);
	i->damaged = c->ran_out;
	if (i->damaged)
		return err_at(err, ERR_MALFORMED, p->off,
			"an interface description block without its fields");
	if (idb_options(p, *c, i, err) == 0)
		return 0;
	i->units_per_s = 0;
	return -1;
}

static int interface_find(
	const struct pcapng *p, uint32_t id, const struct interface **ret, struct err *err)
{
	if (id >= p->count)
		return err_at(err, ERR_MALFORMED, p->off,
			"interface %u, and the section has described %zu", id, p->count);
	if (p->interfaces[id].damaged)
		return err_at(err, ERR_MALFORMED, p->off,
			"interface %u, whose description is damaged", id);
	*ret = &p->interfaces[id];
	return 0;
}

static bool time_of(const struct interface *i, uint64_t units, struct source_time *ret)
{
	if (i->units_per_s == 0)
		return false;
	int64_t seconds;
	if (__builtin_add_overflow(i->offset_s, units / i->units_per_s, &seconds) || seconds < 0)
		return false;
	return stamp_from_parts((uint64_t)seconds, units % i->units_per_s, i->units_per_s, ret);
}

/* The fields that all kinds of packet block end up with. */
struct packet_block {
	const struct interface *interface;
	bool has_time;
	uint64_t units; /* high and low half together */
	uint32_t captured, wire;
};

static int packet_read(struct pcapng *p, struct cursor *c, const struct packet_block *b,
	struct record *ret, struct err *err)
{
	if (b->captured > LIMIT_FRAME_BYTES)
		return err_at(err, ERR_MALFORMED, p->off,
			"a frame of %u bytes, and none is above %u", b->captured,
			LIMIT_FRAME_BYTES);
	struct span bytes = cursor_take(c, b->captured);
	if (c->ran_out)
		return err_at(err, ERR_MALFORMED, p->off,
			"a frame of %u bytes is longer than its block", b->captured);
	p->tally.cut += b->captured < b->wire;
	*ret = (struct record){ .kind = RECORD_PACKET, .number = p->frames };
	ret->has_time = b->has_time && time_of(b->interface, b->units, &ret->when);
	ret->packet.bytes = bytes;
	ret->packet.link_type = b->interface->link_type;
	ret->packet.wire_bytes = b->wire;
	return 1;
}

static uint64_t units_read(const struct pcapng *p, struct cursor *c)
{
	uint64_t high = cursor_u32(c, p->big);
	return high << 32 | cursor_u32(c, p->big);
}

static int short_packet(const struct pcapng *p, struct err *err)
{
	return err_at(err, ERR_MALFORMED, p->off, "a packet block without its fields");
}

/* Enhanced packet: interface, time high and low, captured, on the wire, bytes, options. */
static int epb_read(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	p->frames++;
	uint32_t id = cursor_u32(c, p->big);
	struct packet_block b = { .has_time = true, .units = units_read(p, c) };
	b.captured = cursor_u32(c, p->big);
	b.wire = cursor_u32(c, p->big);
	if (c->ran_out)
		return short_packet(p, err);
	if (interface_find(p, id, &b.interface, err) < 0)
		return -1;
	return packet_read(p, c, &b, ret, err);
}

/* The obsolete packet block: as above, with 16 bits of interface and 16 of drops since the last. */
static int pb_read(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	p->frames++;
	uint16_t id = cursor_u16(c, p->big), drops = cursor_u16(c, p->big);
	struct packet_block b = { .has_time = true, .units = units_read(p, c) };
	b.captured = cursor_u32(c, p->big);
	b.wire = cursor_u32(c, p->big);
	if (c->ran_out)
		return short_packet(p, err);
	if (drops != 0xffff)
		p->tally.lost += drops;
	if (interface_find(p, id, &b.interface, err) < 0)
		return -1;
	return packet_read(p, c, &b, ret, err);
}

/* Simple packet: length on the wire, bytes up to the snaplen of interface 0. It has no time. */
static int spb_read(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	p->frames++;
	struct packet_block b = { .wire = cursor_u32(c, p->big) };
	if (c->ran_out)
		return short_packet(p, err);
	if (interface_find(p, 0, &b.interface, err) < 0)
		return -1;
	uint32_t snaplen = b.interface->snaplen;
	b.captured = snaplen && snaplen < b.wire ? snaplen : b.wire;
	return packet_read(p, c, &b, ret, err);
}

static int isb_options(const struct pcapng *p, struct cursor c, uint64_t *ret, struct err *err)
{
	enum { ISB_IFDROP = 5, ISB_OSDROP = 7 };
	struct option o;
	int rc;
	*ret = 0;
	while ((rc = option_next(p, &c, &o)) > 0) {
		if (o.code != ISB_IFDROP && o.code != ISB_OSDROP)
			continue;
		struct cursor v = cursor_of(o.value);
		uint64_t n = cursor_u64(&v, p->big);
		if (v.ran_out)
			return err_at(err, ERR_MALFORMED, p->off,
				"statistics option %u with %zu bytes", o.code, o.value.n);
		if (__builtin_add_overflow(*ret, n, ret))
			*ret = UINT64_MAX;
	}
	return rc < 0 ? malformed_options(p, "statistics", err) : 0;
}

/* Interface statistics: interface, time high and low, options. Its counters run from the start of
 * the capture, so that only what they grew by is a new loss. */
static int isb_read(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	uint32_t id = cursor_u32(c, p->big);
	uint64_t units = units_read(p, c), dropped;
	const struct interface *i;
	if (c->ran_out)
		return err_at(err, ERR_MALFORMED, p->off, "a statistics block without its fields");
	if (interface_find(p, id, &i, err) < 0 || isb_options(p, *c, &dropped, err) < 0)
		return -1;
	if (dropped <= i->dropped)
		return 0;
	*ret = (struct record){ .kind = RECORD_LOSS, .number = p->blocks };
	ret->has_time = time_of(i, units, &ret->when);
	ret->loss.what = LOSS_PACKETS;
	ret->loss.count = dropped - i->dropped;
	p->interfaces[id].dropped = dropped;
	if (__builtin_add_overflow(p->tally.lost, ret->loss.count, &p->tally.lost))
		p->tally.lost = UINT64_MAX;
	return 1;
}

/* Reads a block's body. Returns 1 with *ret filled, 0 where it yields nothing, -1 for damage inside
 * the block. A new kind of block is one function and one line. */
static const struct {
	uint32_t type;
	int (*read)(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err);
} blocks[] = {
	{ BLOCK_EPB, epb_read },
	{ BLOCK_IDB, idb_read },
	{ BLOCK_SHB, shb_read },
	{ BLOCK_ISB, isb_read },
	{ BLOCK_SPB, spb_read },
	{ BLOCK_PB, pb_read },
};

static int body_read(
	struct pcapng *p, uint32_t type, struct cursor c, struct record *ret, struct err *err)
{
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		if (blocks[i].type == type)
			return blocks[i].read(p, &c, ret, err);
	p->tally.skipped++;
	return 0;
}

static int cut(struct pcapng *p, uint32_t promised, size_t left, struct err *err)
{
	return err_at(err, ERR_TRUNCATED, p->off,
		"the file ends inside block %" PRIu64 ": %u bytes promised, %zu left", p->blocks,
		promised, left);
}

static int check_length(const struct pcapng *p, uint32_t length, struct err *err)
{
	if (length < BLOCK_LEAST)
		return err_at(err, ERR_MALFORMED, p->off, "block length %u, and the least is %u",
			length, BLOCK_LEAST);
	if (length > LIMIT_BLOCK_BYTES)
		return err_at(err, ERR_MALFORMED, p->off, "block length %u, and the most is %u",
			length, LIMIT_BLOCK_BYTES);
	return 0;
}

static int check_trailer(const struct pcapng *p, uint32_t length, uint32_t trailer, struct err *err)
{
	if (trailer == length)
		return 1;
	if (length % 4)
		return err_at(err, ERR_MALFORMED, p->off, "block length %u is not a multiple of 4",
			length);
	return err_at(err, ERR_MALFORMED, p->off, "block length %u in front and %u behind differ",
		length, trailer);
}

/* Finds the bounds of the next block. Returns 1, 0 at the end, -1 where there is no way on. */
static int block_find(struct pcapng *p, uint32_t *ret_type, struct span *ret, struct err *err)
{
	p->off = p->reader.off;
	int rc = reader_peek(&p->reader, BLOCK_LEAST, ret, err);
	if (rc < 0 || (rc == 0 && ret->n == 0))
		return rc;
	p->blocks++;
	if (rc == 0)
		return cut(p, BLOCK_LEAST, ret->n, err);
	struct cursor c = cursor_of(*ret);
	*ret_type = cursor_u32(&c, p->big);
	if (*ret_type == BLOCK_SHB && !byte_order_read(*ret, &p->big))
		return err_at(
			err, ERR_MALFORMED, p->off, "a section header block without byte order");
	uint32_t length = cursor_u32(&c, p->big);
	if (check_length(p, length, err) < 0)
		return -1;
	/* Early writers (NTAR) left the padding out of the length, though not out of the file. */
	uint32_t padded = (length + 3) & ~3u;
	rc = reader_peek(&p->reader, padded, ret, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return cut(p, padded, ret->n, err);
	struct cursor end = cursor_of(span_of(ret->p + padded - 4, 4));
	return check_trailer(p, length, cursor_u32(&end, p->big), err);
}

static int damaged(struct pcapng *p, uint32_t type, struct err *err)
{
	p->tally.damaged++;
	bool frame = type == BLOCK_EPB || type == BLOCK_SPB || type == BLOCK_PB;
	if (err && frame)
		err->record = p->frames;
	return -1;
}

static int pcapng_next(void *self, struct record *ret, struct err *err)
{
	struct pcapng *p = self;
	for (;;) {
		uint32_t type = 0;
		struct span block;
		reader_take(&p->reader, p->handed);
		p->handed = 0;
		if (p->done)
			return SOURCE_END;
		int rc = block_find(p, &type, &block, err);
		if (rc == 0)
			return SOURCE_END;
		if (rc < 0) {
			p->done = true;
			return damaged(p, 0, err);
		}
		p->handed = block.n;
		struct span body = span_of(block.p + 8, block.n - BLOCK_LEAST);
		rc = body_read(p, type, cursor_of(body), ret, err);
		if (rc < 0)
			return damaged(p, type, err);
		if (rc > 0) {
			p->tally.records++;
			return SOURCE_ITEM;
		}
	}
}

static const struct tally *pcapng_tally(const void *self)
{
	const struct pcapng *p = self;
	return &p->tally;
}

const struct source_format format_pcapng = {
	.name = "pcapng",
	.title = "pcapng capture",
	.yields = YIELDS_PACKETS,
	.zone_stated = true,
	.recognise = pcapng_recognise,
	.open = pcapng_open,
	.next = pcapng_next,
	.tally = pcapng_tally,
	.close = pcapng_close,
};
