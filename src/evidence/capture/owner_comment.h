/* SPDX-License-Identifier: Apache-2.0 */
/* Packet comments in which capture programs name processes: doc/capture-processes.md. */
#ifndef WHOSENT_EVIDENCE_OWNER_COMMENT_H
#define WHOSENT_EVIDENCE_OWNER_COMMENT_H

#include <stdbool.h>

#include "model/owner.h"

/* Adds what one comment says to *owner, whose origin is 0 before the first comment of a packet.
 * Comments of people and of other programs say nothing. Spans of *owner lie in `comment`. */
void owner_comment(struct span comment, struct owner *owner);

/* The origin that stands for the grade of one of whosent's own comments ("process: NAME pid=N
 * grade=flow"), of a packet or in a process block: it says how far the block goes. 0 for grades
 * that name nobody, and for all other comments. */
enum owner_origin owner_noted(struct span comment);

/* Where `other`, of the same packet, is another process or gives it another name: *owner becomes a
 * candidate. It keeps its name unless that is what they differ in. Wrong where one of them is a
 * mistake and the other is right, which is then not said. */
void owner_doubt(struct owner *owner, const struct owner *other);

#endif
