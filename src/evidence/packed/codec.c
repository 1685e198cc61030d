/* SPDX-License-Identifier: Apache-2.0 */
/* The compressions that are read: see codec.h. A new one is a file, and a line here. */
#include "evidence/packed/codec.h"

static const struct codec *const codecs[] = {
	&codec_gzip,
	&codec_xz,
	&codec_zstd,
	&codec_lz4,
	&codec_bzip2,
};

const struct codec *codec_of(struct span head)
{
	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
		if (codecs[i]->starts(head))
			return codecs[i];
	return NULL;
}

int codec_damaged(struct err *err, const struct codec *codec, const char *why)
{
	return err_set(err, ERR_MALFORMED, "the %s data are damaged%s%s", codec->name,
		why ? ": " : "", why ? why : "");
}
