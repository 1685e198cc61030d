/* SPDX-License-Identifier: Apache-2.0 */
/* Records of event traces for the tests of single providers: bytes as text, one provider with its
 * state, and every cut of a payload. */
#ifndef WHOSENT_TEST_ETL_CASE_H
#define WHOSENT_TEST_ETL_CASE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/trace/etl/provider.h"
#include "evidence/trace/etl/shared.h"

#define CASE_BYTES 2048

struct bytes {
	size_t n;
	uint8_t b[CASE_BYTES];
};

/* "0a 80 00*12 'text' u'text'": hexadecimal bytes, repeated ones, ASCII, UTF-16LE. Without the zero
 * that ends a text. */
static inline const char *add_text(struct bytes *to, const char *text, bool wide)
{
	for (; *text != '\''; text++)
		for (int i = 0; i <= wide; i++)
			to->b[to->n++] = (uint8_t)(i ? 0 : *text);
	return text + 1;
}

static inline const char *add_bytes(struct bytes *to, const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 16), times = 1;
	cr_assert(end == text + 2, "not a byte: %s", text);
	if (*end == '*')
		times = strtoul(end + 1, &end, 10);
	cr_assert(to->n + times <= CASE_BYTES);
	for (; times; times--)
		to->b[to->n++] = (uint8_t)value;
	return end;
}

static inline void add_hex(struct bytes *to, const char *text)
{
	while (*text) {
		if (*text == '\'' || *text == 'u')
			text = add_text(to, text + (*text == 'u' ? 2 : 1), *text == 'u');
		else
			text = add_bytes(to, text);
		text += *text == ' ';
	}
}

static inline struct bytes hex(const char *text)
{
	struct bytes b = { 0 };
	add_hex(&b, text);
	return b;
}

static inline void add_number(struct bytes *to, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to->b[to->n++] = (uint8_t)(value >> 8 * i);
}

struct etl_case {
	const struct etl_provider *provider;
	void *state;
	struct etl_shared *shared;
	struct record record; /* of the last read */
	struct err err;
};

static inline struct etl_case case_open(const struct etl_provider *p)
{
	struct etl_case c = { .provider = p };
	c.shared = malloc(sizeof *c.shared);
	etl_shared_init(c.shared);
	if (p->open)
		cr_assert_eq(p->open(&c.state, &c.err), 0);
	return c;
}

static inline void case_close(struct etl_case *c)
{
	if (c->provider->close)
		c->provider->close(c->state);
	etl_shared_done(c->shared);
	free(c->shared);
}

static inline int case_read(struct etl_case *c, const struct etl_record *rec)
{
	memset(&c->record, 0, sizeof c->record);
	memset(&c->err, 0, sizeof c->err);
	etl_shared_begin(c->shared, rec->raw);
	int rc = c->provider->read(c->state, c->shared, rec, &c->record, &c->err);
	cr_assert(rc >= 0 || c->err.msg[0], "a failure without a word");
	return rc;
}

/* The record at the front of whole bytes, header and all. */
static inline struct etl_record case_record(const struct bytes *b)
{
	struct etl_record rec;
	struct err err = { 0 };
	uint32_t step;
	cr_assert_eq(etl_record_read(span_of(b->b, b->n), 8, &rec, &step, &err), 1, "%s", err.msg);
	return rec;
}

static inline bool same_span(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Of the whole: what it borrowed is copied. */
struct whole {
	int rc;
	struct record record;
	char image[512], services[512];
};

static inline struct whole case_whole(struct etl_case *c, const struct etl_record *rec)
{
	struct whole w = { .rc = case_read(c, rec) };
	w.record = c->record;
	if (w.rc == ETL_GIVEN && w.record.kind == RECORD_PROCESS) {
		struct process_note *n = &w.record.process;
		snprintf(w.image, sizeof w.image, "%.*s", (int)n->image.n, n->image.p);
		snprintf(w.services, sizeof w.services, "%.*s", (int)n->services.n, n->services.p);
	}
	return w;
}

/* A name may be missing, but never be another. */
static inline bool same_record(const struct whole *w, const struct record *r)
{
	if (r->kind != w->record.kind)
		return false;
	if (r->kind == RECORD_EVENT)
		return memcmp(&r->event, &w->record.event, sizeof r->event) == 0;
	if (r->kind == RECORD_ADDRESS)
		return addr_equal(&r->address.addr, &w->record.address.addr);
	return r->process.what == w->record.process.what &&
		r->process.pid == w->record.process.pid &&
		(r->process.image.n == 0 || same_span(r->process.image, span_text(w->image))) &&
		same_span(r->process.services, span_text(w->services));
}

/* A record that is cut is damage, says nothing, or says what the whole one says. Each time the
 * provider is new, and `before` (or NULL) is read first. Returns how many cuts were damage. */
static inline size_t case_cuts(
	const struct etl_provider *p, const struct etl_record *before, const struct etl_record *rec)
{
	struct etl_case c = case_open(p);
	if (before)
		case_read(&c, before);
	struct whole w = case_whole(&c, rec);
	size_t damaged = 0;
	case_close(&c);
	for (size_t n = 0; n < rec->payload.n; n++) {
		struct etl_record cut = *rec;
		uint8_t *copy = malloc(n ? n : 1);
		memcpy(copy, rec->payload.p, n);
		cut.payload = span_of(copy, n);
		c = case_open(p);
		if (before)
			case_read(&c, before);
		int rc = case_read(&c, &cut);
		damaged += rc < 0;
		cr_assert(rc != ETL_GIVEN || (w.rc == ETL_GIVEN && same_record(&w, &c.record)),
			"%s: another record of %zu bytes of %zu", p->name, n, rec->payload.n);
		case_close(&c);
		free(copy);
	}
	return damaged;
}

static inline void expect_end(const struct endpoint *e, const char *addr, uint16_t port)
{
	char text[ADDR_TEXT_BYTES];
	cr_expect_str_eq(addr_format(&e->addr, text), addr);
	cr_expect_eq(e->port, port, "port %u, not %u", e->port, port);
}

static inline void expect_text(struct span s, const char *text)
{
	cr_expect(same_span(s, span_text(text)), "%.*s, not %s", (int)s.n,
		s.n ? (const char *)s.p : "", text);
}

#endif
