/* SPDX-License-Identifier: Apache-2.0 */
/* Threads, and what else the providers of one file share: see provider.h. */
#include "evidence/trace/etl/shared.h"

#include "base/limits.h"

struct thread {
	uint32_t tid;
	uint32_t pid, tag;
	bool ended;
};

void etl_shared_init(struct etl_shared *s)
{
	s->n_ended = 0;
	s->seen = 0;
	s->interfaces = 0;
	s->raw = 0;
	s->n_also = s->next_also = 0;
	s->dropped = 0;
	map_init(&s->threads, sizeof(struct thread), sizeof(uint32_t), LIMIT_ETL_THREADS,
		hash_key_new());
}

void etl_shared_done(struct etl_shared *s)
{
	map_done(&s->threads);
}

static void forget(struct etl_shared *s, uint32_t tid)
{
	struct thread *t = map_find(&s->threads, &tid);
	/* A TID that was given again meanwhile is another thread. */
	if (t && t->ended)
		map_remove(&s->threads, t);
}

/* Those that ended before the present moment. */
static void forget_ended(struct etl_shared *s)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < s->n_ended; i++) {
		if (s->ended[i].raw < s->raw)
			forget(s, s->ended[i].tid);
		else
			s->ended[kept++] = s->ended[i];
	}
	s->n_ended = kept;
}

int etl_thread_start(
	struct etl_shared *s, uint32_t tid, uint32_t pid, uint32_t tag, struct err *err)
{
	struct err full;
	bool fresh;
	forget_ended(s);
	struct thread *t = map_put(&s->threads, &tid, &fresh, &full);
	if (!t && full.kind == ERR_LIMIT)
		return 0;
	if (!t) {
		if (err)
			*err = full;
		return -1;
	}
	t->pid = pid;
	t->tag = tag;
	t->ended = false;
	return 0;
}

void etl_thread_end(struct etl_shared *s, uint32_t tid)
{
	forget_ended(s);
	struct thread *t = map_find(&s->threads, &tid);
	if (!t)
		return;
	t->ended = true;
	/* So many threads end at one moment only where a clock stands still; then the oldest loses
	 * its last words. */
	if (s->n_ended == ETL_ENDED_MOST) {
		forget(s, s->ended[0].tid);
		s->n_ended--;
		memmove(s->ended, s->ended + 1, s->n_ended * sizeof *s->ended);
	}
	s->ended[s->n_ended++] = (struct etl_ended){ tid, s->raw };
}

static bool is_past(const struct etl_shared *s, uint32_t tid)
{
	for (unsigned i = 0; i < s->n_ended; i++)
		if (s->ended[i].tid == tid && s->ended[i].raw < s->raw)
			return true;
	return false;
}

bool etl_thread(const struct etl_shared *s, uint32_t tid, uint32_t *ret_pid, uint32_t *ret_tag)
{
	const struct thread *t = map_find(&s->threads, &tid);
	if (!t || (t->ended && is_past(s, tid)))
		return false;
	*ret_pid = t->pid;
	*ret_tag = t->tag;
	return true;
}

void etl_also(struct etl_shared *s, const struct record *more)
{
	if (s->n_also == ETL_ALSO_MOST)
		s->dropped++;
	else
		s->also[s->n_also++] = *more;
}

struct record *etl_shared_also(struct etl_shared *s)
{
	return s->next_also < s->n_also ? &s->also[s->next_also++] : NULL;
}

unsigned etl_seen(struct etl_shared *s, unsigned kinds)
{
	s->seen |= kinds;
	return s->seen;
}

uint32_t etl_next_interface(struct etl_shared *s)
{
	return s->interfaces++;
}
