/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader of event trace logs asks of the readers of single providers. A new provider is
 * one file with a `struct etl_provider` and one line in the array of providers.c. Private to the
 * reader. */
#ifndef WHOSENT_EVIDENCE_ETL_PROVIDER_H
#define WHOSENT_EVIDENCE_ETL_PROVIDER_H

#include "evidence/trace/etl/record.h"
#include "model/record.h"

/* What the providers of one file share. */
struct etl_shared;

/* The thread map: which process, and which service of it, a thread runs for. Threads come and go;
 * the last word before a record counts. A full table forgets nothing and learns nothing more. */
int etl_thread_start(
	struct etl_shared *s, uint32_t tid, uint32_t pid, uint32_t tag, struct err *err);
void etl_thread_end(struct etl_shared *s, uint32_t tid);
/* False where the thread is not known. */
bool etl_thread(const struct etl_shared *s, uint32_t tid, uint32_t *ret_pid, uint32_t *ret_tag);

/* One more record of the same moment beside *ret (a network card has several addresses). Spans must
 * stay good until the next call of the provider's read. Beyond 32 they are dropped and counted. */
void etl_also(struct etl_shared *s, const struct record *more);

/* Several providers may log one and the same thing. Each marks what it logs; one that finds a
 * better teller marked gives events that no packet goes with (EVENT_HOLD), for what is told twice
 * looks like two packets. What was told before the better one's first record stays told twice. */
enum {
	ETL_SEEN_KERNEL_TCP = 1 << 0,
	ETL_SEEN_KERNEL_UDP = 1 << 1,
	ETL_SEEN_NETWORK_TCP = 1 << 2, /* Kernel-Network */
	ETL_SEEN_NETWORK_UDP = 1 << 3,
	ETL_SEEN_RAW = 1 << 4,     /* datagrams of raw sockets, by the TCP/IP driver */
	ETL_SEEN_PROCESS = 1 << 5, /* the kernel's records of processes */
};
/* Marks `kinds` (ETL_SEEN_*, or 0). Returns all that are marked. */
unsigned etl_seen(struct etl_shared *s, unsigned kinds);

/* The number of the next interface of the file, from 0: providers of packets share the count. */
uint32_t etl_next_interface(struct etl_shared *s);

enum { ETL_NOTHING = 0, ETL_GIVEN = 1 };

struct etl_provider {
	const char *name;
	/* Which records are its own: those of a kernel group (`group` is not 0), else those that
	 * bear the GUID. */
	uint8_t group;
	struct etl_guid guid;
	/* Both may be NULL where the provider remembers nothing. */
	int (*open)(void **ret_state, struct err *err);
	void (*close)(void *state); /* accepts NULL */
	/* ETL_GIVEN with *ret filled: ret->kind and its part of the union. The caller has set
	 * has_time, when and number before, and gives a packet its own number. ETL_NOTHING: sound,
	 * and says nothing that is used. -1: damage, with a message without an offset; the caller
	 * adds where. What *ret borrows is good until the next call. */
	int (*read)(void *state, struct etl_shared *shared, const struct etl_record *rec,
		struct record *ret, struct err *err);
};

extern const struct etl_provider etl_kernel_tcpip, etl_kernel_udpip; /* kernel_network.c */
extern const struct etl_provider etl_kernel_network;                 /* Kernel-Network */
extern const struct etl_provider etl_kernel_process, etl_kernel_thread, etl_kernel_config;
extern const struct etl_provider etl_process; /* Kernel-Process */
extern const struct etl_provider etl_tcpip;   /* Microsoft-Windows-TCPIP */
extern const struct etl_provider etl_afd;     /* Winsock-AFD */
extern const struct etl_provider etl_ndis;    /* NDIS-PacketCapture */
extern const struct etl_provider etl_pktmon;

extern const struct etl_provider *const etl_providers[]; /* providers.c; ends with NULL */

#endif
