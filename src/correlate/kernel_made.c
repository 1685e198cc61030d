/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel makes by itself: see kernel_made.h. */
#include "correlate/kernel_made.h"

static bool is_neighbour_discovery(const struct digest *d)
{
	return d->transport == TRANSPORT_ICMPV6 && digest_has(d, DIGEST_ICMP) &&
		d->icmp_type >= 133 && d->icmp_type <= 137; /* RFC 4861 4 */
}

static bool is_group_report(const struct digest *d)
{
	if (d->transport == TRANSPORT_IGMP)
		return true;
	return d->transport == TRANSPORT_ICMPV6 && digest_has(d, DIGEST_ICMP) &&
		((d->icmp_type >= 130 && d->icmp_type <= 132) || d->icmp_type == 143);
}

/* RFC 9293 3.10.7.1: the answer to a SYN for a port where nobody listens carries sequence number 0
 * and acknowledges the SYN. Wrong where a live socket aborts with just that sequence number, one in
 * four billion, or where a program sends such a segment through a raw socket. */
static bool is_refusal(const struct digest *d)
{
	return digest_has(d, DIGEST_TCP) &&
		(d->tcp_flags & (TCP_RST | TCP_ACK | TCP_SYN)) == (TCP_RST | TCP_ACK) &&
		d->tcp_seq == 0;
}

enum reason kernel_made(const struct digest *d, enum side side)
{
	if (digest_has(d, DIGEST_ARP))
		return REASON_KERNEL_ARP;
	if (digest_is_icmp_error(d))
		return REASON_KERNEL_ICMP_ERROR;
	if (is_neighbour_discovery(d))
		return REASON_KERNEL_NDP;
	if (is_group_report(d))
		return REASON_KERNEL_IGMP;
	if (side == SIDE_SENDER && digest_is_echo_reply(d))
		return REASON_KERNEL_ECHO_REPLY;
	if (side == SIDE_SENDER && is_refusal(d))
		return REASON_KERNEL_TCP_RESET;
	return REASON_NONE;
}
