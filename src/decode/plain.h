/* SPDX-License-Identifier: Apache-2.0 */
/* The way of nine frames in ten, kept short; for decode.c alone, which it becomes a part of. */
#ifndef WHOSENT_DECODE_PLAIN_H
#define WHOSENT_DECODE_PLAIN_H

#include "base/hash.h"
#include "decode/tunnel.h"

/* Ethernet, IPv4 without options, whole, and UDP, TCP or
 * an echo that is captured as far as its header. All others go through the layers, and a test
 * shows that these frames get the same digest there. Nothing here is cleared first: each field is
 * written whose bit is set, and the others that have none. */
#define ETHERNET_BYTES 14u
#define IPV4_BYTES 20u
#define UDP_BYTES 8u
#define TCP_BYTES 20u
#define ECHO_BYTES 8u

/* The transport's bytes: both numbers are at least UDP_BYTES. */
struct plain {
	const uint8_t *p;
	uint32_t captured;
	uint32_t length; /* as the headers state */
};

static inline uint16_t be16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return __builtin_bswap16(v);
}

static inline uint32_t be32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return __builtin_bswap32(v);
}

/* The front of n bytes by moves of a fixed size: a call for so few bytes is dear. */
static inline void copy_front(uint8_t to[static DIGEST_PREFIX_BYTES], const uint8_t *p, uint32_t n)
{
	if (n >= DIGEST_PREFIX_BYTES) {
		memcpy(to, p, DIGEST_PREFIX_BYTES);
	} else if (n >= 8) {
		memcpy(to, p, 8);
		memcpy(to + n - 8, p + n - 8, 8);
	} else {
		for (uint32_t i = 0; i < n; i++)
			to[i] = p[i];
	}
}

/* What stands behind the transport's header of so many bytes. Returns the bits that it sets. */
static inline uint32_t plain_payload(struct digest *d, const struct plain *t, uint32_t header)
{
	const uint8_t *p = t->p + header;
	uint32_t bytes = t->length - header, there = t->captured - header;
	uint32_t n = bytes < there ? bytes : there;
	d->payload_bytes = bytes;
	d->prefix_n = (uint8_t)(n < DIGEST_PREFIX_BYTES ? n : DIGEST_PREFIX_BYTES);
	if (n == 0)
		return DIGEST_PAYLOAD;
	copy_front(d->prefix, p, n);
	d->payload_hash = hash_payload(p, n);
	return DIGEST_PAYLOAD | DIGEST_PREFIX;
}

static inline uint32_t plain_ports(struct digest *d, const struct plain *t)
{
	d->flow.src.port = be16(t->p);
	d->flow.dst.port = be16(t->p + 2);
	return DIGEST_PORTS;
}

/* Each of these returns the bits that it sets, or 0 where the packet is for the layers. */
static inline uint32_t plain_udp(struct digest *d, struct plain t)
{
	uint32_t length = be16(t.p + 4);
	if (length < UDP_BYTES || length > t.length || tunnel_udp_ports(be16(t.p), be16(t.p + 2)))
		return 0;
	t.length = length;
	return plain_ports(d, &t) | plain_payload(d, &t, UDP_BYTES);
}

static inline uint32_t plain_tcp(struct digest *d, struct plain t)
{
	if (t.captured < TCP_BYTES)
		return 0;
	uint32_t header = (t.p[12] >> 4) * 4u;
	if (header < TCP_BYTES || header > t.length || header > t.captured)
		return 0;
	d->tcp_seq = be32(t.p + 4);
	d->tcp_ack = be32(t.p + 8);
	d->tcp_flags = t.p[13] & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK);
	return DIGEST_TCP | plain_ports(d, &t) | plain_payload(d, &t, header);
}

static inline uint32_t plain_echo(struct digest *d, struct plain t)
{
	if (t.p[0] != 0 && t.p[0] != 8)
		return 0;
	d->icmp_type = t.p[0];
	d->icmp_code = t.p[1];
	d->icmp_id = be16(t.p + 4);
	d->icmp_seq = be16(t.p + 6);
	d->flow.src.port = d->flow.dst.port = 0;
	return DIGEST_ICMP | DIGEST_ECHO | plain_payload(d, &t, ECHO_BYTES);
}

static inline uint32_t plain_transport(struct digest *d, uint8_t transport, struct plain t)
{
	if (transport == TRANSPORT_UDP)
		return plain_udp(d, t);
	if (transport == TRANSPORT_TCP)
		return plain_tcp(d, t);
	return transport == TRANSPORT_ICMP ? plain_echo(d, t) : 0;
}

/* Fills all of *d but for `known`, whose bits it returns, and for the length on the wire. Returns
 * 0 where the frame is not plain. */
static inline uint32_t plain_read(struct span s, struct digest *d)
{
	const uint8_t *ip = s.p + ETHERNET_BYTES;
	/* Ethertype, version and header length, no fragment. */
	if (s.n < ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES || be16(s.p + 12) != ETHERTYPE_IPV4 ||
		ip[0] != 0x45 || (be16(ip + 6) & 0x3fff) != 0)
		return 0;
	uint32_t total = be16(ip + 2);
	if (total < IPV4_BYTES + UDP_BYTES)
		return 0;
	d->ip_version = 4;
	d->ip_hops = ip[8];
	d->transport = ip[9];
	d->ip_id = be16(ip + 4);
	d->flow.src.addr = addr_v4(ip + 12);
	d->flow.dst.addr = addr_v4(ip + 16);
	uint32_t known = plain_transport(d, ip[9],
		(struct plain){ .p = ip + IPV4_BYTES,
			.captured = (uint32_t)s.n - ETHERNET_BYTES - IPV4_BYTES,
			.length = total - IPV4_BYTES });
	/* The lowest bit of the first byte makes a group of a link's address (IEEE 802 8.2). */
	known |= known ? (uint32_t)(s.p[0] & 1) * DIGEST_GROUP : 0;
	return known ? known | DIGEST_WIRE | DIGEST_DECODED | DIGEST_ADDRS | DIGEST_HOPS : 0;
}

#endif
