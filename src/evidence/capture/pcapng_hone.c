/* SPDX-License-Identifier: Apache-2.0 */
/* Hone's blocks: see pcapng_hone.h.
 *
 *   0x101  PID 4, time 8; options event 2, path 3, parent's PID 5
 *   0x102  connection 4, PID 4, time 8; option event 2
 *
 * Events of processes are 0 started (exec), 1 spawned (fork), 2 a thread of the kernel, whose path
 * is its name in brackets, 0xffffffff ended; of connections 0 opened, 0xffffffff closed. Without
 * the option the event is 0. A section begins with what is running and open, with the start times
 * of its processes.
 *
 * On Linux each thread is spawned and ends by events of its own that bear the PID of the process
 * (copy_process() and do_exit() are probed): so threads are counted where a process was spawned
 * before our eyes, and only the end of the last one is the end of the process. */
#include "evidence/capture/pcapng_hone.h"

#include "base/limits.h"
#include "evidence/capture/owner_name.h"

enum { EVENT_SPAWNED = 1, EVENT_KERNEL = 2, EVENT_GONE = 0xffffffff };
enum { OPTION_EVENT = 2, OPTION_PATH = 3, OPTION_PARENT = 5 };

/* A number of a connection is used again once it is closed. */
struct connection {
	uint32_t number;
	uint32_t pid;
	uint32_t process; /* that had the PID when it was opened, or PROCESS_ABSENT */
	bool shared;      /* several processes have it: forked ones, or its end was lost */
};

void hone_init(struct hone *h, struct hash_key key)
{
	process_list_init(&h->processes);
	map_init(&h->pids, sizeof(struct process_of_pid), sizeof(uint32_t), LIMIT_CAPTURE_PROCESSES,
		key);
	map_init(&h->connections, sizeof(struct connection), sizeof(uint32_t),
		LIMIT_CAPTURE_CONNECTIONS, key);
}

void hone_done(struct hone *h)
{
	process_list_done(&h->processes);
	map_done(&h->pids);
	map_done(&h->connections);
}

/* Hone gives its blocks no interface; it describes one only, and its times are that one's. */
static bool time_read(const struct section *s, struct cursor *c, struct source_time *ret)
{
	static const struct interface microseconds = { .units_per_s = 1000000,
		.ns_per_unit = 1000 };
	const struct interface *i = &microseconds;
	if (s->count && !s->interfaces[0].damaged)
		i = &s->interfaces[0];
	return interface_time(i, units_read(s, c), ret);
}

struct process_event {
	uint32_t pid, event, parent;
	bool has_time, has_parent;
	struct source_time when;
	struct span image;
};

/* "[kworker/0:1]": a slash parts no folders here. */
static struct span thread_name(struct span path)
{
	if (path.n < 2 || path.p[0] != '[' || path.p[path.n - 1] != ']')
		return owner_name(path);
	return owner_name(span_of(path.p + 1, path.n - 2));
}

static int process_options(
	const struct section *s, struct cursor c, struct process_event *ret, struct err *err)
{
	struct option o;
	struct span path = { 0 };
	unsigned paths = 0;
	int rc;
	while ((rc = option_next(s->big, &c, &o)) > 0) {
		if (o.code == OPTION_EVENT && option_u32(s, &o, &ret->event, err) < 0)
			return -1;
		if (o.code == OPTION_PARENT) {
			if (option_u32(s, &o, &ret->parent, err) < 0)
				return -1;
			ret->has_parent = true;
		}
		/* A path of several options is too long for its last name to be sure. */
		if (o.code == OPTION_PATH)
			path = paths++ ? (struct span){ 0 } : o.value;
	}
	ret->image = ret->event == EVENT_KERNEL ? thread_name(path) : owner_base_name(path);
	return rc < 0 ? option_overrun(s, "process event", err) : 0;
}

static struct known_process *process_at(struct hone *h, const struct process_of_pid *e)
{
	return e->latest == PROCESS_ABSENT ? NULL : &h->processes.all[e->latest];
}

