/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of buffers, and the records of one buffer after the other: see buffers.h.
 *
 *   0   size u32, 4 offset when saved u32, 8 offset now u32, c references
 *   10  stamp of the flush i64, 18 number i64, 20 clock
 *   28  processor u16 (u8 and alignment u8 before Windows 8), 2a logger u16, 2c state u32
 *   30  end of the data u32, 34 flags u16, 36 type u16, 38 16 bytes more
 *
 * Only "end of the data" says where records end: the other two offsets are of other moments. */
#include "evidence/trace/etl/buffers.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "evidence/trace/etl/lz77.h"

enum {
	FLAG_EVENTS_LOST = 0x02,
	FLAG_BUFFER_LOST = 0x04,
	FLAG_PROCESSOR = 0x20,
	FLAG_COMPRESSED = 0x40,
};
#define PROCESSOR_MASK 0x7ffu

/* Windows 2003; before it the flags' place counts lost events. */
#define BUILD_2003 3790u

static bool size_fits(uint32_t size)
{
	return size >= ETL_HEAD_BYTES && size <= LIMIT_ETL_BUFFER_BYTES;
}

/* All from documents: no file of Windows 2000 to 2003 is public. */
static void read_old(
	const uint8_t head[static ETL_HEAD_BYTES], const struct etl_logfile *l, struct etl_head *h)
{
	struct cursor c = cursor_of(span_of(head, ETL_HEAD_BYTES));
	cursor_skip(&c, 8);
	uint32_t now = cursor_le32(&c);
	if (!size_fits(h->size) && size_fits(l->buffer_bytes))
		h->size = l->buffer_bytes;
	h->processor = head[0x28];
	h->compressed = false;
	h->lost = l->build < BUILD_2003 ? (head[0x34] | head[0x35] | head[0x36] | head[0x37]) != 0
					: (head[0x34] & (FLAG_EVENTS_LOST | FLAG_BUFFER_LOST)) != 0;
	if (h->end < ETL_HEAD_BYTES || h->end > h->size)
		h->end = now >= ETL_HEAD_BYTES && now <= h->size ? now : h->size;
}

int etl_head_read(
	struct span head, const struct etl_logfile *l, struct etl_head *ret, struct err *err)
{
	struct cursor c = cursor_of(head);
	struct etl_head h = { .size = cursor_le32(&c) };
	cursor_skip(&c, 0x24);
	uint16_t processor = cursor_le16(&c);
	cursor_skip(&c, 6);
	h.end = cursor_le32(&c);
	uint16_t flags = cursor_le16(&c);
	h.processor = flags & FLAG_PROCESSOR ? processor & PROCESSOR_MASK : processor & UINT8_MAX;
	h.compressed = flags & FLAG_COMPRESSED;
	h.lost = flags & (FLAG_EVENTS_LOST | FLAG_BUFFER_LOST);
	if (l->old && head.n >= ETL_HEAD_BYTES)
		read_old(head.p, l, &h);
	if (h.size < ETL_HEAD_BYTES)
		return err_at(err, ERR_MALFORMED, 0,
			"a buffer of %" PRIu32 " bytes, and its header alone has %u", h.size,
			ETL_HEAD_BYTES);
	if (h.size > LIMIT_ETL_BUFFER_BYTES)
		return err_at(err, ERR_LIMIT, 0,
			"a buffer of %" PRIu32 " bytes, and none is above %u", h.size,
			LIMIT_ETL_BUFFER_BYTES);
	*ret = h;
	return 0;
}

/* Bytes of the record area that are to be had; says what is wrong with the header's own number. */
static size_t area_bytes(const struct etl_head *h, uint64_t off, struct err *end)
{
	uint32_t most = h->compressed ? LIMIT_ETL_BUFFER_BYTES : h->size;
	if (h->end >= ETL_HEAD_BYTES && h->end <= most)
		return h->end - ETL_HEAD_BYTES;
	err_at(end, ERR_MALFORMED, off + 0x30,
		"a buffer's data ends at %" PRIu32 ", and that must be within %u and %" PRIu32,
		h->end, ETL_HEAD_BYTES, most);
	return h->end < ETL_HEAD_BYTES ? 0 : most - ETL_HEAD_BYTES;
}

static const struct etl_entry *entry_of(const struct etl_opening *from)
{
	return &from->ix->entries[from->entry];
}

/* The index has seen the header; it is another one only where the file is being written. */
static void head_again(struct etl_opening *from, struct span head)
{
	if (etl_head_read(head, &from->ix->logfile, &from->head, NULL) < 0)
		from->head = (struct etl_head){ .size = ETL_HEAD_BYTES, .end = ETL_HEAD_BYTES };
}

int etl_buffer_peek(struct etl_opening *from, size_t *ret_needs, struct err *err)
{
	uint8_t head[ETL_HEAD_BYTES];
	size_t n;
	if (entry_of(from)->place & ETL_USUAL) {
		*ret_needs = from->ix->logfile.buffer_bytes;
		return 0;
	}
	if (input_read_at(from->in, etl_entry_off(entry_of(from)), head, sizeof head, &n, err) < 0)
		return -1;
	head_again(from, span_of(head, n));
	*ret_needs = ETL_HEAD_BYTES + area_bytes(&from->head, 0, NULL);
	return 0;
}

