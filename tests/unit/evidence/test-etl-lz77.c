/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed buffers: each form of a length, a real front, and streams that are cut or lie. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "evidence/trace/etl/lz77.h"

#define OUT 100000u

struct expanded {
	int rc;
	size_t n;
	uint8_t b[OUT];
	struct err err;
};

/* From memory that ends right behind the stream, into memory that ends right behind what is asked.
 */
static void expand(const uint8_t *p, size_t n, size_t wanted, struct expanded *ret)
{
	uint8_t *in = malloc(n ? n : 1), *out = malloc(wanted ? wanted : 1);
	if (n)
		memcpy(in, p, n);
	ret->err = (struct err){ 0 };
	ret->rc = lz77_expand(span_of(in, n), out, wanted, &ret->n, &ret->err);
	cr_assert_leq(ret->n, wanted);
	memcpy(ret->b, out, ret->n);
	free(in);
	free(out);
}

/* The front of the first compressed buffer of net.4.5.2.x64.etl, a file of the tests of PerfView.
 */
Test(lz77, real_front)
{
	static const uint8_t in[] = { 0x82, 0x1a, 0x04, 0x00, 0x02, 0x00, 0x11, 0xc0, 0x34, 0x00,
		0x05, 0x00, 0x90, 0x34, 0xce, 0x73, 0x00, 0x00, 0x00, 0x0f, 0x27, 0x01, 0x00, 0x02,
		0x41, 0x00, 0x1f, 0x00, 0x3d, 0x2a, 0xbc, 0x00, 0x04, 0xb8, 0x01, 0x5b };
	static const uint8_t front[] = { 0x02, 0x00, 0x11, 0xc0, 0x34, 0x00, 0x05, 0x00, 0x90, 0x34,
		0xce, 0x73, 0x00, 0x00, 0x00, 0x00, 0x0f, 0x27, 0x01, 0x00, 0x02, 0x00, 0x00,
		0x00 };
	static const uint8_t tail[] = { 0x2a, 0, 0, 0, 0, 0, 0, 0, 0x04, 0x00, 0x11, 0xc0, 0x5b };
	static struct expanded x;
	expand(in, sizeof in, 61, &x);
	cr_assert_eq(x.rc, 0, "%s", x.err.msg);
	cr_assert_eq(x.n, 61);
	cr_expect_arr_eq(x.b, front, sizeof front);
	for (size_t i = sizeof front; i < 0x30; i++)
		cr_expect_eq(x.b[i], 0);
	cr_expect_arr_eq(x.b + 0x30, tail, sizeof tail);
}

/* "a", and a match of the byte before with each form of a length. */
static const struct form {
	size_t length;
	size_t n;
	uint8_t in[20];
} forms[] = {
	{ 3, 7, { 0, 0, 0, 0x40, 'a', 0, 0 } },
	{ 9, 7, { 0, 0, 0, 0x40, 'a', 6, 0 } },
	{ 10, 8, { 0, 0, 0, 0x40, 'a', 7, 0, 0xf0 } },
	{ 24, 8, { 0, 0, 0, 0x40, 'a', 7, 0, 0xfe } },
	{ 25, 9, { 0, 0, 0, 0x40, 'a', 7, 0, 0xff, 0 } },
	{ 279, 9, { 0, 0, 0, 0x40, 'a', 7, 0, 0xff, 0xfe } },
	{ 280, 11, { 0, 0, 0, 0x40, 'a', 7, 0, 0xff, 0xff, 0x15, 0x01 } },
	{ 25, 11, { 0, 0, 0, 0x40, 'a', 7, 0, 0xff, 0xff, 22, 0 } },
	{ 65538, 11, { 0, 0, 0, 0x40, 'a', 7, 0, 0xff, 0xff, 0xff, 0xff } },
	{ 70003, 15, { 0, 0, 0, 0x40, 'a', 7, 0, 0xff, 0xff, 0, 0, 0x70, 0x11, 1, 0 } },
};

Test(lz77, lengths_and_cuts)
{
	static struct expanded x;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		const struct form *f = &forms[i];
		expand(f->in, f->n, f->length + 1, &x);
		cr_assert_eq(x.rc, 0, "length %zu: %s", f->length, x.err.msg);
		cr_assert_eq(x.n, f->length + 1);
		for (size_t k = 0; k < x.n; k++)
			cr_assert_eq(x.b[k], 'a');
		/* One byte more than the match gives is not there. */
		expand(f->in, f->n, f->length + 2, &x);
		cr_assert_eq(x.rc, -1);
		for (size_t cut = 0; cut < f->n; cut++) {
			expand(f->in, cut, f->length + 1, &x);
			cr_assert_eq(x.rc, -1);
			cr_assert_eq(x.err.kind, ERR_TRUNCATED);
			cr_assert_eq(x.n, cut > 4);
		}
	}
}

/* Two long matches share the byte of their nibbles; a third takes a new one. */
Test(lz77, nibbles_are_shared)
{
	static const uint8_t in[] = { 0, 0, 0, 0x70, 'a', 7, 0, 0x21, 7, 0, 7, 0, 0x03 };
	static struct expanded x;
	expand(in, sizeof in, 1 + 11 + 12 + 13, &x);
	cr_assert_eq(x.rc, 0, "%s", x.err.msg);
	expand(in, sizeof in - 1, 1 + 11 + 12 + 13, &x);
	cr_assert_eq(x.rc, -1);
	cr_assert_eq(x.n, 1 + 11 + 12);
}

Test(lz77, distances)
{
	/* "abc", then 5 bytes from 3 back, then 3 from 8 back. */
	static const uint8_t in[] = { 0, 0, 0, 0x18, 'a', 'b', 'c', 2 << 3 | 2, 0, 7 << 3, 0 };
	static const uint8_t far[] = { 0, 0, 0, 0x18, 'a', 'b', 'c', 3 << 3 | 2, 0 };
	static struct expanded x;
	expand(in, sizeof in, 11, &x);
	cr_assert_eq(x.rc, 0, "%s", x.err.msg);
	cr_assert_arr_eq(x.b, "abcabcababc", 11);
	expand(far, sizeof far, 11, &x);
	cr_assert_eq(x.rc, -1);
	cr_assert_eq(x.err.kind, ERR_MALFORMED);
	cr_assert_eq(x.err.off, 7);
	cr_assert_eq(x.n, 3);
}

/* A length whose form counts all of it may not be less than what shorter forms say. */
Test(lz77, length_below_its_form)
{
	static const uint8_t in[] = { 0, 0, 0, 0x40, 'a', 7, 0, 0xff, 0xff, 21, 0 };
	static const uint8_t zero[] = { 0, 0, 0, 0x40, 'a', 7, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0 };
	static struct expanded x;
	expand(in, sizeof in, 50, &x);
	cr_assert_eq(x.err.kind, ERR_MALFORMED);
	expand(zero, sizeof zero, 50, &x);
	cr_assert_eq(x.err.kind, ERR_MALFORMED);
}

/* What stands behind the last byte that is wanted is not looked at, even inside a match. */
Test(lz77, stops_when_full)
{
	static const uint8_t in[] = { 0, 0, 0, 0x40, 'a', 6, 0 };
	static struct expanded x;
	for (size_t n = 0; n <= 10; n++) {
		expand(in, sizeof in, n, &x);
		cr_assert_eq(x.rc, 0);
		cr_assert_eq(x.n, n);
	}
	expand(NULL, 0, 0, &x);
	cr_assert_eq(x.rc, 0);
}
