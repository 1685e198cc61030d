/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for the decoder: the first byte picks the link type, the rest is the frame. What a
 * digest says it knows must lie within bounds. */
#include <stdlib.h>

#include "decode/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint32_t links[] = { 1, 0, 101, 108, 113, 228, 229, 276, 147 };
	if (n == 0)
		return 0;
	struct packet packet = { .link_type = links[data[0] % (sizeof links / sizeof *links)],
		.bytes = span_of(data + 1, n - 1),
		.wire_bytes = (uint32_t)(n - 1) };
	struct digest d;
	decode_packet(&packet, &d);
	if (d.prefix_n > DIGEST_PREFIX_BYTES)
		abort();
	if (digest_has(&d, DIGEST_PORTS) && !digest_has(&d, DIGEST_ADDRS))
		abort();
	if (digest_has(&d, DIGEST_PREFIX | DIGEST_PAYLOAD) && d.prefix_n > d.payload_bytes)
		abort();
	return 0;
}
