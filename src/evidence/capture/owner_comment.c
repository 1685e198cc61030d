/* SPDX-License-Identifier: Apache-2.0 */
/* Packet comments that name processes: see owner_comment.h.
 *
 *   ptcpdump    "PID: 7\nCmd: /usr/bin/curl\nArgs: curl x", and in a comment of its own
 *               "ParentPID: 5\nParentCmd: ..."    (internal/writer/pcapng.go)
 *   rustnet     "rustnet process=curl pid=7 ppid=5 uid=0 attr=exact-tuple ..."
 *               (src/app/pcapng_export.rs)
 *   etl2pcapng  "PID=7 TID=9 ..."                 (src/main.c)
 *
 * People comment packets too. So each form must be met to the letter, as its program prints it;
 * what only comes near to it is a candidate at most. Wrong for a person who writes a whole comment
 * of such a program by hand: it is taken for the program's. */
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

/* What stands behind `key`, blanks and all. */
static bool value_of(struct span text, const char *key, struct span *ret)
{
	if (!text_starts(text, key))
		return false;
	*ret = behind(text, strlen(key));
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

static bool has_line(struct span text, const char *begins)
{
	while (text.n)
		if (text_starts(text_split(&text, '\n'), begins))
			return true;
	return false;
}

/* The lines stand in one order, and none is left out. What stands behind "Args:" was chosen by
 * whoever ran the program, line ends and all, and is not looked at. Where "Args:" comes later, the
 * path may hold a line end, or a person wrote between the lines: a candidate without a name. */
static bool ptcpdump_read(struct span comment, struct owner *owner)
{
	struct span rest = comment, value, path;
	uint32_t pid;
	if (!value_of(text_split(&rest, '\n'), "PID: ", &value) || !pid_read(value, &pid))
		return false;
	struct span second = text_split(&rest, '\n');
	if (!value_of(second, "Cmd: ", &path) && !value_of(second, "Command: ", &path))
		return false;
	bool whole = text_starts(rest, "Args:");
	if (!whole && !has_line(rest, "Args:"))
		return false;
	owner->origin = whole ? OWNER_PTCPDUMP : OWNER_UNSTATED;
	owner->pid = pid;
	if (whole)
		owner->image = ptcpdump_image(path);
	return true;
}

static bool ptcpdump_parent_read(struct span comment, struct owner *owner)
{
	struct span value;
	if (owner->origin != OWNER_PTCPDUMP ||
		!value_of(text_split(&comment, '\n'), "ParentPID: ", &value))
		return false;
	owner->has_parent = pid_read(value, &owner->parent);
	return true;
}

/* The words of rustnet's comment, in its order. Any but the first two may be left out. */
enum { RUSTNET_PROCESS, RUSTNET_PID, RUSTNET_PPID, RUSTNET_UID, RUSTNET_ATTR, RUSTNET_WORDS = 15 };
static const char *const rustnet_keys[RUSTNET_WORDS] = { "process=", "pid=", "ppid=", "uid=",
	"attr=", "pod=", "ns=", "pod_uid=", "container=", "container_id=", "direction=", "app=",
	"sni=", "country=", "asn=" };

/* False where a word is none of the exporter's, comes twice or out of its order; the values are
 * then those before it. Values hold no blanks: it replaces them. */
static bool rustnet_words(struct span rest, struct span ret[static RUSTNET_WORDS])
{
	size_t key = 0;
	while (rest.n) {
		struct span word = text_split(&rest, ' ');
		while (key < RUSTNET_WORDS && !value_of(word, rustnet_keys[key], &ret[key]))
			key++;
		if (key++ == RUSTNET_WORDS)
			return false;
	}
	uint64_t uid;
	return !ret[RUSTNET_UID].p || text_u64(ret[RUSTNET_UID], &uid);
}

/* rustnet says how it found the socket: by both ends, or by its own end only, which another process
 * may have had. A file of before it said so may have either. */
static bool is_certain(struct span how)
{
	return text_equal(how, "exact-tuple") || text_equal(how, "procfs-exact");
}

static bool has_control(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < ' ')
			return true;
	return false;
}

