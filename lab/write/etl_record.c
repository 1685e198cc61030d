/* SPDX-License-Identifier: Apache-2.0 */
/* Lays out records of event trace logs: see etl.h. */
#include "write/etl_record.h"

#include <string.h>

enum { ITEM_HEADER = 8, HAS_ITEMS = 1 };

static const uint8_t headers[] = {
	[ETLOG_SYSTEM] = 0x20,
	[ETLOG_COMPACT] = 0x18,
	[ETLOG_PERFINFO] = 0x10,
	[ETLOG_FULL] = 0x30,
	[ETLOG_INSTANCE] = 0x48,
	[ETLOG_MANIFEST] = 0x50,
	[ETLOG_MESSAGE] = 0x18,
};

/* The byte that names the kind, for payloads of 32 and of 64 bits. */
static const uint8_t markers[][2] = {
	[ETLOG_SYSTEM] = { 0x01, 0x02 },
	[ETLOG_COMPACT] = { 0x03, 0x04 },
	[ETLOG_PERFINFO] = { 0x10, 0x11 },
	[ETLOG_FULL] = { 0x0a, 0x14 },
	[ETLOG_INSTANCE] = { 0x0b, 0x15 },
	[ETLOG_MANIFEST] = { 0x12, 0x13 },
	[ETLOG_MESSAGE] = { 0x00, 0x00 },
};

static uint8_t *put(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
	return p + bytes;
}

static uint8_t *put_bytes(uint8_t *p, const void *from, size_t n)
{
	if (n)
		memcpy(p, from, n);
	return p + n;
}

static uint32_t item_bytes(const struct etlog_item *item)
{
	return (uint32_t)(ITEM_HEADER + ((item->data.n + 7) & ~(size_t)7));
}

uint32_t etlog_record_bytes(const struct etlog_record *r)
{
	uint32_t n = headers[r->kind] + (uint32_t)r->payload.n;
	if (r->kind == ETLOG_MANIFEST)
		for (size_t i = 0; i < r->n_items; i++)
			n += item_bytes(&r->items[i]);
	return n;
}

/* SYSTEM, COMPACT and PERFINFO. */
static uint8_t *put_kernel(uint8_t *p, const struct etlog_record *r, int64_t stamp)
{
	p = put(p, etlog_record_bytes(r), 2);
	p = put(p, r->opcode, 1);
	p = put(p, r->group, 1);
	if (r->kind == ETLOG_PERFINFO)
		return put(p, (uint64_t)stamp, 8);
	p = put(p, r->tid, 4);
	p = put(p, r->pid, 4);
	p = put(p, (uint64_t)stamp, 8);
	return r->kind == ETLOG_SYSTEM ? put(p, 0, 8) : p;
}

/* FULL and INSTANCE. */
static uint8_t *put_classic(uint8_t *p, const struct etlog_record *r, int64_t stamp)
{
	p = put(p, r->opcode, 1);
	p = put(p, 4, 1); /* level */
	p = put(p, r->version, 2);
	p = put(p, r->tid, 4);
	p = put(p, r->pid, 4);
	p = put(p, (uint64_t)stamp, 8);
	p = put_bytes(p, r->guid, ETLOG_GUID_BYTES);
	p = put(p, 0, 8);
	if (r->kind == ETLOG_FULL)
		return p;
	p = put(p, 1, 4);
	p = put(p, 0, 4);
	memset(p, 0, ETLOG_GUID_BYTES);
	return p + ETLOG_GUID_BYTES;
}

static uint8_t *put_items(uint8_t *p, const struct etlog_record *r)
{
	for (size_t i = 0; i < r->n_items; i++) {
		const struct etlog_item *item = &r->items[i];
		uint8_t *end = p + item_bytes(item);
		p = put(p, item_bytes(item), 2);
		p = put(p, item->type, 2);
		p = put(p, i + 1 < r->n_items, 2);
		p = put(p, item->data.n, 2);
		p = put_bytes(p, item->data.p, item->data.n);
		memset(p, 0, (size_t)(end - p));
		p = end;
	}
	return p;
}

static uint8_t *put_manifest(uint8_t *p, const struct etlog_record *r, int64_t stamp)
{
	p = put(p, r->n_items ? HAS_ITEMS : 0, 2);
	p = put(p, 0, 2);
	p = put(p, r->tid, 4);
	p = put(p, r->pid, 4);
	p = put(p, (uint64_t)stamp, 8);
	p = put_bytes(p, r->guid, ETLOG_GUID_BYTES);
	p = put(p, r->id, 2);
	p = put(p, r->version, 1);
	p = put(p, 0x10, 1); /* channel */
	p = put(p, 4, 1);    /* level */
	p = put(p, r->opcode, 1);
	p = put(p, r->task, 2);
	p = put(p, r->keyword, 8);
	memset(p, 0, 8 + ETLOG_GUID_BYTES); /* times, activity */
	return put_items(p + 8 + ETLOG_GUID_BYTES, r);
}

/* With a stamp and the thread's identity. */
static uint8_t *put_message(uint8_t *p, const struct etlog_record *r, int64_t stamp)
{
	p = put(p, r->id, 2);
	p = put(p, 0x0028, 2);
	p = put(p, (uint64_t)stamp, 8);
	p = put(p, r->tid, 4);
	return put(p, r->pid, 4);
}

void etlog_record_put(const struct etlog_record *r, uint8_t pointer, int64_t stamp, uint8_t *p)
{
	bool kernel = r->kind <= ETLOG_PERFINFO;
	if (r->pointer)
		pointer = r->pointer;
	p = put(p, kernel ? r->version : etlog_record_bytes(r), 2);
	p = put(p, markers[r->kind][pointer == 8], 1);
	p = put(p, r->kind == ETLOG_MESSAGE ? 0x90 : 0xc0, 1);
	if (kernel)
		p = put_kernel(p, r, stamp);
	else if (r->kind == ETLOG_MANIFEST)
		p = put_manifest(p, r, stamp);
	else if (r->kind == ETLOG_MESSAGE)
		p = put_message(p, r, stamp);
	else
		p = put_classic(p, r, stamp);
	put_bytes(p, r->payload.p, r->payload.n);
}

void etlog_put(struct str *out, uint64_t v, unsigned bytes)
{
	uint8_t b[8];
	put(b, v, bytes);
	str_add(out, span_of(b, bytes));
}

void etlog_ansi(struct str *out, const char *text)
{
	str_add(out, span_of(text, strlen(text) + 1));
}

/* UTF-8 of up to three bytes: what the lab's names are made of. */
void etlog_wide(struct str *out, const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	while (*p) {
		uint32_t c = *p++;
		if (c >= 0xe0 && p[0] && p[1]) {
			c = (c & 15) << 12 | (p[0] & 63u) << 6 | (p[1] & 63u);
			p += 2;
		} else if (c >= 0xc0 && p[0]) {
			c = (c & 31) << 6 | (p[0] & 63u);
			p++;
		}
		etlog_put(out, c, 2);
	}
	etlog_put(out, 0, 2);
}
