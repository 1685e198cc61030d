/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of pcapng files: see pcapng_process.h. */
#include "evidence/capture/pcapng_process.h"

#include <stdlib.h>

#include "base/limits.h"
#include "evidence/capture/owner_comment.h"
#include "evidence/capture/owner_name.h"
#include "evidence/capture/pcapng_hone.h"

void process_list_init(struct process_list *l)
{
	*l = (struct process_list){ 0 };
	arena_init(&l->names, LIMIT_CAPTURE_NAMES_BYTES);
}

void process_list_done(struct process_list *l)
{
	free(l->all);
	arena_done(&l->names);
	l->all = NULL;
	l->n = l->cap = 0;
}

static void process_list_reset(struct process_list *l)
{
	l->n = 0;
	arena_done(&l->names);
}

static int reserve(struct process_list *l, struct err *err)
{
	if (l->n >= LIMIT_CAPTURE_PROCESSES)
		return err_set(err, ERR_LIMIT,
			"more than %u process blocks in a section: later ones name nobody",
			LIMIT_CAPTURE_PROCESSES);
	if (l->n < l->cap)
		return 0;
	size_t cap = l->cap ? l->cap * 2 : 64;
	struct known_process *grown = realloc(l->all, cap * sizeof *grown);
	if (!grown)
		return err_nomem(err);
	l->all = grown;
	l->cap = cap;
	return 0;
}

int process_table_full(struct err *err, unsigned most, const char *of)
{
	if (err && err->kind == ERR_LIMIT)
		err_set(err, ERR_LIMIT, "more than %u %s", most, of);
	return -1;
}

int process_list_name(struct process_list *l, uint32_t at, struct span image, struct err *err)
{
	l->all[at].image = (struct span){ 0 };
	if (image.n == 0)
		return 0;
	const char *copy = arena_text(&l->names, image);
	if (copy) {
		l->all[at].image = span_of(copy, image.n);
		return 0;
	}
	/* 32: what the arena adds to a text at most. */
	if (l->names.max - l->names.used > image.n + 32)
		return err_nomem(err);
	return err_set(err, ERR_LIMIT,
		"more than %u bytes of process names in a section: this one is left out",
		LIMIT_CAPTURE_NAMES_BYTES);
}

int process_list_add(
	struct process_list *l, const struct known_process *p, uint32_t *ret, struct err *err)
{
	*ret = PROCESS_ABSENT;
	if (reserve(l, err) < 0)
		return -1;
	*ret = (uint32_t)l->n++;
	l->all[*ret] = *p;
	return process_list_name(l, *ret, p->image, err);
}

void process_tables_init(struct process_tables *t, struct hash_key key)
{
	process_list_init(&t->darwin);
	process_list_init(&t->wireshark);
	map_init(&t->wireshark_pids, sizeof(struct process_of_pid), sizeof(uint32_t),
		LIMIT_CAPTURE_PROCESSES, key);
	hone_init(&t->hone, key);
}

void process_tables_done(struct process_tables *t)
{
	process_list_done(&t->darwin);
	process_list_done(&t->wireshark);
	map_done(&t->wireshark_pids);
	hone_done(&t->hone);
}

void process_tables_reset(struct process_tables *t)
{
	process_list_reset(&t->darwin);
	process_list_reset(&t->wireshark);
	map_done(&t->wireshark_pids);
	process_list_reset(&t->hone.processes);
	map_done(&t->hone.pids);
	map_done(&t->hone.connections);
	t->hone.live = false;
}

/* The options that the process blocks of Apple and of Wireshark have in common, and those of
 * Wireshark only. */
enum { PIB_COMMENT = 1, PIB_NAME = 2, PIB_PATH = 3, PIB_PARENT = 5, PIB_START = 9 };

/* PID 4, options: name 2, path 3, executable's UUID 4. Blocks of whosent have a comment. */
int darwin_block_read(
	struct process_tables *t, const struct section *s, struct cursor body, struct err *err)
{
	struct known_process p = { .earlier = PROCESS_ABSENT };
	struct span name = { 0 }, path = { 0 };
	struct option o;
	uint32_t at;
	int rc = 0, more;
	p.pid = cursor_u32(&body, s->big);
	p.unreadable = body.ran_out;
	if (p.unreadable)
		rc = err_at(err, ERR_MALFORMED, s->off, "a process block without its PID");
	while (rc == 0 && (more = option_next(s->big, &body, &o)) != 0) {
		if (more < 0)
			rc = option_overrun(s, "process", err);
		else if (o.code == PIB_NAME)
			name = owner_name(o.value);
		else if (o.code == PIB_PATH)
			path = owner_base_name(o.value);
		else if (o.code == PIB_COMMENT && !p.noted)
			p.noted = owner_noted(o.value);
	}
	p.image = name.n ? name : path;
	p.image_cut = name.n == DARWIN_COMM_BYTES && !p.noted;
	if (process_list_add(&t->darwin, &p, &at, err) < 0)
		return -1;
	return rc;
}

