/* SPDX-License-Identifier: Apache-2.0 */
/* Zstandard (RFC 8878), by libzstd. */
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/limits.h"
#include "evidence/packed/codec.h"

/* A frame, or a skippable one, with which pzstd begins. */
static bool starts(struct span head)
{
	struct cursor c = cursor_of(head);
	uint32_t magic = cursor_le32(&c);
	return !c.ran_out &&
		(magic == ZSTD_MAGICNUMBER ||
			(magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START);
}

struct zstd {
	ZSTD_DCtx *context;
	/* What the library asks for: one block. Given more it decodes several, and does not say
	 * how far it came where one is damaged. */
	size_t want;
};

static void zstd_close(void *self)
{
	struct zstd *zstd = self;
	if (zstd)
		ZSTD_freeDCtx(zstd->context);
	free(zstd);
}

static int zstd_open(void **ret_self, struct err *err)
{
	struct zstd *zstd = calloc(1, sizeof *zstd);
	ZSTD_DCtx *context = zstd ? ZSTD_createDCtx() : NULL;
	if (!context) {
		free(zstd);
		return err_nomem(err);
	}
	zstd->context = context;
	zstd->want = ZSTD_initDStream(context);
	ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, __builtin_ctz(LIMIT_WINDOW_BYTES));
	*ret_self = zstd;
	return 0;
}

static int refuse(size_t rc, struct err *err)
{
	switch ((int)ZSTD_getErrorCode(rc)) {
	case ZSTD_error_memory_allocation:
		return err_nomem(err);
	case ZSTD_error_frameParameter_windowTooLarge:
		return err_set(err, ERR_LIMIT,
			"the zstd data need a window above %u MiB, which is the most that they get",
			LIMIT_WINDOW_BYTES >> 20);
	default:
		return codec_damaged(err, &codec_zstd, ZSTD_getErrorName(rc));
	}
}

static int zstd_step(void *self, struct codec_io *io, struct err *err)
{
	struct zstd *zstd = self;
	size_t n = io->in.n < zstd->want ? io->in.n : zstd->want;
	ZSTD_inBuffer in = { .src = io->in.p, .size = n };
	ZSTD_outBuffer out = { .dst = io->out, .size = io->out_n };
	size_t rc = ZSTD_decompressStream(zstd->context, &out, &in);
	io->in = span_of(io->in.p + in.pos, io->in.n - in.pos);
	io->out += out.pos;
	io->out_n -= out.pos;
	if (ZSTD_isError(rc))
		return refuse(rc, err);
	zstd->want = rc;
	return rc == 0 ? CODEC_END : CODEC_ON;
}

const struct codec codec_zstd = {
	.name = "zstd",
	.starts = starts,
	.open = zstd_open,
	.step = zstd_step,
	.close = zstd_close,
};
