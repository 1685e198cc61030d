/* SPDX-License-Identifier: Apache-2.0 */
/* Frame bytes to a digest. Pure: no allocation, no state. */
#ifndef WHOSENT_DECODE_DECODE_H
#define WHOSENT_DECODE_DECODE_H

#include "model/digest.h"
#include "model/record.h"

/* Fills *ret from the packet (copies the digest of a text capture). Never fails: what cannot be
 * decoded lacks DIGEST_DECODED, what is cut by the snaplen lacks its own bits. Layouts: Ethernet
 * (IEEE 802.3), ARP (RFC 826), IPv4 (RFC 791), IPv6 (RFC 8200), UDP (RFC 768), TCP (RFC 9293),
 * ICMP (RFC 792), ICMPv6 (RFC 4443). */
void decode_packet(const struct packet *packet, struct digest *ret);

#endif
