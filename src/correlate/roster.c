/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of the run: see roster.h. */
#include "correlate/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/str.h"

struct pid_key {
	uint32_t host, pid;
};

/* All processes that had one PID, and what timeless tables say of it. */
struct pid_entry {
	struct pid_key key;
	process_handle latest; /* head of the chain, PROCESS_NONE while empty */
	uint32_t instances;
	bool noted;    /* a timeless table lists it */
	bool system;   /* it is the kernel of Windows */
	bool disputed; /* two tables disagree on its image: two moments, two processes */
	bool image_cut;
	const char *image, *services;
	struct service *hosted;
};

struct instance {
	process_handle earlier;                /* the process that had the PID before */
	struct ref_time first_seen, last_seen; /* first_seen INT64_MAX: a table alone knows it */
	bool stated; /* a capture's packet states it; its image, if any, is what that said */
};

struct roster {
	struct map pids;
	struct arena strings;
	struct process *processes;
	struct instance *instances; /* beside processes */
	size_t n, cap;
};

int roster_new(struct hash_key key, struct roster **ret, struct err *err)
{
	struct roster *r = calloc(1, sizeof *r);
	if (!r)
		return err_nomem(err);
	map_init(&r->pids, sizeof(struct pid_entry), sizeof(struct pid_key), LIMIT_PROCESSES, key);
	arena_init(&r->strings, LIMIT_STRINGS_BYTES);
	*ret = r;
	return 0;
}

void roster_free(struct roster *r)
{
	if (!r)
		return;
	map_done(&r->pids);
	arena_done(&r->strings);
	free(r->processes);
	free(r->instances);
	free(r);
}

static int reserve(struct roster *r, struct err *err)
{
	if (r->n < r->cap)
		return 0;
	size_t cap = r->cap ? r->cap * 2 : 64;
	struct process *processes = realloc(r->processes, cap * sizeof *processes);
	if (!processes)
		return err_nomem(err);
	r->processes = processes;
	struct instance *instances = realloc(r->instances, cap * sizeof *instances);
	if (!instances)
		return err_nomem(err);
	r->instances = instances;
	r->cap = cap;
	return 0;
}

static struct pid_entry *entry_of(struct roster *r, uint32_t host, uint32_t pid, struct err *err)
{
	struct pid_key key = { .host = host, .pid = pid };
	bool new;
	struct pid_entry *e = map_put(&r->pids, &key, &new, err);
	if (e && new)
		e->latest = PROCESS_NONE;
	return e;
}

static process_handle add(
	struct roster *r, struct pid_entry *e, struct ref_time seen, struct err *err)
{
	if (r->n >= LIMIT_PROCESSES) {
		err_set(err, ERR_LIMIT, "more than %u processes", LIMIT_PROCESSES);
		return PROCESS_NONE;
	}
	if (reserve(r, err) < 0)
		return PROCESS_NONE;
	process_handle h = (process_handle)r->n++;
	r->processes[h] = (struct process){ .host = e->key.host, .pid = e->key.pid };
	r->instances[h] =
		(struct instance){ .earlier = e->latest, .first_seen = seen, .last_seen = seen };
	e->latest = h;
	e->instances++;
	return h;
}

/* The youngest process of the PID that was not yet ended, and had started, at `when`. */
static process_handle alive(const struct roster *r, const struct pid_entry *e, struct ref_time when)
{
	for (process_handle h = e->latest; h != PROCESS_NONE; h = r->instances[h].earlier) {
		const struct process *p = &r->processes[h];
		if (p->has_start && when.ns < p->start.ns)
			continue;
		if (p->has_end && when.ns > p->end.ns)
			continue;
		/* Its start was not logged, but it cannot have been before the last one's end. */
		process_handle earlier = r->instances[h].earlier;
		if (earlier != PROCESS_NONE && r->processes[earlier].has_end &&
			when.ns <= r->processes[earlier].end.ns)
			continue;
		return h;
	}
	return PROCESS_NONE;
}

