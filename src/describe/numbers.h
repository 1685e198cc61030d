/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded account of numbers: up to 8 values, the least, the greatest, how many were stated. */
#ifndef WHOSENT_DESCRIBE_NUMBERS_H
#define WHOSENT_DESCRIBE_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/pattern.h"

struct numbers {
	uint64_t known;
	uint32_t min, max;
	uint8_t n_values;
	bool more;                    /* more values than fit */
	uint32_t values[PATTERN_SET]; /* sorted */
};

/* Puts the value among those that are told apart. */
void numbers_insert(struct numbers *n, uint32_t value);

static inline void numbers_add(struct numbers *n, uint32_t value)
{
	if (n->known++ == 0)
		n->min = n->max = value;
	n->min = value < n->min ? value : n->min;
	n->max = value > n->max ? value : n->max;
	if (!n->more)
		numbers_insert(n, value);
}

void numbers_merge(struct numbers *into, const struct numbers *from);
/* `many` is the kind for more values than fit. */
struct number_pattern numbers_pattern(const struct numbers *n, enum number_kind many);

#endif
