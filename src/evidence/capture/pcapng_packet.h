/* SPDX-License-Identifier: Apache-2.0 */
/* Packet blocks of pcapng files and their options. */
#ifndef WHOSENT_EVIDENCE_PCAPNG_PACKET_H
#define WHOSENT_EVIDENCE_PCAPNG_PACKET_H

#include "evidence/capture/pcapng_block.h"

/* The fields that all kinds of packet block end up with. */
struct packet_block {
	const struct interface *interface;
	bool has_time;
	uint64_t units; /* high and low half together */
	uint32_t captured, wire;
	uint64_t lost; /* packets before this one, as the obsolete block says */
	struct span bytes, options;
};

/* Each reads the body of its block: enhanced, simple and obsolete packet block. */
int epb_read(
	const struct section *s, struct cursor body, struct packet_block *ret, struct err *err);
int spb_read(
	const struct section *s, struct cursor body, struct packet_block *ret, struct err *err);
int pb_read(const struct section *s, struct cursor body, struct packet_block *ret, struct err *err);

enum {
	MET_INDEX = 1 << 0,      /* index: a process block of Apple's */
	MET_EFFECTIVE = 1 << 1,  /* effective: another one */
	MET_CONNECTION = 1 << 2, /* connection: of Hone */
	MET_HONE_PID = 1 << 3,   /* hone_pid */
	MET_PID = 1 << 4,        /* pid: option 8 */
	MET_COMMENT = 1 << 5,    /* comment: a program's */
};

/* What the options of a packet say. Fields of MET_* that were not met are not set. */
struct packet_options {
	enum packet_way way;
	uint64_t lost; /* packets before this one */
	unsigned met;  /* MET_* */
	uint32_t index, effective, connection, hone_pid, pid;
	struct owner comment;
	enum owner_origin noted; /* whosent's own grade, the weakest of all; 0: none */
	struct span sound; /* the options up to their end, or to one that is longer than the rest */
};

/* Returns -1 where an option is damaged; what the others say is in *ret all the same. */
int packet_options_read(
	const struct section *s, struct span options, struct packet_options *ret, struct err *err);

#endif
