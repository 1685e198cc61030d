/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the IP headers: UDP (RFC 768), UDP-Lite (RFC 3828), TCP (RFC 9293 3.1), SCTP
 * (RFC 9260 3.1), DCCP (RFC 4340 5.1), ICMP (RFC 792) and ICMPv6 (RFC 4443). */
#include "decode/layers.h"

#include <stddef.h>

#include "base/hash.h"

#define UDP_HEADER 8u
#define TCP_HEADER 20u
#define TCP_UP_TO_FLAGS 14u
#define ICMP_HEADER 8u

/* Keeps the front and the hash of the payload's captured bytes; at most `bytes` are payload. */
static void set_prefix(struct digest *d, struct span rest, uint32_t bytes)
{
	struct span s = front_of(rest, bytes);
	if (s.n == 0)
		return;
	if (s.n >= DIGEST_PREFIX_BYTES) { /* a copy of known size is a single move */
		d->prefix_n = DIGEST_PREFIX_BYTES;
		memcpy(d->prefix, s.p, DIGEST_PREFIX_BYTES);
	} else {
		d->prefix_n = (uint8_t)s.n;
		memcpy(d->prefix, s.p, s.n);
	}
	d->payload_hash = hash_payload(s.p, s.n);
	d->known |= DIGEST_PREFIX;
}

static void set_payload(struct digest *d, struct span rest, uint32_t bytes)
{
	d->payload_bytes = bytes;
	d->known |= DIGEST_PAYLOAD;
	set_prefix(d, rest, bytes);
}

static bool read_ports(struct cursor *c, struct flow *flow)
{
	struct span ports = cursor_take(c, 4);
	if (!ports.p)
		return false;
	struct cursor p = header_of(ports, 4);
	flow->src.port = cursor_be16(&p);
	flow->dst.port = cursor_be16(&p);
	return true;
}

static void udp_read(struct frame *f, const struct ip_packet *ip)
{
	struct cursor c = cursor_of(ip->body);
	struct digest *d = f->d;
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
	length -= UDP_HEADER;
	if (!tunnel_udp_read(f, rest_of(&c), length))
		set_payload(d, rest_of(&c), length);
}

/* The checksum may cover a part only; how long the datagram is, only the IP header says. A
 * coverage of less than the header, or of more than there is, makes it void (RFC 3828 3.1). */
static void udplite_read(struct frame *f, const struct ip_packet *ip)
{
	struct cursor c = cursor_of(ip->body);
	struct digest *d = f->d;
	if (!read_ports(&c, &d->flow))
		return;
	d->known |= DIGEST_PORTS;
	uint32_t covered = cursor_be16(&c);
	cursor_skip(&c, 2);
	if (c.ran_out || !ip->has_length || ip->length < UDP_HEADER)
		return;
	if (ip->fragment)
		set_prefix(d, rest_of(&c), ip->length - UDP_HEADER);
	else if (covered == 0 || (covered >= UDP_HEADER && covered <= ip->length))
		set_payload(d, rest_of(&c), ip->length - UDP_HEADER);
}

static void tcp_read(struct frame *f, const struct ip_packet *ip)
{
	struct cursor c = cursor_of(ip->body);
	struct digest *d = f->d;
	if (!read_ports(&c, &d->flow))
		return;
	d->known |= DIGEST_PORTS;
	struct span front = cursor_take(&c, TCP_UP_TO_FLAGS - 4);
	if (!front.p)
		return;
	struct cursor h = header_of(front, TCP_UP_TO_FLAGS - 4);
	d->known |= DIGEST_TCP;
	d->tcp_seq = cursor_be32(&h);
	d->tcp_ack = cursor_be32(&h);
	uint32_t header = (cursor_u8(&h) >> 4) * 4u;
	d->tcp_flags = cursor_u8(&h) & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK);
	if (header < TCP_HEADER || !ip->has_length || header > ip->length)
		return;
	cursor_skip(&c, header - TCP_UP_TO_FLAGS);
	/* How much of the segment other fragments carry is not stated in this one. */
	if (ip->fragment)
		set_prefix(d, rest_of(&c), ip->length - header);
	else
		set_payload(d, rest_of(&c), ip->length - header);
}

/* SCTP carries chunks of several streams and DCCP options of many kinds: none has one payload. */
static void ports_read(struct frame *f, const struct ip_packet *ip)
{
	struct cursor c = cursor_of(ip->body);
	if (read_ports(&c, &f->d->flow))
		f->d->known |= DIGEST_PORTS;
}

static bool has_ports(uint8_t transport)
{
	return transport == TRANSPORT_UDP || transport == TRANSPORT_TCP ||
		transport == TRANSPORT_UDPLITE || transport == TRANSPORT_SCTP ||
		transport == TRANSPORT_DCCP;
}

/* The packet that an ICMP error is about. It is kept only with all that tells its flow: ports that
 * are cut off would look like a flow between ports 0. No error is sent about a later fragment
 * (RFC 1122 3.2.2). */
static void quoted_read(struct span bytes, struct digest *d)
{
	struct ip_packet q;
	struct flow flow = { 0 };
	if (!ip_read(bytes, (uint32_t)bytes.n, &q, &flow) || !q.has_length || q.later_fragment ||
		q.transport == TRANSPORT_NONE)
		return;
	struct cursor c = cursor_of(q.body);
	if (has_ports(q.transport) && !read_ports(&c, &flow))
		return;
	d->quoted_transport = q.transport;
	d->quoted = flow;
	d->known |= DIGEST_QUOTED;
}

static bool is_echo(const struct digest *d)
{
	if (d->transport == TRANSPORT_ICMPV6)
		return d->icmp_type == 128 || d->icmp_type == 129;
	return d->icmp_type == 0 || d->icmp_type == 8;
}

static void icmp_read(struct frame *f, const struct ip_packet *ip)
{
	struct cursor c = cursor_of(ip->body);
	struct digest *d = f->d;
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
		set_prefix(d, rest_of(&c), ip->length - ICMP_HEADER);
	else
		set_payload(d, rest_of(&c), ip->length - ICMP_HEADER);
	if (digest_is_icmp_error(d))
		quoted_read(rest_of(&c), d);
}

/* The bytes of a later fragment are no header, whatever the protocol. */
static void later_read(struct digest *d, const struct ip_packet *ip)
{
	enum tunnel kind = tunnel_of(ip->transport);
	d->known |= DIGEST_FRAGMENT;
	if (kind != TUNNEL_NONE) {
		d->tunnel = (uint8_t)kind;
		d->known |= DIGEST_TUNNEL;
	}
}

void transport_read(struct frame *f, const struct ip_packet *ip)
{
	if (ip->later_fragment) {
		later_read(f->d, ip);
		return;
	}
	switch (ip->transport) {
	case TRANSPORT_TCP:
		tcp_read(f, ip);
		break;
	case TRANSPORT_UDP:
		udp_read(f, ip);
		break;
	case TRANSPORT_ICMP:
	case TRANSPORT_ICMPV6: /* each of the two over its own version of IP only */
		if ((ip->transport == TRANSPORT_ICMP) == (ip->version == 4))
			icmp_read(f, ip);
		break;
	case TRANSPORT_UDPLITE:
		udplite_read(f, ip);
		break;
	case TRANSPORT_SCTP:
	case TRANSPORT_DCCP:
		ports_read(f, ip);
		break;
	default:
		tunnel_read(f, ip);
		break;
	}
}
