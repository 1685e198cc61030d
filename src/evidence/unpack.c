/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed files and archives: see unpack.h. */
#include "evidence/unpack.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/packed/bundle.h"
#include "evidence/packed/codec.h"
#include "evidence/spool.h"

/* What a decoder gives at once, and is given. */
#define CHUNK_BYTES 65536u

struct unpacker {
	struct spool *spool;
	locale_t utf8;
	uint8_t out[CHUNK_BYTES];
};

/* The unpacking of one input. */
struct work {
	struct unpacker *u;
	const struct unpack_limits *limits;
	const char *name; /* of the input on the command line */
	struct unpacked_list *list;
	uint64_t packed; /* bytes of that input which were looked at */
	uint64_t out;    /* bytes that came out */
	bool full;       /* a limit was met: no more is unpacked */
};

struct unpack_limits unpack_limits_of(size_t inputs)
{
	return (struct unpack_limits){
		.bytes = LIMIT_UNPACKED_BYTES,
		.free_bytes = LIMIT_UNPACK_FREE_BYTES,
		.ratio = LIMIT_UNPACK_RATIO,
		.nesting = LIMIT_NESTING,
		.inputs = inputs,
	};
}

int unpacker_new(struct unpacker **ret, struct err *err)
{
	struct unpacker *u = calloc(1, sizeof *u);
	if (!u)
		return err_nomem(err);
	if (spool_new(&u->spool, err) < 0) {
		free(u);
		return err_in(err, "cannot unpack");
	}
	/* Without it names of other than ASCII characters are numbers. */
	u->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	*ret = u;
	return 0;
}

void unpacker_free(struct unpacker *u)
{
	if (!u)
		return;
	spool_free(u->spool);
	if (u->utf8)
		freelocale(u->utf8);
	free(u);
}

void unpacked_done(struct unpacked_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		input_close(list->items[i].input);
		free(list->items[i].name);
	}
	free(list->items);
	*list = (struct unpacked_list){ 0 };
}

/* The list has no room: its last item makes place for the reason. */
static int overflow(struct work *w, struct err *err)
{
	struct unpacked *last = &w->list->items[w->list->n - 1];
	char *name = strdup(w->name);
	if (!name)
		return err_nomem(err);
	input_close(last->input);
	free(last->name);
	*last = (struct unpacked){ .name = name };
	err_set(&last->err, ERR_LIMIT,
		"it has more files than can still be read: %zu are, and 1 place goes to this error",
		w->limits->inputs - 1);
	w->full = true;
	return 0;
}

/* Adds an input, which may be NULL and is taken over, with what is wrong with it. */
static int add(struct work *w, const char *name, struct input *in, const struct err *problem,
	struct err *err)
{
	if (w->list->n == w->limits->inputs) {
		input_close(in);
		return w->full ? 0 : overflow(w, err);
	}
	struct unpacked *items = realloc(w->list->items, (w->list->n + 1) * sizeof *w->list->items);
	if (items)
		w->list->items = items;
	char *copy = items ? strdup(name) : NULL;
	if (!copy) {
		input_close(in);
		return err_nomem(err);
	}
	items[w->list->n++] = (struct unpacked){ .name = copy, .input = in, .err = *problem };
	return 0;
}

/* Keeps what came out, unless a limit says that it is a bomb. */
static int keep(struct work *w, struct span bytes, struct err *err)
{
	const struct unpack_limits *l = w->limits;
	uint64_t out = w->out + bytes.n;
	w->full = true;
	if (out > l->bytes)
		return err_set(err, ERR_LIMIT,
			"%" PRIu64 " bytes unpack to more than %" PRIu64
			"; unpack it yourself if you trust it",
			w->packed, l->bytes);
	if (out > l->free_bytes && out / l->ratio > w->packed)
		return err_set(err, ERR_LIMIT,
			"%" PRIu64 " bytes unpack to more than %" PRIu64 ", above %" PRIu64
			" times as many; unpack it yourself if you trust it",
			w->packed, w->out, l->ratio);
	w->full = false;
	w->out = out;
	return spool_append(w->u->spool, bytes, err);
}

static void looked_at(struct work *w, unsigned depth, uint64_t off)
{
	if (depth == 0 && off > w->packed)
		w->packed = off;
}

/* One compressed input while it is read. */
struct stream {
	struct reader reader;
	const struct codec *codec;
	void *decoder;
	unsigned depth;
};

/* Behind a stream: another one, as if they were one, or padding (blocks of a tape; xz allows it).
 * Returns 1 where a stream goes on, 0 at the end. */
static int next_stream(struct stream *s, struct err *err)
{
	struct span rest;
	for (;;) {
		if (reader_peek(&s->reader, CHUNK_BYTES, &rest, err) < 0)
			return -1;
		size_t zeros = 0;
		while (zeros < rest.n && rest.p[zeros] == 0)
			zeros++;
		reader_take(&s->reader, zeros);
		if (rest.n == 0)
			return 0;
		if (zeros == 0)
			break;
	}
	if (!s->codec->starts(rest))
		return err_at(err, ERR_MALFORMED, s->reader.off,
			"what follows the %s data is no such data", s->codec->name);
	s->codec->close(s->decoder);
	s->decoder = NULL;
	return s->codec->open(&s->decoder, err) < 0 ? -1 : 1;
}

