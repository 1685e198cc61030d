/* SPDX-License-Identifier: Apache-2.0 */
/* A growing string with a stated maximum. Appending never fails in the middle: when memory or
 * the maximum is met the string latches `failed` and stays as it was, to be asked once. */
#ifndef WHOSENT_BASE_STR_H
#define WHOSENT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

struct str {
	char *p; /* NUL-terminated, or NULL while empty */
	size_t n, cap, max;
	bool failed;
};

void str_init(struct str *s, size_t max);
void str_done(struct str *s);
void str_reset(struct str *s); /* empty, memory kept */

void str_add(struct str *s, struct span bytes);
void str_text(struct str *s, const char *text);
void str_char(struct str *s, char c);
void str_u64(struct str *s, uint64_t v); /* in decimal digits */
void str_repeat(struct str *s, char c, size_t n);
__attribute__((format(printf, 2, 3))) void str_printf(struct str *s, const char *fmt, ...);

/* Borrowed until the next call; "" while empty. */
const char *str_get(const struct str *s);

#endif
