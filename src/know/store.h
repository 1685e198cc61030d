/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of one run, sorted by id. */
#ifndef WHOSENT_KNOW_STORE_H
#define WHOSENT_KNOW_STORE_H

#include <stddef.h>

struct rule;

struct rules {
	struct rule **rules;
	size_t count, cap;
};

#endif
