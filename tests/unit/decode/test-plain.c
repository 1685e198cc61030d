/* SPDX-License-Identifier: Apache-2.0 */
/* The short way for common frames says what the long way says, of good frames and of bent ones. */
#include <criterion/criterion.h>

#include "decode/layers.h"
#include "frame.h"

#define BENT 200000

/* Every field whose bit is set, and those that have none. */
static void assert_same(const struct digest *a, const struct digest *b, unsigned round)
{
	cr_assert_eq(a->known, b->known, "round %u: bits %x and %x", round, a->known, b->known);
	cr_assert_eq(a->wire_bytes, b->wire_bytes);
	cr_assert_eq(a->transport, b->transport);
	if (digest_has(a, DIGEST_ADDRS)) {
		cr_assert_eq(a->ip_version, b->ip_version);
		cr_assert(a->ip_id == b->ip_id && a->ip_hops == b->ip_hops);
		cr_assert_eq(memcmp(&a->flow, &b->flow, sizeof a->flow), 0, "round %u", round);
	}
	if (digest_has(a, DIGEST_PAYLOAD))
		cr_assert_eq(a->payload_bytes, b->payload_bytes, "round %u", round);
	cr_assert(!digest_has(a, DIGEST_PAYLOAD) || a->prefix_n == b->prefix_n);
	if (digest_has(a, DIGEST_PREFIX)) {
		cr_assert_eq(memcmp(a->prefix, b->prefix, a->prefix_n), 0, "round %u", round);
		cr_assert_eq(a->payload_hash, b->payload_hash, "round %u", round);
	}
	if (digest_has(a, DIGEST_TCP))
		cr_assert(a->tcp_flags == b->tcp_flags && a->tcp_seq == b->tcp_seq &&
			a->tcp_ack == b->tcp_ack);
	if (digest_has(a, DIGEST_ICMP))
		cr_assert(a->icmp_type == b->icmp_type && a->icmp_code == b->icmp_code);
	if (digest_has(a, DIGEST_ECHO))
		cr_assert(a->icmp_id == b->icmp_id && a->icmp_seq == b->icmp_seq);
}

/* The frame ends right behind its bytes, so that a sanitizer sees a read too far. */
static void compare(const uint8_t *bytes, size_t n, uint32_t wire, unsigned round)
{
	uint8_t *exact = malloc(n ? n : 1);
	struct packet p = {
		.bytes = span_of(exact, n), .link_type = LINKTYPE_ETHERNET, .wire_bytes = wire
	};
	struct digest plain, layers;
	memset(&plain, 0xa5, sizeof plain);
	memcpy(exact, bytes, n);
	decode_packet(&p, &plain);
	decode_layers(&p, &layers);
	assert_same(&plain, &layers, round);
	free(exact);
}

static void put_udp_frame(struct bytes *f, unsigned port, unsigned payload)
{
	put_ethernet(f, 0x0800);
	put_ipv4(f, 28 + payload, 0, 17);
	put16(f, 1024);
	put16(f, port);
	put16(f, 8 + payload);
	put16(f, 0);
	put_fill(f, 0x31, payload);
}

static void put_tcp_frame(struct bytes *f, unsigned words, unsigned payload)
{
	put_ethernet(f, 0x0800);
	put_ipv4(f, 20 + words * 4 + payload, 0, 6);
	put16(f, 1024);
	put16(f, 445);
	put32(f, 1000);
	put32(f, 2000);
	put8(f, words << 4);
	put8(f, 0x18);
	put_fill(f, 0, words * 4 - 14);
	put_fill(f, 0x32, payload);
}

static void put_icmp_frame(struct bytes *f, unsigned type, unsigned payload)
{
	put_ethernet(f, 0x0800);
	put_ipv4(f, 28 + payload, 0, 1);
	put8(f, type);
	put8(f, 0);
	put16(f, 0);
	put32(f, 0x02000001);
	put_fill(f, 0x33, payload);
}

static size_t make_all(struct bytes *all)
{
	size_t n = 0;
	for (unsigned payload = 0; payload < 20; payload++) {
		put_udp_frame(&all[n++], 53, payload);
		put_tcp_frame(&all[n++], 5 + payload % 11, payload);
		put_icmp_frame(&all[n++], payload % 2 ? 8 : 0, payload);
	}
	put_udp_frame(&all[n++], 4789, 40);
	put_udp_frame(&all[n++], 53, 100);
	put_tcp_frame(&all[n++], 5, 300);
	put_icmp_frame(&all[n++], 3, 28);
	return n;
}

Test(plain, every_length_and_every_cut)
{
	static struct bytes all[80];
	size_t n = make_all(all);
	for (unsigned i = 0; i < n; i++)
		for (size_t cut = 0; cut <= all[i].n; cut++)
			compare(all[i].b, cut, (uint32_t)all[i].n, i);
}

Test(plain, padding_is_no_payload)
{
	static struct bytes all[80];
	size_t n = make_all(all);
	for (unsigned i = 0; i < n; i++) {
		put_fill(&all[i], 0xee, 23);
		compare(all[i].b, all[i].n, (uint32_t)all[i].n, i);
	}
}

/* Headers with up to three wrong bytes: whatever the long way makes of them, the short one does. */
Test(plain, bent_headers)
{
	static struct bytes all[80];
	size_t n = make_all(all);
	uint64_t state = 1;
	for (unsigned round = 0; round < BENT; round++) {
		struct bytes f = all[round % n];
		for (unsigned k = 0; k <= round % 3; k++) {
			state = state * 6364136223846793005ull + 1442695040888963407ull;
			static const uint8_t values[] = { 0, 1, 4, 5, 6, 17, 0x45, 0x46, 0x20,
				0xff };
			size_t at = 12 + (state >> 33) % (f.n < 60 ? f.n - 12 : 48);
			unsigned pick = (unsigned)(state >> 60);
			f.b[at] = pick < sizeof values ? values[pick] : (uint8_t)(state >> 24);
		}
		compare(f.b, f.n - round % 7, (uint32_t)f.n, round);
	}
}
