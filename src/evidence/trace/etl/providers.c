/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of providers: see provider.h. */
#include <stddef.h>

#include "evidence/trace/etl/provider.h"

const struct etl_provider *const etl_providers[] = {
	&etl_kernel_tcpip,
	&etl_kernel_udpip,
	&etl_kernel_network,
	&etl_kernel_process,
	&etl_kernel_thread,
	&etl_kernel_config,
	&etl_process,
	&etl_tcpip,
	&etl_afd,
	&etl_ndis,
	&etl_pktmon,
	NULL,
};
