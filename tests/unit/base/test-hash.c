/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <criterion/criterion.h>

#define MOST 100

static void fill(uint8_t *b)
{
	for (int i = 0; i < MOST; i++)
		b[i] = (uint8_t)(i * 37 + 11);
}

Test(hash, payload_hash_depends_on_each_byte_that_it_sees)
{
	uint8_t b[MOST];
	fill(b);
	for (size_t n = 1; n <= MOST; n++) {
		uint64_t whole = hash_payload(b, n);
		for (size_t i = 0; i < n; i++) {
			b[i] ^= 0x10;
			bool same = hash_payload(b, n) == whole;
			b[i] ^= 0x10;
			cr_assert_eq(same, i >= HASH_PAYLOAD_BYTES, "byte %zu of %zu", i, n);
		}
	}
}

Test(hash, payload_hash_depends_on_the_length)
{
	uint8_t zero[MOST] = { 0 };
	for (size_t n = 0; n <= MOST; n++)
		for (size_t m = 0; m < n; m++)
			cr_assert_neq(
				hash_payload(zero, n), hash_payload(zero, m), "%zu, %zu", n, m);
}

Test(hash, payload_hash_depends_on_the_order)
{
	uint8_t b[MOST];
	fill(b);
	for (size_t n = 2; n <= HASH_PAYLOAD_BYTES; n++) {
		uint64_t whole = hash_payload(b, n);
		for (size_t i = 0; i + 1 < n; i++) {
			uint8_t first = b[i];
			b[i] = b[i + 1];
			b[i + 1] = first;
			cr_assert_neq(
				hash_payload(b, n), whole, "bytes %zu and %zu of %zu", i, i + 1, n);
			fill(b);
		}
	}
}

Test(hash, key_changes_the_keyed_hash)
{
	struct hash_key one = { 1, 2 }, other = { 1, 3 };
	cr_assert_eq(hash_bytes(one, "abc", 3), hash_bytes(one, "abc", 3));
	cr_assert_neq(hash_bytes(one, "abc", 3), hash_bytes(other, "abc", 3));
}
