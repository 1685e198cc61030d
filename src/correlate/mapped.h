/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of an address that is proven to stand for another one: what is known of that one. */
#ifndef WHOSENT_CORRELATE_MAPPED_H
#define WHOSENT_CORRELATE_MAPPED_H

#include "correlate/settle.h"

/* The address of ours that this side's address stands for, or NULL. Good until the next packet is
 * settled. */
const struct addr *mapped_local(
	const struct settler *s, const struct held_packet *p, enum side side);

/* Names the process that held the port of that address then: `ports` at most, for the address
 * still differs. Several: `ambiguous`. Nothing where none is known. */
void mapped_settle(struct settler *s, struct held_packet *p, enum side side);

#endif
