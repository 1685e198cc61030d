/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are not read, but known by sight. */
#ifndef WHOSENT_EVIDENCE_STRANGERS_H
#define WHOSENT_EVIDENCE_STRANGERS_H

#include "base/cursor.h"
#include "base/err.h"

/* Says what a file looks like that no reader claims, and the way out where there is one. `head` is
 * its start, `name` its name as given. Returns -1. */
int strangers_name(struct span head, const char *name, struct err *err);

#endif
