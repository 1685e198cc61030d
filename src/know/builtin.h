/* SPDX-License-Identifier: Apache-2.0 */
/* The files of rules/ as they were when the program was built; written by tools/embed.py. */
#ifndef WHOSENT_KNOW_BUILTIN_H
#define WHOSENT_KNOW_BUILTIN_H

#include <stddef.h>

#include "base/cursor.h"

struct builtin_rule {
	const char *file; /* "exchange-newmail-udp.yaml" */
	struct span yaml;
};

extern const struct builtin_rule rules_builtin[];
extern const size_t rules_builtin_count;

#endif
