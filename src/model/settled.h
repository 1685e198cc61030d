/* SPDX-License-Identifier: Apache-2.0 */
/* A packet whose two sides have their answer: what the correlator gives and the describer takes. */
#ifndef WHOSENT_MODEL_SETTLED_H
#define WHOSENT_MODEL_SETTLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/claim.h"
#include "model/digest.h"
#include "model/report.h"

/* Borrowed for the time of the call that hands it out. */
struct settled {
	uint32_t input;
	uint64_t number;
	bool has_time;
	bool selected; /* by --filter */
	bool watched;  /* by --frame */
	struct ref_time when;
	const struct digest *digest;
	const struct claim *claims;          /* [SIDES] */
	const struct evidence *duplicate_of; /* it is a copy of that packet, or NULL */
	uint32_t *mark; /* what the taker writes here for a packet it finds with its copies */
	const struct outer_claim *outer; /* [SIDES], or NULL where DIGEST_OUTER is not set */
	enum direction direction;
	uint32_t host;   /* whose packet it is by direction; UINT32_MAX for nobody's */
	bool answerable; /* its flow is followed: TCP, UDP, ICMP echo */
	bool answered;   /* that flow has a packet the other way, before it or in the hold */
	const struct considered *considered; /* for a watched frame; else n_considered is 0 */
	size_t n_considered;
};

/* The side by which the packet is counted: the better graded one, the sender on a tie. */
static inline enum side settled_best_side(const struct settled *s)
{
	return s->claims[SIDE_RECEIVER].grade > s->claims[SIDE_SENDER].grade ? SIDE_RECEIVER
									     : SIDE_SENDER;
}

#endif
