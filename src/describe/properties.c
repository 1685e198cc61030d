/* SPDX-License-Identifier: Apache-2.0 */
/* The list of properties: see property.h. */
#include "describe/property.h"

const struct property *const properties[2][PROPERTIES_MOST] = {
	{
		&property_payload_length,
		&property_ports,
		&property_peers,
		&property_payload,
		NULL,
	},
	{
		&property_port_order,
		&property_interval,
		NULL,
	},
};
