/* SPDX-License-Identifier: Apache-2.0 */
/* What a capture and the traces of lab-offline make of what truly happened: clocks, losses, order,
 * addresses. */
#ifndef WHOSENT_LAB_OFFLINE_OBSERVE_H
#define WHOSENT_LAB_OFFLINE_OBSERVE_H

#include "offline_world.h"

/* A frame of the capture. */
struct seen {
	int64_t ns;
	size_t packet;
	bool copy;        /* the packet was there before, or is in the first capture too */
	unsigned capture; /* in which file it stands, */
	size_t number;    /* and where, from 1 */
};

/* A host's trace and its clock, which reads the true time plus `ahead_ns` and what it drifted. */
struct observed_log {
	int64_t ahead_ns, drift_ppm, tick_ns, step_ns, step_at;
	int64_t from, to; /* true times of its first and last record */
	int64_t lost;     /* events */
	bool any;
};

struct observed {
	const struct world *world;
	struct random random;
	struct seen *frames; /* of all captures, in the order of their files */
	size_t n_frames;
	size_t *calls; /* [world->n_calls] in the order of their times */
	struct observed_log logs[WORLD_HOSTS];
	int64_t capture_ahead_ns; /* the second capture's clock */
};

/* Decides what is captured and logged, and marks the world's calls. Ends the program where memory
 * is gone. */
void observe(struct observed *o, struct world *w);
void observed_done(struct observed *o);

int64_t observed_stamp(const struct observed *o, unsigned host, int64_t ns);
/* An address as the capture has it. */
void observed_address(const struct scenario *s, uint8_t ip[static 4]);

void observed_capture(const struct observed *o, unsigned capture, struct str *out);
void observed_csv(const struct observed *o, unsigned host, struct str *out);
void observed_etl(const struct observed *o, unsigned host, struct str *out);
/* The process table at the end of the case. */
void observed_roster(const struct observed *o, unsigned host, struct str *out);

/* What a log says of processes: all in it, or one of them at most. */
struct observed_note {
	int64_t ns;
	const struct world_process *process;
	const char *what; /* DCStart, Start, End */
};
/* Returns their number; *ret is the caller's to free. */
size_t observed_notes(const struct observed *o, unsigned host, struct observed_note **ret);

#endif
