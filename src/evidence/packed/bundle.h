/* SPDX-License-Identifier: Apache-2.0 */
/* The files in a zip or tar archive, by libarchive. */
#ifndef WHOSENT_EVIDENCE_PACKED_BUNDLE_H
#define WHOSENT_EVIDENCE_PACKED_BUNDLE_H

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"
#include "evidence/input.h"

struct bundle;

struct member {
	const char *name;    /* as the archive has it, or NULL; good until the next call */
	const char *refused; /* why its data are not read, or NULL; as long */
};

/* How many bytes at its front a file must show to be known as an archive. */
#define BUNDLE_HEAD_BYTES 512u

bool bundle_starts(struct span head);

/* Borrows `in`. `utf8` is a locale with UTF-8 characters, in which names come out whole, or 0. */
int bundle_open(struct input *in, locale_t utf8, struct bundle **ret, struct err *err);
void bundle_close(struct bundle *b); /* accepts NULL */

/* The next regular file; folders and links are passed over. Returns 1, 0 at the end, or -1 where
 * the archive cannot be read on. */
int bundle_next(struct bundle *b, struct member *ret, struct err *err);
/* More of its data, borrowed until the next call. Returns 1, 0 at its end, or -1 for damage. */
int bundle_data(struct bundle *b, struct span *ret, struct err *err);
/* Were there members so far, files or not? */
bool bundle_passed(const struct bundle *b);
/* The last byte of the archive that was looked at, and one. */
uint64_t bundle_reached(const struct bundle *b);

#endif
