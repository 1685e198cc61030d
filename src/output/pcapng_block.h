/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of pcapng (draft-ietf-opsawg-pcapng), in the byte order of the host, from fields and
 * options. Private to this room. */
#ifndef WHOSENT_OUTPUT_PCAPNG_BLOCK_H
#define WHOSENT_OUTPUT_PCAPNG_BLOCK_H

#include <stdint.h>
#include <stdio.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/str.h"

enum {
	PCAPNG_INTERFACE = 1,
	PCAPNG_PACKET = 6,
	PCAPNG_SECTION = 0x0a0d0d0a,
};
#define PCAPNG_DARWIN_PROCESS 0x80000001u /* Apple's, for local use: doc/capture-processes.md */

/* One block in the making. */
struct pcapng_block {
	struct str bytes;
	bool options; /* it has some */
};

void pcapng_block_init(struct pcapng_block *b);
void pcapng_block_done(struct pcapng_block *b);

void pcapng_block_begin(struct pcapng_block *b, uint32_t type);
void pcapng_block_u16(struct pcapng_block *b, uint16_t v);
void pcapng_block_u32(struct pcapng_block *b, uint32_t v);
void pcapng_block_padded(struct pcapng_block *b, struct span bytes); /* to a multiple of 4 */
/* A value of more than 65,535 bytes is left out: no option can be longer. */
void pcapng_block_option(struct pcapng_block *b, uint16_t code, struct span value);
void pcapng_block_option_u32(struct pcapng_block *b, uint16_t code, uint32_t v);
/* Ends the options, puts both lengths in and writes the block. */
int pcapng_block_write(struct pcapng_block *b, FILE *out, struct err *err);

/* The next option of what a reader kept; false behind the last, or where one overruns. */
struct pcapng_option {
	uint16_t code;
	struct span value;
};
bool pcapng_option_next(struct cursor *c, bool big, struct pcapng_option *ret);

/* Adds an option that was read in the byte order `big` from a block of this type: section,
 * interface or packet. Numbers in it are turned where the order is not ours; an option whose layout
 * is not known is then left out. */
void pcapng_block_copy(
	struct pcapng_block *b, const struct pcapng_option *o, bool big, uint32_t type);

#endif
