/* SPDX-License-Identifier: Apache-2.0 */
/* What the NT Kernel Logger notes of the system: services, and addresses of network cards:
 * doc/etl-providers.md, "System". */
#include <stdlib.h>

#include "base/text.h"
#include "evidence/recode.h"
#include "evidence/trace/etl/payload.h"
#include "evidence/trace/etl/provider.h"

enum { CONFIG_NIC = 0x0d, CONFIG_SERVICE = 0x0f };

/* A card has some ten addresses; what does not fit is cut off whole. */
#define ADDRESSES_BYTES 4096u

struct config {
	uint8_t name[PAYLOAD_NAME_BYTES];
	uint8_t addresses[ADDRESSES_BYTES * 2 + 2];
};

static int config_open(void **ret_state, struct err *err)
{
	*ret_state = malloc(sizeof(struct config));
	return *ret_state ? 0 : err_nomem(err);
}

/* A field of fixed width, filled up with zeros. */
static struct span until_zero(struct span field)
{
	struct cursor c = cursor_of(field);
	struct span s = payload_utf16(&c);
	return c.ran_out ? field : s;
}

/* v0, v1  0 name (34 characters of UTF-16), 68 title (256), 580 image (34), 648 PID
 * v2, v3  0 PID, 4 state, 8 service tag, then name, title, image and more, each ends with a zero */
static bool take_service(
	const struct etl_record *rec, struct span *ret_name, struct process_note *note)
{
	struct cursor c = cursor_of(rec->payload);
	if (rec->version < 2) {
		*ret_name = until_zero(cursor_take(&c, 68));
		cursor_skip(&c, 512 + 68);
		note->pid = cursor_le32(&c);
		return !c.ran_out;
	}
	note->pid = cursor_le32(&c);
	cursor_skip(&c, 4);
	note->tag = cursor_le32(&c);
	*ret_name = payload_utf16(&c);
	return !c.ran_out;
}

/* A service that is stopped has PID 0. */
static int read_service(
	struct config *config, const struct etl_record *rec, struct record *ret, struct err *err)
{
	struct process_note note = { .what = NOTE_RUNNING, .service = true };
	struct span name;
	if (!take_service(rec, &name, &note))
		return payload_short(
			rec, "a service record", rec->version < 2 ? 652 : rec->payload.n, err);
	note.services = payload_utf8(name, config->name);
	if (!traced_pid(note.pid) || note.services.n == 0)
		return ETL_NOTHING;
	ret->kind = RECORD_PROCESS;
	ret->process = note;
	return ETL_GIVEN;
}

/* Those that every machine has (127.0.0.1, ::1) tell it from no other. */
static bool take_address(struct span text, struct record *ret)
{
	struct local_address address;
	if (!addr_parse(text_trim(text), &address.addr) || addr_is_wildcard(&address.addr) ||
		addr_is_loopback(&address.addr))
		return false;
	ret->kind = RECORD_ADDRESS;
	ret->address = address;
	return true;
}

/* 0 hardware address (8 bytes), 8 its length, 12 index for IPv4, 16 index for IPv6, then the
 * card's name, its addresses and those of its name servers, with ";" between. Before v2 the
 * layout is another and is not read. */
static int read_nic(struct config *config, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	struct cursor c = cursor_of(rec->payload);
	if (rec->version < 2)
		return ETL_NOTHING;
	cursor_skip(&c, 20);
	payload_utf16(&c);
	struct span raw = payload_utf16(&c);
	if (c.ran_out)
		return payload_short(rec, "a network card's record", rec->payload.n, err);
	bool cut = raw.n > ADDRESSES_BYTES;
	raw.n = cut ? ADDRESSES_BYTES : raw.n;
	struct span list = span_of(
		config->addresses, recode_utf16(ENCODING_UTF16LE, &raw, true, config->addresses));
	int given = ETL_NOTHING;
	while (list.n) {
		struct record more = *ret;
		struct span one = text_split(&list, ';');
		if ((cut && !list.p) || !take_address(one, &more))
			continue;
		if (given == ETL_GIVEN)
			etl_also(shared, &more);
		else
			*ret = more;
		given = ETL_GIVEN;
	}
	return given;
}

static int read_config(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	if (rec->opcode == CONFIG_SERVICE)
		return read_service(state, rec, ret, err);
	if (rec->opcode == CONFIG_NIC)
		return read_nic(state, shared, rec, ret, err);
	return ETL_NOTHING;
}

const struct etl_provider etl_kernel_config = {
	.name = "SystemConfig",
	.group = ETL_GROUP_CONFIG,
	.open = config_open,
	.close = free,
	.read = read_config,
};