static bool rustnet_read(struct span comment, struct owner *owner)
{
	struct span values[RUSTNET_WORDS] = { 0 }, rest;
	struct owner found = { 0 };
	if (has_control(comment) || !value_of(comment, "rustnet ", &rest))
		return false;
	bool whole = rustnet_words(rest, values);
	if (!values[RUSTNET_PROCESS].p || !values[RUSTNET_PID].p ||
		!pid_read(values[RUSTNET_PID], &found.pid))
		return false;
	bool certain = whole && is_certain(values[RUSTNET_ATTR]);
	found.origin = certain ? OWNER_RUSTNET : OWNER_UNSTATED;
	found.has_parent = pid_read(values[RUSTNET_PPID], &found.parent);
	found.image = owner_name(values[RUSTNET_PROCESS]);
	found.image_cut = found.image.n == LINUX_COMM_BYTES;
	*owner = found;
	return true;
}

static bool etl2pcapng_read(struct span comment, struct owner *owner)
{
	struct span rest = comment, pid, tid;
	uint64_t number;
	if (!value_of(text_word(&rest), "PID=", &pid) || !value_of(text_word(&rest), "TID=", &tid))
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

static bool same_image(const struct owner *a, const struct owner *b)
{
	const struct owner *less = a->image.n < b->image.n ? a : b;
	if (less->image.n == 0)
		return true;
	return (a->image.n == b->image.n || less->image_cut) &&
		memcmp(a->image.p, b->image.p, less->image.n) == 0;
}

void owner_doubt(struct owner *owner, const struct owner *other)
{
	bool same = owner->pid == other->pid, named = same_image(owner, other);
	if (same && named && !owner->disputed && !other->disputed)
		return;
	*owner = (struct owner){ .origin = OWNER_UNSTATED,
		.disputed = true,
		.pid = owner->pid,
		.image = owner->image,
		.image_cut = owner->image_cut };
	if (same && !named) {
		owner->image = (struct span){ 0 };
		owner->image_cut = false;
	}
}

/* The stronger one of two comments that agree. */
static void owner_add(struct owner *owner, const struct owner *found)
{
	if (owner->pid == 0) {
		*owner = *found;
		return;
	}
	if (found->pid == 0)
		return;
	owner_doubt(owner, found);
	if (!owner->disputed && owner_grade(found->origin) > owner_grade(owner->origin))
		*owner = *found;
}

void owner_comment(struct span comment, struct owner *owner)
{
	struct owner found = { 0 };
	if (comment.n < 4 || ptcpdump_parent_read(comment, owner))
		return;
	if (comment.p[0] == 'r')
		rustnet_read(comment, &found);
	else if (comment.p[0] == 'P' && !ptcpdump_read(comment, &found))
		etl2pcapng_read(comment, &found);
	if (found.origin)
		owner_add(owner, &found);
}

/* A word, or what stands in quotes, where a backslash takes away the meaning of what follows. */
static bool noted_value(struct span *rest)
{
	size_t n = 0;
	bool quoted = rest->n && rest->p[0] == '"';
	if (!quoted) {
		text_split(rest, ' ');
		return rest->p != NULL;
	}
	for (n = 1; n < rest->n && rest->p[n] != '"'; n++)
		if (rest->p[n] == '\\')
			n++;
	if (n + 1 >= rest->n || rest->p[n + 1] != ' ')
		return false;
	*rest = behind(*rest, n + 2);
	return true;
}

enum owner_origin owner_noted(struct span comment)
{
	static const struct {
		const char *grade;
		enum owner_origin origin;
	} all[] = {
		{ "exact", OWNER_NOTED_EXACT },
		{ "flow", OWNER_NOTED_FLOW },
		{ "endpoint", OWNER_NOTED_ENDPOINT },
		{ "ports", OWNER_NOTED_PORTS },
	};
	struct span rest, value;
	uint32_t pid;
	if (!value_of(comment, "process: ", &rest) || !noted_value(&rest) ||
		!value_of(text_split(&rest, ' '), "pid=", &value) ||
		!text_u32(value, UINT32_MAX, &pid) ||
		!value_of(text_split(&rest, ' '), "grade=", &value))
		return 0;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (text_equal(value, all[i].grade))
			return all[i].origin;
	return 0;
}
