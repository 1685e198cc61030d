/* SPDX-License-Identifier: Apache-2.0 */
/* The short way of tracerpt's rows: those of the network in the short form, as nearly all are.
 * Private to the reader. */
#ifndef WHOSENT_EVIDENCE_TRACERPT_PLAIN_H
#define WHOSENT_EVIDENCE_TRACERPT_PLAIN_H

#include <stdbool.h>

#include "base/cursor.h"
#include "model/record.h"

/* `line` had its line feed. True where it is a network row of version 1 or later, over IPv4,
 * without quotes, sound in all that is read, and of a process: then *ret is what row_network makes
 * of it, but for its number. False says nothing, and *ret may be half filled: the row is for the
 * long way. */
bool plain_row(struct span line, struct record *ret);

#endif
