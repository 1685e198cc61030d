/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts of numbers: see numbers.h. */
#include "describe/numbers.h"

#include <string.h>

void numbers_insert(struct numbers *n, uint32_t value)
{
	unsigned at = 0;
	if (n->more)
		return;
	while (at < n->n_values && n->values[at] < value)
		at++;
	if (at < n->n_values && n->values[at] == value)
		return;
	if (n->n_values == PATTERN_SET) {
		n->more = true;
		return;
	}
	memmove(&n->values[at + 1], &n->values[at], (n->n_values - at) * sizeof *n->values);
	n->values[at] = value;
	n->n_values++;
}

static void stretch(struct numbers *n, uint32_t min, uint32_t max)
{
	if (n->known == 0 || min < n->min)
		n->min = min;
	if (n->known == 0 || max > n->max)
		n->max = max;
}

void numbers_merge(struct numbers *into, const struct numbers *from)
{
	if (from->known == 0)
		return;
	stretch(into, from->min, from->max);
	into->known += from->known;
	for (unsigned i = 0; i < from->n_values; i++)
		numbers_insert(into, from->values[i]);
	into->more = into->more || from->more;
}

struct number_pattern numbers_pattern(const struct numbers *n, enum number_kind many)
{
	struct number_pattern p = { .known = n->known, .min = n->min, .max = n->max };
	if (n->known == 0)
		return p;
	p.kind = n->more ? many : n->n_values == 1 ? NUMBER_CONSTANT : NUMBER_SET;
	if (!n->more) {
		p.n_values = n->n_values;
		memcpy(p.values, n->values, sizeof p.values);
	}
	return p;
}
