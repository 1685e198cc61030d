/* SPDX-License-Identifier: Apache-2.0 */
/* xz, by liblzma. */
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/packed/codec.h"

/* What the decoder needs beside its window. */
#define XZ_OWN_BYTES (1024u * 1024u)

static bool starts(struct span head)
{
	static const uint8_t magic[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	return head.n >= sizeof magic && memcmp(head.p, magic, sizeof magic) == 0;
}

static void xz_close(void *self)
{
	if (self)
		lzma_end(self);
	free(self);
}

static int xz_open(void **ret_self, struct err *err)
{
	lzma_stream *xz = malloc(sizeof *xz);
	if (!xz)
		return err_nomem(err);
	*xz = (lzma_stream)LZMA_STREAM_INIT;
	if (lzma_stream_decoder(xz, LIMIT_WINDOW_BYTES + XZ_OWN_BYTES, 0) != LZMA_OK) {
		free(xz);
		return err_nomem(err);
	}
	*ret_self = xz;
	return 0;
}

static int refuse(lzma_ret rc, lzma_stream *xz, struct err *err)
{
	switch ((int)rc) {
	case LZMA_MEM_ERROR:
		return err_nomem(err);
	case LZMA_MEMLIMIT_ERROR:
		return err_set(err, ERR_LIMIT,
			"the xz data need %llu MiB of memory, %u at most are given to them",
			(unsigned long long)(lzma_memusage(xz) >> 20), LIMIT_WINDOW_BYTES >> 20);
	case LZMA_OPTIONS_ERROR:
		return err_set(err, ERR_UNSUPPORTED, "the xz data use a filter that is not known");
	default:
		return codec_damaged(err, &codec_xz, NULL);
	}
}

static int xz_step(void *self, struct codec_io *io, struct err *err)
{
	lzma_stream *xz = self;
	xz->next_in = io->in.p;
	xz->avail_in = io->in.n;
	xz->next_out = io->out;
	xz->avail_out = io->out_n;
	lzma_ret rc = lzma_code(xz, LZMA_RUN);
	io->in = span_of(xz->next_in, xz->avail_in);
	io->out = xz->next_out;
	io->out_n = xz->avail_out;
	if (rc == LZMA_OK || rc == LZMA_BUF_ERROR)
		return CODEC_ON;
	return rc == LZMA_STREAM_END ? CODEC_END : refuse(rc, xz, err);
}

const struct codec codec_xz = {
	.name = "xz",
	.starts = starts,
	.open = xz_open,
	.step = xz_step,
	.close = xz_close,
};
