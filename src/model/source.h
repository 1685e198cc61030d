/* SPDX-License-Identifier: Apache-2.0 */
/* The pull port: every reader, every merge, every live collector is a source of records. */
#ifndef WHOSENT_MODEL_SOURCE_H
#define WHOSENT_MODEL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/record.h"

struct input; /* bytes; evidence/input.h */

enum source_step {
	SOURCE_END = 0,
	SOURCE_ITEM = 1,
};

enum { YIELDS_PACKETS = 1, YIELDS_EVENTS = 2, YIELDS_PROCESSES = 4, YIELDS_TRANSLATIONS = 8 };
enum { TRACES_TCP = 1, TRACES_UDP = 2, TRACES_ICMP = 4 };

/* What was met on the way; every report shows it. */
struct tally {
	uint64_t records; /* yielded */
	uint64_t damaged; /* records that could not be read */
	uint64_t skipped; /* sound records of kinds that are not used */
	uint64_t cut;     /* packets shorter than on the wire (snaplen) */
	uint64_t lost;    /* records that the file itself says are missing */
};

/* A kind of file. One static instance for each reader, listed in evidence/formats.c. */
struct source_format {
	const char *name;  /* as in JSON inputs[].kind and whosent-formats(5): "tracerpt-csv" */
	const char *title; /* for people: "Windows kernel trace (tracerpt text)" */
	unsigned yields;   /* YIELDS_* */
	unsigned traces;   /* TRACES_*: protocols that a log of this kind can hold */
	bool traces_shown; /* which of them a log does hold, only its events show (event.traces) */
	bool zone_stated;  /* its times are UTC or state their zone */
	bool windows;      /* its PIDs are those of Windows, whose kernel is process 4 */
	bool lines;        /* records are numbered by physical line */
	int64_t tick_ns;   /* its clock may stand still for so long; 0 = as fine as its stamps */

	/* Is it mine? `head` is the start of the file (up to 64 KiB, all of it where `whole`).
	 * Must be certain: two formats that both say yes are a bug, and a test looks for it. */
	bool (*recognise)(struct span head, bool whole);

	/* `input` is borrowed for the life of the source. Returns 0 and *ret_self, or -1. */
	int (*open)(struct input *input, void **ret_self, struct err *err);

	/* SOURCE_ITEM with *ret filled (what it borrows is good until the next call), SOURCE_END,
	 * or -1 for damage. After -1 the caller calls again: the reader goes on behind the damage
	 * where it can, else it says END. Every -1 is counted in tally.damaged. ERR_SYSTEM and
	 * ERR_NOMEM are no damage but the end: the caller does not call again. */
	int (*next)(void *self, struct record *ret, struct err *err);

	const struct tally *(*tally)(const void *self);
	void (*close)(void *self); /* accepts NULL */
};

struct source {
	const struct source_format *format;
	void *self;
};

static inline int source_next(struct source *s, struct record *ret, struct err *err)
{
	return s->format->next(s->self, ret, err);
}

static inline void source_close(struct source *s)
{
	if (s->self)
		s->format->close(s->self);
	s->self = NULL;
}

#endif
