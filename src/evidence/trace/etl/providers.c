/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of providers: see provider.h. */
#include <stddef.h>

#include "evidence/trace/etl/provider.h"

const struct etl_provider *const etl_providers[] = {
	NULL,
};
