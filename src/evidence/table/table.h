/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of process tables. */
#ifndef WHOSENT_EVIDENCE_TABLE_H
#define WHOSENT_EVIDENCE_TABLE_H

#include "model/source.h"

/* tasklist and tasklist /SVC of Windows: doc/tasklist.md. */
extern const struct source_format format_tasklist;

/* conntrack of Linux and /proc/net/nf_conntrack. */
extern const struct source_format format_conntrack;

#endif
