/* SPDX-License-Identifier: Apache-2.0 */
/* Selects packets by a pcap-filter(7) expression, with libpcap's compiler and interpreter. */
#ifndef WHOSENT_DECODE_FILTER_H
#define WHOSENT_DECODE_FILTER_H

#include <stdbool.h>

#include "base/err.h"
#include "model/digest.h"
#include "model/record.h"

struct filter;

/* Compiles the expression. ERR_USAGE with libpcap's words where it is wrong. Name look-ups
 * happen here, so before the sandbox. */
int filter_new(const char *expression, struct filter **ret, struct err *err);
void filter_free(struct filter *f); /* accepts NULL */

/* Does the filter select this packet? Frames with bytes are tested on their own link type; records
 * without bytes, and frames of link types for which libpcap cannot compile the expression, on an IP
 * header that is synthesised from the digest. What it cannot compile for that either (say, `ether
 * host`) selects nothing there. */
bool filter_match(struct filter *f, const struct packet *packet, const struct digest *digest);

#endif
