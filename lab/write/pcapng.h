/* SPDX-License-Identifier: Apache-2.0 */
/* Writes pcapng files (draft-ietf-opsawg-pcapng) in memory, with what they can say of processes.
 *
 *   pcapng_section(&w, &out, false);
 *   pcapng_interface(&w, 1, 262144);
 *   pcapng_end(&w);
 *   pcapng_packet(&w, 0, 1500000000000, frame);
 *   pcapng_option_u32(&w, 2, 1);
 *   pcapng_end(&w);
 *
 * A block is open from the call that begins it to pcapng_end; options are added in between. */
#ifndef WHOSENT_LAB_PCAPNG_H
#define WHOSENT_LAB_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct pcapng_writer {
	struct str *out;
	bool big;
	size_t block;    /* where the open block begins */
	bool options;    /* options were added to it */
	uint64_t frames; /* written so far: the number of the last one */
};

/* Begins a file (*w is zeroed) or a new section of it, with a closed header block. `out` is
 * borrowed; ask out->failed at the end. */
void pcapng_section(struct pcapng_writer *w, struct str *out, bool big);

/* Any block, and what it holds, in the section's byte order. */
void pcapng_begin(struct pcapng_writer *w, uint32_t type);
void pcapng_u16(struct pcapng_writer *w, uint16_t v);
void pcapng_u32(struct pcapng_writer *w, uint32_t v);
void pcapng_time(struct pcapng_writer *w, uint64_t units); /* high half, low half */
void pcapng_bytes(struct pcapng_writer *w, struct span s); /* padded to 4 */
void pcapng_end(struct pcapng_writer *w);

void pcapng_option(struct pcapng_writer *w, uint16_t code, struct span value);
void pcapng_option_u32(struct pcapng_writer *w, uint16_t code, uint32_t v);
void pcapng_option_u64(struct pcapng_writer *w, uint16_t code, uint64_t v);
/* EPB option 8. */
void pcapng_option_pid(struct pcapng_writer *w, uint32_t pid, uint32_t tid);

void pcapng_interface(struct pcapng_writer *w, uint16_t link_type, uint32_t snaplen);
/* An enhanced packet; its time in units of the interface. */
void pcapng_packet(struct pcapng_writer *w, uint32_t interface, uint64_t units, struct span frame);

/* Apple's process information block; option 2 is its name. */
void pcapng_darwin_process(struct pcapng_writer *w, uint32_t pid);

/* Hone's process event (options: event 2, path 3, parent 5) and connection event (event 2). */
void pcapng_hone_process(struct pcapng_writer *w, uint32_t pid, uint64_t units);
void pcapng_hone_connection(struct pcapng_writer *w, uint32_t number, uint32_t pid, uint64_t units);

/* Wireshark's custom block of a process: written and closed. NULL and 0 leave an option out. */
struct pcapng_process {
	uint32_t pid, parent;
	const char *name, *path;
	uint64_t start_ns;
};
void pcapng_wireshark_process(struct pcapng_writer *w, const struct pcapng_process *p);

#endif
