/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: see process.h. */
#include "model/process.h"

#include <stddef.h>

const char *process_services(const struct process *p, uint32_t tag)
{
	for (const struct service *s = tag ? p->hosted : NULL; s; s = s->next)
		if (s->tag == tag)
			return s->name;
	return p->services;
}
