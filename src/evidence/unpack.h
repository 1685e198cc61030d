/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed files and archives become plain inputs: gzip, xz, zstd, lz4 and bzip2, zip and tar,
 * and each inside another. Nothing here opens a file, so hostile bytes are met inside the sandbox;
 * the temporary file that takes what was packed is made before. */
#ifndef WHOSENT_EVIDENCE_UNPACK_H
#define WHOSENT_EVIDENCE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "evidence/input.h"

/* How far one packed input may go; base/limits.h says why. */
struct unpack_limits {
	uint64_t bytes;      /* that come out, what lies between two layers included */
	uint64_t free_bytes; /* up to here the ratio is not asked for */
	uint64_t ratio;      /* of what comes out to what was read */
	unsigned nesting;    /* archives and compressions inside each other */
	size_t inputs;       /* at least 1 */
};

/* Those of base/limits.h, for the number of inputs that may still be added. */
struct unpack_limits unpack_limits_of(size_t inputs);

/* One plain input that came out, or one that did not. */
struct unpacked {
	char *name;          /* the input's own, "ARCHIVE!MEMBER" for a member */
	struct input *input; /* NULL: nothing of it can be read, `err` says why */
	struct err err;      /* kind ERR_NONE where it came out whole */
};

struct unpacked_list {
	struct unpacked *items;
	size_t n;
};

struct unpacker;

int unpacker_new(struct unpacker **ret, struct err *err); /* before the sandbox */
/* Accepts NULL. Ends the inputs that came out of it: they must have been closed. */
void unpacker_free(struct unpacker *u);

/* Does the input begin as something packed? Compares magic, parses nothing. */
bool unpack_wanted(struct input *in);

/* Unpacks all of the input, which is taken over: what is plain goes into the list as it is. The
 * list has at least one item; damage is kept in it. -1 only where memory is gone. */
int unpack(struct unpacker *u, struct input *in, const struct unpack_limits *limits,
	struct unpacked_list *ret, struct err *err);
/* Closes the inputs that are still in it; a taken one has been set to NULL. */
void unpacked_done(struct unpacked_list *list);

#endif