/* The header comes with the records. */
static int read_usual(
	struct etl_buffer *b, struct etl_opening *from, size_t *ret_n, struct err *err)
{
	size_t n;
	if (input_read_at(from->in, b->off, b->bytes, from->ix->logfile.buffer_bytes, &n, err) < 0)
		return -1;
	head_again(from, span_of(b->bytes, n < ETL_HEAD_BYTES ? n : ETL_HEAD_BYTES));
	if (from->head.compressed)
		from->head = (struct etl_head){ .size = ETL_HEAD_BYTES, .end = ETL_HEAD_BYTES };
	*ret_n = n < ETL_HEAD_BYTES ? 0 : n - ETL_HEAD_BYTES;
	return 0;
}

static void set_cut(struct etl_buffer *b, size_t wanted)
{
	if (b->end.kind == ERR_NONE)
		err_at(&b->end, ERR_TRUNCATED, b->off + ETL_HEAD_BYTES + b->n,
			"the file ends inside a buffer: %zu bytes of records promised, %zu there",
			wanted, b->n);
}

struct etl_packed etl_packed_for(const struct etl_index *ix)
{
	uint64_t budget;
	if (__builtin_mul_overflow(ix->file_bytes, LIMIT_UNPACK_RATIO, &budget) ||
		__builtin_add_overflow(budget, LIMIT_UNPACK_FREE_BYTES, &budget))
		budget = UINT64_MAX;
	return (struct etl_packed){ .budget = budget };
}

static int packed_grow(struct etl_packed *packed, size_t n, struct err *err)
{
	if (n <= packed->cap)
		return 0;
	uint8_t *bytes = realloc(packed->bytes, n);
	if (!bytes)
		return err_nomem(err);
	packed->bytes = bytes;
	packed->cap = n;
	return 0;
}

static int read_packed(
	struct etl_buffer *b, const struct etl_opening *from, size_t wanted, struct err *err)
{
	uint64_t at = b->off + ETL_HEAD_BYTES;
	size_t n = from->head.size - ETL_HEAD_BYTES, got;
	struct etl_packed *packed = from->packed;
	struct err damage;
	if (wanted > packed->budget) {
		err_at(&b->end, ERR_LIMIT, b->off,
			"the log's buffers expand to more than %u times its bytes",
			LIMIT_UNPACK_RATIO);
		return 0;
	}
	packed->budget -= wanted;
	if (packed_grow(packed, n, err) < 0 ||
		input_read_at(from->in, at, packed->bytes, n, &got, err) < 0)
		return -1;
	struct span in = span_of(packed->bytes, got);
	if (lz77_expand(in, b->bytes + ETL_HEAD_BYTES, wanted, &b->n, &damage) < 0) {
		b->end = damage;
		b->end.off += at;
	}
	return 0;
}

/* Fills b->n bytes behind the header's place. */
static int read_area(struct etl_buffer *b, struct etl_opening *from, struct err *err)
{
	bool usual = entry_of(from)->place & ETL_USUAL;
	if (usual && read_usual(b, from, &b->n, err) < 0)
		return -1;
	size_t wanted = area_bytes(&from->head, b->off, &b->end), most = b->cap - ETL_HEAD_BYTES;
	if (wanted > most)
		wanted = most;
	if (from->head.compressed)
		return read_packed(b, from, wanted, err);
	if (!usual &&
		input_read_at(from->in, b->off + ETL_HEAD_BYTES, b->bytes + ETL_HEAD_BYTES, wanted,
			&b->n, err) < 0)
		return -1;
	if (b->n < wanted)
		set_cut(b, wanted);
	else
		b->n = wanted;
	return 0;
}

int etl_buffer_open(struct etl_buffer *b, struct etl_opening *from, struct err *err)
{
	b->off = etl_entry_off(entry_of(from));
	b->entry = from->entry;
	b->raw = entry_of(from)->stamp;
	b->pointer = from->ix->logfile.known ? from->ix->logfile.pointer : 8;
	b->fresh = true;
	b->done = false;
	b->step = 0;
	b->n = 0;
	b->end.kind = ERR_NONE;
	int rc = read_area(b, from, err);
	b->compressed = from->head.compressed;
	b->rest = span_of(b->bytes + ETL_HEAD_BYTES, rc < 0 ? 0 : b->n);
	return rc;
}

static int at_end(struct etl_buffer *b, struct err *err)
{
	b->done = true;
	b->rest.n = b->step = 0;
	if (b->end.kind == ERR_NONE)
		return 0;
	if (err)
		*err = b->end;
	return -1;
}

void etl_buffer_place(const struct etl_buffer *b, struct err *err)
{
	size_t in_area = (size_t)(b->rest.p - b->bytes) - ETL_HEAD_BYTES;
	if (!err)
		return;
	uint64_t inside = in_area + (err->off == ERR_NO_OFFSET ? 0 : err->off);
	err->off = b->off;
	if (b->compressed)
		err_in(err, "byte %" PRIu64 " of what the buffer expands to", inside);
	else
		err->off += ETL_HEAD_BYTES + inside;
}

int etl_buffer_next(struct etl_buffer *b, struct err *err)
{
	if (b->done)
		return 0;
	size_t step = b->step < b->rest.n ? b->step : b->rest.n;
	b->rest = span_of(b->rest.p + step, b->rest.n - step);
	b->step = 0;
	int rc = etl_record_read(b->rest, b->pointer, &b->rec, &b->step, err);
	if (rc == 1) {
		if (b->rec.class != ETL_OTHER)
			b->raw = b->rec.raw;
		return 1;
	}
	if (rc == 0 || b->end.kind != ERR_NONE)
		return at_end(b, err);
	etl_buffer_place(b, err);
	b->done = true;
	b->rest.n = b->step = 0;
	return -1;
}
