/* SPDX-License-Identifier: Apache-2.0 */
/* Link layers: by link type (tcpdump.org/linktypes.html), and what an ethertype names. */
#include "decode/layers.h"

#include <stddef.h>

#include "base/limits.h"

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

static void type_or_length(struct frame *f, unsigned type)
{
	if (type >= ETHERTYPE_LEAST)
		ethertype_layer(f, type);
	else
		llc_layer(f);
}

static void next_layer(struct frame *f)
{
	unsigned type = cursor_be16(&f->c);
	if (!f->c.ran_out)
		type_or_length(f, type);
}

/* Priority 3 bits, eligible to drop 1, VLAN 12. VLAN 0 is none: the tag has a priority only. */
static void vlan_layer(struct frame *f)
{
	unsigned vlan = cursor_be16(&f->c) & 0xfff;
	if (vlan != 0)
		frame_enter(f, NETWORK_VLAN, vlan);
	next_layer(f);
}

/* Direction and pointer 2 bits, destination port 14, looped 1, reserved 1, version 2, source port
 * 12. */
static void vn_tag_layer(struct frame *f)
{
	frame_enter(f, NETWORK_PORT, cursor_be32(&f->c));
	next_layer(f);
}

/* IEEE 802.1BR 7.5: priority 3 bits, eligible to drop 1, port that it came in at 12, reserved 2,
 * group 2, port 12, high bits of both ports 8 + 8. */
static void bridge_port_layer(struct frame *f)
{
	uint32_t front = cursor_be32(&f->c);
	frame_enter(f, NETWORK_PORT, front & 0x0fffffff);
	cursor_skip(&f->c, 2);
	next_layer(f);
}

/* IEEE 802.1ah 9.5: priority and flags 8 bits, service 24, then the customer's Ethernet frame. */
static void backbone_layer(struct frame *f)
{
	frame_enter(f, NETWORK_BACKBONE, cursor_be32(&f->c) & 0xffffff);
	ethernet_link(f);
}

static void other_layer(struct frame *f, unsigned type)
{
	switch (type) {
	case ETHERTYPE_ARP:
	case 0x8035: /* RARP (RFC 903) has the same fields */
		arp_layer(f);
		break;
	case 0x8100: /* IEEE 802.1Q 9.6, and its stacked forms */
	case 0x88a8:
	case 0x9100:
		vlan_layer(f);
		break;
	case 0x8926: /* VN-Tag */
		vn_tag_layer(f);
		break;
	case 0x893f: /* IEEE 802.1BR 7.5 */
		bridge_port_layer(f);
		break;
	case 0x88e7:
		backbone_layer(f);
		break;
	case 0x8864: /* a PPPoE session's data */
		pppoe_layer(f);
		break;
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTICAST:
		mpls_layer(f);
		break;
	case 0x8863: /* discovery of PPPoE, IEEE 802.1X and LLDP: nothing to read */
	case 0x888e:
	case 0x88cc:
		break;
	default:
		f->refused = true;
		break;
	}
}

void ethertype_layer(struct frame *f, unsigned type)
{
	if (type == ETHERTYPE_IPV4)
		ip_layer(f, 4);
	else if (type == ETHERTYPE_IPV6)
		ip_layer(f, 6);
	else if (f->layers++ < LIMIT_LAYERS)
		other_layer(f, type);
}

/* IEEE 802.2 with SNAP (RFC 1042) carries an ethertype; so does the second of its two prefixes,
 * for protocols that may not be translated between media (IEEE 802.1H). */
void llc_layer(struct frame *f)
{
	uint32_t saps = cursor_be32(&f->c), oui_and_type = cursor_be32(&f->c);
	uint32_t oui = (saps & 0xff) << 16 | oui_and_type >> 16;
	if (!f->c.ran_out && saps >> 8 == 0xaaaa03 && (oui == 0 || oui == 0xf8))
		ethertype_layer(f, oui_and_type & 0xffff);
}

bool ethernet_link(struct frame *f)
{
	struct span head = cursor_take(&f->c, 14);
	if (!head.p)
		return false;
	struct cursor h = header_of(head, 14);
	bool group = cursor_u8(&h) & 1;
	cursor_skip(&h, 11);
	unsigned type = cursor_be16(&h);
	if (group && f->tunnels == 0)
		f->d->known |= DIGEST_GROUP;
	type_or_length(f, type);
	return true;
}

/* Whether an Ethernet frame begins `skip` bytes further, by its ethertype. */
static bool ethernet_at(struct cursor c, unsigned skip)
{
	cursor_skip(&c, skip + 12);
	unsigned type = cursor_be16(&c);
	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 || type == ETHERTYPE_ARP ||
		type == 0x8100 || type == 0x88a8;
}

/* A label behind the indicator is chosen by a hash of the flow (RFC 6790 4.2), of which later
 * fragments show less: it is no network's. */
static void enter_labels(struct frame *f)
{
	enum { ENTROPY_INDICATOR = 7 };
	uint32_t entry, before = 0;
	do {
		entry = cursor_be32(&f->c);
		if (before >> 12 != ENTROPY_INDICATOR)
			frame_enter(f, NETWORK_LABEL, entry >> 12);
		before = entry;
	} while (!f->c.ran_out && !(entry & 0x100));
}

/* RFC 3032 2.1: entries of label, class, bottom bit and TTL. No field says what stands behind the
 * last one. It is taken for IP where its first half-byte and its lengths say so, and for Ethernet
 * behind a control word (RFC 4385 3) where that half-byte is 0; without a control word where the
 * ethertype is where it then must be. Wrong for a pseudowire without control word whose destination
 * MAC looks like an IP header, with a length that fits: its addresses would be MAC bytes. */
