/* SPDX-License-Identifier: Apache-2.0 */
/* One event of a text dump, from named fields to a record. Private to the readers. */
#ifndef WHOSENT_EVIDENCE_DUMP_EVENT_H
#define WHOSENT_EVIDENCE_DUMP_EVENT_H

#include "evidence/trace/dump_fields.h"
#include "model/record.h"

enum dump_class {
	DUMP_OTHER = 0,
	DUMP_SESSION, /* EventTrace: what the session says of itself */
	DUMP_PROCESS,
	DUMP_TCPIP,
	DUMP_UDPIP,
	DUMP_CONFIG,         /* SystemConfig */
	DUMP_KERNEL_NETWORK, /* Microsoft-Windows-Kernel-Network, and so on */
	DUMP_KERNEL_PROCESS,
	DUMP_TCPIP_STACK, /* Microsoft-Windows-TCPIP */
};

/* By the name of a kernel class or of a provider. */
enum dump_class dump_class_of_name(struct span name);
/* By "{9a280ac0-c8e0-11d1-84e2-00c04fb998a2}", in either case. */
enum dump_class dump_class_of_guid(struct span guid);

/* Two providers of one log may tell of the same datagram or process. What was seen so far decides
 * whose events count. */
struct dump_memory {
	unsigned seen;        /* which tellers of datagrams */
	bool sends, receives; /* of Microsoft-Windows-TCPIP */
	bool processes;       /* of the kernel */
};

struct dump_event {
	enum dump_class class;
	unsigned version;
	unsigned what; /* opcode of a kernel class, event id of a provider */
	struct fields fields;
};

/* False where the event is of no use, whatever its fields are. */
bool dump_event_used(const struct dump_event *e);

/* SOURCE_ITEM with ret->kind and its part of the union (the caller knows number and time);
 * SOURCE_END where the event is sound and says nothing; -1. Spans borrow from the event. */
int dump_event_read(
	struct dump_memory *m, const struct dump_event *e, struct record *ret, struct err *err);

/* What the event counts as: where a better teller of the same datagrams was seen, those of a second
 * one only say who holds the flow. */
enum event_op dump_event_settle(
	struct dump_memory *m, const struct dump_event *e, enum event_op op);

/* Damage may have been anyone's event. The next call of a reader says so, so that packets near it
 * are known to lack one. */
struct dump_loss {
	bool due, has_time;
	struct source_time when;
	uint64_t line;
};

/* Gives the loss that is due. Returns SOURCE_ITEM. */
int dump_loss_give(struct dump_loss *loss, struct record *ret);

/* Does nobody lack a packet's event if this one is damaged? */
bool dump_event_is_note(const struct dump_event *e);

#endif
