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

/* Is the word the arrow between two ports or addresses: ">", "->" or U+2192? */
bool packet_arrow(struct span word);

/* Adds to the digest what Info says; its transport is that of the Protocol column, or
 * TRANSPORT_NONE where that names something above it. Where the line is not `whole` (the file ends
 * inside it), false if something that was to be read may have lost characters. */
bool packet_info_read(struct span info, bool whole, struct digest *d);

#endif