/* Is this very process described already? dumpcap may repeat a block. */
static bool is_listed(const struct process_tables *t, const struct process_of_pid *e,
	const struct known_process *p)
{
	const struct known_process *last =
		e->latest == PROCESS_ABSENT ? NULL : &t->wireshark.all[e->latest];
	return last && last->has_start == p->has_start &&
		(!p->has_start || last->start.ns == p->start.ns) && last->image.n == p->image.n &&
		(p->image.n == 0 || memcmp(last->image.p, p->image.p, p->image.n) == 0);
}

static int wireshark_add(struct process_tables *t, struct known_process *p, struct err *err)
{
	bool new;
	uint32_t at;
	struct process_of_pid *e = map_put(&t->wireshark_pids, &p->pid, &new, err);
	if (!e)
		return process_table_full(err, LIMIT_CAPTURE_PROCESSES,
			"PIDs with process blocks in a section: the names of later ones are lost");
	if (new)
		e->latest = PROCESS_ABSENT;
	if (is_listed(t, e, p))
		return 0;
	p->earlier = e->latest;
	if (e->blocks < LIMIT_PID_BLOCKS) {
		int rc = process_list_add(&t->wireshark, p, &at, err);
		e->blocks = at == PROCESS_ABSENT ? LIMIT_PID_BLOCKS + 1 : e->blocks + 1;
		e->latest = at;
		return rc;
	}
	e->blocks = LIMIT_PID_BLOCKS + 1;
	return err_set(err, ERR_LIMIT,
		"more than %u process blocks of PID %u: its names are not used", LIMIT_PID_BLOCKS,
		p->pid);
}

static int entry_option(const struct section *le, const struct option *o, struct known_process *ret,
	struct err *err)
{
	uint64_t start;
	switch (o->code) {
	case PIB_NAME:
		ret->image = owner_name(o->value);
		ret->image_cut = ret->image.n == LINUX_COMM_BYTES;
		return 0;
	case PIB_PATH:
		if (ret->image.n == 0)
			ret->image = owner_base_name(o->value);
		return 0;
	case PIB_PARENT:
		ret->has_parent = option_u32(le, o, &ret->parent, err) == 0;
		return ret->has_parent ? 0 : -1;
	case PIB_START:
		if (option_u64(le, o, &start, err) < 0)
			return -1;
		ret->has_start = start <= INT64_MAX;
		ret->start.ns = (int64_t)start;
		return 0;
	default:
		return 0;
	}
}

/* PID 4, options; all little-endian. A block that is damaged takes the place of those before it
 * without a name or a start: which of them it would have replaced is not known. */
static int entry_read(
	struct process_tables *t, const struct section *s, struct cursor entry, struct err *err)
{
	struct section le = { .off = s->off };
	struct known_process p = { .pid = cursor_le32(&entry) };
	struct option o;
	int rc = 0, more;
	if (entry.ran_out)
		return err_at(err, ERR_MALFORMED, s->off, "a process entry without its PID");
	while (rc == 0 && (more = option_next(false, &entry, &o)) != 0)
		rc = more < 0 ? option_overrun(s, "process", err) : entry_option(&le, &o, &p, err);
	if (rc < 0)
		p = (struct known_process){ .pid = p.pid };
	if (wireshark_add(t, &p, rc < 0 ? NULL : err) < 0)
		return -1;
	return rc;
}

/* Enterprise number 4; of Wireshark's own: entry type 4 and length 4, little-endian, the entry. */
int custom_block_read(struct process_tables *t, const struct section *s, struct cursor body,
	bool *ret_used, struct err *err)
{
	enum { WIRESHARK = 32622, ENTRY_PROCESS = 3 };
	uint32_t enterprise = cursor_u32(&body, s->big);
	*ret_used = false;
	if (body.ran_out)
		return err_at(err, ERR_MALFORMED, s->off, "a custom block without its number");
	if (enterprise != WIRESHARK)
		return 0;
	uint32_t type = cursor_le32(&body), length = cursor_le32(&body);
	size_t left = cursor_left(&body);
	struct span entry = cursor_take(&body, length);
	if (body.ran_out)
		return err_at(err, ERR_MALFORMED, s->off,
			"an entry of %u bytes in a custom block with %zu left", length, left);
	if (type != ENTRY_PROCESS)
		return 0;
	*ret_used = true;
	return entry_read(t, s, cursor_of(entry), err);
}

static void copy_process(struct owner *owner, const struct known_process *p)
{
	owner->has_parent = p->has_parent;
	owner->parent = p->parent;
	owner->has_start = p->has_start;
	owner->start = p->start;
	owner->image = p->image;
	owner->image_cut = p->image_cut;
}

/* The kernel is PID 0, with its name. */
static const struct known_process *darwin_find(const struct process_list *l, uint32_t index)
{
	const struct known_process *p = index < l->n ? &l->all[index] : NULL;
	bool none = !p || p->unreadable || p->pid == UINT32_MAX || (p->pid == 0 && !p->image.n);
	return none ? NULL : p;
}

