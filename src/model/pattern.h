/* SPDX-License-Identifier: Apache-2.0 */
/* What the packets of a group have in common, as values: the describer fills it, rules match
 * it, outputs print it. */
#ifndef WHOSENT_MODEL_PATTERN_H
#define WHOSENT_MODEL_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stamp.h"
#include "model/claim.h"
#include "model/digest.h"

enum number_kind {
	NUMBER_UNKNOWN = 0, /* no packet of the group states it */
	NUMBER_CONSTANT,    /* 1 value */
	NUMBER_SET,         /* 2 to 8 values */
	NUMBER_RISING,      /* ports: at least 3 packets, never falling in frame order; it wins over
			       a set, for it says more of so few values */
	NUMBER_RANGE,       /* lengths: more than 8 values */
	NUMBER_VARIED,      /* ports: more than 8 values */
};

#define PATTERN_SET 8

struct number_pattern {
	enum number_kind kind;
	uint64_t known; /* packets that state it */
	uint32_t min, max;
	uint8_t n_values;             /* NUMBER_CONSTANT and NUMBER_SET */
	uint32_t values[PATTERN_SET]; /* sorted */
};

enum interval_kind {
	INTERVAL_UNKNOWN = 0, /* no packet states a time */
	INTERVAL_SINGLE,      /* one packet */
	INTERVAL_BURST,       /* all within 1 s */
	INTERVAL_PERIODIC,    /* at least 5 intervals, jitter (deviation / mean) under 10 % */
	INTERVAL_IRREGULAR,
};

enum payload_kind {
	PAYLOAD_UNKNOWN = 0, /* no packet shows its payload */
	PAYLOAD_CONSTANT,    /* all the same bytes */
	PAYLOAD_PREFIX,      /* at least 2 bytes at the front are the same */
	PAYLOAD_VARIED,
};

struct pattern {
	uint8_t transport;
	bool has_icmp; /* icmp_type, icmp_code: the same for the whole group */
	uint8_t icmp_type, icmp_code;
	enum direction direction;
	uint64_t packets;
	bool has_bytes; /* bytes on the wire are known for every packet */
	uint64_t bytes;
	bool has_time;
	struct ref_time first, last;
	struct number_pattern payload_bytes, source_port, destination_port;
	uint64_t peers;       /* distinct addresses at the other end */
	bool peers_estimated; /* more than fit: an estimate (HyperLogLog, about 3 %) */
	enum interval_kind interval;
	int64_t period_ns; /* INTERVAL_PERIODIC: mean interval */
	enum payload_kind payload;
	uint8_t payload_prefix_n; /* common bytes at the front, up to 16 */
	uint8_t payload_prefix[DIGEST_PREFIX_BYTES];
	uint64_t answerable; /* packets of flows that are followed: TCP, UDP, ICMP echo */
	uint64_t answered;   /* those whose flow had a packet the other way, before or within 2 s */
	bool one_socket_each; /* each packet came from a source port of its own */
};

const char *number_kind_name(enum number_kind k);     /* "constant" */
const char *interval_kind_name(enum interval_kind k); /* "burst" */
const char *payload_kind_name(enum payload_kind k);   /* "prefix" */

#endif
