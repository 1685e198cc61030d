/* SPDX-License-Identifier: Apache-2.0 */
/* Processes and threads of the NT Kernel Logger: doc/etl-providers.md, "Processes", "Threads". */
#include <stdlib.h>

#include "base/map.h"
#include "evidence/trace/etl/payload.h"
#include "evidence/trace/etl/provider.h"

/* P is the size of a pointer, Z ends with a zero:
 *
 *   v0      PID P, parent P, user, image Z
 *   v1, v2  page directory or key P, PID, parent, session, exit status (u32 each), user, image Z
 *   v3      the same, with a table's base P before the user
 *   v4, v5  the same, with flags u32 behind that base
 *
 * and from v2 on the command line and more, which is not used. */
enum {
	PROCESS_START = 1,
	PROCESS_END = 2,
	PROCESS_DCSTART = 3, /* ran when the log began */
	PROCESS_DCEND = 4,   /* ran when it ended */
	PROCESS_DEFUNCT = 39,
};

/* PIDs whose end was told and that have not begun again. */
struct processes {
	struct map ended;
};

static int processes_open(void **ret_state, struct err *err)
{
	struct processes *p = malloc(sizeof *p);
	if (!p)
		return err_nomem(err);
	map_init(&p->ended, sizeof(uint32_t), sizeof(uint32_t), LIMIT_PROCESSES, hash_key_new());
	*ret_state = p;
	return 0;
}

static void processes_close(void *state)
{
	struct processes *p = state;
	if (p)
		map_done(&p->ended);
	free(p);
}

/* Defunct processes have ended, and something still holds them, which keeps their PID from being
 * used again: they are listed when the log begins and ends, with or without an End before. So such
 * a record is an end where none was told, and else says nothing new. */
static int process_end(struct processes *p, uint32_t pid, bool *ret_first, struct err *err)
{
	struct err full;
	if (map_put(&p->ended, &pid, ret_first, &full))
		return 0;
	*ret_first = true;
	if (full.kind == ERR_LIMIT)
		return 0;
	if (err)
		*err = full;
	return -1;
}

static void process_begin(struct processes *p, uint32_t pid)
{
	void *entry = map_find(&p->ended, &pid);
	if (entry)
		map_remove(&p->ended, entry);
}

static void take_ids(struct cursor *c, const struct etl_record *rec, struct process_note *ret)
{
	if (rec->version == 0) {
		ret->pid = (uint32_t)payload_pointer(c, rec->pointer);
		ret->parent = (uint32_t)payload_pointer(c, rec->pointer);
		return;
	}
	cursor_skip(c, rec->pointer);
	ret->pid = cursor_le32(c);
	ret->parent = cursor_le32(c);
	cursor_skip(c, 8);
	if (rec->version >= 3)
		cursor_skip(c, rec->pointer);
	if (rec->version >= 4)
		cursor_skip(c, 4);
}

/* Does the record end where its last field does? */
static bool is_exact(struct cursor c, const struct etl_record *rec)
{
	if (rec->version >= 2)
		payload_utf16(&c);
	for (int i = 0; rec->version >= 4 && i < 2; i++)
		payload_utf16(&c);
	if (rec->version >= 5)
		cursor_skip(&c, 8);
	return !c.ran_out && cursor_left(&c) == 0;
}

/* False where the record ends before the image's name does, or where that is none. */
static bool take_process(const struct etl_record *rec, struct process_note *ret, bool *ret_exact)
{
	struct cursor c = cursor_of(rec->payload);
	take_ids(&c, rec, ret);
	payload_skip_user(&c, rec->pointer);
	ret->image = traced_base_name(payload_ansi(&c));
	*ret_exact = !c.ran_out && is_exact(c, rec);
	ret->has_parent = ret->parent != TRACED_PID_NONE;
	/* Windows 8 and later log the whole name. */
	ret->image_cut = rec->version <= 3 && traced_image_cut(ret->image);
	return !c.ran_out && ret->image.n <= LIMIT_IMAGE_BYTES;
}

/* Tools that write records anew put those of 64 bits under headers of 32. So what does not end
 * where it should is read with the other size of a pointer, and taken if it does so then. Wrong
 * where both ends fit, and then it is the header that counts. Version 1 has nothing behind the
 * name, and one that is cut may fit by chance. */
