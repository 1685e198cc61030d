/* SPDX-License-Identifier: Apache-2.0 */
/* Grades over whole groups, after the last packet. */
#ifndef WHOSENT_INFER_INFER_H
#define WHOSENT_INFER_INFER_H

#include <stddef.h>

#include "base/err.h"
#include "model/group.h"

/* Grade `pattern`: packets without evidence of their own whose whole group (one family, one
 * payload length) is one process's as far as there is evidence. Where more processes show the
 * pattern, they become `ambiguous` with those as candidates. `ret` is [n], parallel. */
int infer_pattern(
	const struct cell_tally *cells, size_t n, struct cell_verdict *ret, struct err *err);

#define LIFETIME_SPANS 9 /* around 8 stops */

/* A time in which a process, or a service in it, ran. */
struct lifetime_span {
	process_handle process; /* PROCESS_NONE: it ran, but its PID is not known */
	bool has_from, has_to;  /* it started, stopped then; else as far as the capture goes */
	struct ref_time from, to;
};

/* A process or service that stopped while packets were captured. */
struct lifetime_candidate {
	uint32_t host;
	bool rival_only;  /* when it stopped is not known well enough to say that it was this one */
	int64_t error_ns; /* how far its times may be off; more than 0 */
	int64_t early_ns; /* of a rival: it may have stopped so much earlier */
	struct lifetime_span spans[LIFETIME_SPANS]; /* in order of time */
	size_t n_spans;
	/* What else stopped is known from here to here; where nothing states it, all the time. */
	struct ref_time watched_from, watched_to;
};

/* A time in which the capture lacks packets by its own words. */
struct lifetime_loss {
	struct ref_time from, to;
};

struct lifetime_ask {
	const struct lifetime_candidate *candidates;
	size_t n_candidates;
	const struct lifetime_loss *losses;
	size_t n_losses;
	bool lost_somewhere; /* packets are lost, and nothing says when */
	/* When a host, or a peer, sent anything at all; NULL where that is not known. */
	const struct series *(*host)(void *context, uint32_t host);
	const struct series *(*peer)(void *context, const struct addr *peer);
	void *context;
};

/* The greatest p-value of a claim, after all that was tried. */
#define LIFETIME_P 0.001
/* Up to here the process is mentioned as a candidate. */
#define LIFETIME_P_MENTION 0.05

/* Grade `lifetime`: groups without any evidence that live and die with one process and with no
 * other. Comes after infer_pattern and leaves what that has said. */
int infer_lifetime(const struct lifetime_ask *ask, const struct cell_tally *cells, size_t n,
	struct cell_verdict *verdicts, struct err *err);

#endif
