/* SPDX-License-Identifier: Apache-2.0 */
/* Frame bytes to a digest. Pure: no allocation, no state. */
#ifndef WHOSENT_DECODE_DECODE_H
#define WHOSENT_DECODE_DECODE_H

#include "model/digest.h"
#include "model/record.h"

/* Fills *ret from the packet (copies the digest of a text capture). Never fails: what cannot be
 * decoded lacks DIGEST_DECODED, what is cut by the snaplen lacks its own bits. Of a packet in a
 * tunnel the digest is that of the innermost one, with the outermost flow beside it. Each file says
 * which layouts it reads: link.c, header.c, wireless.c, ppp.c, ip.c, transport.c, tunnel.c,
 * tunnel_udp.c. Later fragments get their ports from fragments.h. */
void decode_packet(const struct packet *packet, struct digest *ret);

#endif
