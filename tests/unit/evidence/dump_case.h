/* SPDX-License-Identifier: Apache-2.0 */
/* Text dumps of traces for the readers' tests, and what the readers make of them. */
#ifndef WHOSENT_TEST_DUMP_CASE_H
#define WHOSENT_TEST_DUMP_CASE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/input.h"
#include "model/source.h"

enum { STEPS = 64 };

/* What one call gave, with the strings that it lent. */
struct step {
	int rc;
	struct record record;
	char image[64], services[64];
	struct err err;
};

struct story {
	size_t n;
	struct step steps[STEPS];
	struct tally tally;
};

static inline void lend(char to[static 64], struct span *s)
{
	snprintf(to, 64, "%.*s", (int)s->n, s->n ? (const char *)s->p : "");
	*s = (struct span){ 0 };
}

static inline void read_story_of(const struct source_format *f, struct input *in, struct story *ret)
{
	void *self;
	struct err err;
	uint64_t items = 0, errors = 0;
	memset(ret, 0, sizeof *ret);
	cr_assert_eq(f->open(in, &self, &err), 0);
	for (;; ret->n++) {
		cr_assert_lt(ret->n, STEPS, "the reader does not end");
		struct step *s = &ret->steps[ret->n];
		s->rc = f->next(self, &s->record, &s->err);
		if (s->rc == SOURCE_END)
			break;
		errors += s->rc < 0;
		items += s->rc == SOURCE_ITEM && s->record.kind != RECORD_LOSS;
		cr_assert(s->rc >= 0 || s->err.kind != ERR_NONE);
		if (s->rc != SOURCE_ITEM || s->record.kind != RECORD_PROCESS)
			continue;
		lend(s->image, &s->record.process.image);
		lend(s->services, &s->record.process.services);
	}
	cr_assert_eq(f->next(self, &ret->steps[ret->n].record, &err), SOURCE_END);
	ret->tally = *f->tally(self);
	cr_assert_eq(ret->tally.records, items);
	cr_assert_eq(ret->tally.damaged, errors);
	f->close(self);
}

/* From memory that ends right behind the text, so that a sanitizer sees a read too far. */
static inline void read_story(const struct source_format *f, struct span text, struct story *ret)
{
	struct input *in;
	struct err err;
	uint8_t *copy = malloc(text.n + 1);
	memcpy(copy + 1, text.p, text.n);
	cr_assert_eq(input_memory("t", span_of(copy + 1, text.n), &in, &err), 0);
	read_story_of(f, in, ret);
	input_close(in);
	free(copy);
}

static inline struct endpoint end(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };
	cr_assert(addr_parse(span_text(addr), &e.addr));
	return e;
}

static inline void is_event(const struct step *s, struct event want)
{
	cr_assert_eq(s->rc, SOURCE_ITEM, "%s", s->err.msg);
	cr_assert_eq(s->record.kind, RECORD_EVENT);
	const struct event *e = &s->record.event;
	char a[ADDR_TEXT_BYTES], b[ADDR_TEXT_BYTES];
	cr_assert_eq(e->op, want.op);
	cr_assert_eq(e->transport, want.transport);
	cr_assert_eq(e->pid, want.pid);
	cr_assert_eq(e->bytes, want.bytes, "%u bytes", e->bytes);
	cr_assert_eq(e->either_way, want.either_way);
	cr_assert_eq(e->tag, 0);
	cr_assert(endpoint_equal(&e->local, &want.local), "local is %s:%u",
		addr_format(&e->local.addr, a), e->local.port);
	cr_assert(endpoint_equal(&e->remote, &want.remote), "remote is %s:%u",
		addr_format(&e->remote.addr, b), e->remote.port);
}

static inline void is_process(const struct step *s, int what, uint32_t pid, const char *image)
{
	cr_assert_eq(s->rc, SOURCE_ITEM, "%s", s->err.msg);
	cr_assert_eq(s->record.kind, RECORD_PROCESS);
	cr_assert_eq((int)s->record.process.what, what);
	cr_assert_eq(s->record.process.pid, pid);
	cr_assert_str_eq(s->image, image);
}

