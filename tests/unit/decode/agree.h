/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of every frame: a cut one says nothing that the whole one does not, and no lie
 * of a field leads out of bounds. */
#ifndef WHOSENT_TEST_AGREE_H
#define WHOSENT_TEST_AGREE_H

#include <criterion/criterion.h>

#include "frame.h"

#define ETHERNET 1u
#define FLOW (DIGEST_DECODED | DIGEST_ADDRS | DIGEST_PORTS)

static inline void assert_flow_addresses(const struct flow *f, const char *src, const char *dst)
{
	char text[ADDR_TEXT_BYTES];
	cr_assert_str_eq(addr_format(&f->src.addr, text), src);
	cr_assert_str_eq(addr_format(&f->dst.addr, text), dst);
}

static inline void assert_addresses(const struct digest *d, const char *src, const char *dst)
{
	cr_assert(digest_has(d, DIGEST_ADDRS));
	assert_flow_addresses(&d->flow, src, dst);
}

static inline void assert_flow_agrees(
	const struct digest *cut, const struct flow *whole, uint32_t bits, size_t n)
{
	cr_assert(addr_equal(&cut->flow.src.addr, &whole->src.addr), "cut at %zu", n);
	cr_assert(addr_equal(&cut->flow.dst.addr, &whole->dst.addr), "cut at %zu", n);
	if (bits & DIGEST_PORTS) {
		cr_assert_eq(cut->flow.src.port, whole->src.port, "cut at %zu", n);
		cr_assert_eq(cut->flow.dst.port, whole->dst.port, "cut at %zu", n);
	}
}

/* Where the cut hides what a tunnel carries, the flow is one of the tunnel's. Which of several
 * tunnels, and its payload, the whole frame's digest does not say. */
static inline void assert_hides(const struct digest *cut, const struct digest *whole, size_t n)
{
	if (cut->known & DIGEST_ADDRS)
		assert_flow_agrees(cut, &whole->outer, cut->known, n);
	cr_assert(!(cut->known & DIGEST_ADDRS) || cut->transport == whole->outer_transport);
}

static inline void assert_agrees(const struct digest *cut, const struct digest *whole, size_t n)
{
	uint32_t bits = cut->known;
	cr_assert(bits == DIGEST_WIRE || digest_has(cut, DIGEST_DECODED), "cut at %zu", n);
	if (digest_has(whole, DIGEST_OUTER) && !digest_has(cut, DIGEST_OUTER)) {
		assert_hides(cut, whole, n);
		return;
	}
	cr_assert_eq(bits & ~whole->known, 0, "cut at %zu: bits %x", n, bits & ~whole->known);
	cr_assert(cut->transport == whole->transport || cut->transport == TRANSPORT_NONE);
	if (bits & DIGEST_ADDRS) {
		cr_assert_eq(cut->ip_version, whole->ip_version);
		assert_flow_agrees(cut, &whole->flow, bits, n);
	}
	if (bits & DIGEST_PAYLOAD)
		cr_assert_eq(cut->payload_bytes, whole->payload_bytes);
	if (bits & DIGEST_TCP)
		cr_assert(cut->tcp_seq == whole->tcp_seq && cut->tcp_flags == whole->tcp_flags);
	if (bits & DIGEST_ECHO)
		cr_assert(cut->icmp_id == whole->icmp_id && cut->icmp_seq == whole->icmp_seq);
	if (bits & DIGEST_QUOTED)
		cr_assert_eq(memcmp(&cut->quoted, &whole->quoted, sizeof cut->quoted), 0);
	cr_assert_leq(cut->prefix_n, whole->prefix_n);
	cr_assert_eq(memcmp(cut->prefix, whole->prefix, cut->prefix_n), 0);
}

static inline void assert_cuts_agree(const struct bytes *f, uint32_t link)
{
	struct digest whole = decode(f, link);
	for (size_t n = 0; n < f->n; n++) {
		struct digest d = decode_cut(f, n, link, (uint32_t)f->n);
		assert_agrees(&d, &whole, n);
		cr_assert_eq(d.wire_bytes, f->n);
	}
}

/* Each byte set to each of the values that break length fields, on the frame's own link type and on
 * a few that would read it as something else. */
static inline void assert_lies_are_bounded(const struct bytes *whole, uint32_t link)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x40, 0x60, 0x7f, 0x80, 0xff };
	const uint32_t links[] = { link, 0, 1, 9, 101, 105, 113, 127, 229, 239, 276 };
	for (size_t at = 0; at < whole->n; at++)
		for (size_t v = 0; v < sizeof values * sizeof links / sizeof *links; v++) {
			struct bytes f = *whole;
			f.b[at] = values[v % sizeof values];
			struct digest d = decode(&f, links[v / sizeof values]);
			cr_assert_leq(d.prefix_n, DIGEST_PREFIX_BYTES);
			if (digest_has(&d, DIGEST_PREFIX | DIGEST_PAYLOAD))
				cr_assert_leq(d.prefix_n, d.payload_bytes);
			cr_assert(!digest_has(&d, DIGEST_OUTER) ||
				digest_has(&d, DIGEST_TUNNEL | DIGEST_ADDRS));
		}
}

#endif
