/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from inputs is made harmless before it is shown. */
#ifndef WHOSENT_OUTPUT_ESCAPE_H
#define WHOSENT_OUTPUT_ESCAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/str.h"

/* Control characters (C0, DEL, C1) and characters that are invisible or turn the direction of
 * writing: they can move a terminal's cursor or make a name look like another one. */
bool escape_needed(uint32_t character);

/* Appends text for a terminal: such characters as `\x1b` or `\u202e`, bytes that are not UTF-8 as
 * U+FFFD, all else as it is. */
void escape_span(struct str *out, struct span text);
void escape_text(struct str *out, const char *text);

#endif
