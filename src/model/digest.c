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
	case TRANSPORT_DCCP:
		return "dccp";
	case TRANSPORT_GRE:
		return "gre";
	case TRANSPORT_ESP:
		return "esp";
	case TRANSPORT_AH:
		return "ah";
	case TRANSPORT_SCTP:
		return "sctp";
	case TRANSPORT_UDPLITE:
		return "udplite";
	default:
		return NULL;
	}
}

const char *tunnel_name(enum tunnel t)
{
	static const char *const names[TUNNEL_COUNT] = {
		[TUNNEL_IPIP] = "ipip",
		[TUNNEL_GRE] = "gre",
		[TUNNEL_ESP] = "esp",
		[TUNNEL_VXLAN] = "vxlan",
		[TUNNEL_GENEVE] = "geneve",
		[TUNNEL_GTP] = "gtp",
		[TUNNEL_TEREDO] = "teredo",
	};
	return t < TUNNEL_COUNT ? names[t] : NULL;
}