/* An effective process alone says on whose behalf, not who. */
static bool darwin_owner(
	const struct process_tables *t, const struct packet_options *o, struct owner *ret)
{
	const struct known_process *p =
		o->met & MET_INDEX ? darwin_find(&t->darwin, o->index) : NULL;
	const struct known_process *e =
		o->met & MET_EFFECTIVE ? darwin_find(&t->darwin, o->effective) : NULL;
	if (!p)
		return false;
	/* Editors may drop the comment of a block and keep those of packets. */
	enum owner_origin noted = p->noted ? p->noted : o->noted;
	*ret = (struct owner){ .origin = noted ? noted : OWNER_DARWIN, .pid = p->pid };
	copy_process(ret, p);
	if (e && e->pid != p->pid && e->pid != 0) {
		ret->has_effective = true;
		ret->effective = e->pid;
		ret->effective_image = e->image;
	}
	return true;
}

/* Start times come from the system's boot time in whole seconds and ticks since then (btime,
 * proc_stat(5)), so that a process may seem to send before it starts. */
#define START_ERROR_NS 2000000000ll

/* Of the blocks of one PID the one with the latest start that is not after the packet; without
 * starts, the last one before it in the file. A start within the error may lie on either side of
 * the packet: it counts as before it, and where another block may be meant too there is no name.
 * So a packet far before each start has none: another process had the PID then. (If the earliest
 * were taken, as Wireshark does, it would get the name of the next one.) Wrong for a PID that was
 * used twice within the error, the first time by a process that no block describes. */
static const struct known_process *block_find(const struct process_list *l,
	const struct process_of_pid *e, const struct source_time *when)
{
	if (e->latest == PROCESS_ABSENT || e->blocks > LIMIT_PID_BLOCKS)
		return NULL;
	const struct known_process *last = &l->all[e->latest];
	if (!last->has_start || (!when && last->earlier == PROCESS_ABSENT))
		return last;
	if (!when)
		return NULL;
	const struct known_process *sure = NULL, *near = NULL;
	bool others = false;
	for (uint32_t at = e->latest; at != PROCESS_ABSENT; at = l->all[at].earlier) {
		const struct known_process *p = &l->all[at];
		/* Never an overflow: neither time is below 0. */
		if (!p->has_start) {
			others = true;
		} else if (p->start.ns <= when->ns - START_ERROR_NS) {
			if (!sure || p->start.ns > sure->start.ns)
				sure = p;
		} else if (p->start.ns - START_ERROR_NS <= when->ns) {
			others |= near && near->start.ns != p->start.ns;
			near = near ? near : p;
		}
	}
	if (!near)
		return sure;
	return sure || others ? NULL : near;
}

/* Option 8 with a process block, or with the comment of etl2pcapng, whose PID is that of the thread
 * that ran; a block then only gives it a name. */
static bool wireshark_owner(const struct process_tables *t, const struct packet_options *o,
	const struct source_time *when, struct owner *ret)
{
	bool thread = (o->met & MET_COMMENT) && o->comment.origin == OWNER_THREAD;
	uint32_t pid = o->met & MET_PID ? o->pid : thread ? o->comment.pid : 0;
	if (pid == 0 || pid == UINT32_MAX)
		return false;
	const struct process_of_pid *e = map_find(&t->wireshark_pids, &pid);
	if (!e && !thread)
		return false;
	*ret = (struct owner){ .origin = thread ? OWNER_THREAD : OWNER_WIRESHARK, .pid = pid };
	const struct known_process *p = e ? block_find(&t->wireshark, e, when) : NULL;
	if (!p)
		return true;
	copy_process(ret, p);
	if (when && ret->has_start && ret->start.ns > when->ns)
		ret->has_start = false;
	return true;
}

/* What a comment states that is not of a thread. Kernels outweigh it; a program that polls does
 * not, whatever the one or the other may be wrong in. */
static const struct owner *comment_of(const struct packet_options *o)
{
	bool states =
		(o->met & MET_COMMENT) && o->comment.origin && o->comment.origin != OWNER_THREAD;
	return states ? &o->comment : NULL;
}

static bool polled_owner(const struct process_tables *t, const struct packet_options *o,
	const struct source_time *when, struct owner *ret)
{
	const struct owner *comment = comment_of(o);
	if (!wireshark_owner(t, o, when, ret))
		return false;
	if (comment)
		owner_doubt(ret, comment);
	return true;
}

static bool weakest_owner(const struct packet_options *o, struct owner *ret)
{
	const struct owner *comment = comment_of(o);
	struct owner bare = { .origin = OWNER_UNSTATED, .pid = o->met & MET_PID ? o->pid : 0 };
	bool has_pid = bare.pid != 0 && bare.pid != UINT32_MAX;
	if (comment) {
		*ret = *comment;
		if (has_pid)
			owner_doubt(ret, &bare);
		return true;
	}
	if (has_pid)
		*ret = bare;
	return has_pid;
}

const struct owner *process_owner(
	struct process_tables *t, const struct packet_options *o, const struct source_time *when)
{
	bool found = darwin_owner(t, o, &t->owner) || hone_owner(&t->hone, o, when, &t->owner) ||
		polled_owner(t, o, when, &t->owner) || weakest_owner(o, &t->owner);
	return found ? &t->owner : NULL;
}
