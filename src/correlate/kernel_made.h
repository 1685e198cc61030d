/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel makes by itself, as far as the packet alone proves it. */
#ifndef WHOSENT_CORRELATE_KERNEL_MADE_H
#define WHOSENT_CORRELATE_KERNEL_MADE_H

#include "model/claim.h"
#include "model/digest.h"

/* The reason for that side, or REASON_NONE. The digest is decoded. */
enum reason kernel_made(const struct digest *d, enum side side);

#endif
