/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed streams: whole, cut, damaged, and bombs. */
#include <errno.h>
#include <lzma.h>

#include "packed_case.h"

static bool sound(const struct unpacking *u, size_t i)
{
	return u->list.items[i].err.kind == ERR_NONE;
}

/* Larger than each buffer on the way. */
Test(unpack, each_compression)
{
	struct bytes plain = some_bytes(700000);
	for (size_t i = 0; i < N_PACKERS; i++) {
		struct bytes b = packed(&packers[i], plain.p, plain.n);
		struct unpacking u;
		struct input *in;
		cr_assert_lt(b.n, plain.n);
		cr_assert_eq(input_memory("a", span_of(b.p, b.n), &in, NULL), 0);
		cr_assert(unpack_wanted(in), "%s", packers[i].name);
		input_close(in);
		unpack_bytes(&u, b.p, b.n, &plenty);
		cr_assert_eq(u.list.n, 1);
		cr_assert(sound(&u, 0), "%s: %s", packers[i].name, u.list.items[0].err.msg);
		expect_item(&u, 0, "a", plain.p, plain.n);
		unpacking_done(&u);
		free(b.p);
	}
	free(plain.p);
}

/* What is not packed comes out as it went in. */
Test(unpack, plain)
{
	struct unpacking u;
	struct input *in;
	cr_assert_eq(input_memory("a", span_of("plain", 5), &in, NULL), 0);
	cr_assert_not(unpack_wanted(in));
	input_close(in);
	unpack_bytes(&u, "plain", 5, &plenty);
	cr_assert(sound(&u, 0));
	expect_item(&u, 0, "a", "plain", 5);
	unpacking_done(&u);
}

/* An empty file, packed: the message says that it is not the packed one that is empty. */
Test(unpack, nothing_in_it)
{
	/* libarchive 3.6 dies when it writes this one: what lz4(1) writes. */
	static const uint8_t lz4[] = { 0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7, 0, 0, 0, 0, 0x05,
		0x5d, 0xcc, 0x02 };
	for (size_t i = 0; i < N_PACKERS; i++) {
		bool is_lz4 = strcmp(packers[i].name, "lz4") == 0;
		struct bytes b =
			is_lz4 ? packed(NULL, lz4, sizeof lz4) : packed(&packers[i], "", 0);
		struct unpacking u;
		unpack_bytes(&u, b.p, b.n, &plenty);
		cr_assert_eq(u.list.n, 1, "%s", packers[i].name);
		expect_error(&u, 0, "a", ERR_UNSUPPORTED, "what is packed in it is empty");
		unpacking_done(&u);
		free(b.p);
	}
}

/* Every cut: what comes out is the front of what went in, and an error stands beside it. */
Test(unpack, every_cut)
{
	struct bytes plain = some_bytes(400);
	for (size_t i = 0; i < N_PACKERS; i++) {
		struct bytes b = packed(&packers[i], plain.p, plain.n);
		size_t most = 0;
		cr_assert_lt(b.n, 4096);
		for (size_t cut = 11; cut < b.n; cut++) {
			struct unpacking u;
			uint8_t *exact = malloc(cut);
			memcpy(exact, b.p, cut);
			unpack_bytes(&u, exact, cut, &plenty);
			cr_assert_eq(u.list.n, 1);
			cr_assert_not(sound(&u, 0), "%s, cut at %zu", packers[i].name, cut);
			cr_assert_leq(u.list.items[0].err.off, cut);
			if (u.list.items[0].input) {
				struct bytes got = contents(&u, 0);
				cr_assert_leq(got.n, plain.n);
				cr_assert_eq(memcmp(got.p, plain.p, got.n), 0);
				cr_assert_geq(got.n, most, "%s, cut at %zu", packers[i].name, cut);
				most = got.n;
				free(got.p);
			}
			unpacking_done(&u);
			free(exact);
		}
		/* All but its checksum was there; zstd writes none here, but one block. */
		cr_assert(most == plain.n || i == 2, "%s", packers[i].name);
		free(b.p);
	}
	free(plain.p);
}

/* gzip and xz give what was decoded up to the cut, and not only whole blocks. */
Test(unpack, a_cut_leaves_the_front)
{
	struct bytes plain = some_bytes(60000);
	for (size_t i = 0; i < 2; i++) {
		struct bytes b = packed(&packers[i], plain.p, plain.n), got;
		struct unpacking u;
		unpack_bytes(&u, b.p, b.n / 2, &plenty);
		expect_error(&u, 0, "a", ERR_TRUNCATED, packers[i].name);
		cr_assert_eq(u.list.items[0].err.off, b.n / 2);
		got = contents(&u, 0);
		cr_assert_gt(got.n, plain.n / 3, "%s: %zu", packers[i].name, got.n);
		cr_assert_eq(memcmp(got.p, plain.p, got.n), 0);
		free(got.p);
		unpacking_done(&u);
		free(b.p);
	}
	free(plain.p);
}