/* One step of the decoder. Returns 1 to go on, 0 at the end. */
static int decode(struct work *w, struct stream *s, struct err *err)
{
	struct span in;
	struct err kept = { 0 };
	if (reader_peek(&s->reader, CHUNK_BYTES, &in, err) < 0)
		return -1;
	struct codec_io io = { .in = in, .out = w->u->out, .out_n = CHUNK_BYTES };
	int rc = s->codec->step(s->decoder, &io, err);
	size_t took = in.n - io.in.n, gave = CHUNK_BYTES - io.out_n;
	reader_take(&s->reader, took);
	looked_at(w, s->depth, s->reader.off);
	if (rc < 0 && err->kind == ERR_NOMEM)
		return -1;
	if (gave && keep(w, span_of(w->u->out, gave), &kept) < 0) {
		*err = kept;
		rc = -1;
	}
	if (rc < 0) {
		err->off = s->reader.off;
		return -1;
	}
	if (rc == CODEC_END)
		return next_stream(s, err);
	if (took == 0 && gave == 0)
		return err_at(err, ERR_TRUNCATED, s->reader.off, "the %s data end inside a stream",
			s->codec->name);
	return 1;
}

static int decode_all(struct work *w, struct input *in, const struct codec *codec, unsigned depth,
	struct err *err)
{
	struct stream s = { .codec = codec, .depth = depth };
	if (reader_init(&s.reader, in, err) < 0)
		return -1;
	int rc = codec->open(&s.decoder, err) < 0 ? -1 : 1;
	while (rc == 1)
		rc = decode(w, &s, err);
	codec->close(s.decoder);
	reader_done(&s.reader);
	return rc;
}

/* An input on its way through the layers. */
struct layer {
	struct input *in;
	unsigned depth;
	bool empties;       /* an archive: it has files without a byte */
	struct err problem; /* of the layers outside; kind ERR_NONE where they are sound */
};

static int open_layer(struct work *w, struct layer *layer, struct err *err);

static int open_stream(
	struct work *w, struct layer *layer, const struct codec *codec, struct err *err)
{
	struct layer inner = { .depth = layer->depth + 1 };
	uint64_t base = spool_end(w->u->spool);
	const char *name = input_name(layer->in);
	int rc = decode_all(w, layer->in, codec, layer->depth, &inner.problem);
	if (rc < 0 && inner.problem.kind == ERR_NOMEM)
		return err_nomem(err);
	if (layer->problem.kind != ERR_NONE)
		inner.problem = layer->problem; /* the cause of what is wrong further in */
	bool empty = spool_end(w->u->spool) == base;
	if (empty && inner.problem.kind == ERR_NONE)
		err_set(&inner.problem, ERR_UNSUPPORTED, "what is packed in it is empty");
	if (empty)
		return add(w, name, NULL, &inner.problem, err);
	if (input_spooled(name, w->u->spool, base, &inner.in, err) < 0)
		return -1;
	return open_layer(w, &inner, err);
}

/* "ARCHIVE!MEMBER"; the caller frees it. `tar c .` puts "./" before each name. */
static int member_name(const struct input *archive, const struct member *m, size_t number,
	char **ret, struct err *err)
{
	const char *name = m->name && strncmp(m->name, "./", 2) == 0 ? m->name + 2 : m->name;
	int rc = name ? asprintf(ret, "%s!%s", input_name(archive), name)
		      : asprintf(ret, "%s!%zu", input_name(archive), number);
	return rc < 0 ? err_nomem(err) : 0;
}

/* Finder adds one such file to each other one: what the other has beside its bytes. */
static bool is_shadow(const struct member *m)
{
	static const char folder[] = "__MACOSX/";
	return m->name && strncmp(m->name, folder, sizeof folder - 1) == 0;
}

static int copy_member(
	struct work *w, struct bundle *b, const struct layer *layer, struct err *problem)
{
	struct span bytes;
	int rc;
	while ((rc = bundle_data(b, &bytes, problem)) == 1) {
		looked_at(w, layer->depth, bundle_reached(b));
		if (keep(w, bytes, problem) < 0)
			return -1;
	}
	return rc;
}

static int open_member(
	struct work *w, struct bundle *b, struct layer *layer, const char *name, struct err *err)
{
	struct layer inner = { .depth = layer->depth + 1 };
	uint64_t base = spool_end(w->u->spool);
	int rc = copy_member(w, b, layer, &inner.problem);
	if (rc < 0 && inner.problem.kind == ERR_NOMEM)
		return err_nomem(err);
	if (spool_end(w->u->spool) == base) {
		layer->empties |= rc == 0;
		return rc < 0 ? add(w, name, NULL, &inner.problem, err) : 0;
	}
	if (input_spooled(name, w->u->spool, base, &inner.in, err) < 0)
		return -1;
	return open_layer(w, &inner, err);
}

