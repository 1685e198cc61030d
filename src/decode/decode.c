/* SPDX-License-Identifier: Apache-2.0 */
/* Frame bytes to a digest: see decode.h. */
#include "decode/decode.h"

#include <assert.h>

#include "decode/layers.h"
#include "decode/plain.h"

static inline uint32_t way_bits(enum packet_way way)
{
	static_assert(DIGEST_RECEIVED == WAY_IN << 15 && DIGEST_SENT == WAY_OUT << 15,
		"each way has its bit");
	return (uint32_t)way << 15;
}

static uint32_t wire_of(const struct packet *packet)
{
	uint32_t captured = (uint32_t)packet->bytes.n;
	/* Less on the wire than was captured is a writer's mistake. */
	return packet->wire_bytes > captured ? packet->wire_bytes : captured;
}

void decode_layers(const struct packet *packet, struct digest *ret)
{
	*ret = digest_blank;
	ret->known = DIGEST_WIRE;
	ret->wire_bytes = wire_of(packet);
	struct frame f = { .c = cursor_of(packet->bytes), .wire = ret->wire_bytes, .d = ret };
	if (link_read(&f, packet->link_type))
		ret->known |= DIGEST_DECODED;
}

/* All frames that are not plain. A function of its own, for what it needs would be paid by those.
 */
__attribute__((noinline)) static void decode_other(const struct packet *packet, struct digest *ret)
{
	if (packet->digested) {
		*ret = packet->digest;
		return;
	}
	decode_layers(packet, ret);
	/* What the file states beside the frame outweighs what a header inside says. */
	if (packet->way != WAY_UNKNOWN) {
		ret->known &= ~(uint32_t)(DIGEST_SENT | DIGEST_RECEIVED);
		ret->known |= way_bits(packet->way);
	}
}

__attribute__((flatten)) void decode_packet(const struct packet *packet, struct digest *ret)
{
	uint32_t known = 0;
	if (!packet->digested && packet->link_type == LINKTYPE_ETHERNET)
		known = plain_read(packet->bytes, ret);
	if (known == 0) {
		decode_other(packet, ret);
		return;
	}
	ret->wire_bytes = wire_of(packet);
	ret->known = known | way_bits(packet->way);
}
