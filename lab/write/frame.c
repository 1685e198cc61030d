/* SPDX-License-Identifier: Apache-2.0 */
/* Builds Ethernet frames: see frame.h. RFC 894, 791, 8200, 768, 793, 792, 826. */
#include "write/frame.h"

#include <string.h>

enum { ETHERNET = 14, IPV4 = 20, IPV6 = 40, PART = 8, UDP = 8, TCP = 20, ICMP = 8, LEAST = 60 };

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return n % 2 ? sum + ((uint32_t)p[n - 1] << 8) : sum;
}

/* RFC 1071. */
static unsigned fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static size_t header_bytes(const struct frame *f)
{
	uint8_t protocol = f->protocol;
	if (f->fragment & 0x1fff)
		return 0;
	return protocol == 6 ? TCP : protocol == 17 ? UDP : ICMP;
}

static void put_ethernet(
	uint8_t *p, const struct station *src, const struct station *dst, unsigned type)
{
	memcpy(p, dst->mac, 6);
	memcpy(p + 6, src->mac, 6);
	put16(p + 12, type);
}

static void put_ipv4(uint8_t *p, const struct frame *f, size_t total)
{
	memset(p, 0, IPV4);
	p[0] = 0x45;
	put16(p + 2, (unsigned)total);
	put16(p + 4, f->ip_id);
	put16(p + 6, f->fragment);
	p[8] = f->ttl;
	p[9] = f->protocol;
	memcpy(p + 12, f->src.ip, 4);
	memcpy(p + 16, f->dst.ip, 4);
	put16(p + 10, fold(sum16(p, IPV4, 0)));
}

void frame_ipv6(const uint8_t ip[static 4], uint8_t ret[static 16])
{
	static const uint8_t prefix[12] = { 0x20, 0x01, 0x0d, 0xb8 };
	memcpy(ret, prefix, sizeof prefix);
	memcpy(ret + sizeof prefix, ip, 4);
}

/* Parts have a header of their own; the flag that more follow is its last bit. */
static void put_ipv6(uint8_t *p, const struct frame *f, size_t n)
{
	memset(p, 0, IPV6);
	p[0] = 0x60;
	put16(p + 4, (unsigned)n);
	p[6] = f->fragment ? 44 : f->protocol;
	p[7] = f->ttl;
	frame_ipv6(f->src.ip, p + 8);
	frame_ipv6(f->dst.ip, p + 24);
	if (!f->fragment)
		return;
	p[IPV6] = f->protocol;
	p[IPV6 + 1] = 0;
	put16(p + IPV6 + 2, (f->fragment & 0x1fffu) << 3 | (f->fragment & 0x2000 ? 1 : 0));
	put32(p + IPV6 + 4, f->ip_id);
}

static size_t network_bytes(const struct frame *f)
{
	return !f->v6 ? IPV4 : f->fragment ? IPV6 + PART : IPV6;
}

/* RFC 8200 8.1: all that differs is how long the addresses are. */
static uint32_t pseudo_sum(const struct frame *f, size_t n)
{
	uint8_t src[16], dst[16];
	uint32_t sum = f->protocol + (uint32_t)n;
	if (!f->v6)
		return sum16(f->src.ip, 4, sum16(f->dst.ip, 4, sum));
	frame_ipv6(f->src.ip, src);
	frame_ipv6(f->dst.ip, dst);
	return sum16(src, 16, sum16(dst, 16, sum));
}

static void put_transport(uint8_t *p, const struct frame *f, size_t n)
{
	size_t header = header_bytes(f);
	memset(p, 0, header);
	if (f->payload.n)
		memcpy(p + header, f->payload.p, f->payload.n);
	if (header == 0)
		return;
	if (f->protocol == 1) {
		p[0] = f->type;
		p[1] = f->code;
		put32(p + 4, f->rest);
		put16(p + 2, fold(sum16(p, n, 0)));
		return;
	}
	uint32_t pseudo = pseudo_sum(f, n);
	put16(p, f->sport);
	put16(p + 2, f->dport);
	if (f->protocol == 17) {
		put16(p + 4, f->whole ? f->whole + 8u : (unsigned)n);
		/* The checksum is that of all parts together: none is given. */
		if (f->whole)
			return;
		unsigned sum = fold(sum16(p, n, pseudo));
		put16(p + 6, sum ? sum : 0xffff);
		return;
	}
	put32(p + 4, f->seq);
	put32(p + 8, f->ack);
	p[12] = TCP / 4 << 4;
	p[13] = f->flags;
	put16(p + 14, 65535);
	put16(p + 16, fold(sum16(p, n, pseudo)));
}

static size_t pad(uint8_t *buf, size_t n)
{
	if (n >= LEAST)
		return n;
	memset(buf + n, 0, LEAST - n);
	return LEAST;
}

static size_t build(const struct frame *f, uint8_t *buf, size_t room)
{
	size_t header = header_bytes(f), network = network_bytes(f);
	if (f->payload.n > room - ETHERNET - network - header)
		return 0;
	size_t transport = header + f->payload.n;
	put_ethernet(buf, &f->src, &f->dst, f->v6 ? 0x86dd : 0x0800);
	if (f->v6)
		put_ipv6(buf + ETHERNET, f, network - IPV6 + transport);
	else
		put_ipv4(buf + ETHERNET, f, IPV4 + transport);
	put_transport(buf + ETHERNET + network, f, transport);
	size_t n = ETHERNET + network + transport;
	return f->pad ? pad(buf, n) : n;
}

size_t frame_build(const struct frame *f, uint8_t buf[static FRAME_BYTES])
{
	return build(f, buf, FRAME_BYTES);
}

size_t frame_build_large(const struct frame *f, uint8_t buf[static FRAME_LARGE])
{
	return build(f, buf, FRAME_LARGE);
}

size_t frame_arp(uint16_t operation, const struct station *src, const struct station *dst,
	uint8_t buf[static FRAME_BYTES])
{
	uint8_t *p = buf + ETHERNET;
	put_ethernet(buf, src, dst, 0x0806);
	put16(p, 1); /* Ethernet */
	put16(p + 2, 0x0800);
	p[4] = 6;
	p[5] = 4;
	put16(p + 6, operation);
	memcpy(p + 8, src->mac, 6);
	memcpy(p + 14, src->ip, 4);
	memset(p + 18, 0, 6);
	if (operation == 2)
		memcpy(p + 18, dst->mac, 6);
	memcpy(p + 24, dst->ip, 4);
	return pad(buf, ETHERNET + 28);
}