static bool find_process(const struct etl_record *rec, struct process_note *ret)
{
	struct process_note other = *ret;
	struct etl_record turned = *rec;
	bool exact, other_exact;
	bool whole = take_process(rec, ret, &exact);
	turned.pointer = rec->pointer == 8 ? 4 : 8;
	if (exact && whole && (ret->image.n > 0 || rec->version < 2))
		return true;
	if (rec->version < 2 || !take_process(&turned, &other, &other_exact) || !other_exact ||
		other.image.n == 0)
		return whole && ret->image.n > 0;
	*ret = other;
	return true;
}

/* Terminate (11) asks for an end, and End says when it came. */
static bool note_of(uint8_t opcode, struct process_note *note)
{
	switch (opcode) {
	case PROCESS_START:
		note->what = NOTE_START;
		return true;
	case PROCESS_END:
	case PROCESS_DEFUNCT:
		note->what = NOTE_END;
		return true;
	case PROCESS_DCSTART:
	case PROCESS_DCEND:
		note->what = NOTE_RUNNING;
		return true;
	default:
		return false;
	}
}

static int read_process(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	struct processes *p = state;
	struct process_note note = { 0 };
	bool first = true;
	if (!note_of(rec->opcode, &note))
		return ETL_NOTHING;
	if (!find_process(rec, &note))
		return payload_short(rec, "a process record", rec->payload.n, err);
	if (note.pid == TRACED_PID_NONE)
		return ETL_NOTHING;
	etl_seen(shared, ETL_SEEN_PROCESS);
	if (note.what == NOTE_START)
		process_begin(p, note.pid);
	else if (note.what == NOTE_END && process_end(p, note.pid, &first, err) < 0)
		return -1;
	if (rec->opcode == PROCESS_DEFUNCT && !first)
		return ETL_NOTHING;
	ret->kind = RECORD_PROCESS;
	ret->process = note;
	return ETL_GIVEN;
}

/*   v0          TID, PID
 *   v1          PID, TID, 6 P, wait mode u8
 *   v2 and v3   PID, TID, 7 P, service tag u32
 *
 * of which an End of v1 has the first two only. */
enum { THREAD_START = 1, THREAD_END, THREAD_DCSTART, THREAD_DCEND, THREAD_TAG = 0x45 };

/* The thread that logs is the one whose tag changes: it sets it itself when a service takes it out
 * of a pool. */
static int read_tag(struct etl_shared *shared, const struct etl_record *rec, struct err *err)
{
	struct cursor c = cursor_of(rec->payload);
	cursor_skip(&c, 4);
	uint32_t tag = cursor_le32(&c);
	if (c.ran_out)
		return payload_short(rec, "a change of a thread's service", 8, err);
	if (!rec->has_thread)
		return ETL_NOTHING;
	return etl_thread_start(shared, rec->tid, rec->pid, tag, err) < 0 ? -1 : ETL_NOTHING;
}

static int read_thread(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	struct cursor c = cursor_of(rec->payload);
	(void)state;
	(void)ret;
	if (rec->opcode == THREAD_TAG)
		return read_tag(shared, rec, err);
	if (rec->opcode < THREAD_START || rec->opcode > THREAD_DCEND)
		return ETL_NOTHING;
	uint32_t a = cursor_le32(&c), b = cursor_le32(&c);
	if (c.ran_out)
		return payload_short(rec, "a thread record", 8, err);
	uint32_t pid = rec->version == 0 ? b : a, tid = rec->version == 0 ? a : b;
	if (rec->opcode == THREAD_END) {
		etl_thread_end(shared, tid);
		return ETL_NOTHING;
	}
	cursor_skip(&c, 7u * rec->pointer);
	uint32_t tag = rec->version >= 2 ? cursor_le32(&c) : 0;
	return etl_thread_start(shared, tid, pid, tag, err) < 0 ? -1 : ETL_NOTHING;
}

const struct etl_provider etl_kernel_process = {
	.name = "Process",
	.group = ETL_GROUP_PROCESS,
	.open = processes_open,
	.close = processes_close,
	.read = read_process,
};

const struct etl_provider etl_kernel_thread = {
	.name = "Thread",
	.group = ETL_GROUP_THREAD,
	.read = read_thread,
};
