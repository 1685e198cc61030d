/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of pcap files: draft-ietf-opsawg-pcap, with Kuznetzov's variant that old Linux systems
 * wrote (tcpdump.org, libpcap sf-pcap.c KUZNETZOV_TCPDUMP_MAGIC).
 *
 *   file     magic 4, major 2, minor 2, reserved 8, snaplen 4, link type and FCS length 4
 *   record   seconds 4, fraction 4, captured 4, on the wire 4, bytes
 *   variant  the same, then interface index 4, protocol 2, packet type 1, padding 1, bytes
 */
#include "evidence/capture/capture.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "evidence/capture/packet_record.h"
#include "evidence/input.h"

#define MAGIC_US 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du
#define MAGIC_VARIANT 0xa1b2cd34u
#define FILE_HEADER 24u
#define RECORD_HEADER 16u
#define VARIANT_HEADER 24u

struct pcap {
	struct reader reader;
	struct tally tally;
	bool big, done;
	bool rare; /* each record is for seek_next */
	uint16_t minor;
	int64_t ns_per_unit;
	uint32_t header; /* bytes of a record header */
	uint32_t link_type;
	uint64_t number;     /* of the frame last met */
	struct owner tapped; /* of the last frame, by its PKTAP header */
};

static bool magic_read(struct span head, struct pcap *ret)
{
	for (int big = 0; big < 2; big++) {
		struct cursor c = cursor_of(head);
		uint32_t magic = cursor_u32(&c, big);
		if (magic != MAGIC_US && magic != MAGIC_NS && magic != MAGIC_VARIANT)
			continue;
		ret->big = big;
		ret->ns_per_unit = magic == MAGIC_NS ? 1 : 1000;
		ret->header = magic == MAGIC_VARIANT ? VARIANT_HEADER : RECORD_HEADER;
		return true;
	}
	return false;
}

static bool pcap_recognise(struct span head, bool whole)
{
	(void)whole;
	struct pcap p;
	return magic_read(head, &p);
}

