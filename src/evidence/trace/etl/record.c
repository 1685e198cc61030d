/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of single records: see record.h. The layouts are in doc/etl.md, "Records". */
#include "evidence/trace/etl/record.h"

#include <string.h>

/* The dword at a record's front. Its highest byte says what kind of header it is, the one below
 * which of the typed ones. */
enum {
	MARK_TYPED = 0xc0,
	MARK_MESSAGE = 0x90,
	MARK_KIND = 0xf0,
};
#define MARK_END 0xffffffffu

enum form {
	FORM_NONE = 0,
	FORM_KERNEL,   /* version, type, size @4, hook id @6 */
	FORM_FULL,     /* size @0, opcode @4, version @6, GUID @18 */
	FORM_MANIFEST, /* size @0, flags @4, GUID @18, id @28 */
	FORM_SIZED,    /* size @0, and no more of it is read */
};

struct type {
	uint8_t form, header; /* bytes of the header */
	uint8_t size_at, stamp_at;
	uint8_t pointer;
	bool thread; /* TID @8, PID @c */
};

static const struct type types[] = {
	[0x01] = { FORM_KERNEL, 0x20, 4, 0x10, 4, true }, /* SYSTEM32 */
	[0x02] = { FORM_KERNEL, 0x20, 4, 0x10, 8, true },
	[0x03] = { FORM_KERNEL, 0x18, 4, 0x10, 4, true }, /* COMPACT32 */
	[0x04] = { FORM_KERNEL, 0x18, 4, 0x10, 8, true },
	[0x0a] = { FORM_FULL, 0x30, 0, 0x10, 4, true },    /* FULL_HEADER32 */
	[0x0b] = { FORM_FULL, 0x48, 0, 0x10, 4, true },    /* INSTANCE32 */
	[0x0d] = { FORM_SIZED, 0x08, 0, 0, 0, false },     /* ERROR */
	[0x0f] = { FORM_SIZED, 0x08, 0, 0, 0, false },     /* MESSAGE */
	[0x10] = { FORM_KERNEL, 0x10, 4, 0x08, 4, false }, /* PERFINFO32 */
	[0x11] = { FORM_KERNEL, 0x10, 4, 0x08, 8, false },
	[0x12] = { FORM_MANIFEST, 0x50, 0, 0x10, 4, true }, /* EVENT_HEADER32 */
	[0x13] = { FORM_MANIFEST, 0x50, 0, 0x10, 8, true },
	[0x14] = { FORM_FULL, 0x30, 0, 0x10, 8, true }, /* FULL_HEADER64 */
	[0x15] = { FORM_FULL, 0x48, 0, 0x10, 8, true }, /* INSTANCE64 */
};

#define TYPE_FULL32 0x0a
#define TYPE_INSTANCE32 0x0b
/* Of the form that has no GUID: Windows 2000 and XP. */
#define INSTANCE_OLD_HEADER 0x38

static const struct type message = { FORM_SIZED, 0x08, 0, 0, 0, false };

/* NULL: the bytes are no record whose size is known. */
static inline const struct type *type_of(const uint8_t *p)
{
	if (p[3] == MARK_TYPED && p[2] < sizeof types / sizeof *types && types[p[2]].form)
		return &types[p[2]];
	return (p[3] & MARK_KIND) == MARK_MESSAGE ? &message : NULL;
}

