/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for the decoder: the first byte picks the link type, the rest is the frame. What a
 * digest says it knows must lie within bounds. A second frame is the first one's second half, so
 * that parts of one packet meet in the table of fragments. */
#include <stdlib.h>

#include "decode/decode.h"
#include "decode/fragments.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool good)
{
	if (!good)
		abort();
}

static void check(const struct digest *d)
{
	require(d->prefix_n <= DIGEST_PREFIX_BYTES);
	require(!digest_has(d, DIGEST_PORTS) || digest_has(d, DIGEST_ADDRS));
	require(!digest_has(d, DIGEST_PREFIX | DIGEST_PAYLOAD) || d->prefix_n <= d->payload_bytes);
	require(!digest_has(d, DIGEST_OUTER) || digest_has(d, DIGEST_TUNNEL | DIGEST_ADDRS));
	require(!digest_has(d, DIGEST_TUNNEL) || tunnel_name((enum tunnel)d->tunnel));
	require(!digest_has(d, DIGEST_FRAGMENT) || digest_has(d, DIGEST_ADDRS));
	require(!digest_has(d, DIGEST_SENT | DIGEST_RECEIVED));
}

static void decode(struct fragments *table, uint32_t link, struct span frame)
{
	struct record r = { .kind = RECORD_PACKET };
	r.packet = (struct packet){
		.link_type = link, .bytes = frame, .wire_bytes = (uint32_t)frame.n
	};
	struct digest d;
	decode_packet(&r.packet, &d);
	check(&d);
	uint32_t before = d.known;
	fragments_fill(table, &r, &d);
	check(&d);
	require((before & ~d.known) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* New ones at the end: the kept inputs name them by place. */
	static const uint32_t links[] = { 1, 0, 101, 108, 113, 228, 229, 276, 147, 9, 50, 51, 104,
		105, 119, 127, 149, 163, 192, 204, 205, 239, 242, 258, 12, 14 };
	static struct fragments table;
	if (n == 0)
		return 0;
	uint32_t link = links[data[0] % (sizeof links / sizeof *links)];
	fragments_init(&table);
	decode(&table, link, span_of(data + 1, n - 1));
	size_t half = (n - 1) / 2;
	decode(&table, link, span_of(data + 1 + half, n - 1 - half));
	return 0;
}
