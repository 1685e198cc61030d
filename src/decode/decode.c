/* SPDX-License-Identifier: Apache-2.0 */
/* Frame bytes to a digest: link layers, and what they carry. See decode.h. */
#include "decode/decode.h"

#include <stddef.h>

#include "decode/layers.h"

/* A frame while it is read. The cursor starts at the frame's first byte, so that its place is
 * also the length of the layers passed. */
struct frame {
	struct cursor c;
	uint32_t wire;
	struct digest *d;
};

enum {
	ETHERTYPE_LEAST = 0x600, /* below it is a length (IEEE 802.3 3.2.6) */
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_IPV6 = 0x86dd,
};

static void ip_layer(struct frame *f)
{
	struct ip_packet ip;
	uint32_t passed = (uint32_t)f->c.at;
	if (!ip_read(f->c, f->wire > passed ? f->wire - passed : 0, &ip))
		return;
	f->d->ip_version = ip.version;
	f->d->transport = ip.transport;
	f->d->flow = ip.flow;
	f->d->known |= DIGEST_ADDRS;
	transport_read(&ip, f->d);
}

/* An ethertype names one version; a packet of the other is malformed. */
static void ip_layer_of(struct frame *f, unsigned version)
{
	struct cursor front = f->c;
	if (cursor_u8(&front) >> 4 == version)
		ip_layer(f);
}

static void ipv4_layer(struct frame *f)
{
	ip_layer_of(f, 4);
}

static void ipv6_layer(struct frame *f)
{
	ip_layer_of(f, 6);
}

/* RFC 826: hardware and protocol type, their address lengths, operation, then the sender's and
 * the target's hardware and protocol address. */
static void arp_layer(struct frame *f)
{
	struct cursor c = f->c;
	f->d->known |= DIGEST_ARP;
	cursor_skip(&c, 2);
	unsigned protocol = cursor_be16(&c);
	uint8_t hardware_bytes = cursor_u8(&c), protocol_bytes = cursor_u8(&c);
	if (protocol != ETHERTYPE_IPV4 || protocol_bytes != 4)
		return;
	cursor_skip(&c, 2u + hardware_bytes);
	struct span sender = cursor_take(&c, 4);
	cursor_skip(&c, hardware_bytes);
	struct span target = cursor_take(&c, 4);
	if (c.ran_out)
		return;
	f->d->ip_version = 4;
	f->d->flow.src.addr = addr_v4(sender.p);
	f->d->flow.dst.addr = addr_v4(target.p);
	f->d->known |= DIGEST_ADDRS;
}

static void ethertype_layer(struct frame *f, unsigned type);

/* IEEE 802.1Q 9.6: two bytes of tag control, then the next ethertype. Each tag takes 4 bytes, so
 * the nesting is bounded by the frame; 64 tags are more than any network stacks. */
static void vlan_layer(struct frame *f)
{
	unsigned type = 0x8100;
	for (int tags = 0; tags < 64 && (type == 0x8100 || type == 0x88a8 || type == 0x9100);
		tags++) {
		cursor_skip(&f->c, 2);
		type = cursor_be16(&f->c);
	}
	if (!f->c.ran_out)
		ethertype_layer(f, type);
}

static const struct {
	uint16_t type;
	void (*read)(struct frame *f);
} ethertypes[] = {
	{ ETHERTYPE_IPV4, ipv4_layer },
	{ ETHERTYPE_IPV6, ipv6_layer },
	{ ETHERTYPE_ARP, arp_layer },
	{ 0x8100, vlan_layer },
	{ 0x88a8, vlan_layer },
	{ 0x9100, vlan_layer },
};

static void ethertype_layer(struct frame *f, unsigned type)
{
	for (size_t i = 0; i < sizeof ethertypes / sizeof *ethertypes; i++)
		if (ethertypes[i].type == type) {
			ethertypes[i].read(f);
			return;
		}
}

