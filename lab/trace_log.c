/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a story as an event trace log: see trace_log.h. */
#include "trace_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/digest.h"
#include "model/source.h"
#include "trace_told.h"

#define MS 1000000ll

static _Noreturn void die(void)
{
	fputs("lab: no memory\n", stderr);
	exit(1);
}

struct told *trace_told_add(struct told_list *list, enum told_kind kind, int64_t ns)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 1024;
		list->items = reallocarray(list->items, list->cap, sizeof *list->items);
		if (!list->items)
			die();
	}
	struct told *t = &list->items[list->n];
	*t = (struct told){ .kind = kind, .ns = ns, .place = list->n++, .thread = SIZE_MAX };
	return t;
}

static int by_time(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* As records lie in the file: by stamp, those of one stamp by their buffer. */
static int by_stamp(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	if (x->stamp != y->stamp)
		return x->stamp < y->stamp ? -1 : 1;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return by_time(a, b);
}

/* What ran before the log began is told at its front, services and cards at its end. */
static void tell_system(const struct trace *t, struct told_list *list)
{
	int64_t first = t->story->start_ns + MS, last = t->story->ns + 5000 * MS;
	int64_t behind = t->story->stage.behind_ns;
	for (size_t i = 0; i < story_n_processes; i++)
		trace_told_add(list, TOLD_RUNNING, first + (int64_t)i * 1000)->index = i;
	for (size_t i = 0; i < story_n_threads; i++)
		trace_told_add(list, TOLD_THREAD, first + MS + (int64_t)i * 1000)->index = i;
	for (size_t i = 0; i < t->story->n_lives; i++)
		trace_told_add(list, TOLD_LIFE, t->story->lives[i].ns - behind)->index = i;
	if (t->plan->manifest && t->plan->form.build < 9200)
		return;
	for (size_t i = 0; i < story_n_services; i++)
		trace_told_add(list, TOLD_SERVICE, last + (int64_t)i * 1000)->index = i;
	if (t->network >= 2)
		trace_told_add(list, TOLD_CARD, last);
}

/* The log's clock need not be the capture's. */
static void tell_stage(const struct trace *t, struct told_list *list)
{
	const struct stage *s = &t->story->stage;
	bool inside = t->plan->packets >= PACKETS_NDIS;
	unsigned n = t->plan->packets == PACKETS_PKTMON ? 3 : 2;
	for (size_t i = 0; i < s->n_events; i++)
		trace_told_add(list, TOLD_EVENT, s->events[i].ns - s->behind_ns)->index = i;
	for (size_t i = 0; inside && i < s->n_frames; i++)
		for (unsigned part = 0; part < n; part++) {
			struct told *told = trace_told_add(
				list, TOLD_FRAME, s->frames[i].ns + 400 * (int64_t)part);
			told->index = i;
			told->part = part;
		}
}

/* What no frame shows: IPv6, raw sockets, and records that say nothing. */
static void tell_extras(const struct trace *t, struct told_list *list)
{
	struct random r = { t->plan->form.seed ^ 0x5eed };
	int64_t from = t->story->start_ns + 600 * MS, to = t->story->ns;
	for (size_t i = 0; i < 200; i++)
		trace_told_add(list, TOLD_NOTHING, random_between(&r, from, to))->index = i;
	if (t->network < 2)
		return;
	for (size_t i = 0; i < 100; i++)
		trace_told_add(list, TOLD_V6, random_between(&r, from, to))->index = i;
	for (size_t i = 0; t->plan->manifest && !t->plan->form.ring && i < 5; i++)
		trace_told_add(list, TOLD_RAW, from + (int64_t)i * 300 * MS)->index = i;
}

/* Exactly so many of a hundred, whichever they are: Fisher and Yates. */
static void lose_events(struct trace *t, struct random *r)
{
	struct stage *s = &t->story->stage;
	size_t *order = calloc(s->n_events + 1, sizeof *order);
	if (!order)
		die();
	for (size_t i = 0; i < s->n_events; i++)
		order[i] = i;
	for (size_t i = 0, n = s->n_events * t->plan->lose / 100; i < n; i++) {
		size_t j = i + random_below(r, (uint32_t)(s->n_events - i)), at = order[j];
		order[j] = order[i];
		s->events[at].dropped = true;
	}
	free(order);
}

/* A circular file has written over its older buffers. */
static void find_gone(struct trace *t, struct told_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct told *told = &list->items[i];
		told->at = told->buffer ? etlog_where(&t->w, told->buffer) : UINT64_MAX;
		if (told->at != UINT64_MAX)
			continue;
		told->given = false;
		if (told->kind == TOLD_EVENT)
			t->story->stage.events[told->index].dropped = true;
		if (told->kind == TOLD_THREAD)
			t->thread_gone[told->index] = true;
	}
}

