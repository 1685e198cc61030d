/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what Windows' providers log into event trace logs: network, process and service records
 * of the kernel and of manifests, and packets. Each returns the serial number of its buffer, as
 * etlog_add does. */
#ifndef WHOSENT_LAB_ETL_EVENTS_H
#define WHOSENT_LAB_ETL_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/record.h"
#include "write/etl.h"

/* When and where something was logged, and by which thread. */
struct etlog_at {
	int64_t ns;
	uint16_t processor;
	uint32_t pid, tid;
	enum etlog_kind kind; /* of kernel records: SYSTEM, COMPACT, PERFINFO or FULL; 0: as the
			       * system of that version does */
	bool mapped;          /* IPv4 addresses are written as mapped ones, in an IPv6 event */
	uint64_t start_key;   /* manifests: extended item 13, where it is not 0 */
};

/* Kernel logger, TcpIp and UdpIp. Version 0 (Windows 2000), 1 (XP, 2003) or 2; IPv6 only in 2. */
uint64_t etlog_tcpudp(
	struct etlog *w, const struct etlog_at *at, uint8_t version, const struct event *e);
/* Bytes that a TCP receive copied (TCPCopy): the same again, of which nobody may take notice. */
uint64_t etlog_tcp_copy(struct etlog *w, const struct etlog_at *at, const struct event *e);
/* Microsoft-Windows-Kernel-Network. */
uint64_t etlog_network(struct etlog *w, const struct etlog_at *at, const struct event *e);

/* Kernel logger, Process: 1 start, 2 end, 3 running when the log began, 4 when it ended, 39
 * defunct. Version 0 to 5. Uses pid, parent and image of the note. */
struct etlog_process {
	uint8_t opcode, version;
	const struct process_note *note;
	bool has_sid;
	const char *command; /* or NULL */
};
uint64_t etlog_process(struct etlog *w, const struct etlog_at *at, const struct etlog_process *p);

/* Kernel logger, Thread: 1 start, 2 end, 3 and 4 as above. Versions 0 to 3; `name` (or NULL) is
 * added by Windows 10 to version 3. */
struct etlog_thread {
	uint8_t opcode, version;
	uint32_t pid, tid, tag;
	const char *name;
};
uint64_t etlog_thread(struct etlog *w, const struct etlog_at *at, const struct etlog_thread *t);

/* Kernel logger, SystemConfig: a service (version 1 to 3), and a network card with addresses
 * separated by ";". */
struct etlog_service {
	uint8_t version;
	uint32_t pid, tag; /* PID 0: stopped */
	const char *name, *title;
};
uint64_t etlog_service(struct etlog *w, const struct etlog_at *at, const struct etlog_service *s);
uint64_t etlog_card(struct etlog *w, const struct etlog_at *at, const char *addresses);

/* Microsoft-Windows-Kernel-Process: id 1 start (version 0 to 5), 2 stop (0 to 2), 15 rundown (0 to
 * 3). `start_ns` is when the process began. */
struct etlog_manifest_process {
	uint16_t id;
	uint8_t version;
	const struct process_note *note;
	int64_t start_ns;
};
uint64_t etlog_manifest_process(
	struct etlog *w, const struct etlog_at *at, const struct etlog_manifest_process *p);
/* Its ids 3 and 4, version 1: a thread begins, ends. */
uint64_t etlog_manifest_thread(
	struct etlog *w, const struct etlog_at *at, const struct etlog_thread *t);

/* Microsoft-Windows-TCPIP 1169 and 1170: `messages` datagrams of e->bytes in all. */
uint64_t etlog_endpoint(
	struct etlog *w, const struct etlog_at *at, const struct event *e, uint32_t messages);

/* Microsoft-Windows-Winsock-AFD: a raw socket is made (1000), sends with an address (1007), is
 * closed (1001). Each is logged on its way in and on its way out. */
uint64_t etlog_raw_socket(
	struct etlog *w, const struct etlog_at *at, uint64_t endpoint, uint8_t protocol);
uint64_t etlog_raw_send(
	struct etlog *w, const struct etlog_at *at, uint64_t endpoint, const struct event *e);
uint64_t etlog_raw_close(struct etlog *w, const struct etlog_at *at, uint64_t endpoint);

#endif
