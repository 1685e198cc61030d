/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft-Windows-Kernel-Process, processes and threads: doc/etl-providers.md, "Processes". */
#include <stdlib.h>

#include "evidence/trace/etl/payload.h"
#include "evidence/trace/etl/provider.h"

enum { ID_START = 1, ID_STOP = 2, ID_THREAD_START = 3, ID_THREAD_STOP = 4, ID_RUNDOWN = 15 };

struct names {
	uint8_t image[PAYLOAD_NAME_BYTES];
};

static int names_open(void **ret_state, struct err *err)
{
	*ret_state = malloc(sizeof(struct names));
	return *ret_state ? 0 : err_nomem(err);
}

static void set_start(struct process_note *note, uint64_t filetime)
{
	note->has_start = stamp_from_filetime(filetime, &note->start);
}

/* Start of v0 to v2, and Rundown two versions below:
 *
 *   0 PID, 4 start FILETIME, 12 parent, 16 session, from v1 on 20 flags, then the image's path
 *
 * v3 and later:
 *
 *   0 PID, 4 sequence u64, 12 start, 20 parent, 24 parent's sequence u64, 32 session, 36 flags,
 *   40 elevation (2 u32), 48 SID of the label, then the path */
static bool take_start(const struct etl_record *rec, unsigned version, struct names *names,
	struct process_note *ret)
{
	struct cursor c = cursor_of(rec->payload);
	ret->pid = cursor_le32(&c);
	if (version >= 3)
		cursor_skip(&c, 8);
	set_start(ret, cursor_u64(&c, false));
	ret->parent = cursor_le32(&c);
	if (version >= 3) {
		cursor_skip(&c, 24);
		payload_skip_sid(&c);
	} else {
		cursor_skip(&c, version == 0 ? 4 : 8);
	}
	ret->image = payload_utf8(payload_base16(payload_utf16(&c)), names->image);
	ret->has_parent = ret->parent != TRACED_PID_NONE;
	return !c.ran_out;
}

/* 0 PID, from v2 on a sequence u64, start, end, and up to the image's name in bytes 28, 56 or 56
 * more. That name is the kernel's short one in all versions of Windows. */
static bool take_stop(const struct etl_record *rec, struct process_note *ret)
{
	struct cursor c = cursor_of(rec->payload);
	ret->pid = cursor_le32(&c);
	if (rec->version >= 2)
		cursor_skip(&c, 8);
	set_start(ret, cursor_u64(&c, false));
	cursor_skip(&c, rec->version == 0 ? 36 : 64);
	ret->image = traced_base_name(payload_ansi(&c));
	if (ret->image.n > LIMIT_IMAGE_BYTES)
		ret->image = (struct span){ 0 };
	ret->image_cut = traced_image_cut(ret->image);
	return !c.ran_out;
}

/* Where the kernel logger tells of processes too, a second start a moment after the first would be
 * another process, and a second end one that nobody saw begin. */
static int give(struct etl_shared *shared, struct process_note *note, struct record *ret)
{
	bool told = etl_seen(shared, 0) & ETL_SEEN_PROCESS;
	if (note->pid == TRACED_PID_NONE || (told && note->what == NOTE_END))
		return ETL_NOTHING;
	if (told)
		note->what = NOTE_RUNNING;
	ret->kind = RECORD_PROCESS;
	ret->process = *note;
	return ETL_GIVEN;
}

/* PID, TID, 7 pointers, from v1 on the service's tag. */
static int take_thread(struct etl_shared *shared, const struct etl_record *rec, struct err *err)
{
	struct cursor c = cursor_of(rec->payload);
	uint32_t pid = cursor_le32(&c), tid = cursor_le32(&c);
	if (c.ran_out)
		return payload_short(rec, "a thread record", 8, err);
	if (rec->id == ID_THREAD_STOP) {
		etl_thread_end(shared, tid);
		return ETL_NOTHING;
	}
	cursor_skip(&c, 7u * rec->pointer);
	uint32_t tag = rec->version >= 1 ? cursor_le32(&c) : 0;
	return etl_thread_start(shared, tid, pid, tag, err) < 0 ? -1 : ETL_NOTHING;
}

static int read_process(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	struct process_note note = { .what = NOTE_RUNNING };
	bool whole;
	switch (rec->id) {
	case ID_START:
		note.what = NOTE_START;
		whole = take_start(rec, rec->version, state, &note);
		break;
	case ID_RUNDOWN:
		whole = take_start(rec, rec->version + 2u, state, &note);
		break;
	case ID_STOP:
		note.what = NOTE_END;
		whole = take_stop(rec, &note);
		break;
	case ID_THREAD_START:
	case ID_THREAD_STOP:
		return take_thread(shared, rec, err);
	default:
		return ETL_NOTHING;
	}
	if (!whole)
		return payload_short(rec, "a process event", rec->payload.n, err);
	return give(shared, &note, ret);
}

/* {22FB2CD6-0E7B-422B-A0C7-2FAD1FD0E716} */
const struct etl_provider etl_process = {
	.name = "Microsoft-Windows-Kernel-Process",
	.guid = { { 0xd6, 0x2c, 0xfb, 0x22, 0x7b, 0x0e, 0x2b, 0x42, 0xa0, 0xc7, 0x2f, 0xad, 0x1f,
		0xd0, 0xe7, 0x16 } },
	.open = names_open,
	.close = free,
	.read = read_process,
};