/* What comes first of a packet is no copy, whichever layer logged it. Copies have numbers too. */
static void number_frames(struct trace *t, struct told_list *list)
{
	struct stage *s = &t->story->stage;
	uint64_t number = 0;
	for (size_t i = 0; t->plan->packets >= PACKETS_NDIS && i < s->n_frames; i++)
		s->frames[i].gone = true;
	for (size_t i = 0; i < list->n; i++) {
		struct told *told = &list->items[i];
		if (told->kind != TOLD_FRAME || !told->given)
			continue;
		struct stage_frame *f = &s->frames[told->index];
		number++;
		told->record.packet.copy = !f->gone;
		if (f->gone)
			f->number = number;
		f->gone = false;
	}
}

static void put_lines(const struct trace *t, const struct told_list *list, struct str *lines)
{
	for (size_t i = 0; i < list->n; i++) {
		struct told *told = &list->items[i];
		if (!told->given)
			continue;
		if (told->thread != SIZE_MAX && t->thread_gone[told->thread])
			told->record.event.tag = 0;
		told->record.has_time = true;
		told->record.when.ns = etlog_time(&t->w, told->stamp);
		record_line(lines, &told->record);
	}
}

static const char *image_of(const struct story *s, uint32_t pid, int64_t ns)
{
	for (size_t i = 0; i < story_n_processes; i++)
		if (story_processes[i].pid == pid)
			return story_processes[i].image;
	const char *image = "-";
	for (size_t i = 0; i < s->n_lives; i++)
		if (s->lives[i].starts && s->lives[i].ns <= ns)
			image = s->lives[i].process->image;
	return image;
}

static const char *service_of(uint32_t tag)
{
	for (size_t i = 0; tag && i < story_n_services; i++)
		if (story_services[i].tag == tag)
			return story_services[i].name;
	return "-";
}

/* The service is the one that the log tells: of most events it tells none. */
static void put_names(const struct trace *t, const struct told_list *list, struct str *names)
{
	const struct stage *s = &t->story->stage;
	uint32_t *tags = calloc(s->n_events + 1, sizeof *tags);
	if (!tags)
		die();
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].kind == TOLD_EVENT && list->items[i].given)
			tags[list->items[i].index] = list->items[i].record.event.tag;
	uint64_t number = 0;
	str_text(names, "frame\tpid\timage\tservice\n");
	for (size_t i = 0; i < s->n_frames; i++) {
		const struct stage_frame *f = &s->frames[i];
		if (f->gone)
			continue;
		number = f->number ? f->number : number + 1;
		uint32_t pid = f->sides[SIDE_SENDER].pid + f->sides[SIDE_RECEIVER].pid;
		if (!pid)
			continue;
		str_printf(names, "%llu\t%u\t%s\t%s\n", (unsigned long long)number, pid,
			image_of(t->story, pid, f->ns),
			service_of(f->event == SIZE_MAX ? 0 : tags[f->event]));
	}
	free(tags);
}

static uint8_t network_version(uint32_t build)
{
	return build < 2600 ? 0 : build < 6000 ? 1 : 2;
}

uint32_t trace_write(struct story *story, const struct trace_plan *plan, struct str *log,
	struct str *lines, struct str *names)
{
	struct trace t = { .story = story,
		.plan = plan,
		.network = network_version(plan->form.build),
		.random = { plan->form.seed * 3 + 1 } };
	struct told_list list = { 0 };
	lose_events(&t, &t.random);
	tell_system(&t, &list);
	tell_stage(&t, &list);
	tell_extras(&t, &list);
	qsort(list.items, list.n, sizeof *list.items, by_time);
	etlog_begin(&t.w, &plan->form, log, NULL);
	int64_t flushed = story->start_ns;
	for (size_t i = 0; i < list.n; i++) {
		/* The flush timer, once a second. */
		if (list.items[i].ns - flushed > 1000 * MS) {
			etlog_flush(&t.w);
			flushed = list.items[i].ns;
		}
		trace_told_write(&t, &list.items[i]);
	}
	etlog_end(&t.w);
	find_gone(&t, &list);
	qsort(list.items, list.n, sizeof *list.items, by_stamp);
	number_frames(&t, &list);
	put_lines(&t, &list, lines);
	put_names(&t, &list, names);
	uint32_t lost = t.w.events_lost;
	etlog_done(&t.w);
	free(list.items);
	return lost;
}
