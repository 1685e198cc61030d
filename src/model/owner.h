/* SPDX-License-Identifier: Apache-2.0 */
/* Process information that a capture carries beside a packet: who had its socket, as the program
 * that captured it says. doc/capture-processes.md describes each of the forms. */
#ifndef WHOSENT_MODEL_OWNER_H
#define WHOSENT_MODEL_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/stamp.h"
#include "model/claim.h"

/* Who wrote it, and so how far it can be believed. */
enum owner_origin {
	OWNER_DARWIN = 1, /* Apple's kernel: process blocks, PKTAP headers */
	OWNER_HONE,       /* Hone's kernel module: the socket's process */
	OWNER_WIRESHARK,  /* dumpcap --process-info: it polls the socket tables */
	OWNER_PTCPDUMP,   /* comments of ptcpdump: socket and flow maps filled by eBPF */
	OWNER_RUSTNET,    /* comments of rustnet: likewise, and by look-ups */
	OWNER_THREAD,     /* etl2pcapng: the thread that happened to run */
	OWNER_UNSTATED,   /* EPB option 8 and nothing that says whose */
	/* whosent's own annotations: each grade stays what it was. */
	OWNER_NOTED_EXACT,
	OWNER_NOTED_FLOW,
	OWNER_NOTED_ENDPOINT,
	OWNER_NOTED_PORTS,
	OWNER_COUNT,
};

/* The highest grade that the origin allows; GRADE_NONE: a candidate, never a name. */
enum grade owner_grade(enum owner_origin origin);

/* Why a candidate of that origin is one; for outputs. */
enum because owner_because(enum owner_origin origin);

/* What wrote the statement, in a few words: "a comment of ptcpdump". */
const char *origin_text(enum owner_origin origin);

/* Spans are borrowed until the next call of the source. */
struct owner {
	enum owner_origin origin;
	uint32_t pid;
	bool has_parent, has_start, has_effective;
	uint32_t parent;          /* PID */
	struct source_time start; /* of the process, by the clock of the capture */
	uint32_t effective;       /* PID of the process on whose behalf the owner acts */
	struct span image;        /* file name without its folder, "curl"; empty where not stated */
	struct span effective_image;
	bool image_cut; /* the form cuts names at a width, and this one fills it */
	bool kernel;    /* the form says that it is a thread of the kernel */
	bool disputed;  /* the packet's own options name another process too, or another name */
};

#endif
