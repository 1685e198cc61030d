/* SPDX-License-Identifier: Apache-2.0 */
/* UDP (RFC 768), TCP (RFC 9293 3.1), ICMP (RFC 792) and ICMPv6 (RFC 4443). */
#include "decode/layers.h"

#include <stddef.h>

#include "base/hash.h"

#define UDP_HEADER 8u
#define TCP_HEADER 20u
#define TCP_UP_TO_FLAGS 14u
#define ICMP_HEADER 8u

/* Keeps the front and the hash of the payload's captured bytes; at most `bytes` are payload. */
static void set_prefix(struct digest *d, struct cursor c, uint32_t bytes)
{
	size_t left = cursor_left(&c);
	struct span s = cursor_take(&c, left < bytes ? left : bytes);
	if (s.n == 0)
		return;
	d->prefix_n = (uint8_t)(s.n < DIGEST_PREFIX_BYTES ? s.n : DIGEST_PREFIX_BYTES);
	memcpy(d->prefix, s.p, d->prefix_n);
	d->payload_hash = hash_payload(s.p, s.n);
	d->known |= DIGEST_PREFIX;
}

static void set_payload(struct digest *d, struct cursor c, uint32_t bytes)
{
	d->payload_bytes = bytes;
	d->known |= DIGEST_PAYLOAD;
	set_prefix(d, c, bytes);
}

static bool read_ports(struct cursor *c, struct flow *flow)
{
	uint16_t src = cursor_be16(c), dst = cursor_be16(c);
	if (c->ran_out)
		return false;
	flow->src.port = src;
	flow->dst.port = dst;
	return true;
}

static void udp_read(const struct ip_packet *ip, struct digest *d)
{
	struct cursor c = ip->body;
	if (!read_ports(&c, &d->flow))
		return;
	d->known |= DIGEST_PORTS;
	uint32_t length = cursor_be16(&c);
	if (c.ran_out)
		return;
	/* 0 is a jumbogram's (RFC 2675 4), or an offloaded datagram's above 64 KiB. */
	if (length == 0 && !ip->fragment && ip->has_length)
		length = ip->length;
	/* A first fragment states the whole datagram's length. Else more than the packet holds is
	 * a contradiction, and less is allowed: what is left over is no payload. */
	if (length < UDP_HEADER || (!ip->fragment && ip->has_length && length > ip->length))
		return;
	cursor_skip(&c, 2);
	set_payload(d, c, length - UDP_HEADER);
}

static void tcp_read(const struct ip_packet *ip, struct digest *d)
{
	struct cursor c = ip->body;
	if (!read_ports(&c, &d->flow))
		return;
	d->known |= DIGEST_PORTS;
	uint32_t seq = cursor_be32(&c), ack = cursor_be32(&c);
	uint32_t header = (cursor_u8(&c) >> 4) * 4u;
	uint8_t flags = cursor_u8(&c);
	if (c.ran_out)
		return;
	d->known |= DIGEST_TCP;
	d->tcp_seq = seq;
	d->tcp_ack = ack;
	d->tcp_flags = flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK);
	if (header < TCP_HEADER || !ip->has_length || header > ip->length)
		return;
	cursor_skip(&c, header - TCP_UP_TO_FLAGS);
	/* How much of the segment other fragments carry is not stated in this one. */
	if (ip->fragment)
		set_prefix(d, c, ip->length - header);
	else
		set_payload(d, c, ip->length - header);
}

/* The packet that an ICMP error is about. It is kept only with all that tells its flow: ports that
 * are cut off would look like a flow between ports 0. No error is sent about a later fragment
 * (RFC 1122 3.2.2). */
static void quoted_read(struct cursor c, struct digest *d)
{
	struct ip_packet q;
	if (!ip_read(c, (uint32_t)cursor_left(&c), &q) || !q.has_length || q.later_fragment ||
		q.transport == TRANSPORT_NONE)
		return;
	if ((q.transport == TRANSPORT_UDP || q.transport == TRANSPORT_TCP) &&
		!read_ports(&q.body, &q.flow))
		return;
	d->quoted_transport = q.transport;
	d->quoted = q.flow;
	d->known |= DIGEST_QUOTED;
}

static bool is_echo(const struct digest *d)
{
	if (d->transport == TRANSPORT_ICMPV6)
		return d->icmp_type == 128 || d->icmp_type == 129;
	return d->icmp_type == 0 || d->icmp_type == 8;
}

static void icmp_read(const struct ip_packet *ip, struct digest *d)
{
	struct cursor c = ip->body;
	uint8_t type = cursor_u8(&c), code = cursor_u8(&c);
	if (c.ran_out)
		return;
	d->known |= DIGEST_ICMP;
	d->icmp_type = type;
	d->icmp_code = code;
	cursor_skip(&c, 2);
	uint16_t id = cursor_be16(&c), seq = cursor_be16(&c);
	if (!c.ran_out && is_echo(d)) {
		d->icmp_id = id;
		d->icmp_seq = seq;
		d->known |= DIGEST_ECHO;
	}
	if (!ip->has_length || ip->length < ICMP_HEADER)
		return;
	if (ip->fragment)
		set_prefix(d, c, ip->length - ICMP_HEADER);
	else
		set_payload(d, c, ip->length - ICMP_HEADER);
	if (digest_is_icmp_error(d))
		quoted_read(c, d);
}

static const struct {
	uint8_t transport, version; /* version 0: over either */
	void (*read)(const struct ip_packet *ip, struct digest *d);
} transports[] = {
	{ TRANSPORT_TCP, 0, tcp_read },
	{ TRANSPORT_UDP, 0, udp_read },
	{ TRANSPORT_ICMP, 4, icmp_read },
	{ TRANSPORT_ICMPV6, 6, icmp_read },
};

void transport_read(const struct ip_packet *ip, struct digest *d)
{
	if (ip->later_fragment) {
		d->known |= DIGEST_FRAGMENT;
		return;
	}
	for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
		if (transports[i].transport == ip->transport &&
			(transports[i].version == 0 || transports[i].version == ip->version))
			transports[i].read(ip, d);
}
