/* SPDX-License-Identifier: Apache-2.0 */
/* What the payloads of several providers are made of: doc/etl-providers.md, "Parts". Private to the
 * reader. */
#ifndef WHOSENT_EVIDENCE_ETL_PAYLOAD_H
#define WHOSENT_EVIDENCE_ETL_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/limits.h"
#include "evidence/trace/etl/record.h"
#include "evidence/trace/traced.h"
#include "model/addr.h"
#include "model/record.h"

/* Ports are in network order, all other numbers little-endian. */
static inline uint16_t payload_port(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint64_t payload_pointer(struct cursor *c, uint8_t bytes)
{
	return bytes == 8 ? cursor_u64(c, false) : cursor_le32(c);
}

/* Text up to its zero, without it. `ran_out` where there is none before the end: a text may not be
 * taken for whole that is cut. */
struct span payload_ansi(struct cursor *c);
struct span payload_utf16(struct cursor *c);

/* Bytes of a buffer for a name. No file or service has more than 256 characters. */
#define PAYLOAD_NAME_UNITS 256u
#define PAYLOAD_NAME_BYTES (PAYLOAD_NAME_UNITS * 4u + 2u)

/* UTF-16 as UTF-8 in `buf`; empty where it is longer than PAYLOAD_NAME_UNITS. */
struct span payload_utf8(struct span utf16, uint8_t buf[static PAYLOAD_NAME_BYTES]);

/* What stands behind the last backslash of a path in UTF-16. */
struct span payload_base16(struct span path);

/* A length of 32 bits and so many bytes of a SOCKADDR (ws2def.h, ws2ipdef.h): family, port in
 * network order, address. False where it is of no family of IP or too short for its family; the
 * cursor stands behind it all the same. */
bool payload_sockaddr(struct cursor *c, struct endpoint *ret);

/* Passes over the SID of a kernel process record: nothing (a zero of 4 bytes), or a TOKEN_USER of
 * two pointers and the SID behind it. */
void payload_skip_user(struct cursor *c, uint8_t pointer);
/* Passes over a SID (MS-DTYP 2.4.2.2). */
void payload_skip_sid(struct cursor *c);

/* The record ends before what its version needs. */
int payload_short(const struct etl_record *rec, const char *what, size_t needed, struct err *err);

#endif
