/* SPDX-License-Identifier: Apache-2.0 */
/* How the readers of captured frames fill a record. */
#ifndef WHOSENT_EVIDENCE_PACKET_RECORD_H
#define WHOSENT_EVIDENCE_PACKET_RECORD_H

#include "evidence/capture/pktap.h"
#include "model/source.h"

/* Makes *ret a packet without anything. Its digest is not touched, for it is not `digested`: to
 * clear it would cost more than to read the frame. */
static inline void packet_record_begin(struct record *ret, uint64_t number)
{
	ret->kind = RECORD_PACKET;
	ret->input = 0;
	ret->number = number;
	ret->has_time = false;
	ret->when = (struct source_time){ 0 };
	ret->packet.bytes = (struct span){ 0 };
	ret->packet.link_type = 0;
	ret->packet.wire_bytes = 0;
	ret->packet.way = WAY_UNKNOWN;
	ret->packet.digested = false;
	ret->packet.options_big = false;
	ret->packet.options = (struct span){ 0 };
	ret->packet.owner = NULL;
	ret->packet.interface = NULL;
	ret->packet.remark = (struct span){ 0 };
	ret->packet.copy = false;
}

/* What a PKTAP header before the frame adds, where nothing said it before: see pktap.h. `owner` is
 * borrowed by *ret. */
void packet_record_tapped(struct record *ret, struct owner *owner);

static inline void tally_lost(struct tally *t, uint64_t n)
{
	if (__builtin_add_overflow(t->lost, n, &t->lost))
		t->lost = UINT64_MAX;
}

#endif
