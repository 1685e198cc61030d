/* SPDX-License-Identifier: Apache-2.0 */
/* Packet comments that name processes: see owner_comment.h.
 *
 *   ptcpdump    "PID: 7\nCmd: /usr/bin/curl\nArgs: curl x", and in a comment of its own
 *               "ParentPID: 5\nParentCmd: ..."    (internal/writer/pcapng.go)
 *   rustnet     "rustnet process=curl pid=7 ppid=5 uid=0 attr=exact-tuple ..."
 *               (src/app/pcapng_export.rs)
 *   etl2pcapng  "PID=7 TID=9 ..."                 (src/main.c)
 */
#include "evidence/capture/owner_comment.h"

#include "base/text.h"
#include "evidence/capture/owner_name.h"

/* ptcpdump's probe keeps so much of a path (EXEC_FILENAME_LEN less its NUL): what is cut there may
 * end inside the name of a folder. */
#define PTCPDUMP_PATH_BYTES 511u

static struct span behind(struct span s, size_t n)
{
	return span_of(s.p + n, s.n - n);
}

/* "KEY: value", the value without blanks around it. */
static bool line_value(struct span line, const char *key, struct span *ret)
{
	if (!text_starts(line, key))
		return false;
	*ret = text_trim(behind(line, strlen(key)));
	return true;
}

/* PIDs that are none: 0, and what stands for "unknown" as a number of 32 bits. */
static bool pid_read(struct span text, uint32_t *ret)
{
	return text_u32(text, UINT32_MAX - 1, ret) && *ret != 0;
}

static struct span ptcpdump_image(struct span path)
{
	static const char cut[] = "...";
	const size_t n = sizeof cut - 1;
	if (path.n >= PTCPDUMP_PATH_BYTES ||
		(path.n >= n && text_equal(behind(path, path.n - n), cut)))
		return (struct span){ 0 };
	return owner_base_name(path);
}

/* The lines stand in one order. What stands behind "Args:" was chosen by whoever ran the program,
 * line ends and all, and is not looked at. A path that holds a line end is not followed by "Args:",
 * and its name is left out. */
static bool ptcpdump_read(struct span comment, struct owner *owner)
{
	struct span rest = comment, value, path;
	uint32_t pid;
	if (!line_value(text_split(&rest, '\n'), "PID:", &value) || !pid_read(value, &pid))
		return false;
	struct span second = text_split(&rest, '\n');
	if (!line_value(second, "Cmd:", &path) && !line_value(second, "Command:", &path))
		return false;
	owner->origin = OWNER_PTCPDUMP;
	owner->pid = pid;
	if (rest.n == 0 || text_starts(rest, "Args:"))
		owner->image = ptcpdump_image(path);
	return true;
}

static bool ptcpdump_parent_read(struct span comment, struct owner *owner)
{
	struct span value;
	if (owner->origin != OWNER_PTCPDUMP ||
		!line_value(text_split(&comment, '\n'), "ParentPID:", &value))
		return false;
	owner->has_parent = pid_read(value, &owner->parent);
	return true;
}

static bool word_value(struct span word, const char *key, struct span *ret)
{
	if (!text_starts(word, key))
		return false;
	*ret = behind(word, strlen(key));
	return true;
}

/* rustnet says how it found the socket: by both ends, or by its own end only, which another process
 * may have had. A file of before it said so is taken at its word; there a listener's child could
 * have been meant. */
static bool is_loose(struct span how)
{
	return !text_equal(how, "exact-tuple") && !text_equal(how, "procfs-exact");
}

static bool rustnet_read(struct span comment, struct owner *owner)
{
	struct span rest = comment, value;
	struct owner found = { .origin = OWNER_RUSTNET };
	bool has_pid = false;
	if (!text_equal(text_word(&rest), "rustnet"))
		return false;
	for (;;) {
		struct span word = text_word(&rest);
		if (word.n == 0)
			break;
		if (word_value(word, "process=", &value))
			found.image = owner_name(value);
		else if (word_value(word, "pid=", &value))
			has_pid = pid_read(value, &found.pid);
		else if (word_value(word, "ppid=", &value))
			found.has_parent = pid_read(value, &found.parent);
		else if (word_value(word, "attr=", &value) && is_loose(value))
			found.origin = OWNER_UNSTATED;
	}
	found.image_cut = found.image.n == LINUX_COMM_BYTES;
	if (has_pid)
		*owner = found;
	return true;
}

static bool etl2pcapng_read(struct span comment, struct owner *owner)
{
	struct span rest = comment, pid, tid;
	uint64_t number;
	if (!word_value(text_word(&rest), "PID=", &pid) ||
		!word_value(text_word(&rest), "TID=", &tid))
		return false;
	/* Both are printed as signed numbers: -1 is none. */
	if (tid.n && tid.p[0] == '-')
		tid = behind(tid, 1);
	if (!text_u64(tid, &number))
		return false;
	owner->origin = OWNER_THREAD;
	if (!pid_read(pid, &owner->pid))
		owner->pid = 0;
	return true;
}

void owner_comment(struct span comment, struct owner *owner)
{
	if (comment.n < 4)
		return;
	if (ptcpdump_parent_read(comment, owner) || owner->origin)
		return;
	if (comment.p[0] == 'r')
		rustnet_read(comment, owner);
	else if (comment.p[0] == 'P' && !ptcpdump_read(comment, owner))
		etl2pcapng_read(comment, owner);
}
