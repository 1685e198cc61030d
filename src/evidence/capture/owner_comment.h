/* SPDX-License-Identifier: Apache-2.0 */
/* Packet comments in which capture programs name processes: doc/capture-processes.md. */
#ifndef WHOSENT_EVIDENCE_OWNER_COMMENT_H
#define WHOSENT_EVIDENCE_OWNER_COMMENT_H

#include <stdbool.h>

#include "model/owner.h"

/* Adds what one comment says to *owner, whose origin is 0 before the first comment of a packet.
 * Comments of people and of other programs say nothing. Spans of *owner lie in `comment`. */
void owner_comment(struct span comment, struct owner *owner);

#endif