/* Kernel records that another program has written carry the class GUID of their group. */
static uint8_t group_of(const struct etl_guid *guid)
{
	static const struct {
		uint8_t group;
		struct etl_guid guid;
	} classes[] = {
		{ ETL_GROUP_HEADER,
			{ { 0x00, 0xd9, 0xfd, 0x68, 0x3e, 0x4a, 0xd1, 0x11, 0x84, 0xf4, 0x00, 0x00,
				0xf8, 0x04, 0x64, 0xe3 } } },
		{ ETL_GROUP_PROCESS,
			{ { 0xd0, 0xa8, 0x6f, 0x3d, 0x05, 0xfe, 0xd0, 0x11, 0x9d, 0xda, 0x00, 0xc0,
				0x4f, 0xd7, 0xba, 0x7c } } },
		{ ETL_GROUP_THREAD,
			{ { 0xd1, 0xa8, 0x6f, 0x3d, 0x05, 0xfe, 0xd0, 0x11, 0x9d, 0xda, 0x00, 0xc0,
				0x4f, 0xd7, 0xba, 0x7c } } },
		{ ETL_GROUP_TCPIP,
			{ { 0xc0, 0x0a, 0x28, 0x9a, 0xe0, 0xc8, 0xd1, 0x11, 0x84, 0xe2, 0x00, 0xc0,
				0x4f, 0xb9, 0x98, 0xa2 } } },
		{ ETL_GROUP_UDPIP,
			{ { 0xc5, 0x50, 0x3a, 0xbf, 0xc9, 0xa9, 0x88, 0x49, 0xa0, 0x05, 0x2d, 0xf0,
				0xb7, 0xc8, 0x0f, 0x80 } } },
		{ ETL_GROUP_CONFIG,
			{ { 0x65, 0x3a, 0x85, 0x01, 0x8f, 0x41, 0x36, 0x4f, 0xae, 0xfc, 0xdc, 0x0f,
				0x1d, 0x2f, 0xd2, 0x35 } } },
		{ ETL_GROUP_STACKWALK,
			{ { 0x46, 0xfe, 0xf2, 0xde, 0xd6, 0x7b, 0x80, 0x4b, 0xbd, 0x94, 0xf5, 0x7f,
				0xe2, 0x0d, 0x0c, 0xe3 } } },
	};
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (memcmp(guid, &classes[i].guid, sizeof *guid) == 0)
			return classes[i].group;
	return ETL_GROUPS;
}

/* The version's high byte says what processor counters stand before the payload. */
static inline bool read_kernel(const uint8_t *p, struct etl_record *ret)
{
	size_t counters = (p[1] & 7u) + (p[1] >> 7);
	ret->class = ETL_KERNEL;
	ret->guid = NULL;
	ret->version = p[0];
	ret->opcode = p[6];
	ret->group = p[7];
	if (counters * 8 > ret->payload.n)
		return false;
	ret->payload = span_of(ret->payload.p + counters * 8, ret->payload.n - counters * 8);
	return true;
}

static void set_class(uint8_t kernel_pointer, bool full32, struct etl_record *ret)
{
	ret->class = ETL_CLASSIC;
	ret->group = group_of(ret->guid);
	if (ret->group == ETL_GROUPS)
		return;
	ret->class = ETL_KERNEL;
	/* Before Windows Vista there was only one type of this header. */
	if (full32)
		ret->pointer = kernel_pointer;
}

static void read_full(const uint8_t *p, uint8_t kernel_pointer, struct etl_record *ret)
{
	ret->guid = (const struct etl_guid *)(p + 0x18);
	ret->opcode = p[4];
	ret->version = p[6];
	set_class(kernel_pointer, p[2] == TYPE_FULL32, ret);
}

enum { ITEM_HEADER = 8, ITEM_START_KEY = 0x0d };

/* Extended items stand between the header and the payload: size u16 with its own 8 bytes, type,
 * 1 where another follows, bytes of data, data. Returns the bytes of all, or -1. */
static int read_items(struct span rest, struct etl_record *ret)
{
	size_t at = 0;
	for (bool more = true; more;) {
		if (rest.n - at < ITEM_HEADER)
			return -1;
		const uint8_t *p = rest.p + at;
		size_t size = load_le16(p), data = load_le16(p + 6);
		if (size < ITEM_HEADER || size > rest.n - at || data > size - ITEM_HEADER)
			return -1;
		if (load_le16(p + 2) == ITEM_START_KEY && data >= 8) {
			ret->has_start_key = true;
			ret->start_key = load_le64(p + 8);
		}
		more = p[4] & 1;
		at += size;
	}
	return (int)at;
}

