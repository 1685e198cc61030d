/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of patterns: merging two halves says the same as seeing the whole. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/hash.h"
#include "describe/cells.h"

static struct settled packet(struct digest *d, uint64_t *random)
{
	static struct claim claims[SIDES];
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	uint8_t addr[4] = { 10, 0, (uint8_t)(*random >> 40), (uint8_t)(*random >> 60) };
	*d = (struct digest){ .known = DIGEST_ADDRS | DIGEST_PORTS | DIGEST_PAYLOAD | DIGEST_PREFIX,
		.payload_bytes = (uint32_t)(*random >> 61),
		.prefix_n = 4,
		.prefix = { 1, 2, 3, (uint8_t)(*random >> 63) },
		.payload_hash = *random >> 63 };
	d->flow.dst.addr = addr_v4(addr);
	d->flow.src.port = (uint16_t)(*random >> 62);
	d->flow.dst.port = (uint16_t)(*random >> 48);
	return (struct settled){ .digest = d, .claims = claims, .direction = DIRECTION_OUT };
}

Test(properties, merging_halves_is_seeing_the_whole)
{
	size_t size = states_size(false);
	unsigned char *whole = calloc(1, size), *a = calloc(1, size), *b = calloc(1, size);
	for (int n = 1; n < 400; n += 13) {
		uint64_t random = (uint64_t)n;
		memset(whole, 0, size);
		memset(a, 0, size);
		memset(b, 0, size);
		for (int i = 0; i < n; i++) {
			struct digest d;
			struct settled s = packet(&d, &random);
			states_add(whole, false, &s);
			states_add(i % 3 ? a : b, false, &s);
		}
		states_merge(a, b);
		struct pattern p = { 0 }, q = { 0 };
		states_put(whole, false, &p);
		states_put(a, false, &q);
		cr_assert_eq(p.peers, q.peers, "n %d", n);
		cr_assert_eq(p.payload_bytes.kind, q.payload_bytes.kind);
		cr_assert_eq(memcmp(&p.source_port, &q.source_port, sizeof p.source_port), 0);
		cr_assert_eq(p.destination_port.kind, q.destination_port.kind);
		cr_assert_eq(p.destination_port.max, q.destination_port.max);
		cr_assert_eq(p.payload, q.payload);
		cr_assert_eq(p.payload_prefix_n, q.payload_prefix_n);
	}
	free(whole);
	free(a);
	free(b);
}

static struct pattern ports(const uint16_t *source, size_t n)
{
	void *unordered = calloc(1, states_size(false)), *ordered = calloc(1, states_size(true));
	for (size_t i = 0; i < n; i++) {
		struct digest d = { .known = DIGEST_PORTS };
		d.flow.src.port = source[i];
		struct settled s = { .digest = &d };
		states_add(unordered, false, &s);
		states_add(ordered, true, &s);
	}
	struct pattern p = { 0 };
	states_put(unordered, false, &p);
	states_put(ordered, true, &p);
	free(unordered);
	free(ordered);
	return p;
}

Test(properties, rising_needs_three_packets_and_no_fall)
{
	cr_assert_eq(ports((uint16_t[]){ 1, 2 }, 2).source_port.kind, NUMBER_SET);
	cr_assert_eq(ports((uint16_t[]){ 1, 2, 3 }, 3).source_port.kind, NUMBER_RISING);
	cr_assert_eq(ports((uint16_t[]){ 1, 1, 3 }, 3).source_port.kind, NUMBER_RISING);
	cr_assert_not(ports((uint16_t[]){ 1, 1, 3 }, 3).one_socket_each);
	cr_assert(ports((uint16_t[]){ 1, 2, 3 }, 3).one_socket_each);
	cr_assert_eq(ports((uint16_t[]){ 1, 3, 2 }, 3).source_port.kind, NUMBER_SET);
	cr_assert_eq(ports((uint16_t[]){ 5, 5, 5 }, 3).source_port.kind, NUMBER_CONSTANT);
	cr_assert_eq(ports((uint16_t[]){ 9, 8, 7, 6, 5, 4, 3, 2, 1 }, 9).source_port.kind,
		NUMBER_VARIED);
	cr_assert_eq(ports(NULL, 0).source_port.kind, NUMBER_UNKNOWN);
}

/* n equal payloads of so many bytes, as far as their hash shows. */
static unsigned payload_of(size_t n, uint32_t bytes)
{
	void *unordered = calloc(1, states_size(false));
	for (size_t i = 0; i < n; i++) {
		struct digest d = { .known = DIGEST_PAYLOAD | DIGEST_PREFIX,
			.payload_bytes = bytes,
			.prefix_n = 4,
			.prefix = { 1, 2, 3, 4 },
			.payload_hash = 9 };
		struct settled s = { .digest = &d };
		states_add(unordered, false, &s);
	}
	struct pattern p = { 0 };
	states_put(unordered, false, &p);
	free(unordered);
	return p.payload;
}

Test(properties, payload_is_constant_only_as_far_as_the_hash_sees)
{
	cr_assert_eq(payload_of(3, HASH_PAYLOAD_BYTES), PAYLOAD_CONSTANT);
	cr_assert_eq(payload_of(3, HASH_PAYLOAD_BYTES + 1), PAYLOAD_PREFIX);
	cr_assert_eq(payload_of(1, HASH_PAYLOAD_BYTES + 1), PAYLOAD_CONSTANT, "one is itself");
}
