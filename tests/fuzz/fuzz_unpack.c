/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for what is packed: bytes are unpacked under small limits, and the front of each
 * input that comes out is recognised. */
#include <stdlib.h>

#include "evidence/formats.h"
#include "evidence/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct unpack_limits small = {
	.bytes = 1u << 20,
	.free_bytes = 1u << 16,
	.ratio = 1100,
	.nesting = 4,
	.inputs = 8,
};

static void check(const struct unpacked_list *list)
{
	if (list->n == 0 || list->n > small.inputs)
		abort();
	for (size_t i = 0; i < list->n; i++) {
		const struct unpacked *item = &list->items[i];
		const struct source_format *format;
		struct err err;
		uint64_t size;
		if (!item->input && item->err.kind == ERR_NONE)
			abort(); /* nothing came out, and nobody says why */
		if (!item->input)
			continue;
		formats_recognise(item->input, &format, &err);
		if (unpack_wanted(item->input) || input_size(item->input, &size, &err) < 0 ||
			size > small.bytes)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct unpacker *u;
	struct unpacked_list list;
	struct input *in;
	struct err err;
	if (n > small.bytes || unpacker_new(&u, &err) < 0)
		return 0;
	if (input_memory("fuzz", span_of(data, n), &in, &err) == 0 &&
		unpack(u, in, &small, &list, &err) == 0) {
		check(&list);
		unpacked_done(&list);
	}
	unpacker_free(u);
	return 0;
}