enum { FLAG_ITEMS = 0x0001, FLAG_CLASSIC = 0x0100 };

static bool read_manifest(const uint8_t *p, struct etl_record *ret)
{
	uint16_t flags = load_le16(p + 4);
	ret->class = ETL_MANIFEST;
	ret->guid = (const struct etl_guid *)(p + 0x18);
	ret->id = load_le16(p + 0x28);
	ret->version = p[0x2a];
	ret->opcode = p[0x2d];
	ret->keyword = load_le64(p + 0x30);
	if (flags & FLAG_CLASSIC)
		set_class(ret->pointer, false, ret);
	if (!(flags & FLAG_ITEMS))
		return true;
	int items = read_items(ret->payload, ret);
	if (items < 0)
		return false;
	ret->payload = span_of(ret->payload.p + items, ret->payload.n - (size_t)items);
	return true;
}

/* What cannot be inside the record is no longer its payload; the caller says so. */
static void bad_parts(struct etl_record *ret)
{
	ret->bad = true;
	ret->payload.n = 0;
}

static int no_record(struct span rest, struct err *err)
{
	if (rest.n < 8)
		return err_at(err, ERR_TRUNCATED, 0,
			"a record of 8 bytes or more, and %zu are left", rest.n);
	return err_at(err, ERR_MALFORMED, 0, "no record begins with 0x%08x", load_le32(rest.p));
}

static int bad_size(const struct type *type, size_t size, size_t there, struct err *err)
{
	if (size < type->header)
		return err_at(err, ERR_MALFORMED, type->size_at,
			"a record of %zu bytes, and its header alone has %u", size, type->header);
	return err_at(err, ERR_MALFORMED, type->size_at,
		"a record of %zu bytes, and the buffer holds %zu more", size, there);
}

static inline bool is_end(struct span rest)
{
	uint32_t mark = rest.n < 4 ? 0 : load_le32(rest.p);
	return mark == 0 || mark == MARK_END;
}

static inline void read_thread(const uint8_t *p, struct etl_record *ret)
{
	ret->tid = load_le32(p + 8);
	ret->pid = load_le32(p + 12);
}

int etl_record_read(struct span rest, uint8_t kernel_pointer, struct etl_record *ret,
	uint32_t *ret_step, struct err *err)
{
	if (is_end(rest))
		return 0;
	const uint8_t *p = rest.p;
	const struct type *type = rest.n < 8 ? NULL : type_of(p);
	if (!type)
		return no_record(rest, err);
	size_t size = load_le16(p + type->size_at), header = type->header;
	if (p[3] == MARK_TYPED && p[2] == TYPE_INSTANCE32 && size >= INSTANCE_OLD_HEADER &&
		size < header) {
		type = &message;
		header = INSTANCE_OLD_HEADER;
	}
	if (size < header || size > rest.n)
		return bad_size(type, size, rest.n, err);
	ret->class = ETL_OTHER;
	ret->has_thread = type->thread;
	ret->has_start_key = ret->bad = false;
	ret->pointer = type->pointer;
	ret->payload = span_of(p + header, size - header);
	if (type->form != FORM_SIZED)
		ret->raw = (int64_t)load_le64(p + type->stamp_at);
	if (type->thread)
		read_thread(p, ret);
	*ret_step = (uint32_t)((size + 7) & ~(size_t)7);
	if (type->form == FORM_KERNEL && !read_kernel(p, ret))
		bad_parts(ret);
	else if (type->form == FORM_FULL)
		read_full(p, kernel_pointer, ret);
	else if (type->form == FORM_MANIFEST && !read_manifest(p, ret))
		bad_parts(ret);
	return 1;
}

bool etl_record_stamp(struct span front, int64_t *ret)
{
	if (is_end(front) || front.n < 0x18)
		return false;
	const struct type *type = type_of(front.p);
	if (!type || type->form == FORM_SIZED)
		return false;
	*ret = (int64_t)load_le64(front.p + type->stamp_at);
	return true;
}