/* Every bit of damage ends, with no more than a limit allows. */
Test(unpack, every_byte_bent)
{
	struct bytes plain = some_bytes(200);
	struct unpack_limits few = plenty;
	few.bytes = 100000;
	for (size_t i = 0; i < N_PACKERS; i++) {
		struct bytes b = packed(&packers[i], plain.p, plain.n);
		for (size_t k = 0; k < b.n * 2; k++) {
			static const uint8_t bends[] = { 0x01, 0xff };
			struct unpacking u;
			b.p[k / 2] ^= bends[k % 2];
			unpack_bytes(&u, b.p, b.n, &few);
			if (u.list.items[0].input) {
				struct bytes got = contents(&u, 0);
				cr_assert_leq(got.n, few.bytes);
				free(got.p);
			}
			unpacking_done(&u);
			b.p[k / 2] ^= bends[k % 2];
		}
		free(b.p);
	}
	free(plain.p);
}

/* The sum at the end is wrong: all is there, and the error says so. */
Test(unpack, wrong_checksum)
{
	struct bytes plain = some_bytes(3000);
	struct bytes b = packed(&packers[0], plain.p, plain.n);
	struct unpacking u;
	b.p[b.n - 8] ^= 1;
	unpack_bytes(&u, b.p, b.n, &plenty);
	expect_error(&u, 0, "a", ERR_MALFORMED, "gzip");
	expect_item(&u, 0, "a", plain.p, plain.n);
	unpacking_done(&u);
	free(b.p);
	free(plain.p);
}

/* Streams one behind the other are one; zeros between and behind them are padding; what is neither
 * is an error, with all before it. */
Test(unpack, streams_in_a_row)
{
	for (size_t i = 0; i < N_PACKERS; i++) {
		static const size_t pads[] = { 0, 4, 100000 };
		struct bytes one = packed(&packers[i], "front ", 6);
		struct bytes two = packed(&packers[i], "back", 4);
		for (size_t k = 0; k < 6; k++) {
			size_t pad = pads[k % 3], n = 0;
			uint8_t *all = calloc(1, one.n + two.n + 2 * pad + 1);
			struct unpacking u;
			memcpy(all, one.p, one.n);
			n = one.n + pad;
			memcpy(all + n, two.p, two.n);
			n += two.n + pad;
			if (k >= 3)
				all[n++] = 'x';
			unpack_bytes(&u, all, n, &plenty);
			expect_item(&u, 0, "a", "front back", 10);
			cr_assert_eq(sound(&u, 0), k < 3, "%s", packers[i].name);
			if (k >= 3) {
				expect_error(&u, 0, "a", ERR_MALFORMED, "follows");
				cr_assert_eq(u.list.items[0].err.off, n - 1);
			}
			unpacking_done(&u);
			free(all);
		}
		free(one.p);
		free(two.p);
	}
}

/* pzstd begins with a skippable frame. */
Test(unpack, skippable_frame)
{
	static const uint8_t front[] = { 0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4 };
	struct bytes b = packed(&packers[2], "text", 4);
	uint8_t *all = malloc(sizeof front + b.n);
	struct unpacking u;
	memcpy(all, front, sizeof front);
	memcpy(all + sizeof front, b.p, b.n);
	unpack_bytes(&u, all, sizeof front + b.n, &plenty);
	cr_assert(sound(&u, 0));
	expect_item(&u, 0, "a", "text", 4);
	unpacking_done(&u);
	free(all);
	free(b.p);
}

static struct bytes bomb(const struct packer *packer, size_t n)
{
	uint8_t *zeros = calloc(1, n);
	struct bytes b = packed(packer, zeros, n);
	free(zeros);
	return b;
}

/* A bomb stops at the ratio or at the number of bytes, and what came before can be used. */
Test(unpack, bombs)
{
	for (size_t i = 0; i < N_PACKERS; i++) {
		struct bytes b = bomb(&packers[i], 10u << 20);
		for (int by_ratio = 0; by_ratio < 2; by_ratio++) {
			struct unpack_limits l = plenty;
			struct unpacking u;
			if (by_ratio) {
				l.ratio = 2;
				l.free_bytes = 1u << 20;
			} else {
				l.bytes = 1u << 20;
			}
			unpack_bytes(&u, b.p, b.n, &l);
			expect_error(&u, 0, "a", ERR_LIMIT, by_ratio ? "2 times" : "1048576");
			struct bytes got = contents(&u, 0);
			cr_assert_gt(got.n, 900000, "%s: %zu", packers[i].name, got.n);
			cr_assert_leq(got.n, 1u << 20);
			free(got.p);
			unpacking_done(&u);
		}
		free(b.p);
	}
}

