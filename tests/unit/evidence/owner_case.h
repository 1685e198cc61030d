/* SPDX-License-Identifier: Apache-2.0 */
/* Captures with process information, and what the readers make of it. */
#ifndef WHOSENT_TEST_OWNER_CASE_H
#define WHOSENT_TEST_OWNER_CASE_H

#include "capture_case.h"

#include "base/str.h"
#include "write/pcapng.h"

#define SEEN 128

/* A record with what it borrowed copied into it. */
struct seen {
	struct record record;
	struct owner owner; /* origin 0: none */
	char image[64], effective[64];
	size_t options;
};

struct sight {
	size_t n, errors;
	struct seen all[SEEN];
	struct err errs[SEEN];
	struct tally tally;
};

static inline void keep_text(char to[static 64], struct span s)
{
	snprintf(to, 64, "%.*s", (int)s.n, s.n ? (const char *)s.p : "");
}

static inline void keep_record(struct seen *to, const struct record *r)
{
	to->record = *r;
	if (r->kind == RECORD_PROCESS)
		keep_text(to->image, r->process.image);
	if (r->kind != RECORD_PACKET)
		return;
	to->options = r->packet.options.n;
	if (!r->packet.owner)
		return;
	to->owner = *r->packet.owner;
	keep_text(to->image, to->owner.image);
	keep_text(to->effective, to->owner.effective_image);
}

static inline void read_sight(const struct source_format *f, struct input *in, struct sight *ret)
{
	void *self;
	struct record r;
	struct err err = { 0 };
	memset(ret, 0, sizeof *ret);
	cr_assert_eq(f->open(in, &self, &err), 0, "%s", err.msg);
	for (int rc; (rc = f->next(self, &r, &err)) != SOURCE_END;) {
		cr_assert(ret->n < SEEN && ret->errors < SEEN, "the reader does not end");
		if (rc < 0)
			ret->errs[ret->errors++] = err;
		else
			keep_record(&ret->all[ret->n++], &r);
	}
	ret->tally = *f->tally(self);
	cr_assert_eq(ret->tally.records, ret->n);
	cr_assert_eq(ret->tally.damaged, ret->errors);
	f->close(self);
}

/* From memory that ends right behind the file, so that a sanitizer sees a read too far. */
static inline void see_span(const struct source_format *f, struct span file, struct sight *ret)
{
	struct input *in;
	struct err err;
	uint8_t *copy = malloc(file.n + 1);
	memcpy(copy + 1, file.p, file.n);
	cr_assert_eq(input_memory("test", span_of(copy + 1, file.n), &in, &err), 0);
	read_sight(f, in, ret);
	input_close(in);
	free(copy);
}

/* What was written, and the string is done with. */
static inline void see(const struct source_format *f, struct str *file, struct sight *ret)
{
	cr_assert_not(file->failed);
	see_span(f, span_of(file->p, file->n), ret);
	str_done(file);
}

/* A section with one Ethernet interface whose times are microseconds. */
static inline struct pcapng_writer begin_file(struct str *file, bool big)
{
	struct pcapng_writer w = { 0 };
	str_init(file, 1 << 24);
	pcapng_section(&w, file, big);
	pcapng_interface(&w, 1, 0);
	pcapng_end(&w);
	return w;
}

/* A packet of ten bytes, left open for options. */
static inline void open_packet(struct pcapng_writer *w, uint64_t us)
{
	pcapng_packet(w, 0, us, span_text("ten bytes."));
}

/* Is it that process, by that origin? A name of NULL: none is stated. */
static inline void assert_owner(
	const struct seen *s, enum owner_origin origin, uint32_t pid, const char *name)
{
	cr_assert_eq(s->record.kind, RECORD_PACKET);
	cr_assert_eq(s->owner.origin, origin, "frame %llu is of origin %d",
		(unsigned long long)s->record.number, s->owner.origin);
	cr_assert_eq(s->owner.pid, pid, "frame %llu is of PID %u",
		(unsigned long long)s->record.number, s->owner.pid);
	cr_assert_str_eq(
		s->image, name ? name : "", "frame %llu", (unsigned long long)s->record.number);
}

static inline void assert_no_owner(const struct seen *s)
{
	cr_assert_eq(s->record.kind, RECORD_PACKET);
	cr_assert_null(s->record.packet.owner, "frame %llu is of PID %u",
		(unsigned long long)s->record.number, s->owner.pid);
}

/* Every cut keeps what came before it, owners and all; every word may lie. */
static inline void damage_everywhere(const struct source_format *f, const struct str *file)
{
	static struct sight all, m;
	static const uint32_t values[] = { 0, 1, 3, 8, 0x7fffffff, 0xffffffff, 0x00010000, 0x0100 };
	struct span whole = span_of(file->p, file->n);
	see_span(f, whole, &all);
	for (size_t n = 0; n < file->n; n++) {
		see_span(f, span_of(whole.p, n), &m);
		cr_assert_leq(m.errors, all.errors + 1);
		for (size_t i = 0; i < m.n; i++) {
			cr_assert_eq(m.all[i].owner.pid, all.all[i].owner.pid, "cut at %zu", n);
			cr_assert_str_eq(m.all[i].image, all.all[i].image, "cut at %zu", n);
		}
	}
	for (size_t at = 0; at + 2 <= file->n; at += 2)
		for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
			uint8_t *copy = malloc(file->n);
			memcpy(copy, whole.p, whole.n);
			size_t left = whole.n - at < 4 ? whole.n - at : 4;
			memcpy(copy + at, &values[v], left);
			see_span(f, span_of(copy, whole.n), &m);
			free(copy);
		}
}

#endif
