/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that Linux's kernel has for itself (NFS, CIFS, WireGuard): the threads that serve them
 * have PIDs and names, and are no processes all the same. */
#ifndef WHOSENT_CORRELATE_KERNEL_SERVICE_H
#define WHOSENT_CORRELATE_KERNEL_SERVICE_H

#include "correlate/roster.h"
#include "model/claim.h"
#include "model/owner.h"

/* Does the statement name a thread of the kernel? */
bool kernel_service_owner(const struct owner *owner);

/* A claim that names such a thread becomes the reason, about that thread. */
void kernel_service_settle(const struct roster *roster, struct claim *c);
/* The outer packet of a tunnel is the kernel's anyway: no thread is named for it. */
void kernel_service_outer(const struct roster *roster, struct outer_claim ends[static SIDES]);

#endif
