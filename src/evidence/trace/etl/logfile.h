/* SPDX-License-Identifier: Apache-2.0 */
/* The first record of an event trace log: how the session was set up, and what its stamps mean:
 * doc/etl.md, "The logfile header" and "Clocks". Private to the reader. */
#ifndef WHOSENT_EVIDENCE_ETL_LOGFILE_H
#define WHOSENT_EVIDENCE_ETL_LOGFILE_H

#include "base/stamp.h"
#include "evidence/trace/etl/record.h"

enum etl_clock {
	ETL_CLOCK_NONE = 0, /* nothing says what the stamps mean */
	ETL_CLOCK_QPC = 1,
	ETL_CLOCK_SYSTEM = 2,
	ETL_CLOCK_CYCLES = 3,
};

enum { ETL_MODE_PREALLOCATE = 0x20 };

struct etl_logfile {
	bool known;
	bool old;        /* Windows 2000, XP and 2003: buffer headers mean other things */
	uint8_t pointer; /* of the kernel that was traced */
	uint32_t buffer_bytes, build, mode;
	uint64_t events_lost, buffers_lost;
	enum etl_clock clock;
	/* A stamp is base_ns + (stamp - t0) * ns / ticks. */
	int64_t t0, base_ns;
	int64_t ns, ticks;
	int64_t ns_per_tick; /* where that is a whole number, else 0 */
};

/* Bytes of the record that hold all that is read of it. */
#define ETL_LOGFILE_BYTES 0x138u

/* Is this the record? */
bool etl_logfile_is(const struct etl_record *rec);
/* False where it is too short or contradicts itself; *ret is untouched then. */
bool etl_logfile_read(const struct etl_record *rec, struct etl_logfile *ret);

/* The slow half of what follows. */
bool etl_logfile_time_slow(const struct etl_logfile *l, int64_t raw, struct source_time *ret);

/* False where the clock is not known, or the time is outside of what source_time holds. */
static inline bool etl_logfile_time(
	const struct etl_logfile *l, int64_t raw, struct source_time *ret)
{
	int64_t d, ns;
	if (!l->ns_per_tick)
		return etl_logfile_time_slow(l, raw, ret);
	if (__builtin_sub_overflow(raw, l->t0, &d) ||
		__builtin_mul_overflow(d, l->ns_per_tick, &ns))
		return false;
	return !__builtin_add_overflow(l->base_ns, ns, &ret->ns);
}

#endif