static int header_read(struct pcap *p, struct err *err)
{
	struct span s;
	int rc = reader_peek(&p->reader, FILE_HEADER, &s, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_at(err, ERR_TRUNCATED, s.n,
			"the file ends inside its header: %u bytes needed, %zu there", FILE_HEADER,
			s.n);
	if (!magic_read(s, p))
		return err_at(err, ERR_MALFORMED, 0, "no pcap magic number");
	struct cursor c = cursor_of(s);
	cursor_skip(&c, 4);
	uint16_t major = cursor_u16(&c, p->big);
	p->minor = cursor_u16(&c, p->big);
	if (major != 2)
		return err_at(err, ERR_UNSUPPORTED, 4, "pcap version %u.%u, and only 2.x is read",
			major, p->minor);
	/* The zone and accuracy fields were never filled and are now reserved; the snaplen is only
	 * what was asked for, and some writers put nonsense there. */
	cursor_skip(&c, 12);
	/* The upper half tells the length of the FCS, the lower one the link type. */
	p->link_type = cursor_u32(&c, p->big) & 0xffff;
	p->rare = p->big || p->minor < 4 || pktap_may_be(p->link_type);
	reader_take(&p->reader, FILE_HEADER);
	return 0;
}

static void pcap_close(void *self)
{
	struct pcap *p = self;
	if (!p)
		return;
	reader_done(&p->reader);
	free(p);
}

static int pcap_open(struct input *input, void **ret_self, struct err *err)
{
	struct pcap *p = calloc(1, sizeof *p);
	if (!p)
		return err_nomem(err);
	if (reader_init(&p->reader, input, err) < 0 || header_read(p, err) < 0) {
		pcap_close(p);
		return -1;
	}
	*ret_self = p;
	return 0;
}

/* The head of a record. */
struct head {
	uint32_t seconds, fraction;
	uint32_t captured, wire;
};

/* libpcap before 0.3 wrote the length on the wire first; version 2.3 was written both ways, and
 * then the captured length is the smaller one (libpcap sf-pcap.c). */
static struct head head_read(const struct pcap *p, const uint8_t *at)
{
	struct cursor c = cursor_of(span_of(at, RECORD_HEADER));
	struct head h = { .seconds = cursor_u32(&c, p->big), .fraction = cursor_u32(&c, p->big) };
	uint32_t a = cursor_u32(&c, p->big), b = cursor_u32(&c, p->big);
	bool swapped = p->minor < 3 || (p->minor == 3 && a > b);
	h.captured = swapped ? b : a;
	h.wire = swapped ? a : b;
	return h;
}

/* Behind a damaged record nothing says where the next one starts, so each of these is the last. */
static int damaged(struct pcap *p, struct err *err)
{
	p->done = p->rare = true;
	p->tally.damaged++;
	if (err && err->kind != ERR_NOMEM)
		err->record = p->number;
	return -1;
}

static int cut(struct pcap *p, uint32_t promised, size_t left, struct err *err)
{
	err_at(err, ERR_TRUNCATED, p->reader.off,
		"the file ends inside record %" PRIu64 ": %u bytes promised, %zu left", p->number,
		promised, left);
	return damaged(p, err);
}

static int short_record(struct pcap *p, int rc, uint32_t promised, size_t left, struct err *err)
{
	p->number++;
	return rc < 0 ? damaged(p, err) : cut(p, promised, left, err);
}

static int too_long(struct pcap *p, uint32_t captured, struct err *err)
{
	p->number++;
	err_at(err, ERR_MALFORMED, p->reader.off, "a frame of %u bytes, and none is above %u",
		captured, LIMIT_FRAME_BYTES);
	return damaged(p, err);
}

/* The record at the front of the buffer is whole. What is taken stays there until the buffer is
 * filled again. */
static inline int give(struct pcap *p, const uint8_t *at, const struct head *h, struct record *ret)
{
	reader_take(&p->reader, p->header + h->captured);
	p->tally.records++;
	p->tally.cut += h->captured < h->wire;
	packet_record_begin(ret, ++p->number);
	ret->has_time = true;
	ret->when.ns = h->seconds * STAMP_NS_PER_S + h->fraction * p->ns_per_unit;
	ret->packet.bytes = span_of(at + p->header, h->captured);
	ret->packet.link_type = p->link_type;
	ret->packet.wire_bytes = h->wire;
	return SOURCE_ITEM;
}

/* The record may have to be brought into the buffer, or is not there, or is not sound. */
static int seek_next(struct pcap *p, struct record *ret, struct err *err)
{
	struct span s = { 0 };
	if (p->done)
		return SOURCE_END;
	int rc = reader_peek(&p->reader, p->header, &s, err);
	if (rc == 0 && s.n == 0)
		return SOURCE_END;
	if (rc <= 0)
		return short_record(p, rc, p->header, s.n, err);
	struct head h = head_read(p, s.p);
	if (h.captured > LIMIT_FRAME_BYTES)
		return too_long(p, h.captured, err);
	rc = reader_peek(&p->reader, p->header + h.captured, &s, err);
	if (rc <= 0)
		return short_record(p, rc, h.captured, rc < 0 ? 0 : s.n - p->header, err);
	give(p, s.p, &h, ret);
	if (pktap_may_be(p->link_type))
		packet_record_tapped(ret, &p->tapped);
	return SOURCE_ITEM;
}

/* Nearly all records are little-endian, of version 2.4, whole in the buffer and sound; what is not
 * is left to seek_next, so that this stays short. */
static int pcap_next(void *self, struct record *ret, struct err *err)
{
	struct pcap *p = self;
	size_t there = p->reader.have - p->reader.at;
	if (there < p->header || p->rare)
		return seek_next(p, ret, err);
	const uint8_t *at = p->reader.buf + p->reader.at;
	struct head h = { .seconds = load_le32(at),
		.fraction = load_le32(at + 4),
		.captured = load_le32(at + 8),
		.wire = load_le32(at + 12) };
	if (h.captured > LIMIT_FRAME_BYTES || there < p->header + h.captured)
		return seek_next(p, ret, err);
	return give(p, at, &h, ret);
}

static const struct tally *pcap_tally(const void *self)
{
	const struct pcap *p = self;
	return &p->tally;
}

const struct source_format format_pcap = {
	.name = "pcap",
	.title = "pcap capture",
	.yields = YIELDS_PACKETS,
	.zone_stated = true,
	.recognise = pcap_recognise,
	.open = pcap_open,
	.next = pcap_next,
	.tally = pcap_tally,
	.close = pcap_close,
};
