/* SPDX-License-Identifier: Apache-2.0 */
/* Later fragments carry no ports: they get those of the first one, which is remembered here. One
 * table for all inputs of a run; its size is fixed and nothing is allocated. */
#ifndef WHOSENT_DECODE_FRAGMENTS_H
#define WHOSENT_DECODE_FRAGMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stamp.h"
#include "model/record.h"

#define FRAGMENTS_SETS 128
#define FRAGMENTS_WAYS 8
#define FRAGMENTS_RANGES 8

/* What the parts of one packet have in common (RFC 791 3.2, RFC 8200 4.5). Hashed as bytes: no
 * padding. */
struct fragments_key {
	struct addr src, dst;
	uint64_t scope; /* VLANs and tunnels around the parts */
	uint32_t input, interface, id;
	uint8_t version, transport; /* transport 0: IPv6, where it is not part of the key */
	uint16_t zero;
};

/* Bytes [from, to) of the packet that were seen. */
struct fragments_range {
	uint32_t from, to;
};

struct fragments_entry {
	bool used, has_time;
	uint8_t n_ranges;
	uint8_t protocol; /* of the packet that is in parts; a later part must not name another */
	uint64_t turn;    /* when it came, in entries made: the oldest is overwritten */
	struct source_time when;
	struct fragments_key key;
	uint32_t whole; /* bytes of the whole packet behind its headers; 0: not known yet */
	struct fragments_range ranges[FRAGMENTS_RANGES];
	/* What the later parts get. */
	uint32_t known;
	uint8_t ip_version, transport, tunnel, outer_transport;
	struct flow flow, outer;
};

/* Some 300 KiB: not for the stack. */
struct fragments {
	uint64_t turn;
	struct fragments_entry entries[FRAGMENTS_SETS][FRAGMENTS_WAYS];
};

void fragments_init(struct fragments *f);

/* To be called with each packet of a pass, in its order, and the digest that was decoded from it. A
 * first fragment is remembered. A later one gets DIGEST_PORTS and, where it is a part of a tunnel's
 * packet, the tunnel and the flow inside; it keeps DIGEST_FRAGMENT. */
void fragments_fill(struct fragments *f, const struct record *packet, struct digest *d);

#endif
