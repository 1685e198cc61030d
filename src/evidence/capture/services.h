/* SPDX-License-Identifier: Apache-2.0 */
/* Port numbers of the service names that Wireshark prints: the IANA list of libwireshark-data, made
 * into a table when the tool is built (tools/gen-services.py). */
#ifndef WHOSENT_EVIDENCE_SERVICES_H
#define WHOSENT_EVIDENCE_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/* False where the list has no such name, or several ports for it, with this transport
 * (TRANSPORT_TCP or TRANSPORT_UDP). */
bool services_port(struct span name, uint8_t transport, uint16_t *ret);

/* Does the list have a longer name that begins with this one? Then a name at the end of a file that
 * was cut may have lost letters. */
bool services_is_prefix(struct span name);

#endif