/* Another process has the PID from now on. Where it does not fit the PID names nobody. */
static int process_begin(
	struct hone *h, struct process_of_pid *e, const struct process_event *v, struct err *err)
{
	struct known_process *before = process_at(h, e);
	struct known_process p = { .pid = v->pid,
		.parent = v->parent,
		.has_parent = v->has_parent,
		.has_start = v->has_time,
		.start = v->when,
		.image = v->image,
		.kernel = v->event == EVENT_KERNEL,
		.earlier = PROCESS_ABSENT,
		.threads = h->live && (v->event == EVENT_SPAWNED || v->event == EVENT_KERNEL) };
	if (before && !before->has_end && v->has_time) {
		before->has_end = true;
		before->end = (struct source_time){ v->when.ns - 1 };
	}
	return process_list_add(&h->processes, &p, &e->latest, err);
}

static int process_end(struct known_process *p, const struct process_event *v)
{
	if (!p || p->has_end || p->threads == 0 || --p->threads || !v->has_time)
		return 0;
	p->has_end = true;
	p->end = v->when;
	return 1;
}

/* A thread of a process has the parent of its process. Where a process's end was lost and the same
 * parent spawned another one under its PID, that one keeps the name until it is started with its
 * own; what the parent spawned is then most often the same program. */
static bool is_thread(const struct known_process *p, const struct process_event *v)
{
	return v->event == EVENT_SPAWNED && p->has_parent && v->has_parent &&
		p->parent == v->parent;
}

/* Returns 1 where the event is news of a process, *ret_what. A new image under a PID that goes on
 * is exec: it is taken for another process, so that no packet bears the name of another moment. */
static int process_take(struct hone *h, struct process_of_pid *e, const struct process_event *v,
	int *ret_what, struct err *err)
{
	struct known_process *p = process_at(h, e);
	if (v->event == (uint32_t)EVENT_GONE) {
		*ret_what = NOTE_END;
		return process_end(p, v);
	}
	bool going = p && !p->has_end;
	if (going && is_thread(p, v)) {
		p->threads += p->threads != 0;
		return 0;
	}
	bool kind = going && v->event != EVENT_SPAWNED && p->kernel == (v->event == EVENT_KERNEL);
	bool same = going && p->image.n == v->image.n &&
		(v->image.n == 0 || memcmp(p->image.p, v->image.p, v->image.n) == 0);
	*ret_what = NOTE_RUNNING;
	if (kind && (same || p->image.n == 0))
		return same ? 1 : process_list_name(&h->processes, e->latest, v->image, err) + 1;
	*ret_what = NOTE_START;
	uint32_t threads = going && v->event != EVENT_SPAWNED ? p->threads : 0;
	if (process_begin(h, e, v, err) < 0)
		return -1;
	/* exec ends all threads but one, and their ends have been told by then. */
	if (threads)
		h->processes.all[e->latest].threads = 1;
	return 1;
}

/* An event that cannot be read may have been that of another process with the PID. */
static int process_lost(struct hone *h, uint32_t pid)
{
	struct process_of_pid *e = map_find(&h->pids, &pid);
	if (e)
		e->latest = PROCESS_ABSENT;
	return -1;
}

int hone_process_read(struct hone *h, const struct section *s, struct cursor body,
	struct record *ret, struct err *err)
{
	struct process_event v = { .pid = cursor_u32(&body, s->big) };
	bool new;
	int what = NOTE_RUNNING;
	v.has_time = time_read(s, &body, &v.when);
	if (body.ran_out)
		return err_at(
			err, ERR_MALFORMED, s->off, "a process event block without its fields");
	if (process_options(s, body, &v, err) < 0)
		return process_lost(h, v.pid);
	struct process_of_pid *e = map_put(&h->pids, &v.pid, &new, err);
	if (!e)
		return process_table_full(err, LIMIT_CAPTURE_PROCESSES,
			"PIDs with Hone's process blocks in a section: the names of later ones are "
			"lost");
	if (new)
		e->latest = PROCESS_ABSENT;
	int rc = process_take(h, e, &v, &what, err);
	if (rc <= 0)
		return rc;
	*ret = (struct record){ .kind = RECORD_PROCESS, .has_time = v.has_time, .when = v.when };
	ret->process.what = what;
	ret->process.pid = v.pid;
	ret->process.has_parent = v.has_parent;
	ret->process.parent = v.parent;
	ret->process.kernel = v.event == EVENT_KERNEL;
	ret->process.image = v.image;
	return 1;
}

