/* SPDX-License-Identifier: Apache-2.0 */
/* One row of the report: a group, its pattern, its process and what a rule says of it. */
#ifndef WHOSENT_MODEL_FINDING_H
#define WHOSENT_MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/claim.h"
#include "model/group.h"
#include "model/pattern.h"
#include "model/process.h"

enum strength { STRENGTH_NONE = 0, STRENGTH_WEAK, STRENGTH_MEDIUM, STRENGTH_STRONG };

const char *strength_name(enum strength s); /* "weak" */

/* Does the named process agree with the one that the rule expects? */
enum agreement {
	AGREEMENT_UNKNOWN, /* no process is named, or the rule expects none */
	AGREEMENT_YES,
	AGREEMENT_NO, /* a contradiction: such packets, but from another program */
};

/* What a rule says. All strings live as long as the rules. */
struct explanation {
	const char *id, *title, *why, *confirm, *stop;
	const char *const *references;
	size_t n_references;
	enum strength strength; /* raised where the process agrees */
	enum agreement agreement;
	const char *expected; /* "store.exe (MSExchangeIS)", or NULL */
	bool by_port_only;    /* a weak rule that saw nothing but a port: must be said */
};

/* A process that may be behind packets for which none is named, and why it is mentioned. */
struct candidate {
	process_handle process;
	char because[160];
};

#define FINDING_CANDIDATES 8
#define FINDING_PROOFS 4

/* One packet with the record that vouches for it, for the report's "proof" lines. */
struct proof {
	uint32_t input;  /* of the packet */
	uint64_t number; /* frame */
	struct flow flow;
	uint8_t transport;
	bool has_payload;
	uint32_t payload_bytes;
	uint8_t grade, op; /* enum grade, enum event_op of the evidence */
	uint8_t origin;    /* enum owner_origin where the capture itself states it */
	bool translated;   /* `router` is good: it states what the packet's addresses stand for */
	struct evidence evidence, router;
};

struct finding {
	uint32_t number; /* from 1, in the order of the report */
	char title[240];
	process_handle process; /* PROCESS_NONE: the group is named by its reason */
	uint32_t service;       /* of all its packets: a tag, 0 or SERVICE_SEVERAL */
	enum reason reason;     /* where no process is named: the sender's */
	struct pattern pattern;
	uint64_t grades[GRADE_COUNT]; /* packets by best-graded side; [GRADE_NONE] unused */
	uint64_t reasons[REASON_COUNT];
	bool has_explanation;
	struct explanation explanation;
	struct candidate candidates[FINDING_CANDIDATES];
	size_t n_candidates;
	size_t n_expected;        /* the first so many hold for each packet of the group */
	struct lifetime lifetime; /* known where it has packets of that grade */
	struct proof proofs[FINDING_PROOFS]; /* strongest first */
	size_t n_proofs;
};

#endif