static int take_member(struct work *w, struct bundle *b, struct layer *layer,
	const struct member *m, struct err *err)
{
	char *name;
	struct err problem = { 0 };
	if (is_shadow(m))
		return 0;
	if (member_name(layer->in, m, w->list->n + 1, &name, err) < 0)
		return -1;
	int rc;
	if (strlen(name) > LIMIT_NAME_BYTES) {
		err_set(&problem, ERR_LIMIT, "a member's name has %zu bytes, %u at most are taken",
			strlen(name), LIMIT_NAME_BYTES);
		rc = add(w, input_name(layer->in), NULL, &problem, err);
	} else if (m->refused) {
		err_set(&problem, ERR_UNSUPPORTED, "%s", m->refused);
		rc = add(w, name, NULL, &problem, err);
	} else {
		rc = open_member(w, b, layer, name, err);
	}
	free(name);
	return rc;
}

static int take_members(
	struct work *w, struct bundle *b, struct layer *layer, struct err *problem, struct err *err)
{
	struct member m;
	int rc;
	while ((rc = bundle_next(b, &m, problem)) == 1) {
		looked_at(w, layer->depth, bundle_reached(b));
		if (w->full)
			return err_set(problem, ERR_LIMIT,
				"a limit was met; what comes behind is not read");
		if (take_member(w, b, layer, &m, err) < 0)
			return 1;
	}
	return rc;
}

/* Why nothing came out of a sound archive. */
static const char *nothing_in(const struct layer *layer, bool passed)
{
	if (layer->empties)
		return "all files in the archive are empty";
	return passed ? "the archive has folders or links only, and no files"
		      : "the archive has no files";
}

/* What is wrong with the archive itself becomes an item of its own, behind the members. */
static int open_bundle(struct work *w, struct layer *layer, struct err *err)
{
	struct bundle *b = NULL;
	struct err problem = { 0 };
	size_t before = w->list->n;
	int rc = bundle_open(layer->in, w->u->utf8, &b, &problem);
	if (rc == 0)
		rc = take_members(w, b, layer, &problem, err);
	bool passed = b && bundle_passed(b);
	bundle_close(b);
	if (rc > 0)
		return -1;
	if (rc < 0 && problem.kind == ERR_NOMEM)
		return err_nomem(err);
	if (layer->problem.kind != ERR_NONE)
		problem = layer->problem;
	else if (rc == 0 && w->list->n == before)
		err_set(&problem, ERR_UNSUPPORTED, "%s", nothing_in(layer, passed));
	if (problem.kind == ERR_NONE)
		return 0;
	return add(w, input_name(layer->in), NULL, &problem, err);
}

static int head_of(struct input *in, uint8_t *buf, struct span *ret, struct err *err)
{
	size_t n;
	if (input_read_at(in, 0, buf, BUNDLE_HEAD_BYTES, &n, err) < 0)
		return -1;
	*ret = span_of(buf, n);
	return 0;
}

/* Takes over layer->in. Calls itself by open_stream and open_bundle, not deeper than the limit. */
static int open_layer(struct work *w, struct layer *layer, struct err *err)
{
	uint8_t buf[BUNDLE_HEAD_BYTES];
	struct span head;
	int rc;
	struct err problem = { 0 };
	if (head_of(layer->in, buf, &head, &problem) < 0) {
		rc = add(w, input_name(layer->in), NULL, &problem, err);
		input_close(layer->in);
		return rc;
	}
	const struct codec *codec = codec_of(head);
	if (!codec && !bundle_starts(head))
		return add(w, input_name(layer->in), layer->in, &layer->problem, err);
	if (layer->depth == w->limits->nesting) {
		err_set(&problem, ERR_LIMIT,
			"it is packed more than %u times over; unpack it first",
			w->limits->nesting);
		rc = add(w, input_name(layer->in), NULL, &problem, err);
	} else {
		rc = codec ? open_stream(w, layer, codec, err) : open_bundle(w, layer, err);
	}
	input_close(layer->in);
	return rc;
}

bool unpack_wanted(struct input *in)
{
	uint8_t buf[BUNDLE_HEAD_BYTES];
	struct span head;
	return head_of(in, buf, &head, NULL) == 0 && (codec_of(head) || bundle_starts(head));
}

int unpack(struct unpacker *u, struct input *in, const struct unpack_limits *limits,
	struct unpacked_list *ret, struct err *err)
{
	struct unpacked_list list = { 0 };
	char *name = strdup(input_name(in));
	if (!name) {
		input_close(in);
		return err_nomem(err);
	}
	struct work w = { .u = u, .limits = limits, .name = name, .list = &list };
	struct layer layer = { .in = in };
	int rc = open_layer(&w, &layer, err);
	free(name);
	if (rc < 0) {
		unpacked_done(&list);
		return -1;
	}
	*ret = list;
	return 0;
}
