/* SPDX-License-Identifier: Apache-2.0 */
/* Port numbers of service names: see services.h. */
#include "evidence/capture/services.h"

#include <string.h>

#include "evidence/capture/services_table.h"
#include "model/digest.h"

/* Order of bytes; a prefix stands before what is longer. */
static int compare(struct span a, const char *b)
{
	size_t n = strlen(b), least = a.n < n ? a.n : n;
	int c = least ? memcmp(a.p, b, least) : 0;
	return c ? c : (a.n > n) - (a.n < n);
}

/* The first entry whose name is not before this one. */
static size_t lower_bound(struct span name)
{
	size_t from = 0, to = services_count;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (compare(name, service_names + services[mid].name) > 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

bool services_port(struct span name, uint8_t transport, uint16_t *ret)
{
	size_t i = lower_bound(name);
	if (i == services_count || compare(name, service_names + services[i].name) != 0)
		return false;
	uint16_t port = transport == TRANSPORT_UDP ? services[i].udp
		: transport == TRANSPORT_TCP       ? services[i].tcp
						   : 0;
	if (port == 0)
		return false;
	*ret = port;
	return true;
}

bool services_is_prefix(struct span name)
{
	size_t i = lower_bound(name);
	if (i < services_count && compare(name, service_names + services[i].name) == 0)
		i++;
	if (i == services_count)
		return false;
	const char *next = service_names + services[i].name;
	return strlen(next) > name.n && (name.n == 0 || memcmp(next, name.p, name.n) == 0);
}
