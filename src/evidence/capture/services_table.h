/* SPDX-License-Identifier: Apache-2.0 */
/* The table that tools/gen-services.py writes; private to services.c. */
#ifndef WHOSENT_EVIDENCE_SERVICES_TABLE_H
#define WHOSENT_EVIDENCE_SERVICES_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct service {
	uint32_t name;     /* place in service_names */
	uint16_t tcp, udp; /* 0: none, or more than one */
};

/* NUL-terminated names, sorted by their bytes, as are the entries. */
extern const char service_names[];
extern const struct service services[];
extern const size_t services_count;

#endif
