/* SPDX-License-Identifier: Apache-2.0 */
/* The logfile header and the session's clock: see logfile.h.
 *
 * TRACE_LOGFILE_HEADER, P is a pointer's size by the record's own type:
 *
 *   0   buffer size, 4 version (major, minor, sub, sub minor), 8 build, c processors
 *   10  end time i64, 18 timer's resolution, 1c most MB, 20 mode, 24 buffers written
 *   28  start buffers, 2c pointer size, 30 events lost, 34 CPU MHz
 *   38  two of P, time zone (176 bytes), boot time i64, frequency i64, start time i64,
 *       clock type u32, buffers lost u32 */
#include "evidence/trace/etl/logfile.h"

#define FILETIME_PER_DAY 864000000000ll
#define ZONE_BYTES 176u

bool etl_logfile_is(const struct etl_record *rec)
{
	/* PERFINFO records of this group are other things. */
	return rec->class == ETL_KERNEL && rec->group == ETL_GROUP_HEADER && rec->opcode == 0 &&
		rec->has_thread && !rec->guid;
}

/* Stamps of the system's own clock lie near the start of the log, as both are FILETIME. Wrong for a
 * counter that happens to be there too: it would have to have run for 400 years. */
static bool near_start(int64_t t0, int64_t start)
{
	int64_t d;
	return !__builtin_sub_overflow(t0, start, &d) && d <= FILETIME_PER_DAY &&
		d >= -FILETIME_PER_DAY;
}

static enum etl_clock clock_of(uint32_t field, int64_t t0, int64_t start)
{
	if (field >= ETL_CLOCK_QPC && field <= ETL_CLOCK_CYCLES)
		return (enum etl_clock)field;
	return near_start(t0, start) ? ETL_CLOCK_SYSTEM : ETL_CLOCK_QPC;
}

static void set_clock(struct etl_logfile *l, int64_t start, uint64_t frequency, uint32_t mhz)
{
	struct source_time base;
	l->ns = STAMP_NS_PER_S;
	l->ticks = frequency <= INT64_MAX ? (int64_t)frequency : 0;
	if (l->clock == ETL_CLOCK_CYCLES) {
		l->ns = 1000;
		l->ticks = mhz;
	}
	if (l->clock == ETL_CLOCK_SYSTEM) {
		l->ns = 100;
		l->ticks = 1;
		/* The stamps say the time themselves, and the start was read a moment before. */
		if (near_start(l->t0, start))
			start = l->t0;
	}
	if (start < 0 || !stamp_from_filetime((uint64_t)start, &base) || l->ticks == 0) {
		l->clock = ETL_CLOCK_NONE;
		return;
	}
	l->base_ns = base.ns;
	l->ns_per_tick = l->ns % l->ticks == 0 ? l->ns / l->ticks : 0;
}

bool etl_logfile_read(const struct etl_record *rec, struct etl_logfile *ret)
{
	struct etl_logfile l = { .known = true, .t0 = rec->raw };
	struct cursor c = cursor_of(rec->payload);
	l.buffer_bytes = cursor_le32(&c);
	unsigned major = cursor_u8(&c), minor = cursor_u8(&c);
	cursor_skip(&c, 2);
	l.build = cursor_le32(&c);
	cursor_skip(&c, 4 + 8 + 4 + 4);
	l.mode = cursor_le32(&c);
	cursor_skip(&c, 4 + 4);
	uint32_t pointer = cursor_le32(&c);
	l.events_lost = cursor_le32(&c);
	uint32_t mhz = cursor_le32(&c);
	cursor_skip(&c, 2u * rec->pointer + ZONE_BYTES + 8);
	uint64_t frequency = cursor_u64(&c, false);
	int64_t start = (int64_t)cursor_u64(&c, false);
	uint32_t clock = cursor_le32(&c);
	l.buffers_lost = cursor_le32(&c);
	if (c.ran_out || (pointer != 4 && pointer != 8) || major < 5 || major > 99 || minor > 99)
		return false;
	l.old = major < 6;
	l.pointer = (uint8_t)pointer;
	l.clock = clock_of(clock, l.t0, start);
	set_clock(&l, start, frequency, mhz);
	*ret = l;
	return true;
}

bool etl_logfile_time_slow(const struct etl_logfile *l, int64_t raw, struct source_time *ret)
{
	int64_t d, ns;
	if (l->clock == ETL_CLOCK_NONE || __builtin_sub_overflow(raw, l->t0, &d))
		return false;
	/* Rounded down, as all that is later is; merged logs have stamps before t0. */
	int64_t whole = d / l->ticks, rest = d % l->ticks;
	if (rest < 0) {
		whole--;
		rest += l->ticks;
	}
	/* A frequency above 32 bits is in no machine, and is only slower here. */
	int64_t part = l->ticks <= UINT32_MAX ? rest * l->ns / l->ticks
					      : (int64_t)((__int128)rest * l->ns / l->ticks);
	if (__builtin_mul_overflow(whole, l->ns, &ns) || __builtin_add_overflow(ns, part, &ns))
		return false;
	return !__builtin_add_overflow(l->base_ns, ns, &ret->ns);
}