static void see(struct instance *i, struct ref_time when)
{
	if (when.ns < i->first_seen.ns)
		i->first_seen = when;
	if (when.ns > i->last_seen.ns)
		i->last_seen = when;
}

process_handle roster_at(
	struct roster *r, uint32_t host, uint32_t pid, struct ref_time when, struct err *err)
{
	struct pid_entry *e = entry_of(r, host, pid, err);
	if (!e)
		return PROCESS_NONE;
	process_handle h = alive(r, e, when);
	if (h == PROCESS_NONE)
		return add(r, e, when, err);
	see(&r->instances[h], when);
	return h;
}

static int set_text(struct roster *r, const char **to, struct span s, struct err *err)
{
	if (s.n == 0)
		return 0;
	const char *copy = arena_text(&r->strings, s);
	if (!copy)
		return err_nomem(err);
	*to = copy;
	return 0;
}

/* A process begins. One that had the PID is over by then, unless it is this very process: its
 * start was logged late, at or before the first that was seen of it. */
static process_handle started(
	struct roster *r, struct pid_entry *e, struct ref_time when, struct err *err)
{
	process_handle h = e->latest;
	if (h != PROCESS_NONE && !r->processes[h].has_start && !r->processes[h].has_end &&
		when.ns <= r->instances[h].first_seen.ns) {
		r->processes[h].has_start = true;
		r->processes[h].start = when;
		return h;
	}
	if (h != PROCESS_NONE && !r->processes[h].has_end) {
		r->processes[h].has_end = true;
		r->processes[h].end = (struct ref_time){ when.ns - 1 };
	}
	h = add(r, e, when, err);
	if (h != PROCESS_NONE) {
		r->processes[h].has_start = true;
		r->processes[h].start = when;
	}
	return h;
}

/* What one process may host. The largest svchost of Windows before version 1703 had some forty. */
#define SERVICES_MOST 256

/* Adds a service to those that a log lists one by one. */
static int host_service(
	struct roster *r, struct service **list, const struct process_note *note, struct err *err)
{
	for (int i = 0; *list; list = &(*list)->next, i++) {
		bool same = strlen((*list)->name) == note->services.n &&
			memcmp((*list)->name, note->services.p, note->services.n) == 0;
		if (same || i == SERVICES_MOST) {
			(*list)->tag = same && !(*list)->tag ? note->tag : (*list)->tag;
			return 0;
		}
	}
	struct service *s = arena_alloc(&r->strings, sizeof *s);
	if (!s || set_text(r, &s->name, note->services, err) < 0)
		return err_nomem(err);
	s->tag = note->tag;
	*list = s;
	return 0;
}

/* A rundown lists the same process again and again: keep its first name. Another image under
 * one PID without a start between means that exec replaced it or that a start was lost; the
 * later name is not bound to what the earlier one did. */
static int name_instance(
	struct roster *r, process_handle h, const struct process_note *note, struct err *err)
{
	struct process *p = &r->processes[h];
	p->kernel |= note->kernel;
	if (note->has_parent && !p->has_parent) {
		p->has_parent = true;
		p->parent = note->parent;
	}
	if (!p->image) {
		p->image_cut = note->image_cut;
		if (set_text(r, &p->image, note->image, err) < 0)
			return -1;
	}
	if (note->service)
		return note->services.n ? host_service(r, &p->hosted, note, err) : 0;
	return p->services ? 0 : set_text(r, &p->services, note->services, err);
}

static bool same_text(const char *a, struct span b)
{
	return a && strlen(a) == b.n && memcmp(a, b.p, b.n) == 0;
}

static int note_timeless(
	struct roster *r, struct pid_entry *e, const struct process_note *note, struct err *err)
{
	if (e->noted && note->image.n && e->image && !same_text(e->image, note->image))
		e->disputed = true;
	e->noted = true;
	if (!e->image) {
		e->image_cut = note->image_cut;
		if (set_text(r, &e->image, note->image, err) < 0)
			return -1;
	}
	if (note->service)
		return note->services.n ? host_service(r, &e->hosted, note, err) : 0;
	return e->services ? 0 : set_text(r, &e->services, note->services, err);
}

