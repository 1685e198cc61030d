/* SPDX-License-Identifier: Apache-2.0 */
/* Writes records of processes, threads, services and cards: see etl_events.h. */
#include <string.h>

#include "base/stamp.h"
#include "write/etl_events.h"
#include "write/etl_guids.h"

enum { GROUP_PROCESS = 3, GROUP_THREAD = 5, GROUP_CONFIG = 0x0b, PAYLOAD_MAX = 4096 };

static uint64_t filetime(int64_t ns)
{
	return (uint64_t)(ns / 100) + 116444736000000000u;
}

/* S-1-5-21-1-2-3-1001: revision, count, authority (big-endian), sub-authorities. */
static void put_sid(struct str *out)
{
	static const uint32_t parts[] = { 21, 0xaefe811b, 0x607c0c76, 0x568b4c56, 1001 };
	str_add(out, span_of("\x01\x05\0\0\0\0\0\x05", 8));
	for (size_t i = 0; i < 5; i++)
		etlog_put(out, parts[i], 4);
}

/* Nothing is a zero of 4 bytes, whatever a pointer has. */
static void put_user(struct str *out, bool has_sid, uint8_t pointer)
{
	if (!has_sid) {
		etlog_put(out, 0, 4);
		return;
	}
	etlog_put(out, 0xfffff8a0004f8ea0u, pointer);
	etlog_put(out, 0, pointer);
	put_sid(out);
}

static void put_text(struct str *out, struct span text)
{
	str_add(out, text);
	etlog_put(out, 0, 1);
}

static void put_process(struct str *out, const struct etlog_process *p, uint8_t pointer)
{
	const struct process_note *n = p->note;
	if (p->version == 0) {
		etlog_put(out, n->pid, pointer);
		etlog_put(out, n->parent, pointer);
	} else {
		etlog_put(out, 0xfffffa8300cfb380u, pointer);
		etlog_put(out, n->pid, 4);
		etlog_put(out, n->parent, 4);
		etlog_put(out, 1, 4);
		etlog_put(out, p->opcode == 2 ? 0 : 259, 4);
	}
	if (p->version >= 3)
		etlog_put(out, 0x558fb000, pointer);
	if (p->version >= 4)
		etlog_put(out, 0, 4);
	put_user(out, p->has_sid, pointer);
	put_text(out, n->image);
	if (p->version >= 2)
		etlog_wide(out, p->command ? p->command : "");
	if (p->version >= 4) {
		etlog_wide(out, "");
		etlog_wide(out, "");
	}
	if (p->version >= 5)
		etlog_put(out, 132404548222191257u, 8);
}

static uint64_t add_kernel(struct etlog *w, const struct etlog_at *at, struct etlog_record r)
{
	r.kind = at->kind ? at->kind : ETLOG_SYSTEM;
	r.ns = at->ns;
	r.processor = at->processor;
	r.pid = at->pid;
	r.tid = at->tid;
	r.guid = r.group == GROUP_PROCESS ? etlog_guid_process
		: r.group == GROUP_THREAD ? etlog_guid_thread
					  : etlog_guid_config;
	return etlog_add(w, &r);
}

