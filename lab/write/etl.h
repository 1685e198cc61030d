/* SPDX-License-Identifier: Apache-2.0 */
/* Writes event trace logs (.etl) as Windows does: buffers for each processor, flushed in no order,
 * records of all kinds in them. Written from the description of the format, not from the reader
 * that it tests. Names begin with etlog, for the reader's own begin with etl.
 *
 *   etlog_begin(&w, &(struct etlog_form){ .start_ns = now, .processors = 4 }, &out, NULL);
 *   etlog_add(&w, &(struct etlog_record){ ... });
 *   etlog_end(&w);
 */
#ifndef WHOSENT_LAB_ETL_H
#define WHOSENT_LAB_ETL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/str.h"
#include "random.h"

enum etlog_clock { ETLOG_QPC = 1, ETLOG_SYSTEM_TIME, ETLOG_CYCLES };

/* All that is 0 has a sensible value: a log of 64-bit Windows 10 by QPC at 10 MHz, one processor,
 * buffers of 64 KiB, sequential. */
struct etlog_form {
	uint64_t seed;    /* order of flushes, leftovers in headers */
	int64_t start_ns; /* StartTime, UTC; a multiple of 100 */
	int64_t t0;       /* stamp of the header record; 0 is some. Not for system time */
	uint32_t build;   /* 3790 (2003), 6002, 7601, 9200, 19041: what the system of it does */
	enum etlog_clock clock;
	uint64_t frequency;  /* QPC ticks per second */
	uint32_t mhz;        /* of the processors */
	int64_t tick_ns;     /* system time: stands still so long; 0 is 100 */
	uint8_t pointer;     /* 4 or 8 */
	uint16_t processors; /* 1 to 64 */
	uint32_t buffer_bytes;
	uint32_t ring;   /* buffers of a circular file, the first included; 0: sequential */
	bool compressed; /* all buffers but the first */
	bool relogged;   /* as the relogger writes: a small first buffer */
	bool unclosed;   /* the session never ended: no EndTime, no counts */
	uint32_t buffers_lost;
};

enum etlog_kind {
	ETLOG_SYSTEM = 1,
	ETLOG_COMPACT,
	ETLOG_PERFINFO,
	ETLOG_FULL,
	ETLOG_INSTANCE,
	ETLOG_MANIFEST, /* EVENT_HEADER */
	ETLOG_MESSAGE,  /* WPP */
};

#define ETLOG_GUID_BYTES 16

/* An extended item of an EVENT_HEADER record. */
struct etlog_item {
	uint16_t type;
	struct span data;
};

struct etlog_record {
	enum etlog_kind kind;
	uint8_t pointer;    /* 0: the form's */
	uint16_t processor; /* taken modulo the form's */
	int64_t ns;         /* UTC */
	uint32_t pid, tid;  /* of the thread that logged; not in PERFINFO */
	uint8_t version, opcode;
	uint8_t group;       /* SYSTEM, COMPACT, PERFINFO: of the hook id */
	const uint8_t *guid; /* FULL, INSTANCE, MANIFEST; as it lies in the file */
	uint16_t id, task;   /* MANIFEST; id also the number of a MESSAGE */
	uint64_t keyword;
	const struct etlog_item *items;
	size_t n_items;
	struct span payload;
};

struct etlog_buffer {
	uint8_t *p;
	uint32_t used; /* its header included; 0: not begun */
	uint32_t processor;
	uint64_t serial;
	int64_t last; /* stamp */
	uint16_t flags;
	uint32_t lost; /* events */
};

#define ETLOG_PROCESSORS 64
#define ETLOG_WAITING (2 * ETLOG_PROCESSORS)

struct etlog {
	struct etlog_form form;
	struct str *out;
	FILE *file;
	struct random random;
	struct etlog_buffer open[ETLOG_PROCESSORS];
	struct etlog_buffer waiting[ETLOG_WAITING]; /* full, not yet in the file */
	uint32_t n_waiting;
	struct etlog_buffer header;
	uint64_t serials; /* buffers begun */
	uint64_t written; /* buffers written, those since overwritten included */
	uint64_t *slots;  /* circular: which buffer lies where */
	uint64_t end;     /* of the file */
	uint32_t events_lost;
	int64_t last_ns;
	uint64_t *offsets; /* of the buffer with a serial, or UINT64_MAX */
	size_t offsets_cap;
	uint8_t *packed;
	bool failed;
};

/* Writes to `out`, or to `file` (which must be seekable) where `out` is NULL. Ends the program
 * where memory is gone. */
void etlog_begin(struct etlog *w, const struct etlog_form *form, struct str *out, FILE *file);
/* Records must come in the order of their times, or at least those of each processor. Returns the
 * serial number of the record's buffer. */
uint64_t etlog_add(struct etlog *w, const struct etlog_record *r);
/* So many bytes of records and their headers that follow will lie in one buffer. */
void etlog_room(struct etlog *w, uint16_t processor, uint32_t bytes);
/* A record of this processor was lost: its buffer is marked, and the header counts it. */
void etlog_lose(struct etlog *w, uint16_t processor);
/* All that is logged so far leaves memory, as the session's flush timer makes it do. */
void etlog_flush(struct etlog *w);
/* Writes what is left and completes the file's header. Ask `failed` before etlog_done. */
void etlog_end(struct etlog *w);
void etlog_done(struct etlog *w);

/* After etlog_end: where a buffer lies in the file; UINT64_MAX where a circular file has written
 * over it. */
uint64_t etlog_where(const struct etlog *w, uint64_t serial);

/* The stamp of a time, and the time (UTC) that the stamp says. */
int64_t etlog_stamp(const struct etlog *w, int64_t ns);
int64_t etlog_time(const struct etlog *w, int64_t stamp);

/* What payloads are made of: little-endian numbers, pointers, text with its zero (UTF-16 from
 * ASCII or UTF-8). */
void etlog_put(struct str *out, uint64_t v, unsigned bytes);
void etlog_ansi(struct str *out, const char *text);
void etlog_wide(struct str *out, const char *text);

#endif