int roster_note(struct roster *r, uint32_t host, const struct process_note *note,
	const struct ref_time *when, struct err *err)
{
	struct pid_entry *e = entry_of(r, host, note->pid, err);
	if (!e)
		return -1;
	if (!when)
		return note_timeless(r, e, note, err);
	process_handle h;
	if (note->what == NOTE_START) {
		h = started(r, e, *when, err);
	} else {
		h = alive(r, e, *when);
		if (h == PROCESS_NONE)
			h = add(r, e, *when, err);
	}
	if (h == PROCESS_NONE)
		return -1;
	if (note->what == NOTE_END) {
		r->processes[h].has_end = r->processes[h].ended = true;
		r->processes[h].end = *when;
	}
	if (when->ns > r->instances[h].last_seen.ns)
		r->instances[h].last_seen = *when;
	return name_instance(r, h, note, err);
}

/* Stamps of a process's creation and of its first event are of one clock, but may be a tick apart.
 */
#define BEGUN_SLACK_NS 20000000ll

int roster_begun(struct roster *r, uint32_t host, uint32_t pid, struct ref_time when,
	struct ref_time start, struct err *err)
{
	struct pid_entry *e = entry_of(r, host, pid, err);
	if (!e)
		return -1;
	process_handle h = alive(r, e, when);
	if (h != PROCESS_NONE && r->instances[h].first_seen.ns < start.ns - BEGUN_SLACK_NS) {
		r->processes[h].has_end = true;
		r->processes[h].end = (struct ref_time){ start.ns - 1 };
		h = PROCESS_NONE;
	}
	if (h == PROCESS_NONE)
		h = add(r, e, when, err);
	if (h == PROCESS_NONE)
		return -1;
	if (!r->processes[h].has_start) {
		r->processes[h].has_start = true;
		r->processes[h].start = start;
	}
	return 0;
}

/* Processes of one PID that are compared with a statement; a capture that gives one PID a new name
 * for each packet may not make this dear. */
#define STATED_MOST 64

/* A statement without a name is of a process without a name: the capture may hold sections of
 * other machines, and names that were known before belong to their own packets. */
static bool is_stated(const struct process *p, bool stated, const struct process_note *note,
	struct ref_time when, const struct ref_time *start)
{
	if (stated ? !p->image != !note->image.n : false)
		return false;
	if (note->image.n && p->image && !same_text(p->image, note->image))
		return false;
	if (start && p->has_start && p->start.ns != start->ns)
		return false;
	return !(p->has_end && when.ns > p->end.ns) && !(p->has_start && when.ns < p->start.ns);
}

process_handle roster_stated(struct roster *r, uint32_t host, const struct process_note *note,
	struct ref_time when, const struct ref_time *start, struct err *err)
{
	struct pid_entry *e = entry_of(r, host, note->pid, err);
	if (!e)
		return PROCESS_NONE;
	process_handle h = e->latest;
	for (int i = 0; h != PROCESS_NONE; h = r->instances[h].earlier, i++) {
		if (i == STATED_MOST) {
			err_set(err, ERR_LIMIT, "more than %d processes of PID %u", STATED_MOST,
				note->pid);
			return PROCESS_NONE;
		}
		if (is_stated(&r->processes[h], r->instances[h].stated, note, when, start))
			break;
	}
	if (h == PROCESS_NONE) {
		h = add(r, e, when, err);
		if (h != PROCESS_NONE)
			r->instances[h].stated = true;
	}
	if (h == PROCESS_NONE)
		return PROCESS_NONE;
	/* A name that comes from here is a statement's from now on. */
	r->instances[h].stated |= !r->processes[h].image && note->image.n;
	if (name_instance(r, h, note, err) < 0)
		return PROCESS_NONE;
	see(&r->instances[h], when);
	if (start && !r->processes[h].has_start) {
		r->processes[h].has_start = true;
		r->processes[h].start = *start;
	}
	return h;
}

int roster_windows(struct roster *r, uint32_t host, struct err *err)
{
	struct pid_entry *e = entry_of(r, host, 4, err);
	if (!e)
		return -1;
	e->system = true;
	return 0;
}

