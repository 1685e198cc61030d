/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over the buffers of a log, and what is kept of each: see buffers.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/trace/etl/buffers.h"
#include "evidence/trace/etl/lz77.h"

/* Read of each buffer: its header and, also where they are compressed and expand badly (a flag for
 * each byte), the first ETL_LOGFILE_BYTES of its records. */
#define FRONT_BYTES 512u

/* Buffers between two of one processor: as many as there are processors, roughly. What lies
 * farther off is not looked for, which makes a loss seem to last longer. */
#define NEAR_MOST 256u

struct front {
	uint8_t bytes[FRONT_BYTES];
	size_t n;
	struct etl_head head;
	uint8_t expanded[ETL_LOGFILE_BYTES];
	struct span records; /* the first of them */
};

struct build {
	struct input *in;
	struct etl_index *ix;
	uint64_t off, size;
	struct front front;
};

void etl_index_done(struct etl_index *ix)
{
	free(ix->entries);
	ix->entries = NULL;
}

size_t etl_index_after(const struct etl_index *ix, size_t i)
{
	unsigned processor = etl_entry_processor(&ix->entries[i]);
	size_t end = ix->n - i > NEAR_MOST ? i + NEAR_MOST : ix->n;
	for (size_t k = i + 1; k < end; k++)
		if (etl_entry_processor(&ix->entries[k]) == processor)
			return k;
	return ix->n;
}

static int add(struct etl_index *ix, struct etl_entry entry, struct err *err)
{
	if (ix->n == ix->cap) {
		size_t cap = ix->cap ? ix->cap * 2 : 64;
		struct etl_entry *entries = realloc(ix->entries, cap * sizeof *entries);
		if (!entries)
			return err_nomem(err);
		ix->entries = entries;
		ix->cap = cap;
	}
	ix->entries[ix->n++] = entry;
	return 0;
}

/* The front of the records, as they are once expanded. */
static void expand_front(struct front *f)
{
	size_t most = f->head.end > ETL_HEAD_BYTES ? f->head.end - ETL_HEAD_BYTES : 0, n = 0;
	struct span in = span_of(f->bytes + ETL_HEAD_BYTES, f->n - ETL_HEAD_BYTES);
	if (most > sizeof f->expanded)
		most = sizeof f->expanded;
	if (!f->head.compressed) {
		f->records = span_of(in.p, in.n < most ? in.n : most);
		return;
	}
	lz77_expand(in, f->expanded, most, &n, NULL);
	f->records = span_of(f->expanded, n);
}

/* Of the logfile header's record only the front may be there: its names are not needed. */
static void see_logfile(struct etl_index *ix, const struct front *f)
{
	struct etl_record rec;
	uint8_t copy[ETL_LOGFILE_BYTES];
	uint32_t step;
	size_t n = f->records.n;
	if (ix->logfile.known || n < 8)
		return;
	memcpy(copy, f->records.p, n);
	if (n == sizeof copy && (copy[4] | copy[5] << 8) > (int)n) {
		copy[4] = (uint8_t)n;
		copy[5] = (uint8_t)(n >> 8);
	}
	if (etl_record_read(span_of(copy, n), 8, &rec, &step, NULL) == 1 && etl_logfile_is(&rec))
		etl_logfile_read(&rec, &ix->logfile);
}

/* In a log of Windows 2000 to 2003 the size may be something else (in memory its place is used
 * twice); then it is the one that the logfile header states for all. Never seen in a real file.
 * Wrong where buffers of several sizes were written by such a system. */
static void see_old_logfile(struct build *b)
{
	struct front *f = &b->front;
	struct etl_index *ix = b->ix;
	f->head.compressed = false;
	f->head.end = FRONT_BYTES;
	expand_front(f);
	see_logfile(ix, f);
	if (!ix->logfile.old)
		ix->logfile = (struct etl_logfile){ 0 };
}

static bool is_blank(const struct front *f)
{
	for (size_t i = 0; i < ETL_HEAD_BYTES; i++)
		if (f->bytes[i])
			return false;
	return true;
}

/* Returns 1 with the front of the buffer at b->off; 0 where the walk ends, perhaps with ix->damage;
 * -1 where reading fails. */
