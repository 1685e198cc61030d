/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of bend hand to each other. */
#ifndef WHOSENT_TESTS_FAULT_BEND_H
#define WHOSENT_TESTS_FAULT_BEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "model/record.h"

#define BEND_WIDTHS 2
#define BEND_VALUES 4

/* The frames of one reading, each as a number made of all that is kept of it. */
struct reading {
	uint64_t *frames;
	size_t n, cap;
	bool known; /* a reader took the file */
};

void reading_done(struct reading *r);

/* Says what went wrong and where; counts. */
__attribute__((format(printf, 2, 3))) void fail(uint64_t *failures, const char *fmt, ...);

/* Reads the bytes as a file. `reading` is filled anew. Fails where an error is not inside the file,
 * or where it does not end. */
void file_read(struct span bytes, struct reading *reading, uint64_t *failures);
/* Cuts and bends a whole file, at every so many-th place; returns how many readings there were. */
uint64_t file_bend(uint8_t *bytes, size_t n, unsigned every, uint64_t *failures);

/* Cuts and bends a frame by itself; returns how many were decoded. */
uint64_t frame_bend(const struct packet *packet, uint64_t *failures);
/* A number that is equal where all that is known of two packets is equal. */
uint64_t frame_hash(const struct packet *packet);

/* Sets 2 or 4 bytes to 0, to 1 in either order, or to all ones; returns false where they do not fit
 * or where they are so already. `saved` gets what was there. */
struct bent {
	size_t at, width;
	uint8_t saved[4];
};

bool bend(uint8_t *bytes, size_t n, struct bent *b, int value);
void unbend(uint8_t *bytes, const struct bent *b);

#endif
