/* SPDX-License-Identifier: Apache-2.0 */
/* gzip (RFC 1952), by zlib. */
#define ZLIB_CONST /* next_in is const: zlib does not write there */
#include <stdlib.h>
#include <zlib.h>

#include "evidence/packed/codec.h"

/* The only method that there is, behind the magic. */
static bool starts(struct span head)
{
	return head.n >= 3 && head.p[0] == 0x1f && head.p[1] == 0x8b && head.p[2] == Z_DEFLATED;
}

static void gzip_close(void *self)
{
	if (self)
		inflateEnd(self);
	free(self);
}

static int gzip_open(void **ret_self, struct err *err)
{
	/* zlib: 16 more than the largest window means a gzip header, and no other. */
	static const int gzip_only = 16 + MAX_WBITS;
	z_stream *z = calloc(1, sizeof *z);
	if (!z || inflateInit2(z, gzip_only) != Z_OK) {
		free(z);
		return err_nomem(err);
	}
	*ret_self = z;
	return 0;
}

static int gzip_step(void *self, struct codec_io *io, struct err *err)
{
	z_stream *z = self;
	z->next_in = io->in.p;
	z->avail_in = (uInt)io->in.n;
	z->next_out = io->out;
	z->avail_out = (uInt)io->out_n;
	int rc = inflate(z, Z_NO_FLUSH);
	io->in = span_of(z->next_in, z->avail_in);
	io->out = z->next_out;
	io->out_n = z->avail_out;
	switch (rc) {
	case Z_OK:
	case Z_BUF_ERROR: /* nothing could move */
		return CODEC_ON;
	case Z_STREAM_END:
		return CODEC_END;
	case Z_MEM_ERROR:
		return err_nomem(err);
	default:
		return codec_damaged(err, &codec_gzip, z->msg);
	}
}

const struct codec codec_gzip = {
	.name = "gzip",
	.starts = starts,
	.open = gzip_open,
	.step = gzip_step,
	.close = gzip_close,
};