/* Behind a length stands LLC (IEEE 802.2); with SNAP (RFC 1042) it carries an ethertype. */
static void llc_layer(struct frame *f)
{
	uint32_t saps = cursor_be32(&f->c), oui_and_type = cursor_be32(&f->c);
	if (!f->c.ran_out && saps == 0xaaaa0300 && oui_and_type >> 16 == 0)
		ethertype_layer(f, oui_and_type & 0xffff);
}

static bool ethernet_link(struct frame *f)
{
	cursor_skip(&f->c, 12);
	unsigned type = cursor_be16(&f->c);
	if (f->c.ran_out)
		return false;
	if (type >= ETHERTYPE_LEAST)
		ethertype_layer(f, type);
	else
		llc_layer(f);
	return true;
}

static bool raw_link(struct frame *f)
{
	struct cursor front = f->c;
	unsigned version = cursor_u8(&front) >> 4;
	if (version != 4 && version != 6)
		return false;
	ip_layer(f);
	return true;
}

/* The address family as the BSDs number it: AF_INET is 2 everywhere, AF_INET6 is 24, 28 or 30.
 * LOOP has it in network order, NULL in that of the host that captured, which no field states:
 * families are small, so the order that gives a small number is right. Wrong for a family above
 * 65535, which does not exist. */
static bool loopback_link(struct frame *f)
{
	uint32_t family = cursor_be32(&f->c);
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	if (f->c.ran_out)
		return false;
	if (family == 2)
		ipv4_layer(f);
	else if (family == 24 || family == 28 || family == 30 || family == 10)
		ipv6_layer(f);
	return true;
}

/* For netlink, GRE and 802.11 devices the protocol field is no ethertype
 * (tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html). */
static bool has_ethertype(unsigned arphrd)
{
	return arphrd != 824 && arphrd != 778 && !(arphrd >= 801 && arphrd <= 803);
}

/* Packet type, ARPHRD_ type, address length, 8 bytes of address, protocol. */
static bool sll_link(struct frame *f)
{
	cursor_skip(&f->c, 2);
	unsigned arphrd = cursor_be16(&f->c);
	cursor_skip(&f->c, 10);
	unsigned protocol = cursor_be16(&f->c);
	if (f->c.ran_out)
		return false;
	if (has_ethertype(arphrd))
		ethertype_layer(f, protocol);
	return true;
}

/* Protocol, reserved, interface index, ARPHRD_ type, packet type, address length and address. */
static bool sll2_link(struct frame *f)
{
	unsigned protocol = cursor_be16(&f->c);
	cursor_skip(&f->c, 6);
	unsigned arphrd = cursor_be16(&f->c);
	cursor_skip(&f->c, 10);
	if (f->c.ran_out)
		return false;
	if (has_ethertype(arphrd))
		ethertype_layer(f, protocol);
	return true;
}

/* By LINKTYPE_ number. `read` is false where the frame is not what its link type says. */
static const struct {
	uint32_t link_type;
	bool (*read)(struct frame *f);
} links[] = {
	{ 1, ethernet_link },   /* ETHERNET */
	{ 0, loopback_link },   /* NULL */
	{ 101, raw_link },      /* RAW */
	{ 108, loopback_link }, /* LOOP */
	{ 113, sll_link },      /* LINUX_SLL */
	{ 228, raw_link },      /* IPV4 */
	{ 229, raw_link },      /* IPV6 */
	{ 276, sll2_link },     /* LINUX_SLL2 */
};

void decode_packet(const struct packet *packet, struct digest *ret)
{
	if (packet->digested) {
		*ret = packet->digest;
		return;
	}
	uint32_t captured = (uint32_t)packet->bytes.n;
	*ret = (struct digest){ .known = DIGEST_WIRE, .transport = TRANSPORT_NONE };
	/* Less on the wire than was captured is a writer's mistake. */
	ret->wire_bytes = packet->wire_bytes > captured ? packet->wire_bytes : captured;
	struct frame f = { cursor_of(packet->bytes), ret->wire_bytes, ret };
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (links[i].link_type == packet->link_type) {
			if (links[i].read(&f))
				ret->known |= DIGEST_DECODED;
			return;
		}
}
