/* SPDX-License-Identifier: Apache-2.0 */
/* What the Info column of Wireshark's packet list says: doc/packet-text.md. */
#ifndef WHOSENT_EVIDENCE_PACKET_INFO_H
#define WHOSENT_EVIDENCE_PACKET_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "model/digest.h"

/* "2762", or a name of the IANA list. False where it is neither. */
bool packet_port(struct span word, uint8_t transport, uint16_t *ret);

/* Is this a port that cannot go on behind the end of a cut file? A number is whole where one more
 * digit would be no port, a name where no other name begins with it. */
bool packet_port_final(struct span word);

/* Is the word the arrow between two ports or addresses: ">", "->" or U+2192? Wireshark 1.12 wrote
 * the bytes of the last one in octal where it wrote CSV. */
bool packet_arrow(struct span word);

/* Does Info begin as that of this transport does, as above? */
enum packet_proof {
	PROOF_NONE = 0, /* nothing is known of how it begins */
	PROOF_FOR,
	PROOF_AGAINST, /* something else stands in front of it, or this is no Info column */
};
enum packet_proof packet_info_proof(struct span info, uint8_t transport);

/* Adds to the digest what Info says; its transport is that of the Protocol column, or
 * TRANSPORT_NONE where that names something above it. Where the line is not `whole` (the file ends
 * inside it), false if something that was to be read may have lost characters. */
bool packet_info_read(struct span info, bool whole, struct digest *d);

#endif
