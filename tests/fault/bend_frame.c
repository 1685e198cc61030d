/* SPDX-License-Identifier: Apache-2.0 */
/* Bends single frames: every cut, and every 2 and 4 bytes set to 0, 1 and all ones. */
#include "bend.h"

#include <stdlib.h>

#include "decode/decode.h"

/* Headers end before it; what follows is payload. */
#define FRAME_BENT 256u

static void mix(uint64_t *h, uint64_t value)
{
	*h = (*h ^ value) * 0x100000001b3ull;
}

static void mix_bytes(uint64_t *h, const void *p, size_t n)
{
	const uint8_t *bytes = p;
	for (size_t i = 0; i < n; i++)
		mix(h, bytes[i]);
}

static void mix_flow(uint64_t *h, const struct flow *f)
{
	mix_bytes(h, &f->src.addr, sizeof f->src.addr);
	mix_bytes(h, &f->dst.addr, sizeof f->dst.addr);
	mix(h, (uint64_t)f->src.port << 16 | f->dst.port);
}

static uint64_t digest_hash(const struct digest *d)
{
	uint64_t h = 0xcbf29ce484222325ull;
	mix(&h, d->known);
	mix(&h, (uint64_t)d->ip_version << 8 | d->transport);
	mix_flow(&h, &d->flow);
	if (digest_has(d, DIGEST_PAYLOAD))
		mix(&h, d->payload_bytes);
	if (digest_has(d, DIGEST_PREFIX))
		mix_bytes(&h, d->prefix, d->prefix_n);
	if (digest_has(d, DIGEST_TCP))
		mix(&h, (uint64_t)d->tcp_seq << 8 | d->tcp_flags);
	if (digest_has(d, DIGEST_ICMP))
		mix(&h, (uint64_t)d->icmp_type << 8 | d->icmp_code);
	if (digest_has(d, DIGEST_QUOTED))
		mix_flow(&h, &d->quoted);
	if (digest_has(d, DIGEST_OUTER))
		mix_flow(&h, &d->outer);
	return h;
}

uint64_t frame_hash(const struct packet *packet)
{
	struct digest d;
	decode_packet(packet, &d);
	uint64_t h = digest_hash(&d);
	mix(&h, packet->link_type);
	mix(&h, packet->wire_bytes);
	mix_bytes(&h, packet->bytes.p, packet->bytes.n);
	return h;
}

/* What holds of every digest. `bits` of `if_known` promise those of `then_known`. */
static const struct {
	uint32_t if_known, then_known;
} promises[] = {
	{ DIGEST_ADDRS, DIGEST_DECODED },
	{ DIGEST_PORTS, DIGEST_ADDRS },
	{ DIGEST_PAYLOAD, DIGEST_ADDRS },
	{ DIGEST_PREFIX, DIGEST_ADDRS },
	{ DIGEST_TCP, DIGEST_PORTS },
	{ DIGEST_ICMP, DIGEST_ADDRS },
	{ DIGEST_ECHO, DIGEST_ICMP },
	{ DIGEST_QUOTED, DIGEST_ICMP },
	{ DIGEST_FRAGMENT, DIGEST_ADDRS },
	{ DIGEST_PART, DIGEST_ADDRS },
	{ DIGEST_TUNNEL, DIGEST_ADDRS },
	{ DIGEST_OUTER, DIGEST_TUNNEL },
};

static void check(const struct packet *p, const struct digest *d, uint64_t *failures)
{
	for (size_t i = 0; i < sizeof promises / sizeof *promises; i++)
		if (digest_has(d, promises[i].if_known) && !digest_has(d, promises[i].then_known))
			fail(failures, "known is %#x: %#x without %#x", d->known,
				promises[i].if_known, promises[i].then_known);
	if (digest_has(d, DIGEST_SENT | DIGEST_RECEIVED))
		fail(failures, "both sent and received");
	if (digest_has(d, DIGEST_TUNNEL) && !tunnel_name(d->tunnel))
		fail(failures, "tunnel %u", d->tunnel);
	if (d->prefix_n > DIGEST_PREFIX_BYTES || d->prefix_n > p->bytes.n)
		fail(failures, "a prefix of %u bytes of %zu", d->prefix_n, p->bytes.n);
	if (d->payload_bytes > UINT16_MAX && d->payload_bytes > d->wire_bytes)
		fail(failures, "%u bytes of payload in %u", d->payload_bytes, d->wire_bytes);
	if (d->wire_bytes < p->bytes.n)
		fail(failures, "%u bytes on the wire, %zu captured", d->wire_bytes, p->bytes.n);
}

