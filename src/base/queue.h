/* SPDX-License-Identifier: Apache-2.0 */
/* Places in an array of the caller's that wait in the order in which they came, each with the
 * second in which it did. A place waits at most once at a time. */
#ifndef WHOSENT_BASE_QUEUE_H
#define WHOSENT_BASE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define QUEUE_NONE UINT32_MAX

struct queue_link {
	uint32_t next;    /* the one that came after it, or QUEUE_NONE */
	uint32_t since_s; /* modulo 2^32 */
};

struct queue {
	struct queue_link *links; /* [cap], by place */
	uint32_t cap, oldest, newest;
};

void queue_init(struct queue *q);
void queue_done(struct queue *q);

/* Places below `cap` may be put. What waits, waits on. */
int queue_reserve(struct queue *q, uint32_t cap, struct err *err);

void queue_put(struct queue *q, uint32_t place, int64_t now_ns);
/* The oldest one, which waits no more; QUEUE_NONE: none waits. */
uint32_t queue_take(struct queue *q);

/* Has the oldest one waited for longer? Times are the caller's and may go back. */
bool queue_waited(const struct queue *q, int64_t now_ns, int64_t for_ns);

/* When the place was put, compared with `then`: by so many seconds before it. */
int32_t queue_since(const struct queue *q, uint32_t place, int64_t then_ns);

#endif