uint64_t etlog_process(struct etlog *w, const struct etlog_at *at, const struct etlog_process *p)
{
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	put_process(&out, p, w->form.pointer);
	uint64_t serial = add_kernel(w, at,
		(struct etlog_record){ .group = GROUP_PROCESS,
			.opcode = p->opcode,
			.version = p->version,
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}

static void put_thread(struct str *out, const struct etlog_thread *t, uint8_t pointer)
{
	etlog_put(out, t->version ? t->pid : t->tid, 4);
	etlog_put(out, t->version ? t->tid : t->pid, 4);
	if (t->version == 0 || (t->version == 1 && t->opcode == 2))
		return;
	for (unsigned i = 0; i < (t->version == 1 ? 6 : 7); i++)
		etlog_put(out, 0xfffff88003a10000u + i * 0x1000, pointer);
	if (t->version == 1) {
		etlog_put(out, 0, 1);
		return;
	}
	etlog_put(out, t->tag, 4);
	if (t->version == 2)
		return;
	etlog_put(out, 0x00020508, 4);
	if (t->name)
		etlog_wide(out, t->name);
}

uint64_t etlog_thread(struct etlog *w, const struct etlog_at *at, const struct etlog_thread *t)
{
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	put_thread(&out, t, w->form.pointer);
	uint64_t serial = add_kernel(w, at,
		(struct etlog_record){ .group = GROUP_THREAD,
			.opcode = t->opcode,
			.version = t->version,
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}

/* Up to version 1 each text has so many characters, whatever it says. */
static void put_fixed(struct str *out, const char *text, size_t units)
{
	size_t at = out->n;
	etlog_wide(out, text);
	while (out->n < at + 2 * units)
		etlog_put(out, 0, 2);
}

uint64_t etlog_service(struct etlog *w, const struct etlog_at *at, const struct etlog_service *s)
{
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	if (s->version < 2) {
		put_fixed(&out, s->name, 34);
		put_fixed(&out, s->title, 256);
		put_fixed(&out, "svchost.exe", 34);
		etlog_put(&out, s->pid, 4);
	} else {
		etlog_put(&out, s->pid, 4);
		etlog_put(&out, s->pid ? 4 : 1, 4);
		etlog_put(&out, s->tag, 4);
		etlog_wide(&out, s->name);
		etlog_wide(&out, s->title);
		etlog_wide(&out, "svchost.exe");
	}
	if (s->version >= 3) {
		etlog_wide(&out, "");
		etlog_wide(&out, "LocalService");
	}
	uint64_t serial = add_kernel(w, at,
		(struct etlog_record){ .group = GROUP_CONFIG,
			.opcode = 0x0f,
			.version = s->version,
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}

uint64_t etlog_card(struct etlog *w, const struct etlog_at *at, const char *addresses)
{
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	etlog_put(&out, 0x1111c41c0000u, 8);
	etlog_put(&out, 6, 4);
	etlog_put(&out, 11, 4);
	etlog_put(&out, 11, 4);
	etlog_wide(&out, "Gigabit Adapter");
	etlog_wide(&out, addresses);
	etlog_wide(&out, "10.1.1.10;");
	uint64_t serial = add_kernel(w, at,
		(struct etlog_record){ .group = GROUP_CONFIG,
			.opcode = 0x0d,
			.version = 2,
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}

static void put_path(struct str *out, struct span image)
{
	char path[300];
	snprintf(path, sizeof path, "\\Device\\HarddiskVolume2\\Windows\\System32\\%.*s",
		(int)image.n, (const char *)image.p);
	etlog_wide(out, path);
}

/* Id 1 as of its versions; what a rundown's version n holds is start's version n + 2. */
static void put_start(struct str *out, const struct etlog_manifest_process *p, unsigned version)
{
	const struct process_note *n = p->note;
	etlog_put(out, n->pid, 4);
	if (version >= 3)
		etlog_put(out, 7000 + n->pid, 8);
	etlog_put(out, filetime(p->start_ns), 8);
	etlog_put(out, n->parent, 4);
	if (version >= 3)
		etlog_put(out, 7000 + n->parent, 8);
	etlog_put(out, 1, 4);
	if (version >= 1)
		etlog_put(out, 0, 4);
	if (version >= 3) {
		etlog_put(out, 1, 4);
		etlog_put(out, 0, 4);
		str_add(out, span_of("\x01\x01\0\0\0\0\0\x10\0\x30\0\0", 12));
	}
	put_path(out, n->image);
	if (version < 2)
		return;
	etlog_put(out, 0x1d4e2, 4);
	etlog_put(out, 0x5a1b2c3d, 4);
	etlog_wide(out, "");
	etlog_wide(out, "");
	if (version >= 4)
		etlog_put(out, 0, 4);
	if (version >= 5)
		etlog_put(out, 0x866400000000u, 6);
}

static void put_stop(struct str *out, const struct etlog_manifest_process *p, int64_t ns)
{
	etlog_put(out, p->note->pid, 4);
	if (p->version >= 2)
		etlog_put(out, 7000 + p->note->pid, 8);
	etlog_put(out, filetime(p->start_ns), 8);
	etlog_put(out, filetime(ns), 8);
	etlog_put(out, 0, 4);
	etlog_put(out, 1, 4);
	etlog_put(out, 0, 4);
	etlog_put(out, 4096, 8);
	etlog_put(out, 8192, 8);
	if (p->version >= 1) {
		etlog_put(out, 123456789, 8);
		for (unsigned i = 0; i < 5; i++)
			etlog_put(out, i, 4);
	}
	put_text(out, p->note->image);
}

uint64_t etlog_manifest_process(
	struct etlog *w, const struct etlog_at *at, const struct etlog_manifest_process *p)
{
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	if (p->id == 2)
		put_stop(&out, p, at->ns);
	else
		put_start(&out, p, p->version + (p->id == 15 ? 2u : 0));
	uint64_t serial = etlog_manifest(w, at,
		&(struct etlog_record){ .guid = etlog_guid_processes,
			.id = p->id,
			.version = p->version,
			.opcode = p->id == 15 ? 0 : (uint8_t)p->id,
			.task = p->id,
			.keyword = 0x8000000000000010u,
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}

uint64_t etlog_manifest_thread(
	struct etlog *w, const struct etlog_at *at, const struct etlog_thread *t)
{
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	etlog_put(&out, t->pid, 4);
	etlog_put(&out, t->tid, 4);
	for (unsigned i = 0; i < 7; i++)
		etlog_put(&out, 0xfffff88003a10000u + i * 0x1000, w->form.pointer);
	etlog_put(&out, t->tag, 4);
	if (t->opcode == 2)
		etlog_put(&out, 123456, 8);
	uint64_t serial = etlog_manifest(w, at,
		&(struct etlog_record){ .guid = etlog_guid_processes,
			.id = t->opcode == 2 ? 4 : 3,
			.version = 1,
			.opcode = t->opcode,
			.task = t->opcode == 2 ? 4 : 3,
			.keyword = 0x8000000000000020u,
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}
