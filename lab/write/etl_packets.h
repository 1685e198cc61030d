/* SPDX-License-Identifier: Apache-2.0 */
/* Writes packets into event trace logs, as `netsh trace` and `pktmon` do. */
#ifndef WHOSENT_LAB_ETL_PACKETS_H
#define WHOSENT_LAB_ETL_PACKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/record.h"
#include "write/etl_events.h"

/* Microsoft-Windows-NDIS-PacketCapture 1001: an Ethernet frame, or a part of one. */
struct etlog_fragment {
	uint32_t miniport, layer;
	struct span bytes;
	bool start, end; /* of the packet: both where it is whole */
	bool truncated;
	enum packet_way way;
};
uint64_t etlog_ndis(struct etlog *w, const struct etlog_at *at, const struct etlog_fragment *f);

/* Microsoft-Windows-PktMon 160, or 170 where it is dropped. One packet has one group and number
 * at each component that it passes. */
struct etlog_appearance {
	uint64_t group;
	uint16_t number, appearance, direction, component, edge;
	uint16_t type; /* 1 Ethernet, 3 IP */
	uint32_t drop_reason, drop_location;
	uint32_t wire_bytes;
	struct span bytes;
};
uint64_t etlog_pktmon(struct etlog *w, const struct etlog_at *at, const struct etlog_appearance *a);

/* Its event 20: what a component is called. */
uint64_t etlog_component(struct etlog *w, const struct etlog_at *at, uint16_t id, const char *name);

#endif
