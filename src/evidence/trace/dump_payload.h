/* SPDX-License-Identifier: Apache-2.0 */
/* Events that a dump holds as bytes only, because the tool had no words for them: the providers of
 * the binary log read them. Private to the readers. */
#ifndef WHOSENT_EVIDENCE_DUMP_PAYLOAD_H
#define WHOSENT_EVIDENCE_DUMP_PAYLOAD_H

#include "evidence/trace/dump_event.h"

struct dump_payload;

int dump_payload_new(struct dump_payload **ret, struct err *err);
void dump_payload_free(struct dump_payload *p); /* accepts NULL */

/* `hex` is the payload in hexadecimal, `pointer` the bytes of a pointer in it. SOURCE_ITEM with
 * ret->kind and its part of the union, good until the next call; SOURCE_END; -1. */
int dump_payload_read(struct dump_payload *p, struct dump_memory *m, const struct dump_event *e,
	struct span hex, struct record *ret, struct err *err);

/* What the session's header says; 8 until then. Other values than 4 and 8 are passed over. */
void dump_payload_pointer(struct dump_payload *p, uint32_t bytes);

#endif
