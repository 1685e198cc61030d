/* SPDX-License-Identifier: Apache-2.0 */
/* Digest: see digest.h. */
#include "model/digest.h"

#include <stddef.h>

const char *transport_name(uint8_t transport)
{
	switch (transport) {
	case TRANSPORT_ICMP:
		return "icmp";
	case TRANSPORT_IGMP:
		return "igmp";
	case TRANSPORT_TCP:
		return "tcp";
	case TRANSPORT_UDP:
		return "udp";
	case TRANSPORT_ICMPV6:
		return "ipv6-icmp";
	case 33:
		return "dccp";
	case 47:
		return "gre";
	case 50:
		return "esp";
	case 51:
		return "ah";
	case 132:
		return "sctp";
	case 136:
		return "udplite";
	default:
		return NULL;
	}
}
