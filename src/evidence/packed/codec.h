/* SPDX-License-Identifier: Apache-2.0 */
/* The port of a compression: one stream of bytes in, one out. The libraries are asked themselves,
 * for they give what was decoded before damage, and bound the memory that a stream may ask for. */
#ifndef WHOSENT_EVIDENCE_PACKED_CODEC_H
#define WHOSENT_EVIDENCE_PACKED_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"

struct codec_io {
	struct span in; /* step leaves what it did not take */
	uint8_t *out;   /* and moves this behind what it gave */
	size_t out_n;   /* room that is left there */
};

enum codec_step {
	CODEC_ON = 0,
	CODEC_END = 1, /* the stream has ended; what is left of `in` is not of it */
};

struct codec {
	const char *name; /* "gzip" */
	/* Does a stream begin like this? */
	bool (*starts)(struct span head);
	int (*open)(void **ret_self, struct err *err);
	/* A codec_step, or -1. `io` is moved in any case: what came before damage is good. Nothing
	 * moves where the stream wants more than `in` has. */
	int (*step)(void *self, struct codec_io *io, struct err *err);
	void (*close)(void *self); /* accepts NULL */
};

extern const struct codec codec_gzip, codec_bzip2, codec_xz, codec_zstd, codec_lz4;

/* NULL where the bytes begin no stream that is read. */
const struct codec *codec_of(struct span head);

/* For the codecs: the same words for the same damage. */
int codec_damaged(struct err *err, const struct codec *codec, const char *why);

#endif
