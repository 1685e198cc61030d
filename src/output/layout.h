/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of 100 columns. Text may carry the marks below; since everything from
 * inputs is escaped, no input can bring one. A character counts as one column, so that names in
 * wide scripts may pass the edge. */
#ifndef WHOSENT_OUTPUT_LAYOUT_H
#define WHOSENT_OUTPUT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define LAYOUT_COLUMNS 100

#define MARK_BOLD "\x01"
#define MARK_DIM "\x02"
#define MARK_END "\x03"
#define MARK_TIE "\x04" /* a blank where no line breaks: between a number and its unit */

struct layout {
	struct str *out;
	bool color; /* marks become escape sequences; else they vanish */
};

/* Columns that a text takes; marks take none. */
size_t layout_width(const char *text);

/* One line as it is, never wrapped. */
void layout_line(const struct layout *l, const char *text);

/* `lead`, and behind it `text` wrapped between `indent` and `edge` columns. A lead that reaches
 * into the text's column gets a line of its own. */
struct layout_block {
	const char *lead, *text;
	size_t indent, edge;
	const char *tail; /* NULL, or flush with the last column of the first line */
};
void layout_block(const struct layout *l, const struct layout_block *block);

#endif
