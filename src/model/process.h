/* SPDX-License-Identifier: Apache-2.0 */
/* A process as the report names it: host + PID + start time. */
#ifndef WHOSENT_MODEL_PROCESS_H
#define WHOSENT_MODEL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stamp.h"

/* A place in the run's roster. Handles stay valid and equal for the whole run; names are bound
 * when they are printed, so a rundown at the end of a trace still counts. */
typedef uint32_t process_handle;
#define PROCESS_NONE UINT32_MAX

/* One service of a process that may host several. */
struct service {
	uint32_t tag; /* what its threads bear in a Windows trace, or 0 */
	const char *name;
	struct service *next;
};

/* Beside a tag: which service it was is not known (0), or more than one. */
#define SERVICE_SEVERAL UINT32_MAX

struct process {
	uint32_t host; /* place in the run's hosts */
	uint32_t pid;
	bool has_start, has_end, has_parent;
	bool kernel; /* a thread of Linux's kernel: its sockets are the kernel's */
	bool ended;  /* its end was logged; else has_end says that it was over by then */
	struct ref_time start, end;
	uint32_t parent;        /* PID */
	const char *image;      /* "store.exe", or NULL where no evidence names it */
	bool image_cut;         /* the name may go on behind what is known */
	const char *services;   /* "MSExchangeIS" or "a, b", or NULL */
	struct service *hosted; /* the same one by one, where a log lists them so, or NULL */
};

/* The service that the tag means, or else all that the process hosts, or NULL. */
const char *process_services(const struct process *p, uint32_t tag);

#endif
