/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of pcapng files: draft-ietf-opsawg-pcapng.
 *
 *   block    type 4, total length 4, body, total length 4
 *   options  code 2, length 2, value, padding to 4; code 0 ends them
 *
 * The byte order is that of the section. A block whose two lengths agree can be damaged inside and
 * the next one is still found; where they do not agree the reader stops.
 *
 * Nothing is used of name resolution (4), systemd journal (9) and decryption secrets (10), of
 * Apple's OS events (0x80000002), and of unknown blocks. Their bodies are not looked at, for damage
 * there changes no answer; they are counted as skipped. */
#include "evidence/capture/capture.h"

#include <stdlib.h>

#include "base/limits.h"
#include "evidence/capture/packet_record.h"
#include "evidence/capture/pcapng_hone.h"
#include "evidence/input.h"

#define BLOCK_LEAST 12u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du

enum {
	BLOCK_IDB = 1,
	BLOCK_PB = 2,
	BLOCK_SPB = 3,
	BLOCK_ISB = 5,
	BLOCK_EPB = 6,
	BLOCK_HONE_PROCESS = 0x101,
	BLOCK_HONE_CONNECTION = 0x102,
	BLOCK_CUSTOM = 0x0bad,
	BLOCK_SHB = 0x0a0d0d0a,
	BLOCK_CUSTOM_NO_COPY = 0x40000bad,
};
#define BLOCK_DARWIN_PROCESS 0x80000001u

struct pcapng {
	struct reader reader;
	struct tally tally;
	bool done;
	struct section section;
	struct process_tables processes;
	struct owner tapped; /* of the last frame, by its PKTAP header */
	uint64_t frames;
	uint64_t blocks;
	size_t handed; /* bytes of the block that the caller still looks at */
	/* What a block owes besides what it yielded: addresses of an interface, and damage among
	 * the options of a packet that was good without them. */
	bool owes;
	struct cursor addresses;
	struct err late;
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
	section_done(&p->section);
	process_tables_done(&p->processes);
	free(p);
}

static int pcapng_open(struct input *input, void **ret_self, struct err *err)
{
	struct pcapng *p = calloc(1, sizeof *p);
	if (!p)
		return err_nomem(err);
	section_init(&p->section);
	process_tables_init(&p->processes, hash_key_new());
	if (reader_init(&p->reader, input, err) < 0) {
		pcapng_close(p);
		return -1;
	}
	*ret_self = p;
	return 0;
}

/* Byte order 4, major 2, minor 2, section length 8, options. Block lengths are trusted instead of
 * the section's. */
static int shb_read(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	(void)ret;
	cursor_skip(c, 4);
	uint16_t major = cursor_u16(c, p->section.big), minor = cursor_u16(c, p->section.big);
	cursor_skip(c, 8);
	section_reset(&p->section, span_of(c->p + c->at, cursor_left(c)));
	process_tables_reset(&p->processes);
	if (c->ran_out)
		return err_at(err, ERR_MALFORMED, p->section.off,
			"a section header block without its fields");
	if (major == 1)
		return 0;
	p->done = true;
	return err_at(err, ERR_UNSUPPORTED, p->section.off,
		"pcapng version %u.%u, and only 1.x is read", major, minor);
}

static int idb_read(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	(void)ret;
	size_t before = p->section.count;
	int rc = interface_read(&p->section, *c, &p->addresses, err);
	if (p->section.count != before)
		p->owes = true;
	else if (before < LIMIT_INTERFACES)
		p->done = true; /* frames of it and of later ones would be taken for those of
				 * others; above the limit no interface has a place */
	return rc;
}

/* Fills *ret from the fields and the options of a packet. A damaged option is owed: the packet is
 * good without it. */
static int packet_yield(struct pcapng *p, const struct packet_block *b, struct record *ret)
{
	struct packet_options o;
	p->tally.cut += b->captured < b->wire;
	packet_record_begin(ret, p->frames);
	ret->has_time = b->has_time && interface_time(b->interface, b->units, &ret->when);
	ret->packet.bytes = b->bytes;
	ret->packet.link_type = b->interface->link_type;
	ret->packet.interface = b->interface->kept;
	ret->packet.wire_bytes = b->wire;
	if (b->options.n) {
		if (packet_options_read(&p->section, b->options, &o, &p->late) < 0) {
			p->late.record = p->frames;
			p->owes = true;
		}
		ret->packet.way = o.way;
		ret->packet.options = o.sound;
		ret->packet.options_big = p->section.big;
		if (o.met)
			ret->packet.owner =
				process_owner(&p->processes, &o, ret->has_time ? &ret->when : NULL);
		tally_lost(&p->tally, o.lost);
	}
	if (pktap_may_be(ret->packet.link_type))
		packet_record_tapped(ret, &p->tapped);
	return 1;
}

