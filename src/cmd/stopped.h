/* SPDX-License-Identifier: Apache-2.0 */
/* --stopped NAME@TIME[..TIME]: what a process or service is said to have been stopped for. */
#ifndef WHOSENT_CMD_STOPPED_H
#define WHOSENT_CMD_STOPPED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/stamp.h"

struct stopping {
	struct span name; /* image, service or PID; borrowed */
	struct source_time from, to;
	bool restarted; /* at `to` */
	bool zoned;     /* the times state their zone, and are UTC here */
};

/* A time that somebody wrote down is good to the second. */
#define STOPPED_ERROR_NS 1000000000ll

/* ERR_USAGE where it is none. */
int stopped_parse(const char *text, struct stopping *ret, struct err *err);

/* By name, then by time: those of one name stand together. */
void stopped_sort(struct stopping *list, size_t n);
/* ERR_USAGE where two of one name overlap. */
int stopped_check(const struct stopping *list, size_t n, struct err *err);
bool stopped_same(const struct stopping *a, const struct stopping *b);

#endif
