/* SPDX-License-Identifier: Apache-2.0 */
/* The header that Apple's kernel puts before a frame: which process, and which way. */
#ifndef WHOSENT_EVIDENCE_PKTAP_H
#define WHOSENT_EVIDENCE_PKTAP_H

#include <stdbool.h>

#include "model/record.h"

#define LINKTYPE_USER2 149u /* macOS writes PKTAP as this one too; others, whatever they like */
#define LINKTYPE_PKTAP 258u

static inline bool pktap_may_be(uint32_t link_type)
{
	return link_type == LINKTYPE_PKTAP || link_type == LINKTYPE_USER2;
}

/* False where the frame does not begin with a sound header. ret_owner->pid is 0 and its image empty
 * where the kernel knew no process; spans lie in the frame. */
bool pktap_read(
	struct span frame, uint32_t link_type, enum packet_way *ret_way, struct owner *ret_owner);

/* Does it name a process? The kernel itself is PID 0, with its name. */
static inline bool pktap_names(const struct owner *owner)
{
	return owner->pid != 0 || owner->image.n != 0;
}

#endif