static int connection_options(
	const struct section *s, struct cursor c, uint32_t *ret_event, struct err *err)
{
	struct option o;
	int rc;
	*ret_event = 0;
	while ((rc = option_next(s->big, &c, &o)) > 0)
		if (o.code == OPTION_EVENT && option_u32(s, &o, ret_event, err) < 0)
			return -1;
	return rc < 0 ? option_overrun(s, "connection event", err) : 0;
}

int hone_connection_read(
	struct hone *h, const struct section *s, struct cursor body, struct err *err)
{
	uint32_t number = cursor_u32(&body, s->big), pid = cursor_u32(&body, s->big), event;
	bool new;
	cursor_skip(&body, 8);
	if (body.ran_out)
		return err_at(
			err, ERR_MALFORMED, s->off, "a connection event block without its fields");
	int rc = connection_options(s, body, &event, err);
	if (rc < 0 || event == (uint32_t)EVENT_GONE) {
		struct connection *closed = map_find(&h->connections, &number);
		if (closed)
			map_remove(&h->connections, closed);
		return rc;
	}
	struct connection *c = map_put(&h->connections, &number, &new, err);
	if (!c)
		return process_table_full(err, LIMIT_CAPTURE_CONNECTIONS,
			"open connections of Hone in a section: packets of later ones name nobody");
	const struct process_of_pid *e = map_find(&h->pids, &pid);
	c->shared = !new && (c->shared || c->pid != pid);
	c->pid = pid;
	c->process = e ? e->latest : PROCESS_ABSENT;
	return 0;
}

/* The packet's own PID is the word of the kernel. Its connection tells which of the processes that
 * had the PID is meant, and stands in for it where it is missing. */
static const struct known_process *process_of(
	const struct hone *h, const struct packet_options *o, uint32_t *ret_pid)
{
	const struct connection *c =
		o->met & MET_CONNECTION ? map_find(&h->connections, &o->connection) : NULL;
	*ret_pid = o->met & MET_HONE_PID ? o->hone_pid : 0;
	if (c && c->shared)
		c = NULL;
	if (c && *ret_pid == 0)
		*ret_pid = c->pid;
	if (c && c->pid == *ret_pid)
		return c->process == PROCESS_ABSENT ? NULL : &h->processes.all[c->process];
	const struct process_of_pid *e = map_find(&h->pids, ret_pid);
	return e && e->latest != PROCESS_ABSENT ? &h->processes.all[e->latest] : NULL;
}

/* A process that has ended sends nothing: what its socket still sends is the kernel's, or another
 * process's that was given the socket. One that has not started yet is not the one. */
bool hone_owner(struct hone *h, const struct packet_options *o, const struct source_time *when,
	struct owner *ret)
{
	uint32_t pid;
	if (!(o->met & (MET_CONNECTION | MET_HONE_PID)))
		return false;
	h->live = true;
	const struct known_process *p = process_of(h, o, &pid);
	if (pid == 0)
		return false;
	if (p && p->has_end && (!when || when->ns > p->end.ns))
		return false;
	*ret = (struct owner){ .origin = OWNER_HONE, .pid = pid };
	if (!p || (p->has_start && (!when || when->ns < p->start.ns)))
		return true;
	ret->has_parent = p->has_parent;
	ret->parent = p->parent;
	ret->has_start = p->has_start;
	ret->start = p->start;
	ret->kernel = p->kernel;
	ret->image = p->image;
	return true;
}