/* Decodes from a block of exactly that size, so that the sanitizer sees each byte too many. */
static void decode_copy(const struct packet *p, size_t n, struct digest *ret, uint64_t *failures)
{
	uint8_t *copy = malloc(n ? n : 1);
	if (!copy)
		abort();
	if (n)
		memcpy(copy, p->bytes.p, n);
	struct packet cut = *p;
	cut.bytes = span_of(copy, n);
	decode_packet(&cut, ret);
	check(&cut, ret, failures);
	free(copy);
}

static bool same_ends(const struct flow *a, const struct flow *b, bool ports)
{
	if (!addr_equal(&a->src.addr, &b->src.addr) || !addr_equal(&a->dst.addr, &b->dst.addr))
		return false;
	return !ports || (a->src.port == b->src.port && a->dst.port == b->dst.port);
}

/* A frame that is cut by the snaplen says less than the whole one, and nothing else. */
static void compare_plain(
	const struct digest *whole, const struct digest *cut, size_t n, uint64_t *failures)
{
	bool ports = digest_has(cut, DIGEST_PORTS);
	if (!digest_has(whole, DIGEST_ADDRS) || !same_ends(&whole->flow, &cut->flow, ports))
		fail(failures, "cut at %zu: another flow", n);
	if (ports && !digest_has(whole, DIGEST_PORTS))
		fail(failures, "cut at %zu: has ports", n);
	if (cut->transport != whole->transport && cut->transport != TRANSPORT_NONE)
		fail(failures, "cut at %zu: transport %u", n, cut->transport);
	if (digest_has(cut, DIGEST_PAYLOAD) &&
		(!digest_has(whole, DIGEST_PAYLOAD) || cut->payload_bytes != whole->payload_bytes))
		fail(failures, "cut at %zu: payload of %u bytes", n, cut->payload_bytes);
}

/* Where the cut hides what a tunnel carries, its own flow is what is left. */
static void compare_tunnel(
	const struct digest *whole, const struct digest *cut, size_t n, uint64_t *failures)
{
	bool outer = digest_has(cut, DIGEST_OUTER);
	bool ports = outer || digest_has(cut, DIGEST_PORTS);
	if (!same_ends(&whole->outer, outer ? &cut->outer : &cut->flow, ports))
		fail(failures, "cut at %zu: another tunnel", n);
}

static void compare_cut(
	const struct digest *whole, const struct digest *cut, size_t n, uint64_t *failures)
{
	if (!digest_has(cut, DIGEST_ADDRS))
		return;
	if (digest_has(whole, DIGEST_OUTER))
		compare_tunnel(whole, cut, n, failures);
	else
		compare_plain(whole, cut, n, failures);
}

static uint64_t cut_all(const struct packet *p, uint64_t *failures)
{
	struct digest whole, cut;
	size_t most = p->bytes.n < FRAME_BENT ? p->bytes.n : FRAME_BENT;
	decode_copy(p, p->bytes.n, &whole, failures);
	for (size_t n = 0; n < most; n++) {
		decode_copy(p, n, &cut, failures);
		compare_cut(&whole, &cut, n, failures);
	}
	return most;
}

uint64_t frame_bend(const struct packet *packet, uint64_t *failures)
{
	uint64_t tried = cut_all(packet, failures);
	struct digest d;
	struct packet p = *packet;
	size_t n = p.bytes.n < FRAME_BENT ? p.bytes.n : FRAME_BENT;
	uint8_t *copy = malloc(n ? n : 1);
	if (!copy)
		abort();
	if (n)
		memcpy(copy, p.bytes.p, n);
	p.bytes = span_of(copy, n);
	for (size_t at = 0; at < n; at++)
		for (int i = 0; i < BEND_WIDTHS * BEND_VALUES; i++) {
			struct bent b = { .at = at, .width = i < BEND_VALUES ? 2 : 4 };
			if (!bend(copy, n, &b, i % BEND_VALUES))
				continue;
			decode_packet(&p, &d);
			check(&p, &d, failures);
			unbend(copy, &b);
			tried++;
		}
	free(copy);
	return tried;
}
