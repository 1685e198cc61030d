/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of the run: host + PID + start time. A PID that is used again is another process.
 * Handles come from here and never change; names are bound as evidence arrives and, for process
 * tables without a time, by roster_bind at the end. */
#ifndef WHOSENT_CORRELATE_ROSTER_H
#define WHOSENT_CORRELATE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"
#include "model/process.h"
#include "model/record.h"

struct roster;

int roster_new(struct hash_key key, struct roster **ret, struct err *err);
void roster_free(struct roster *r); /* accepts NULL */

/* The process that has `pid` on `host` at `when`; a new one without a name where none is known.
 * PROCESS_NONE with ERR_LIMIT or ERR_NOMEM. */
process_handle roster_at(
	struct roster *r, uint32_t host, uint32_t pid, struct ref_time when, struct err *err);

/* Takes note of what a log or a table says of a process. `when` is NULL for a table without a
 * time: such a name is kept aside until roster_bind. */
int roster_note(struct roster *r, uint32_t host, const struct process_note *note,
	const struct ref_time *when, struct err *err);

/* What runs under the PID at `when` began at `start`: who was seen under it before is another one.
 * For rundowns, which state it; roster_note follows. */
int roster_begun(struct roster *r, uint32_t host, uint32_t pid, struct ref_time when,
	struct ref_time start, struct err *err);

/* The process of that PID whose image and start are those of the note (where both sides know them),
 * running at `when`; else a new one. `start` is NULL where it is not stated. A new image under one
 * PID may be the same process after exec: it gets a handle of its own all the same, for no packet
 * may bear the name of another moment. */
process_handle roster_stated(struct roster *r, uint32_t host, const struct process_note *note,
	struct ref_time when, const struct ref_time *start, struct err *err);

/* The host runs Windows: its process 4 is the kernel's, System, whether or not a record names it.
 */
int roster_windows(struct roster *r, uint32_t host, struct err *err);

/* Names processes from the timeless tables: a PID that only one process had takes the table's
 * name; one that several had takes none, for nobody can say which of them the table saw. */
int roster_bind(struct roster *r, struct err *err);

/* Was the process there at `when`, as far as its start and end are known? */
enum life { LIFE_ALIVE, LIFE_UNBORN, LIFE_OVER };
enum life roster_life(
	const struct roster *r, process_handle process, struct ref_time when, int64_t error_ns);
/* From when to when a record shows that the process ran; false where only tables without a time
 * know it. */
bool roster_seen(const struct roster *r, process_handle process, struct ref_time *ret_first,
	struct ref_time *ret_last);

/* Indexed by handle. Good until the next call that may add one. */
const struct process *roster_all(const struct roster *r, size_t *ret_n);

#endif