static inline void is_error(const struct step *s, enum err_kind kind, const char *part)
{
	cr_assert_eq(s->rc, -1, "no error \"%s\"", part);
	cr_assert_eq(s->err.kind, kind, "%s", s->err.msg);
	cr_assert(strstr(s->err.msg, part), "\"%s\" lacks \"%s\"", s->err.msg, part);
}

static inline bool same_record(const struct step *a, const struct step *b)
{
	const struct record *x = &a->record, *y = &b->record;
	if (x->kind != y->kind || x->number != y->number || x->when.ns != y->when.ns)
		return false;
	if (x->kind == RECORD_LOSS)
		return x->loss.count == y->loss.count;
	if (x->kind == RECORD_PROCESS)
		return x->process.pid == y->process.pid && strcmp(a->image, b->image) == 0 &&
			strcmp(a->services, b->services) == 0;
	return x->event.pid == y->event.pid && x->event.op == y->event.op &&
		x->event.bytes == y->event.bytes &&
		endpoint_equal(&x->event.local, &y->event.local) &&
		endpoint_equal(&x->event.remote, &y->event.remote);
}

/* Cut anywhere, a text gives what the whole one gives, in its order, then at most one error and the
 * loss that goes with it. `text` itself is sound. */
static inline void every_cut(const struct source_format *f, struct span text)
{
	static struct story full, cut;
	read_story(f, text, &full);
	for (size_t n = 0; n < text.n; n++) {
		read_story(f, span_of(text.p, n), &cut);
		size_t good = 0;
		while (good < cut.n && cut.steps[good].rc == SOURCE_ITEM &&
			same_record(&cut.steps[good], &full.steps[good]))
			good++;
		cr_assert_leq(cut.n, good + 2, "cut at %zu: other records", n);
		if (good == cut.n)
			continue;
		cr_assert_eq(cut.steps[good].rc, -1, "cut at %zu: another record", n);
		cr_assert_eq(cut.steps[good].err.kind, ERR_TRUNCATED, "cut at %zu: %s", n,
			cut.steps[good].err.msg);
		cr_assert(good + 1 == cut.n || cut.steps[good + 1].record.kind == RECORD_LOSS);
	}
}

/* Each byte may lie. What comes of it need not be right, but must end. */
static inline void every_wrong_byte(const struct source_format *f, struct span text)
{
	static const char wrong[] = { '\0', '\n', ',', '"', '.', 'x', '9', '<', '&', '(', '\xff',
		'\xa0' };
	static struct story story;
	uint8_t *copy = malloc(text.n);
	for (size_t at = 0; at < text.n; at++)
		for (size_t k = 0; k < sizeof wrong; k++) {
			memcpy(copy, text.p, text.n);
			copy[at] = (uint8_t)wrong[k];
			read_story(f, span_of(copy, text.n), &story);
		}
	free(copy);
}

/* The same text in UTF-16, with its mark. Returns the bytes, to be freed. */
static inline struct span to_utf16(const char *text, bool big)
{
	size_t n = strlen(text);
	uint8_t *out = malloc(2 * n + 2);
	out[!big] = 0xfe;
	out[big] = 0xff;
	for (size_t i = 0; i < n; i++) {
		out[2 + 2 * i + big] = (uint8_t)text[i];
		out[3 + 2 * i - big] = 0;
	}
	return span_of(out, 2 * n + 2);
}

static inline void same_in_utf16(const struct source_format *f, const char *text)
{
	static struct story plain, wide;
	read_story(f, span_text(text), &plain);
	for (int big = 0; big < 2; big++) {
		struct span bytes = to_utf16(text, big);
		read_story(f, bytes, &wide);
		cr_assert_eq(wide.n, plain.n);
		for (size_t i = 0; i < wide.n; i++) {
			cr_assert_eq(wide.steps[i].rc, plain.steps[i].rc);
			cr_assert(wide.steps[i].rc < 0 ||
				same_record(&wide.steps[i], &plain.steps[i]));
		}
		free((void *)(uintptr_t)bytes.p);
	}
}

#endif
