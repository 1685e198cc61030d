/* SPDX-License-Identifier: Apache-2.0 */
/* The providers whose records the lab writes, and how a manifest's record is begun. Private to the
 * writers of event trace logs. */
#ifndef WHOSENT_LAB_ETL_GUIDS_H
#define WHOSENT_LAB_ETL_GUIDS_H

#include "write/etl.h"
#include "write/etl_events.h"

/* Classes of the kernel logger. */
extern const uint8_t etlog_guid_process[ETLOG_GUID_BYTES], etlog_guid_thread[ETLOG_GUID_BYTES];
extern const uint8_t etlog_guid_tcpip[ETLOG_GUID_BYTES], etlog_guid_udpip[ETLOG_GUID_BYTES];
extern const uint8_t etlog_guid_config[ETLOG_GUID_BYTES];

/* Manifests: Kernel-Network, Kernel-Process, TCPIP, Winsock-AFD, NDIS-PacketCapture, PktMon. */
extern const uint8_t etlog_guid_network[ETLOG_GUID_BYTES];
extern const uint8_t etlog_guid_processes[ETLOG_GUID_BYTES];
extern const uint8_t etlog_guid_tcp_driver[ETLOG_GUID_BYTES];
extern const uint8_t etlog_guid_sockets[ETLOG_GUID_BYTES];
extern const uint8_t etlog_guid_ndis[ETLOG_GUID_BYTES], etlog_guid_pktmon[ETLOG_GUID_BYTES];

/* Adds *r as an EVENT_HEADER record of that moment and thread. */
uint64_t etlog_manifest(struct etlog *w, const struct etlog_at *at, const struct etlog_record *r);

#endif
