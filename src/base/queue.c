/* SPDX-License-Identifier: Apache-2.0 */
/* Places that wait: see queue.h. */
#include "base/queue.h"

#include <stdlib.h>

#include "base/large.h"
#include "base/stamp.h"

void queue_init(struct queue *q)
{
	*q = (struct queue){ .oldest = QUEUE_NONE, .newest = QUEUE_NONE };
}

void queue_done(struct queue *q)
{
	if (!q)
		return;
	free(q->links);
	queue_init(q);
}

int queue_reserve(struct queue *q, uint32_t cap, struct err *err)
{
	if (cap <= q->cap)
		return 0;
	struct queue_link *links = realloc(q->links, cap * sizeof *links);
	if (!links)
		return err_nomem(err);
	large_pages(links, cap * sizeof *links);
	q->links = links;
	q->cap = cap;
	return 0;
}

static uint32_t seconds(int64_t ns)
{
	return (uint32_t)(ns / STAMP_NS_PER_S);
}

void queue_put(struct queue *q, uint32_t place, int64_t now_ns)
{
	q->links[place] = (struct queue_link){ .next = QUEUE_NONE, .since_s = seconds(now_ns) };
	if (q->newest == QUEUE_NONE)
		q->oldest = place;
	else
		q->links[q->newest].next = place;
	q->newest = place;
}

uint32_t queue_take(struct queue *q)
{
	uint32_t place = q->oldest;
	if (place == QUEUE_NONE)
		return place;
	q->oldest = q->links[place].next;
	if (q->oldest == QUEUE_NONE)
		q->newest = QUEUE_NONE;
	return place;
}

int32_t queue_since(const struct queue *q, uint32_t place, int64_t then_ns)
{
	return (int32_t)(seconds(then_ns) - q->links[place].since_s);
}

bool queue_waited(const struct queue *q, int64_t now_ns, int64_t for_ns)
{
	return q->oldest != QUEUE_NONE &&
		queue_since(q, q->oldest, now_ns) > (int32_t)seconds(for_ns);
}
