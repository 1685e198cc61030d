/* SPDX-License-Identifier: Apache-2.0 */
/* One frame of Wireshark's packet details, read line by line: doc/packet-text.md. */
#ifndef WHOSENT_EVIDENCE_PACKET_TREE_H
#define WHOSENT_EVIDENCE_PACKET_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/stamp.h"
#include "model/digest.h"

/* Payloads whose bytes are printed and kept: longer ones are printed with "..." at the end. */
#define TREE_DATA_BYTES 64

enum tree_layer {
	TREE_OTHER = 0,
	TREE_FRAME,
	TREE_IP,
	TREE_UDP,
	TREE_TCP,
	TREE_ICMP,
	TREE_DATA,
	TREE_INNER, /* behind a second IP header: the digest is of the outermost */
};

struct packet_tree {
	uint64_t number;
	bool has_time;
	struct source_time when;
	uint32_t captured;
	bool closed; /* lines are passed over */

	enum tree_layer layer; /* of the last line without indentation */
	bool has_ip, has_transport;
	struct digest digest;
	bool has_seq, has_flags; /* of TCP */
	bool has_type, has_code, has_id, has_echo_seq;
	bool has_quoted_ip, has_quoted;
	bool has_length;      /* of UDP: wins over that of Data */
	bool payload_is_more; /* Wireshark took the payload's front for something of its own */
	bool has_data;
	uint32_t data_bytes;
	uint32_t hex_n; /* bytes of Data that were printed */
	uint8_t hex[TREE_DATA_BYTES];
};

/* Does the line look like the first one of a frame, good or not? */
bool packet_tree_starts(struct span line);
/* Begins a frame; false where its first line cannot be read. */
bool packet_tree_start(struct span line, struct packet_tree *ret);
/* Takes a further line; false where one that is to be read cannot be. */
bool packet_tree_line(struct packet_tree *t, struct span line);
/* What the frame's lines said. */
void packet_tree_end(const struct packet_tree *t, struct digest *ret);

#endif
