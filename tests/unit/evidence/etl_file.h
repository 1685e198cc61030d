/* SPDX-License-Identifier: Apache-2.0 */
/* Event trace logs for tests, byte by byte, so that each field can lie. What Windows would write,
 * the lab's writer makes (lab/write/etl.h). */
#ifndef WHOSENT_TEST_ETL_FILE_H
#define WHOSENT_TEST_ETL_FILE_H

#include "capture_case.h"

#include "evidence/trace/etl/buffers.h"
#include "evidence/trace/trace.h"

#define START 0x01cd4e5ad733dd08ll /* 2012-06-19 20:33:52.8135944 */
#define START_NS 1340138032813594400ll
#define FREQUENCY 2994853u
#define T0 886892083256ll

struct log_form {
	unsigned pointer; /* 0: 8 */
	unsigned major;   /* 0: 6 */
	uint32_t build, mode, mhz, events_lost, buffers_lost, clock, buffer_bytes;
	int64_t t0, start;
	uint64_t frequency;
};

static inline void put64(struct bytes *f, uint64_t v)
{
	put32(f, (uint32_t)v);
	put32(f, (uint32_t)(v >> 32));
}

static inline void set32(struct bytes *f, size_t at, uint32_t v)
{
	struct bytes word = { 0 };
	put32(&word, v);
	memcpy(f->b + at, word.b, 4);
}

static inline void set16(struct bytes *f, size_t at, unsigned v)
{
	f->b[at] = (uint8_t)v;
	f->b[at + 1] = (uint8_t)(v >> 8);
}

/* Returns where the buffer begins. */
static inline size_t begin_buffer(struct bytes *f, unsigned processor, unsigned flags)
{
	size_t at = f->n;
	put_fill(f, 0, 0x28);
	put16(f, processor);
	put16(f, 0);
	put32(f, 3);
	put32(f, 0);
	put16(f, flags);
	put16(f, at ? 0 : 4);
	put_fill(f, 0x77, 16);
	return at;
}

/* Fills it up to `size` bytes (0: to its data's end). */
static inline void end_buffer(struct bytes *f, size_t at, size_t size)
{
	set32(f, at + 0x30, (uint32_t)(f->n - at));
	if (size)
		put_fill(f, 0xff, size - (f->n - at));
	set32(f, at, (uint32_t)(f->n - at));
}

/* The record of the logfile header, with empty names. */
static inline void put_logfile(struct bytes *f, const struct log_form *form)
{
	unsigned pointer = form->pointer ? form->pointer : 8;
	size_t at = f->n;
	put16(f, 2);
	put8(f, pointer == 8 ? 2 : 1);
	put8(f, 0xc0);
	put32(f, 0); /* size, hook */
	put64(f, 0); /* thread, process */
	put64(f, (uint64_t)form->t0);
	put64(f, 0);
	put32(f, form->buffer_bytes ? form->buffer_bytes : 0x400);
	put8(f, form->major ? form->major : 6);
	put8(f, 1);
	put16(f, 0x0501);
	put32(f, form->build ? form->build : 7601);
	put32(f, 4);
	put64(f, 0);
	put64(f, 0);
	put32(f, form->mode);
	put64(f, 0x0000000100000001);
	put32(f, pointer);
	put32(f, form->events_lost);
	put32(f, form->mhz);
	put_fill(f, 0, 2 * pointer + 176 + 8);
	put64(f, form->frequency);
	put64(f, (uint64_t)form->start);
	put32(f, form->clock);
	put32(f, form->buffers_lost);
	put32(f, 0);
	set16(f, at + 4, (unsigned)(f->n - at));
	while (f->n % 8)
		put8(f, 0);
}

static inline struct log_form usual(void)
{
	return (struct log_form){ .t0 = T0, .start = START, .frequency = FREQUENCY, .clock = 1 };
}

static inline void put_header_buffer(struct bytes *f, const struct log_form *form)
{
	size_t at = begin_buffer(f, 0, 1);
	put_logfile(f, form);
	end_buffer(f, at, 0x400);
}

/* The kernel's record of a datagram from 10.0.0.1:PORT to 10.0.0.2:53: 52 bytes, and 4 to the next.
 */
static inline void put_send(struct bytes *f, int64_t raw, unsigned port)
{
	put16(f, 2);
	put16(f, 0xc011);
	put16(f, 0x10 + 36);
	put16(f, 0x080a);
	put64(f, (uint64_t)raw);
	put32(f, 1000 + port);
	put32(f, 100);
	put32(f, 0x0200000a);
	put32(f, 0x0100000a);
	put16(f, 53 << 8);
	put16(f, (port & 0xff) << 8 | port >> 8);
	put_fill(f, 0, 16 + 4);
}

/* A log whose one buffer holds what `put` puts; without a usual header where form is NULL. */
static inline struct bytes log_of(const struct log_form *form)
{
	struct bytes f = { 0 };
	struct log_form u = usual();
	put_header_buffer(&f, form ? form : &u);
	return f;
}

#endif
