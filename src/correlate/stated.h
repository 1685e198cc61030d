/* SPDX-License-Identifier: Apache-2.0 */
/* What a capture itself states of a packet's process: which end it speaks of, and what becomes of
 * it beside the events of logs. */
#ifndef WHOSENT_CORRELATE_STATED_H
#define WHOSENT_CORRELATE_STATED_H

#include <stdbool.h>

#include "correlate/endpoints.h"
#include "correlate/hold.h"
#include "correlate/hosts.h"
#include "correlate/roster.h"

/* A packet arrives: its owner's process is looked up, and where the capture proves that it owned
 * the flow, that is learned. `when` and the flow of *p are set. */
struct stated_setup {
	struct hosts *hosts;
	struct roster *roster;
	struct owners *owners;
	struct endpoints *endpoints;
	const struct clock *clock; /* of the capture */
};
int stated_take(const struct stated_setup *s, const struct packet *packet, struct held_packet *p,
	struct err *err);

/* Learns from a packet with an owner which of its addresses is the host's. `d` is trimmed. */
int stated_see(struct hosts *h, uint32_t input, const struct packet *packet, const struct digest *d,
	struct err *err);

/* Takes a direction out of the digest that says nothing of the end which the packet's owner is. */
void stated_trim(const struct packet *packet, struct digest *d);

/* Which end does the statement speak of? False where that is not known. */
bool stated_side(const struct hosts *h, const struct held_packet *p, enum side *ret);

/* The side's claim is made of events, or says why there are none: what the capture states adds to
 * it, contradicts it, or becomes a candidate. */
void stated_settle(
	const struct hosts *h, const struct roster *roster, struct held_packet *p, enum side side);

/* Does the capture state, as a proof, one of the rivals of *c for this side? */
bool stated_decides(
	const struct hosts *h, const struct held_packet *p, enum side side, const struct claim *c);

/* The outer packet's ends, as a program states them that looked its flow up. */
void stated_outer(
	const struct hosts *h, const struct held_packet *p, struct outer_claim ret[static SIDES]);

#endif