void mpls_layer(struct frame *f)
{
	enter_labels(f);
	if (f->fit == FIT_ANY)
		f->fit = FIT_WITHIN;
	struct cursor front = f->c;
	unsigned nibble = cursor_u8(&front) >> 4;
	if (front.ran_out)
		return;
	if (nibble == 4 || nibble == 6) {
		ip_layer(f, nibble);
	} else if (nibble == 0) {
		if (!ethernet_at(f->c, 0) || ethernet_at(f->c, 4))
			cursor_skip(&f->c, 4);
		ethernet_link(f);
	}
}

static bool raw_link(struct frame *f)
{
	struct cursor front = f->c;
	unsigned version = cursor_u8(&front) >> 4;
	if (version != 4 && version != 6)
		return false;
	ip_layer(f, 0);
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
		ip_layer(f, 4);
	else if (family == 24 || family == 28 || family == 30 || family == 10)
		ip_layer(f, 6);
	return true;
}

/* For netlink, GRE and 802.11 devices the protocol field is no ethertype
 * (tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html). */
static bool has_ethertype(unsigned arphrd)
{
	return arphrd != 824 && arphrd != 778 && !(arphrd >= 801 && arphrd <= 803);
}

/* Linux's packet types: 0 is for this host and 4 from it. Others came in too, but to a group
 * address, or to a host that is not this one. */
static void cooked_way(struct frame *f, unsigned type)
{
	if (type == 0)
		frame_ran(f, DIGEST_RECEIVED);
	else if (type == 4)
		frame_ran(f, DIGEST_SENT);
}

/* A protocol number below ETHERTYPE_LEAST is one of Linux's own: 4 is a frame of IEEE 802.2. */
static void cooked_layer(struct frame *f, unsigned arphrd, unsigned protocol)
{
	if (!has_ethertype(arphrd))
		return;
	if (protocol == 4)
		llc_layer(f);
	else
		ethertype_layer(f, protocol);
}

/* Packet type, ARPHRD_ type, address length, 8 bytes of address, protocol. */
static bool sll_link(struct frame *f)
{
	unsigned type = cursor_be16(&f->c), arphrd = cursor_be16(&f->c);
	cursor_skip(&f->c, 10);
	unsigned protocol = cursor_be16(&f->c);
	if (f->c.ran_out)
		return false;
	cooked_way(f, type);
	cooked_layer(f, arphrd, protocol);
	return true;
}

/* Protocol, reserved, interface index, ARPHRD_ type, packet type, address length and address. */
static bool sll2_link(struct frame *f)
{
	unsigned protocol = cursor_be16(&f->c);
	cursor_skip(&f->c, 6);
	unsigned arphrd = cursor_be16(&f->c), type = cursor_u8(&f->c);
	cursor_skip(&f->c, 9);
	if (f->c.ran_out)
		return false;
	cooked_way(f, type);
	cooked_layer(f, arphrd, protocol);
	return true;
}

/* RFC 4391 6: an ethertype and two reserved bytes. Files have 40 bytes of addresses before it,
 * though the description of the link type has none: these begin with 0 or with the version of IPv6,
 * so never like an ethertype and 0. */
static bool infiniband_link(struct frame *f)
{
	struct cursor c = f->c;
	unsigned type = cursor_be16(&c), reserved = cursor_be16(&c);
	if (reserved || (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6 && type != ETHERTYPE_ARP))
		cursor_skip(&f->c, 40);
	type = cursor_be16(&f->c);
	cursor_skip(&f->c, 2);
	if (f->c.ran_out)
		return false;
	ethertype_layer(f, type);
	return true;
}

/* By LINKTYPE_ number; 12 and 14 are what DLT_RAW is on some systems, and stands in files. */
static bool other_link(struct frame *f, uint32_t link_type)
{
	static const struct {
		uint32_t link_type;
		bool (*read)(struct frame *f);
	} links[] = {
		{ 0, loopback_link },         /* NULL */
		{ 9, ppp_link },              /* PPP */
		{ 12, raw_link },             /* RAW */
		{ 14, raw_link },             /* RAW */
		{ 50, ppp_link },             /* PPP_HDLC */
		{ 51, ppp_ether_link },       /* PPP_ETHER */
		{ 101, raw_link },            /* RAW */
		{ 104, hdlc_link },           /* C_HDLC */
		{ 105, wireless_link },       /* IEEE802_11 */
		{ 108, loopback_link },       /* LOOP */
		{ 113, sll_link },            /* LINUX_SLL */
		{ 119, prism_link },          /* IEEE802_11_PRISM */
		{ 127, radiotap_link },       /* IEEE802_11_RADIOTAP */
		{ 149, pktap_link },          /* USER2: what Apple writes PKTAP with */
		{ 163, prism_link },          /* IEEE802_11_AVS */
		{ 192, ppi_link },            /* PPI */
		{ 204, ppp_direction_link },  /* PPP_WITH_DIR */
		{ 205, hdlc_direction_link }, /* C_HDLC_WITH_DIR */
		{ 228, raw_link },            /* IPV4 */
		{ 229, raw_link },            /* IPV6 */
		{ 239, nflog_link },          /* NFLOG */
		{ 242, infiniband_link },     /* IPOIB */
		{ 258, pktap_link },          /* PKTAP */
		{ 276, sll2_link },           /* LINUX_SLL2 */
	};
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (links[i].link_type == link_type)
			return links[i].read(f);
	return false;
}

bool link_read(struct frame *f, uint32_t link_type)
{
	if (link_type == 1)
		return ethernet_link(f);
	/* Some link types carry a frame of another one. */
	return f->layers++ < LIMIT_LAYERS && other_link(f, link_type);
}
