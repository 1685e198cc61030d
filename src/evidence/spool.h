/* SPDX-License-Identifier: Apache-2.0 */
/* An unlinked temporary file that grows at its end: what is piped in, and what was unpacked. */
#ifndef WHOSENT_EVIDENCE_SPOOL_H
#define WHOSENT_EVIDENCE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"

struct spool;

/* Makes the file, in TMPDIR or /tmp: before the sandbox is entered, all else works inside it. */
int spool_new(struct spool **ret, struct err *err);
void spool_free(struct spool *s); /* accepts NULL */

/* What was appended before stays good where it fails. */
int spool_append(struct spool *s, struct span bytes, struct err *err);
uint64_t spool_end(const struct spool *s); /* where the next bytes go */

/* Both as input_ops.read_at: bytes of the spool, bytes of any file. */
int spool_read_at(
	const struct spool *s, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err);
int file_read_at(int fd, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err);

#endif
