/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of comma-separated text: see csv.h. */
#include "evidence/csv.h"

#include "base/text.h"

/* Length of a quoted string's inside; SIZE_MAX where its quote is never closed. */
static size_t quoted_length(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '"')
			continue;
		if (i + 1 == s.n || s.p[i + 1] != '"')
			return i;
		i++;
	}
	return SIZE_MAX;
}

/* `at` begins with the quote. Leaves in *at what follows the cell's comma. */
static bool take_quoted(struct span *at, struct csv_cell *ret)
{
	struct span inside = span_of(at->p + 1, at->n - 1);
	size_t n = quoted_length(inside);
	if (n == SIZE_MAX) {
		*ret = (struct csv_cell){ .text = inside, .quoted = true };
		*at = (struct span){ 0 };
		return false;
	}
	*ret = (struct csv_cell){
		.text = text_trim(span_of(inside.p, n)), .quoted = true, .whole = true
	};
	*at = span_of(inside.p + n + 1, inside.n - n - 1);
	return text_trim(text_split(at, ',')).n == 0;
}

/* Passes blanks at the front only: text_trim would look at the end of the whole line as well. */
static struct span behind_blanks(struct span s)
{
	while (s.n) {
		size_t k = s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == 0xa0 ? 1
			: s.n >= 2 && s.p[0] == 0xc2 && s.p[1] == 0xa0       ? 2
									     : 0;
		if (k == 0)
			break;
		s = span_of(s.p + k, s.n - k);
	}
	return s;
}

bool csv_split(struct span line, struct csv_row *ret)
{
	bool sound = true;
	struct span rest = line;
	ret->n = 0;
	ret->sound = CSV_CELLS;
	while (rest.p && ret->n < CSV_CELLS) {
		struct csv_cell *cell = &ret->cells[ret->n++];
		struct span at = behind_blanks(rest);
		if (at.n && at.p[0] == '"') {
			if (!take_quoted(&at, cell) && sound) {
				sound = false;
				ret->sound = ret->n - 1;
			}
			rest = at;
			continue;
		}
		struct span text = text_split(&rest, ',');
		*cell = (struct csv_cell){ .text = text_trim(text), .whole = rest.p != NULL };
	}
	ret->sound = sound ? ret->n : ret->sound;
	return sound;
}