static bool image_agrees(const struct process *p, const struct pid_entry *e)
{
	return !p->image || !e->image || strcmp(p->image, e->image) == 0;
}

static int by_pid(const void *x, const void *y)
{
	const struct pid_key *a = x, *b = y;
	if (a->host != b->host)
		return a->host < b->host ? -1 : 1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* Gives the table's words to a process that lacks them. */
static void lend(struct process *p, const struct pid_entry *e)
{
	if (!p->image) {
		p->image = e->image;
		p->image_cut = e->image_cut;
	}
	if (!p->services)
		p->services = e->services;
	if (!p->hosted)
		p->hosted = e->hosted;
}

/* What no table names. Wrong where a log of Windows 2000 or older, whose kernel has another PID, is
 * of a process 4: PIDs are that low only for what starts with the system. */
static void name_system(struct roster *r, const struct pid_entry *e)
{
	for (process_handle h = e->latest; h != PROCESS_NONE; h = r->instances[h].earlier)
		if (!r->processes[h].image)
			r->processes[h].image = "System";
}

/* "Dhcp, EventLog": what logs list one by one, for people. */
static int list_services(struct roster *r, struct process *p, struct err *err)
{
	struct str all;
	if (p->services || !p->hosted)
		return 0;
	str_init(&all, LIMIT_STRINGS_BYTES);
	for (const struct service *s = p->hosted; s; s = s->next) {
		str_text(&all, s->name);
		if (s->next)
			str_text(&all, ", ");
	}
	int rc = all.failed ? err_nomem(err)
			    : set_text(r, &p->services, span_text(str_get(&all)), err);
	str_done(&all);
	return rc;
}

int roster_bind(struct roster *r, struct err *err)
{
	/* Processes that only a table knows get a handle too: they may be candidates. The walk is
	 * in hash order, so they are collected and sorted first. */
	size_t n = 0;
	struct pid_key *only = malloc((r->pids.count + 1) * sizeof *only);
	if (!only)
		return err_nomem(err);
	for (struct pid_entry *e = map_first(&r->pids); e; e = map_after(&r->pids, e)) {
		if (!e->noted || e->disputed)
			continue;
		if (e->instances == 0)
			only[n++] = e->key;
		else if (e->instances == 1 && image_agrees(&r->processes[e->latest], e))
			lend(&r->processes[e->latest], e);
	}
	for (struct pid_entry *e = map_first(&r->pids); e; e = map_after(&r->pids, e))
		if (e->system && !e->disputed && !e->image)
			name_system(r, e);
	qsort(only, n, sizeof *only, by_pid);
	process_handle h = 0;
	for (size_t i = 0; i < n && h != PROCESS_NONE; i++) {
		struct pid_entry *e = map_find(&r->pids, &only[i]);
		h = add(r, e, (struct ref_time){ INT64_MAX }, err);
		if (h != PROCESS_NONE)
			lend(&r->processes[h], e);
	}
	free(only);
	int rc = h == PROCESS_NONE ? -1 : 0;
	for (size_t i = 0; i < r->n && rc == 0; i++)
		rc = list_services(r, &r->processes[i], err);
	return rc;
}

bool roster_seen(const struct roster *r, process_handle process, struct ref_time *ret_first,
	struct ref_time *ret_last)
{
	const struct instance *i = &r->instances[process];
	if (i->first_seen.ns == INT64_MAX)
		return false;
	*ret_first = i->first_seen;
	*ret_last = i->last_seen;
	return true;
}

const struct process *roster_all(const struct roster *r, size_t *ret_n)
{
	*ret_n = r->n;
	return r->processes;
}

enum life roster_life(
	const struct roster *r, process_handle process, struct ref_time when, int64_t error_ns)
{
	const struct process *p = &r->processes[process];
	if (p->has_start && when.ns < p->start.ns - error_ns)
		return LIFE_UNBORN;
	return p->has_end && when.ns > p->end.ns + error_ns ? LIFE_OVER : LIFE_ALIVE;
}
