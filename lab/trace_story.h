/* SPDX-License-Identifier: Apache-2.0 */
/* What happens on the computer that lab-trace shows: processes, services that share a svchost,
 * threads, and what they send. */
#ifndef WHOSENT_LAB_TRACE_STORY_H
#define WHOSENT_LAB_TRACE_STORY_H

#include "stage.h"

struct story_process {
	uint32_t pid, parent;
	const char *image;
};

/* A process that begins or ends while the log runs. */
struct story_life {
	int64_t ns;
	bool starts;
	const struct story_process *process;
};

struct story_service {
	uint32_t pid, tag;
	const char *name, *title;
};

struct story_thread {
	uint32_t pid, tid, tag;
};

/* Processes that ran before the log began; one PID that two short-lived ones bear, one after the
 * other, comes in `lives`. */
extern const struct story_process story_processes[];
extern const size_t story_n_processes;
extern const struct story_service story_services[];
extern const size_t story_n_services;
extern const struct story_thread story_threads[];
extern const size_t story_n_threads;

#define STORY_LIVES 4

struct story {
	struct stage stage;
	struct random choices;
	int64_t start_ns, ns;
	uint16_t port;
	struct story_life lives[STORY_LIVES];
	size_t n_lives;
};

/* Tells at least `frames` frames, and sorts them; no two have one time. Ends the program where
 * memory is gone. The service that sent stands in its event's tag. */
void story_tell(struct story *s, uint64_t seed, uint32_t frames);

/* Of the process's threads one that runs for `tag`, or SIZE_MAX. */
size_t story_thread(uint32_t pid, uint32_t tag);

#endif
