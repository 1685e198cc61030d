/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers of an event trace log: doc/etl.md, "Buffers". Each holds the records of one processor and
 * stands anywhere in the file. Private to the reader. */
#ifndef WHOSENT_EVIDENCE_ETL_BUFFERS_H
#define WHOSENT_EVIDENCE_ETL_BUFFERS_H

#include "evidence/input.h"
#include "evidence/trace/etl/logfile.h"

#define ETL_HEAD_BYTES 0x48u

/* What is used of a buffer's header. */
struct etl_head {
	uint32_t size; /* to the next buffer */
	uint32_t end;  /* of the data, once expanded, with the header */
	uint16_t processor;
	bool compressed;
	bool lost; /* says that events or buffers were lost */
};

/* Reads a header of ETL_HEAD_BYTES; -1 where its size cannot be. `l` may be not known yet. */
int etl_head_read(
	struct span head, const struct etl_logfile *l, struct etl_head *ret, struct err *err);

/* Where a buffer stands, its processor and marks, and the stamp of its first record. A file of many
 * GiB has a million. */
struct etl_entry {
	uint64_t place;
	int64_t stamp; /* INT64_MIN: no record of it has one */
};

#define ETL_NO_STAMP INT64_MIN
#define ETL_PLACE_BITS 48
#define ETL_LOST (1ull << 63) /* the buffer's header says so */
#define ETL_TELL (1ull << 62) /* a loss begins with this buffer */
/* Of the size that the logfile header states for all, and not compressed: it is read in one go. */
#define ETL_USUAL (1ull << 61)

static inline uint64_t etl_entry_off(const struct etl_entry *e)
{
	return e->place & ((1ull << ETL_PLACE_BITS) - 1);
}

static inline unsigned etl_entry_processor(const struct etl_entry *e)
{
	return e->place >> ETL_PLACE_BITS & 0x7ff;
}

struct etl_index {
	struct etl_entry *entries; /* by stamp, then by place */
	size_t n, cap;
	struct etl_logfile logfile;
	uint64_t file_bytes;
	uint64_t lost;     /* entries that are marked */
	struct err damage; /* what ended the walk over the buffers, or ERR_NONE */
};

/* Walks over all buffers. -1 only where reading fails or memory is gone; *ret needs etl_index_done
 * in either case. */
int etl_index_build(struct input *in, struct etl_index *ret, struct err *err);
void etl_index_done(struct etl_index *ix);

/* The processor's next buffer behind the i-th, or ix->n where there is none, or none near. */
size_t etl_index_after(const struct etl_index *ix, size_t i);

/* A buffer whose records are being read. */
struct etl_buffer {
	struct etl_record rec; /* the last one that was read */
	int64_t raw;           /* its stamp, or that of the last one that had one */
	struct span rest;      /* from that record on */
	uint32_t step;
	bool fresh; /* nothing of it has been given yet */
	bool done;
	bool compressed;
	uint8_t pointer;
	size_t entry; /* place in the index */
	uint64_t off;
	uint8_t *bytes; /* the header's place, then the records */
	size_t n, cap;  /* n: of the records */
	struct err end; /* what is wrong with its end, or ERR_NONE */
};

/* Bytes of the file that a buffer is expanded from, and how many bytes all buffers may still expand
 * to: a file is no bomb. */
struct etl_packed {
	uint8_t *bytes;
	size_t cap;
	uint64_t budget;
};

struct etl_packed etl_packed_for(const struct etl_index *ix);

/* What a buffer is opened from. */
struct etl_opening {
	struct input *in;
	const struct etl_index *ix;
	size_t entry;
	struct etl_packed *packed;
	struct etl_head head; /* filled by etl_buffer_peek, not for ETL_USUAL */
};

/* Says how many bytes of memory the buffer takes. */
int etl_buffer_peek(struct etl_opening *from, size_t *ret_needs, struct err *err);

/* Fills b->bytes, which has b->cap bytes, at least what etl_buffer_peek said. What cannot be read
 * of it is kept in b->end. -1 only where reading fails or memory is gone. */
int etl_buffer_open(struct etl_buffer *b, struct etl_opening *from, struct err *err);

/* Puts the next record into b->rec. Returns 1; 0 at the end; -1 for damage, which is the buffer's
 * last word. */
int etl_buffer_next(struct etl_buffer *b, struct err *err);

/* Nearly all records of a kernel log are sound and of the type PERFINFO. If the next one is, and
 * its stamp is before `until`, it is put into b->rec, as etl_record_read does it; else this returns
 * false and nothing is changed. */
static inline bool etl_buffer_fast(struct etl_buffer *b, int64_t until)
{
	size_t left = b->rest.n - b->step;
	const uint8_t *p = b->rest.p + b->step;
	if (b->rest.n < b->step || left < 0x10 || p[3] != 0xc0 || (p[2] & 0xfe) != 0x10 ||
		(p[1] & 0x87))
		return false;
	size_t size = p[4] | (size_t)p[5] << 8;
	uint64_t stamp;
	memcpy(&stamp, p + 8, sizeof stamp);
	stamp = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(stamp) : stamp;
	if (size < 0x10 || size > left || (int64_t)stamp >= until)
		return false;
	b->rest = span_of(p, left);
	b->step = (uint32_t)((size + 7) & ~(size_t)7);
	struct etl_record *rec = &b->rec;
	rec->class = ETL_KERNEL;
	rec->group = p[7];
	rec->opcode = p[6];
	rec->version = p[0];
	rec->pointer = p[2] & 1 ? 8 : 4;
	rec->has_thread = rec->has_start_key = rec->bad = false;
	rec->guid = NULL;
	rec->payload = span_of(p + 0x10, size - 0x10);
	b->raw = rec->raw = (int64_t)stamp;
	return true;
}

/* Makes an offset inside the present record one of the file. */
void etl_buffer_place(const struct etl_buffer *b, struct err *err);

#endif
