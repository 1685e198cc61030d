/* SPDX-License-Identifier: Apache-2.0 */
/* Text of inputs: borrowed spans, never NUL-terminated, never trusted to be UTF-8. */
#ifndef WHOSENT_BASE_TEXT_H
#define WHOSENT_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/* Without blanks, tabs, CR and no-break spaces (UTF-8 C2 A0, or a lone A0 of a code page). */
struct span text_trim(struct span s);

bool text_equal(struct span s, const char *word);
/* ASCII letters of either case count as the same. */
bool text_equal_nocase(struct span s, const char *word);
bool text_starts(struct span s, const char *prefix);

/* Cuts off and returns what stands before the first `sep`; the whole where there is none.
 * `rest` is then what follows it, or empty with p == NULL. */
struct span text_split(struct span *rest, uint8_t sep);

/* The next word: leading blanks (as in text_trim) are passed over. Empty at the end. */
struct span text_word(struct span *rest);

/* Decimal digits only, all of the span; false on anything else or overflow. */
bool text_u64(struct span s, uint64_t *ret);
/* Decimal, or hexadecimal behind 0x. */
bool text_number(struct span s, uint64_t *ret);
/* The text without the byte order mark of UTF-8 that may stand before it. */
struct span text_skip_mark(struct span s);
/* 2 * n hexadecimal digits and nothing else, as n bytes; `ret` may be spoilt where that is false.
 */
bool text_hex(struct span s, uint8_t *ret, size_t n);
/* Decimal of at most `max`. */
bool text_u32(struct span s, uint32_t max, uint32_t *ret);

/* Decodes one UTF-8 character at the front. Returns its length in bytes; where the bytes are
 * not UTF-8 (RFC 3629), 1 with *ret = U+FFFD. The span must not be empty. */
size_t text_utf8(struct span s, uint32_t *ret);

#endif