/* A gzip inside a gzip counts against the same limit. */
Test(unpack, bombs_in_layers)
{
	struct bytes inner = bomb(&packers[0], 50u << 20);
	struct bytes outer = packed(&packers[0], inner.p, inner.n);
	struct unpack_limits l = plenty;
	struct unpacking u;
	l.free_bytes = 1u << 20;
	cr_assert_lt(outer.n, 5000);
	unpack_bytes(&u, outer.p, outer.n, &l);
	expect_error(&u, 0, "a", ERR_LIMIT, "1100 times");
	unpacking_done(&u);
	free(outer.p);
	free(inner.p);
}

Test(unpack, layers_have_a_limit)
{
	struct bytes b = packed(&packers[1], "deep", 4);
	for (unsigned depth = 1; depth <= 5; depth++) {
		struct unpacking u;
		unpack_bytes(&u, b.p, b.n, &plenty);
		if (depth <= 4)
			expect_item(&u, 0, "a", "deep", 4);
		else
			expect_error(&u, 0, "a", ERR_LIMIT, "more than 4 times");
		cr_assert_eq(u.list.items[0].input == NULL, depth > 4);
		unpacking_done(&u);
		struct bytes more = packed(&packers[depth % N_PACKERS], b.p, b.n);
		free(b.p);
		b = more;
	}
	free(b.p);
}

/* 4 GiB of window may be asked for by a few bytes: they are refused before the memory is taken. */
Test(unpack, windows_have_a_limit)
{
	static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 0xb0, 1, 0, 0 };
	struct unpacking u;
	unpack_bytes(&u, zstd, sizeof zstd, &plenty);
	expect_error(&u, 0, "a", ERR_LIMIT, "128 MiB");
	unpacking_done(&u);

	/* In an xz file the first block's header begins at byte 12: its size, flags, the filter's
	 * number and size, the window, padding, and a CRC. */
	struct bytes b = packed(&packers[1], "text", 4);
	size_t header = (b.p[12] + 1u) * 4u;
	cr_assert_eq(b.p[14], 0x21);
	b.p[16] = 40;
	uint32_t crc = lzma_crc32(b.p + 12, header - 4, 0);
	for (int i = 0; i < 4; i++)
		b.p[12 + header - 4 + i] = (uint8_t)(crc >> 8 * i);
	unpack_bytes(&u, b.p, b.n, &plenty);
	expect_error(&u, 0, "a", ERR_LIMIT, "MiB of memory");
	unpacking_done(&u);
	free(b.p);
}

Test(unpack, temporary_file_is_in_TMPDIR)
{
	struct unpacker *u = NULL;
	struct err err = { 0 };
	setenv("TMPDIR", "/nowhere/at/all", 1);
	cr_assert_eq(unpacker_new(&u, &err), -1);
	cr_assert_null(u);
	cr_assert_eq(err.sys, ENOENT);
	cr_assert_not_null(strstr(err.msg, "temporary file"), "%s", err.msg);
}

struct disk {
	struct bytes bytes;
	uint64_t bad; /* reading at or behind it fails */
};

static int disk_read(void *self, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err)
{
	const struct disk *d = self;
	if (off >= d->bad)
		return err_sys(err, EIO, "cannot read");
	size_t left = off < d->bytes.n ? d->bytes.n - (size_t)off : 0;
	*ret_n = n < left ? n : left;
	memcpy(buf, d->bytes.p + off, *ret_n);
	return 0;
}

/* The disk fails behind the first buffer: what was read of it comes out. */
Test(unpack, reading_may_fail)
{
	static const struct input_ops ops = { .read_at = disk_read };
	struct bytes plain = some_bytes(2000000);
	struct disk d = { .bytes = packed(&packers[0], plain.p, plain.n), .bad = 200000 };
	struct unpacked_list list;
	struct unpacker *u;
	struct input *in;
	unpacker_free(NULL);
	cr_assert_gt(d.bytes.n, 600000);
	cr_assert_eq(unpacker_new(&u, NULL), 0);
	cr_assert_eq(input_custom("disk", &ops, &d, &in, NULL), 0);
	cr_assert_eq(unpack(u, in, &plenty, &list, NULL), 0);
	cr_assert_eq(list.n, 1);
	cr_assert_eq(list.items[0].err.kind, ERR_SYSTEM);
	cr_assert_eq(list.items[0].err.sys, EIO);
	cr_assert_not_null(list.items[0].input);
	unpacked_done(&list);
	unpacker_free(u);
	free(d.bytes.p);
	free(plain.p);
}
