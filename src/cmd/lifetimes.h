/* SPDX-License-Identifier: Apache-2.0 */
/* Who may be behind groups without evidence, for having stopped when they did: from logs and from
 * --stopped. */
#ifndef WHOSENT_CMD_LIFETIMES_H
#define WHOSENT_CMD_LIFETIMES_H

#include "cmd/run.h"

struct lifetimes {
	struct run *run;
	const struct process *all;
	size_t n_all;
	struct lifetime_candidate *list;
	size_t n, cap;
	bool any;              /* some group has a trail: */
	struct ref_time first; /* the first packet of all groups, and */
	struct ref_time last;  /* the first of the group that began last */
};

/* A new one at the end of the list, or NULL. */
struct lifetime_candidate *lifetimes_add(struct lifetimes *m, uint32_t host, struct err *err);

/* Processes that ended while packets of groups came. Returns 1 where they are too many. */
int lifetimes_add_ended(struct lifetimes *m, struct err *err);

/* Those that --stopped names; says what is wrong with the others. */
int lifetimes_add_stopped(struct lifetimes *m, struct err *err);

#endif