static int epb_yield(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	struct packet_block b;
	p->frames++;
	return epb_read(&p->section, *c, &b, err) < 0 ? -1 : packet_yield(p, &b, ret);
}

static int pb_yield(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	struct packet_block b = { 0 };
	p->frames++;
	int rc = pb_read(&p->section, *c, &b, err);
	tally_lost(&p->tally, b.lost);
	return rc < 0 ? -1 : packet_yield(p, &b, ret);
}

static int spb_yield(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	struct packet_block b;
	p->frames++;
	return spb_read(&p->section, *c, &b, err) < 0 ? -1 : packet_yield(p, &b, ret);
}

static int isb_yield(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	int rc = statistics_read(&p->section, *c, ret, err);
	if (rc > 0) {
		ret->number = p->blocks;
		tally_lost(&p->tally, ret->loss.count);
	}
	return rc;
}

static int darwin_read(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	(void)ret;
	return darwin_block_read(&p->processes, &p->section, *c, err);
}

static int custom_read(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	(void)ret;
	bool used;
	int rc = custom_block_read(&p->processes, &p->section, *c, &used, err);
	p->tally.skipped += rc == 0 && !used;
	return rc;
}

static int hone_process_yield(
	struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	int rc = hone_process_read(&p->processes.hone, &p->section, *c, ret, err);
	if (rc > 0)
		ret->number = p->blocks;
	return rc;
}

static int hone_connection(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err)
{
	(void)ret;
	return hone_connection_read(&p->processes.hone, &p->section, *c, err);
}

/* Reads a block's body. Returns 1 with *ret filled, 0 where it yields nothing, -1 for damage inside
 * the block. A new kind of block is one function and one line. */
static const struct {
	uint32_t type;
	int (*read)(struct pcapng *p, struct cursor *c, struct record *ret, struct err *err);
} blocks[] = {
	{ BLOCK_EPB, epb_yield },
	{ BLOCK_IDB, idb_read },
	{ BLOCK_SHB, shb_read },
	{ BLOCK_ISB, isb_yield },
	{ BLOCK_SPB, spb_yield },
	{ BLOCK_PB, pb_yield },
	{ BLOCK_DARWIN_PROCESS, darwin_read },
	{ BLOCK_CUSTOM, custom_read },
	{ BLOCK_CUSTOM_NO_COPY, custom_read },
	{ BLOCK_HONE_PROCESS, hone_process_yield },
	{ BLOCK_HONE_CONNECTION, hone_connection },
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
	return err_at(err, ERR_TRUNCATED, p->section.off,
		"the file ends inside block %llu: %u bytes promised, %zu left",
		(unsigned long long)p->blocks, promised, left);
}

static int check_length(uint64_t off, uint32_t length, struct err *err)
{
	if (length < BLOCK_LEAST)
		return err_at(err, ERR_MALFORMED, off, "block length %u, and the least is %u",
			length, BLOCK_LEAST);
	if (length > LIMIT_BLOCK_BYTES)
		return err_at(err, ERR_MALFORMED, off, "block length %u, and the most is %u",
			length, LIMIT_BLOCK_BYTES);
	return 0;
}

static int check_trailer(uint64_t off, uint32_t length, uint32_t trailer, struct err *err)
{
	if (trailer == length)
		return 1;
	if (length % 4)
		return err_at(
			err, ERR_MALFORMED, off, "block length %u is not a multiple of 4", length);
	return err_at(err, ERR_MALFORMED, off, "block length %u in front and %u behind differ",
		length, trailer);
}

