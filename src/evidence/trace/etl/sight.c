/* SPDX-License-Identifier: Apache-2.0 */
/* Event trace logs by sight: see sight.h. */
#include "evidence/trace/etl/sight.h"

#include "base/limits.h"
#include "evidence/trace/etl/buffers.h"
#include "evidence/trace/etl/lz77.h"

/* Each record's first dword has some 10 of 32 bits free, its size must lead to the next one, and
 * its header be in range: so many in a row are no accident. */
#define RECORDS_SURE 6u

/* What is looked at of a buffer's records. */
#define LOOK_BYTES 4096u

/* The bits of flags, and the numbers of types and states, that are in use. */
static bool head_fits(struct span head)
{
	struct cursor c = cursor_of(head);
	cursor_skip(&c, 0x2c);
	uint32_t state = cursor_le32(&c);
	cursor_skip(&c, 4);
	uint16_t flags = cursor_le16(&c), type = cursor_le16(&c);
	return !c.ran_out && state <= 6 && flags < 0x80 && type <= 7;
}

static struct span records_of(struct span head, const struct etl_head *h, uint8_t *expanded)
{
	struct span area = span_of(head.p + ETL_HEAD_BYTES, head.n - ETL_HEAD_BYTES);
	size_t most = h->end - ETL_HEAD_BYTES, n = 0;
	if (!h->compressed)
		return span_of(area.p, area.n < most ? area.n : most);
	lz77_expand(area, expanded, most < LOOK_BYTES ? most : LOOK_BYTES, &n, NULL);
	return span_of(expanded, n);
}

/* The logfile header: a record of type SYSTEM, number 0, and no session has no start. */
static bool begins_log(struct span records)
{
	struct etl_record rec;
	struct etl_logfile l;
	uint32_t step;
	return etl_record_read(records, 8, &rec, &step, NULL) == 1 && etl_logfile_is(&rec) &&
		etl_logfile_read(&rec, &l);
}

/* A circular log may have lost its front. */
static bool goes_on(struct span records)
{
	struct etl_record rec;
	uint32_t step;
	unsigned n = 0;
	while (n < RECORDS_SURE && etl_record_read(records, 8, &rec, &step, NULL) == 1) {
		if (rec.class == ETL_OTHER || rec.bad || rec.payload.n == 0)
			return false;
		step = step < records.n ? step : (uint32_t)records.n;
		records = span_of(records.p + step, records.n - step);
		n++;
	}
	return n == RECORDS_SURE;
}

bool etl_recognise(struct span head, bool whole)
{
	const struct etl_logfile none = { 0 };
	uint8_t expanded[LOOK_BYTES];
	struct etl_head h;
	(void)whole;
	if (head.n < ETL_HEAD_BYTES + 8)
		return false;
	/* Systems before Windows Vista may put something else where the size is. */
	if (begins_log(span_of(head.p + ETL_HEAD_BYTES, head.n - ETL_HEAD_BYTES)))
		return true;
	struct span front = span_of(head.p, ETL_HEAD_BYTES);
	if (etl_head_read(front, &none, &h, NULL) < 0 || !head_fits(front) ||
		h.end <= ETL_HEAD_BYTES || h.end > LIMIT_ETL_BUFFER_BYTES ||
		(!h.compressed && h.end > h.size))
		return false;
	struct span records = records_of(head, &h, expanded);
	return begins_log(records) || goes_on(records);
}
