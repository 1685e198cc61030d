/* SPDX-License-Identifier: Apache-2.0 */
/* Who is behind one side of one packet, and how that is known. Grades and reasons are the closed
 * lists of the design; their order is their strength, and for reasons the order of the test. */
#ifndef WHOSENT_MODEL_CLAIM_H
#define WHOSENT_MODEL_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "model/addr.h"
#include "model/process.h"

enum grade {
	GRADE_NONE = 0, /* there is a reason instead */
	GRADE_LIFETIME,
	GRADE_PATTERN,
	GRADE_PORTS,
	GRADE_ENDPOINT,
	GRADE_FLOW,
	GRADE_EXACT,
	GRADE_COUNT,
};

enum reason {
	REASON_NONE = 0,
	REASON_UNDECODABLE,
	REASON_KERNEL_ICMP_ERROR,
	REASON_KERNEL_ECHO_REPLY,
	REASON_KERNEL_TCP_RESET,
	REASON_KERNEL_TCP_AFTER_EXIT,
	REASON_KERNEL_ARP,
	REASON_KERNEL_NDP,
	REASON_KERNEL_IGMP,
	REASON_KERNEL_TUNNEL,
	REASON_KERNEL_SERVICE,
	REASON_FORWARDED,
	REASON_OTHER_HOST,
	REASON_NOT_TRACED,
	REASON_OUTSIDE_EVIDENCE,
	REASON_LOST_EVENTS,
	REASON_AMBIGUOUS,
	REASON_NOT_IN_LOG,
	REASON_NO_EVIDENCE,
	REASON_COUNT,
};

/* Words beside a reason. */
enum detail {
	DETAIL_NONE = 0,
	DETAIL_LIMIT,        /* a bounded table evicted what was needed */
	DETAIL_NO_CLOCK,     /* the log's clock could not be aligned */
	DETAIL_CLOCK_SET,    /* the log's clock may have been set */
	DETAIL_NO_TIME,      /* the frame states no time */
	DETAIL_LATE,         /* its time is far before that of frames read earlier */
	DETAIL_NO_LOCAL,     /* no record shows which addresses are local */
	DETAIL_FRAGMENT,     /* a later fragment: no ports, or no event of its own */
	DETAIL_NO_TRANSPORT, /* the record does not say which protocol carried it */
	DETAIL_NFS,          /* of REASON_KERNEL_SERVICE: which one */
	DETAIL_CIFS,
	DETAIL_WIREGUARD,
	DETAIL_ISCSI,
	DETAIL_DRBD,
	DETAIL_COUNT,
};

/* Why a process is a candidate beside a reason. */
enum because {
	BECAUSE_EVENT = 0, /* its event fits as well: a rival */
	BECAUSE_THREAD,    /* its thread ran when the packet passed (etl2pcapng) */
	BECAUSE_UNSTATED,  /* the capture names its PID and not how it was found */
	BECAUSE_SIDE,      /* the capture names it and not for which end of the packet */
	BECAUSE_COUNT,
};

const char *because_text(enum because b); /* a few words */

const char *grade_name(enum grade g);   /* "exact" */
const char *reason_name(enum reason r); /* "not-traced" */
const char *detail_text(enum detail d); /* a few words, or NULL for DETAIL_NONE */
/* The reason in a sentence for people: "the log cannot hold this protocol". */
const char *reason_text(enum reason r);

/* A record that vouches: input and number as in struct record. */
struct evidence {
	uint32_t input;
	uint64_t number;
};

#define CLAIM_EVIDENCE 2
#define CLAIM_CANDIDATES 4

struct claim {
	uint8_t grade;  /* enum grade */
	uint8_t reason; /* enum reason; REASON_NONE exactly where grade is not GRADE_NONE */
	uint8_t detail; /* enum detail */
	uint8_t op;     /* enum event_op of evidence[0], 0 where it is no event */
	uint8_t n_evidence, n_candidates;
	bool more_candidates; /* there were more than CLAIM_CANDIDATES */
	bool has_delta;       /* clock_delta_ns is good */
	uint8_t because;      /* enum because: of the candidates */
	bool translated;      /* evidence[1] is what a router states of the packet's addresses */
	uint8_t origin;       /* enum owner_origin where evidence[0] is the capture's own, else 0 */
	process_handle process; /* PROCESS_NONE exactly where grade is GRADE_NONE */
	uint32_t service;       /* which of its services: a tag, 0 or SERVICE_SEVERAL (process.h) */
	/* Whose socket a kernel packet is about; of a named process, on whose behalf it acts. Or
	 * PROCESS_NONE. */
	process_handle about;
	/* Rivals of REASON_AMBIGUOUS; beside a grade, who received the packet as well (multicast,
	 * broadcast). */
	process_handle candidates[CLAIM_CANDIDATES];
	struct evidence evidence[CLAIM_EVIDENCE];
	int64_t clock_delta_ns; /* packet minus aligned event */
};

/* One end of the outer packet of a tunnel: REASON_KERNEL_TUNNEL, or a process that owns its flow.
 */
struct outer_claim {
	process_handle process; /* PROCESS_NONE: the kernel's */
	uint8_t grade;          /* enum grade; GRADE_NONE exactly where process is PROCESS_NONE */
	struct evidence evidence;
};

enum side { SIDE_SENDER = 0, SIDE_RECEIVER = 1, SIDES = 2 };

static inline const struct endpoint *side_end(const struct flow *flow, enum side side)
{
	return side == SIDE_SENDER ? &flow->src : &flow->dst;
}

/* Where a packet runs, seen from the hosts whose evidence was given. */
enum direction {
	DIRECTION_NONE = 0, /* neither end is known to be ours */
	DIRECTION_OUT,
	DIRECTION_IN,
	DIRECTION_LOCAL,
};

const char *direction_name(enum direction d); /* "out"; NULL for DIRECTION_NONE */

static inline struct claim claim_reason(enum reason r, enum detail d)
{
	return (struct claim){ .reason = (uint8_t)r,
		.detail = (uint8_t)d,
		.process = PROCESS_NONE,
		.about = PROCESS_NONE };
}

/* The process, by this grade and evidence. */
struct claim claim_named(enum grade g, process_handle process, struct evidence evidence);

/* One more process that it may have been; what is a candidate already is none twice. */
void claim_candidate(struct claim *c, process_handle process);

/* It was one of two, and each has evidence. */
struct claim claim_rivals(
	process_handle a, struct evidence of_a, process_handle b, struct evidence of_b);

#endif