/* Finds the bounds of the next block. Returns 1, 0 at the end, -1 where there is no way on. */
static int block_find(struct pcapng *p, uint32_t *ret_type, struct span *ret, struct err *err)
{
	struct section *s = &p->section;
	s->off = p->reader.off;
	int rc = reader_peek(&p->reader, BLOCK_LEAST, ret, err);
	if (rc < 0 || (rc == 0 && ret->n == 0))
		return rc;
	p->blocks++;
	if (rc == 0)
		return cut(p, BLOCK_LEAST, ret->n, err);
	struct cursor c = cursor_of(*ret);
	*ret_type = cursor_u32(&c, s->big);
	if (*ret_type == BLOCK_SHB && !byte_order_read(*ret, &s->big))
		return err_at(
			err, ERR_MALFORMED, s->off, "a section header block without byte order");
	uint32_t length = cursor_u32(&c, s->big);
	if (check_length(s->off, length, err) < 0)
		return -1;
	/* Early writers (NTAR) left the padding out of the length, though not out of the file. */
	uint32_t padded = (length + 3) & ~3u;
	rc = reader_peek(&p->reader, padded, ret, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return cut(p, padded, ret->n, err);
	struct cursor end = cursor_of(span_of(ret->p + padded - 4, 4));
	return check_trailer(s->off, length, cursor_u32(&end, s->big), err);
}

static int damaged(struct pcapng *p, uint32_t type, struct err *err)
{
	p->tally.damaged++;
	bool frame = type == BLOCK_EPB || type == BLOCK_SPB || type == BLOCK_PB;
	if (!err)
		return -1;
	if (frame)
		err->record = p->frames;
	if (err->kind == ERR_NOMEM)
		p->done = true;
	else if (err->kind == ERR_LIMIT && err->off == ERR_NO_OFFSET)
		err->off = p->section.off; /* a table is full: of which block it became so */
	return -1;
}

/* What the last block owes, with its bytes still in hand. Returns 0 where that is nothing. */
static int owed(struct pcapng *p, struct record *ret, struct err *err)
{
	struct addr addr;
	if (p->late.kind != ERR_NONE) {
		if (err)
			*err = p->late;
		p->late.kind = ERR_NONE;
		p->tally.damaged++;
		return -1;
	}
	if (interface_address(&p->section, &p->addresses, &addr)) {
		*ret = (struct record){ .kind = RECORD_ADDRESS, .number = p->blocks };
		ret->address.addr = addr;
		p->tally.records++;
		return SOURCE_ITEM;
	}
	p->addresses = (struct cursor){ 0 };
	p->owes = false;
	return 0;
}

static void let_go(struct pcapng *p)
{
	reader_take(&p->reader, p->handed);
	p->handed = 0;
}

/* Type, length, interface, time, captured, on the wire. */
#define EPB_FIELDS 28u

/* Nearly all blocks are little-endian packets without options, sound and whole in the buffer: their
 * way is kept short. False where the next block is any other. */
static inline bool plain_packet(struct pcapng *p, struct record *ret)
{
	const struct section *s = &p->section;
	size_t there = p->reader.have - p->reader.at;
	const uint8_t *at = p->reader.buf + p->reader.at;
	if (there < EPB_FIELDS || s->big)
		return false;
	uint32_t type = load_le32(at), length = load_le32(at + 4), id = load_le32(at + 8);
	uint64_t units = (uint64_t)load_le32(at + 12) << 32 | load_le32(at + 16);
	uint32_t captured = load_le32(at + 20), wire = load_le32(at + 24);
	if (type != BLOCK_EPB || captured > LIMIT_FRAME_BYTES || id >= s->count ||
		length != EPB_FIELDS + ((captured + 3) & ~3u) + 4 || there < length)
		return false;
	const struct interface *i = &s->interfaces[id];
	if (load_le32(at + length - 4) != length || i->damaged || pktap_may_be(i->link_type))
		return false;
	reader_take(&p->reader, length);
	p->blocks++;
	p->tally.records++;
	p->tally.cut += captured < wire;
	packet_record_begin(ret, ++p->frames);
	ret->has_time = interface_time(i, units, &ret->when);
	ret->packet.bytes = span_of(at + EPB_FIELDS, captured);
	ret->packet.link_type = i->link_type;
	ret->packet.interface = i->kept;
	ret->packet.wire_bytes = wire;
	return true;
}

static int walk(struct pcapng *p, struct record *ret, struct err *err)
{
	for (;;) {
		uint32_t type = 0;
		struct span block;
		int rc = p->owes ? owed(p, ret, err) : 0;
		if (rc != 0)
			return rc;
		let_go(p);
		if (p->done)
			return SOURCE_END;
		rc = block_find(p, &type, &block, err);
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

static int pcapng_next(void *self, struct record *ret, struct err *err)
{
	struct pcapng *p = self;
	if (!p->owes && !p->done) {
		let_go(p);
		if (plain_packet(p, ret))
			return SOURCE_ITEM;
	}
	return walk(p, ret, err);
}

static const struct tally *pcapng_tally(const void *self)
{
	const struct pcapng *p = self;
	return &p->tally;
}

const struct source_format format_pcapng = {
	.name = "pcapng",
	.title = "pcapng capture",
	.yields = YIELDS_PACKETS | YIELDS_PROCESSES,
	.zone_stated = true,
	.recognise = pcapng_recognise,
	.open = pcapng_open,
	.next = pcapng_next,
	.tally = pcapng_tally,
	.close = pcapng_close,
};