static int next_front(struct build *b, struct err *err)
{
	struct front *f = &b->front;
	struct err *damage = &b->ix->damage;
	if (b->off >= b->size)
		return 0;
	if (input_read_at(b->in, b->off, f->bytes, FRONT_BYTES, &f->n, err) < 0)
		return -1;
	if (f->n < ETL_HEAD_BYTES) {
		err_at(damage, ERR_TRUNCATED, b->off,
			"the file ends inside a buffer's header: %u bytes needed, %zu there",
			ETL_HEAD_BYTES, f->n);
		return 0;
	}
	if (b->off == 0)
		see_old_logfile(b);
	/* A file that was made in its full size before it was filled. */
	if ((b->ix->logfile.mode & ETL_MODE_PREALLOCATE) && is_blank(f))
		return 0;
	struct span head = span_of(f->bytes, ETL_HEAD_BYTES);
	if (etl_head_read(head, &b->ix->logfile, &f->head, damage) < 0) {
		damage->off += b->off;
		return 0;
	}
	expand_front(f);
	see_logfile(b->ix, f);
	return 1;
}

/* The first record has no stamp: the first that has one is looked for. */
static int search_stamp(struct build *b, size_t entry, struct err *err)
{
	struct etl_index *ix = b->ix;
	struct etl_packed packed = etl_packed_for(ix);
	struct etl_buffer buffer = { 0 };
	struct etl_opening from = { .in = b->in, .ix = ix, .entry = entry, .packed = &packed };
	if (etl_buffer_peek(&from, &buffer.cap, err) < 0)
		return -1;
	buffer.bytes = malloc(buffer.cap);
	int rc = buffer.bytes ? etl_buffer_open(&buffer, &from, err) : err_nomem(err);
	while (rc == 0 && etl_buffer_next(&buffer, NULL) == 1) {
		if (buffer.rec.class == ETL_OTHER)
			continue;
		ix->entries[entry].stamp = buffer.rec.raw;
		break;
	}
	free(packed.bytes);
	free(buffer.bytes);
	return rc;
}

static int add_buffer(struct build *b, struct err *err)
{
	const struct etl_head *head = &b->front.head;
	struct etl_index *ix = b->ix;
	struct etl_entry entry = { b->off | (uint64_t)head->processor << ETL_PLACE_BITS,
		ETL_NO_STAMP };
	if (head->end == ETL_HEAD_BYTES && !head->lost)
		return 0;
	if (head->lost) {
		entry.place |= ETL_LOST;
		ix->lost++;
	}
	if (!head->compressed && head->size == ix->logfile.buffer_bytes)
		entry.place |= ETL_USUAL;
	bool stamped = etl_record_stamp(b->front.records, &entry.stamp);
	if (add(ix, entry, err) < 0)
		return -1;
	return stamped ? 0 : search_stamp(b, ix->n - 1, err);
}

static int compare(const void *a, const void *b)
{
	const struct etl_entry *x = a, *y = b;
	if (x->stamp != y->stamp)
		return x->stamp < y->stamp ? -1 : 1;
	uint64_t i = etl_entry_off(x), k = etl_entry_off(y);
	return i < k ? -1 : i > k;
}

/* Events are lost where a processor finds no free buffer, so before the one that says so, or in it.
 * It is told where the processor's buffer before that begins, which is early enough. */
static int mark_losses(struct etl_index *ix, struct err *err)
{
	enum { PROCESSORS = 2048 };
	if (!ix->lost)
		return 0;
	size_t *last = calloc(PROCESSORS, sizeof *last);
	if (!last)
		return err_nomem(err);
	for (size_t i = 0; i < ix->n; i++) {
		struct etl_entry *entry = &ix->entries[i];
		size_t *before = &last[etl_entry_processor(entry)];
		if (entry->place & ETL_LOST)
			ix->entries[*before ? *before - 1 : i].place |= ETL_TELL;
		*before = i + 1;
	}
	free(last);
	return 0;
}

static int walk(struct build *b, struct err *err)
{
	struct etl_index *ix = b->ix;
	int rc;
	while ((rc = next_front(b, err)) == 1) {
		if (ix->n == LIMIT_ETL_BUFFERS || b->off >> ETL_PLACE_BITS) {
			err_at(&ix->damage, ERR_LIMIT, b->off, "the log has more than %u buffers",
				LIMIT_ETL_BUFFERS);
			break;
		}
		if (add_buffer(b, err) < 0)
			return -1;
		b->off += b->front.head.size;
	}
	return rc < 0 ? -1 : 0;
}

int etl_index_build(struct input *in, struct etl_index *ret, struct err *err)
{
	struct build *b = calloc(1, sizeof *b);
	*ret = (struct etl_index){ 0 };
	if (!b)
		return err_nomem(err);
	*b = (struct build){ .in = in, .ix = ret };
	int rc = input_size(in, &b->size, err);
	ret->file_bytes = b->size;
	if (rc == 0)
		rc = walk(b, err);
	free(b);
	if (rc < 0)
		return -1;
	if (ret->n)
		qsort(ret->entries, ret->n, sizeof *ret->entries, compare);
	return mark_losses(ret, err);
}
