/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"

/* Whatever the system answers, the bytes are the caller's as before, also once they have grown. */
Test(large, bytes_stay)
{
	size_t n = 5u << 20, more = 11u << 20;
	large_setup();
	unsigned char *p = malloc(n);
	cr_assert_not_null(p);
	large_pages(p, n);
	memset(p, 0x5a, n);
	unsigned char *q = realloc(p, more);
	cr_assert_not_null(q);
	large_pages(q, more);
	memset(q + n, 0xa5, more - n);
	for (size_t i = 0; i < more; i += 4096)
		cr_assert_eq(q[i], i < n ? 0x5a : 0xa5, "byte %zu", i);
	cr_assert_eq(q[more - 1], 0xa5);
	free(q);
}

Test(large, small_and_null)
{
	char small[16] = "as it was";
	large_pages(NULL, 64u << 20);
	large_pages(small, sizeof small);
	cr_assert_str_eq(small, "as it was");
}
