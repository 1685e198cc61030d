/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of captures. */
#ifndef WHOSENT_EVIDENCE_CAPTURE_H
#define WHOSENT_EVIDENCE_CAPTURE_H

#include "model/source.h"

/* pcap: draft-ietf-opsawg-pcap. */
extern const struct source_format format_pcap;
/* pcapng: draft-ietf-opsawg-pcapng. */
extern const struct source_format format_pcapng;
/* Wireshark's packet list as text: doc/packet-text.md. */
extern const struct source_format format_packet_list;
/* Wireshark's packet details as text: doc/packet-text.md. */
extern const struct source_format format_packet_detail;

#endif
