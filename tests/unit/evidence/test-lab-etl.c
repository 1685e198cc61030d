/* SPDX-License-Identifier: Apache-2.0 */
/* What the lab packs is expanded to what it was, for each form of a length. tests/etl.py does the
 * same for whole logs. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "evidence/trace/etl/lz77.h"
#include "random.h"
#include "write/etl_lz77.h"

static size_t check(const uint8_t *in, size_t n)
{
	uint8_t *packed = malloc(etl_lz77_bound(n)), *out = malloc(n ? n : 1);
	struct err err = { 0 };
	size_t got = 0, size = etl_lz77_pack(span_of(in, n), packed);
	cr_assert_leq(size, etl_lz77_bound(n));
	cr_assert_eq(lz77_expand(span_of(packed, size), out, n, &got, &err), 0, "%zu bytes: %s", n,
		err.msg);
	cr_assert_eq(got, n);
	cr_assert_arr_eq(out, in, n);
	free(packed);
	free(out);
	return size;
}

/* Each length of a match up to and over the borders of its forms: 10, 25, 280, 65538. */
Test(lab_etl, runs)
{
	static uint8_t in[70000];
	for (size_t n = 1; n < 700; n++)
		check(in, n);
	for (size_t n = 65500; n < 65600; n++)
		cr_expect_leq(check(in, n), 20);
}

/* Two lengths share a byte where both have a half of one. */
Test(lab_etl, halves)
{
	static uint8_t in[4096];
	struct random r = { 7 };
	for (unsigned round = 0; round < 500; round++) {
		size_t n = 0;
		while (n < 4000) {
			size_t run = 1 + random_below(&r, 40);
			uint8_t v = (uint8_t)random_below(&r, 3);
			while (run-- && n < sizeof in)
				in[n++] = v;
		}
		check(in, n);
	}
}

Test(lab_etl, what_cannot_be_packed)
{
	static uint8_t in[5000];
	struct random r = { 11 };
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)random_next(&r);
	for (size_t n = 1; n < sizeof in; n += 7)
		check(in, n);
}

/* Matches reach back 8192 bytes and no farther. */
Test(lab_etl, far_matches)
{
	static uint8_t in[20000];
	struct random r = { 13 };
	for (size_t gap = 8180; gap < 8204; gap++) {
		for (size_t i = 0; i < sizeof in; i++)
			in[i] = (uint8_t)random_next(&r);
		memcpy(in + gap, in, 400);
		check(in, sizeof in);
	}
}
