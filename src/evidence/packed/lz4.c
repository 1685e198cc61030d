/* SPDX-License-Identifier: Apache-2.0 */
/* LZ4 frames, by liblz4. Their blocks have at most 4 MiB, so the memory is bounded. */
#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/packed/codec.h"

#define LZ4_MAGIC 0x184d2204u

static bool starts(struct span head)
{
	struct cursor c = cursor_of(head);
	return cursor_le32(&c) == LZ4_MAGIC && !c.ran_out;
}

struct lz4 {
	LZ4F_dctx *context;
	/* What the library asks for: one block. Given more it decodes several, and does not say
	 * how far it came where one is damaged. */
	size_t want;
};

static void lz4_close(void *self)
{
	struct lz4 *lz4 = self;
	if (lz4)
		LZ4F_freeDecompressionContext(lz4->context);
	free(lz4);
}

static int lz4_open(void **ret_self, struct err *err)
{
	struct lz4 *lz4 = calloc(1, sizeof *lz4);
	if (!lz4 || LZ4F_isError(LZ4F_createDecompressionContext(&lz4->context, LZ4F_VERSION))) {
		free(lz4);
		return err_nomem(err);
	}
	lz4->want = LZ4F_HEADER_SIZE_MIN;
	*ret_self = lz4;
	return 0;
}

/* The codes themselves are not in the shared library's interface, their names are. */
static int refuse(size_t rc, struct err *err)
{
	const char *name = LZ4F_getErrorName(rc);
	if (strcmp(name, "ERROR_allocation_failed") == 0)
		return err_nomem(err);
	return codec_damaged(err, &codec_lz4, name);
}

static int lz4_step(void *self, struct codec_io *io, struct err *err)
{
	struct lz4 *lz4 = self;
	size_t in = io->in.n < lz4->want ? io->in.n : lz4->want, out = io->out_n;
	size_t rc = LZ4F_decompress(lz4->context, io->out, &out, io->in.p, &in, NULL);
	if (LZ4F_isError(rc))
		return refuse(rc, err);
	io->in = span_of(io->in.p + in, io->in.n - in);
	io->out += out;
	io->out_n -= out;
	lz4->want = rc;
	return rc == 0 ? CODEC_END : CODEC_ON;
}

const struct codec codec_lz4 = {
	.name = "lz4",
	.starts = starts,
	.open = lz4_open,
	.step = lz4_step,
	.close = lz4_close,
};
