/* SPDX-License-Identifier: Apache-2.0 */
/* Writes classic pcap files (draft-ietf-opsawg-pcap) in memory, in all four of their forms. */
#ifndef WHOSENT_LAB_PCAP_H
#define WHOSENT_LAB_PCAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct pcap_form {
	bool nano;          /* nanoseconds instead of microseconds */
	bool big;           /* big-endian instead of little-endian */
	uint32_t snaplen;   /* longer frames are cut; 0 is 65535 */
	uint32_t link_type; /* LINKTYPE_*; 0 is taken for Ethernet, 1 */
};

struct pcap_writer {
	struct str *out;
	struct pcap_form form;
	uint64_t frames; /* written so far: the number of the last one */
};

/* `out` is borrowed; ask out->failed at the end. */
void pcap_begin(struct pcap_writer *w, struct str *out, struct pcap_form form);
void pcap_frame(struct pcap_writer *w, int64_t ns, struct span frame);

#endif
