/* SPDX-License-Identifier: Apache-2.0 */
/* bzip2, by libbz2. Its blocks have at most 900 kB, so its memory is bounded. */
#include <bzlib.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/packed/codec.h"

/* "BZh", the block's size in 100 kB, then the magic of the first block or of the stream's end. */
static bool starts(struct span head)
{
	static const uint8_t block[] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 };
	static const uint8_t end[] = { 0x17, 0x72, 0x45, 0x38, 0x50, 0x90 };
	return head.n >= 10 && memcmp(head.p, "BZh", 3) == 0 && head.p[3] >= '1' &&
		head.p[3] <= '9' &&
		(memcmp(head.p + 4, block, sizeof block) == 0 ||
			memcmp(head.p + 4, end, sizeof end) == 0);
}

static void bzip2_close(void *self)
{
	if (self)
		BZ2_bzDecompressEnd(self);
	free(self);
}

static int bzip2_open(void **ret_self, struct err *err)
{
	bz_stream *bz = calloc(1, sizeof *bz);
	if (!bz || BZ2_bzDecompressInit(bz, 0, 0) != BZ_OK) {
		free(bz);
		return err_nomem(err);
	}
	*ret_self = bz;
	return 0;
}

static int bzip2_step(void *self, struct codec_io *io, struct err *err)
{
	bz_stream *bz = self;
	/* The library takes no const, and does not write there. */
	bz->next_in = (char *)(uintptr_t)io->in.p;
	bz->avail_in = (unsigned)io->in.n;
	bz->next_out = (char *)io->out;
	bz->avail_out = (unsigned)io->out_n;
	int rc = BZ2_bzDecompress(bz);
	io->in = span_of(bz->next_in, bz->avail_in);
	io->out = (uint8_t *)bz->next_out;
	io->out_n = bz->avail_out;
	switch (rc) {
	case BZ_OK:
		return CODEC_ON;
	case BZ_STREAM_END:
		return CODEC_END;
	case BZ_MEM_ERROR:
		return err_nomem(err);
	default:
		return codec_damaged(err, &codec_bzip2, NULL);
	}
}

const struct codec codec_bzip2 = {
	.name = "bzip2",
	.starts = starts,
	.open = bzip2_open,
	.step = bzip2_step,
	.close = bzip2_close,
};
