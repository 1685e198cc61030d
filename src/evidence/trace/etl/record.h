/* SPDX-License-Identifier: Apache-2.0 */
/* One record of a Windows event trace log, as the buffer walk finds it: doc/etl.md, "Records".
 * Private to the reader. */
#ifndef WHOSENT_EVIDENCE_ETL_RECORD_H
#define WHOSENT_EVIDENCE_ETL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"

/* A GUID as it lies in the file: the first three fields little-endian, eight bytes as written. */
struct etl_guid {
	uint8_t b[16];
};

/* Groups of kernel records: the high byte of their hook id, or the class GUID that stands for it.
 */
enum etl_group {
	ETL_GROUP_HEADER = 0x00,
	ETL_GROUP_PROCESS = 0x03,
	ETL_GROUP_THREAD = 0x05,
	ETL_GROUP_TCPIP = 0x06,
	ETL_GROUP_UDPIP = 0x08,
	ETL_GROUP_CONFIG = 0x0b,
	ETL_GROUP_STACKWALK = 0x18,
	ETL_GROUPS = 0x20,
};

enum etl_class {
	ETL_KERNEL = 1, /* group and opcode: SYSTEM, COMPACT, PERFINFO, or a kernel class GUID */
	ETL_CLASSIC,    /* guid and opcode: FULL, INSTANCE */
	ETL_MANIFEST,   /* guid and id: EVENT_HEADER */
	ETL_OTHER,      /* WPP messages, errors: counted and passed */
};

struct etl_record {
	enum etl_class class;
	uint8_t group;      /* ETL_KERNEL */
	uint8_t opcode;     /* ETL_KERNEL, ETL_CLASSIC, ETL_MANIFEST */
	uint8_t version;    /* of the event: low byte */
	uint8_t pointer;    /* bytes of a pointer in the payload: 4 or 8 */
	uint16_t id;        /* ETL_MANIFEST */
	bool has_thread;    /* pid and tid: of the thread that logged, which need not have sent */
	bool has_start_key; /* extended item 13 */
	bool bad;           /* what stands between header and payload cannot be; no payload then */
	uint16_t processor; /* of the buffer */
	uint32_t pid, tid;
	int64_t raw;                 /* stamp in the session's clock; not set for ETL_OTHER */
	uint64_t keyword;            /* ETL_MANIFEST */
	uint64_t start_key;          /* tells processes of one PID apart */
	const struct etl_guid *guid; /* ETL_CLASSIC, ETL_MANIFEST; borrowed like the payload */
	struct span payload;         /* borrowed from the buffer */
};

/* Reads the record at the front of `rest` (what the buffer still holds). Returns 1 and *ret and
 * the bytes to the next record (at least 8); 0 at the end of the buffer's records; -1 with ERR_*
 * (offsets relative to the front of `rest`) where nothing tells where the next record begins.
 * `kernel_pointer` is the logfile header's, for classic records that cannot say it. */
int etl_record_read(struct span rest, uint8_t kernel_pointer, struct etl_record *ret,
	uint32_t *ret_step, struct err *err);

/* The stamp of the record of which `front` holds the first 24 bytes or more; false where it has
 * none or is no record. */
bool etl_record_stamp(struct span front, int64_t *ret);

#endif
