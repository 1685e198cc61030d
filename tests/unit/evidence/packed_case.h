/* SPDX-License-Identifier: Apache-2.0 */
/* Packed bytes, made by the libraries' own writers, and what comes out of them. */
#ifndef WHOSENT_TESTS_PACKED_CASE_H
#define WHOSENT_TESTS_PACKED_CASE_H

#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/input.h"
#include "evidence/unpack.h"

struct bytes {
	uint8_t *p;
	size_t n;
};

struct packer {
	const char *name;
	int (*add)(struct archive *a);
};

static const struct packer packers[] = {
	{ "gzip", archive_write_add_filter_gzip },
	{ "xz", archive_write_add_filter_xz },
	{ "zstd", archive_write_add_filter_zstd },
	{ "lz4", archive_write_add_filter_lz4 },
	{ "bzip2", archive_write_add_filter_bzip2 },
};

#define N_PACKERS (sizeof packers / sizeof *packers)

/* Compresses well, and not to nothing. */
static inline struct bytes some_bytes(size_t n)
{
	struct bytes b = { .p = malloc(n + 1), .n = n };
	uint32_t x = 1;
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		b.p[i] = (uint8_t)("packet evidence "[x >> 28]);
	}
	return b;
}

/* An archive that is written to memory. */
struct writer {
	struct archive *a;
	struct bytes out;
	size_t used;
};

static inline void writer_begin(struct writer *w, const struct packer *packer, size_t room)
{
	*w = (struct writer){ .a = archive_write_new(), .out = { malloc(room), room } };
	archive_write_set_bytes_in_last_block(w->a, 1);
	if (packer)
		cr_assert_eq(packer->add(w->a), ARCHIVE_OK, "%s", packer->name);
}

/* The lowest level: a decoder then takes the least memory, and sanitizers the least time. */
static inline void writer_open(struct writer *w)
{
	archive_write_set_options(w->a, "compression-level=1");
	cr_assert_eq(archive_write_open_memory(w->a, w->out.p, w->out.n, &w->used), ARCHIVE_OK);
}

static inline void writer_member(
	struct writer *w, const char *name, mode_t type, const void *p, size_t n)
{
	struct archive_entry *e = archive_entry_new();
	archive_entry_set_pathname(e, name);
	archive_entry_set_size(e, (la_int64_t)n);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 0644);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(e, "elsewhere");
	cr_assert_eq(archive_write_header(w->a, e), ARCHIVE_OK, "%s", archive_error_string(w->a));
	if (n)
		cr_assert_eq(archive_write_data(w->a, p, n), (la_ssize_t)n);
	archive_entry_free(e);
}

static inline struct bytes writer_end(struct writer *w)
{
	cr_assert_eq(archive_write_close(w->a), ARCHIVE_OK);
	archive_write_free(w->a);
	return (struct bytes){ w->out.p, w->used };
}

/* One compressed stream. */
static inline struct bytes packed(const struct packer *packer, const void *p, size_t n)
{
	struct writer w;
	writer_begin(&w, packer, n + 65536);
	archive_write_set_format_raw(w.a);
	writer_open(&w);
	writer_member(&w, "data", AE_IFREG, p, n);
	return writer_end(&w);
}

/* A zip archive of two files, "one" and "two". */
static inline struct bytes zipped(const void *one, size_t n, const void *two, size_t m)
{
	struct writer w;
	writer_begin(&w, NULL, n + m + 65536);
	archive_write_set_format_zip(w.a);
	writer_open(&w);
	writer_member(&w, "one", AE_IFREG, one, n);
	writer_member(&w, "two", AE_IFREG, two, m);
	return writer_end(&w);
}

static const struct unpack_limits plenty = {
	.bytes = 1u << 30,
	.free_bytes = 1u << 28,
	.ratio = 1100,
	.nesting = 4,
	.inputs = 64,
};

struct unpacking {
	struct unpacked_list list;
};

/* One for all of a test: making its file takes longer than what is unpacked here. */
static struct unpacker *unpacker;

static inline void unpack_bytes(
	struct unpacking *u, const void *p, size_t n, const struct unpack_limits *limits)
{
	struct input *in;
	struct err err = { 0 };
	*u = (struct unpacking){ 0 };
	if (!unpacker)
		cr_assert_eq(unpacker_new(&unpacker, &err), 0, "%s", err.msg);
	cr_assert_eq(input_memory("a", span_of(p, n), &in, &err), 0);
	cr_assert_eq(unpack(unpacker, in, limits, &u->list, &err), 0, "%s", err.msg);
	cr_assert_geq(u->list.n, 1);
	cr_assert_leq(u->list.n, limits->inputs);
}

static inline void unpacking_done(struct unpacking *u)
{
	unpacked_done(&u->list);
}

/* What item i holds; freed by the caller. */
static inline struct bytes contents(const struct unpacking *u, size_t i)
{
	struct input *in = u->list.items[i].input;
	uint64_t size;
	struct bytes b;
	cr_assert_not_null(in, "%s: %s", u->list.items[i].name, u->list.items[i].err.msg);
	cr_assert_eq(input_size(in, &size, NULL), 0);
	b.p = malloc(size + 1);
	cr_assert_eq(input_read_at(in, 0, b.p, size + 1, &b.n, NULL), 0);
	cr_assert_eq(b.n, size);
	return b;
}

/* Item i is called `name` and holds these bytes. */
static inline void expect_item(
	const struct unpacking *u, size_t i, const char *name, const void *p, size_t n)
{
	cr_assert_lt(i, u->list.n, "no item %zu", i);
	const struct unpacked *item = &u->list.items[i];
	cr_assert_str_eq(item->name, name);
	struct bytes b = contents(u, i);
	cr_assert_str_eq(input_name(item->input), name);
	cr_assert_eq(b.n, n, "%s: %zu bytes, not %zu", name, b.n, n);
	cr_assert(n == 0 || memcmp(b.p, p, n) == 0);
	free(b.p);
}

static inline void expect_error(
	const struct unpacking *u, size_t i, const char *name, enum err_kind kind, const char *word)
{
	cr_assert_lt(i, u->list.n, "no item %zu", i);
	const struct unpacked *item = &u->list.items[i];
	cr_assert_str_eq(item->name, name);
	cr_assert_eq(item->err.kind, kind, "%s", item->err.msg);
	cr_assert_not_null(strstr(item->err.msg, word), "%s", item->err.msg);
}

#endif
