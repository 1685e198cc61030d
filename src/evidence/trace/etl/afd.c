/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft-Windows-Winsock-AFD, raw sockets alone: doc/etl-providers.md, "Winsock". All other
 * sockets are told, with both ends, by the kernel's network records. */
#include <stdlib.h>

#include "evidence/trace/etl/payload.h"
#include "evidence/trace/etl/provider.h"
#include "evidence/trace/etl/sockets.h"
#include "model/digest.h"

enum { ID_SOCKET = 1000, ID_CLOSE = 1001, ID_SENDTO = 1007, ID_RECVFROM = 1009 };

enum { PHASE_ENTER = 0, PHASE_EXIT = 1, TYPE_RAW = 3 };

static int afd_open(void **ret_state, struct err *err)
{
	struct map *sockets = malloc(sizeof *sockets);
	if (!sockets)
		return err_nomem(err);
	sockets_init(sockets);
	*ret_state = sockets;
	return 0;
}

static void afd_close(void *state)
{
	if (state)
		map_done(state);
	free(state);
}

/* All records begin so: phase u32, place in the code u32, process P, place of the socket P. */
static uint64_t take_head(const struct etl_record *rec, struct cursor *c, uint32_t *ret_phase)
{
	*ret_phase = cursor_le32(c);
	cursor_skip(c, 4u + rec->pointer);
	return payload_pointer(c, rec->pointer);
}

/* family u32, type u32, protocol u32, PID P, status u32 */
static int read_socket(
	struct map *sockets, const struct etl_record *rec, struct cursor c, struct err *err)
{
	uint32_t phase;
	struct socket_entry entry = { .place = take_head(rec, &c, &phase) };
	cursor_skip(&c, 4);
	uint32_t type = cursor_le32(&c);
	entry.protocol = cursor_le32(&c);
	entry.pid = (uint32_t)payload_pointer(&c, rec->pointer);
	uint32_t status = cursor_le32(&c);
	if (c.ran_out)
		return payload_short(rec, "a socket's creation", rec->payload.n, err);
	sockets_forget(sockets, entry.place);
	if (type != TYPE_RAW || status != 0)
		return ETL_NOTHING;
	return sockets_learn(sockets, &entry, err) < 0 ? -1 : ETL_NOTHING;
}

/* buffers u32, buffer P, length u32, status u32, address.
 *
 * Each call is logged twice, when it begins and when it ends, and one of the two is a datagram: a
 * send's beginning, which is before its packet, and a receive's end, which knows the sender. Which
 * of the phases is which comes from a manifest's words and no file: were they swapped, sends would
 * still be told once, and receives without an address not at all. */
static int read_datagram(
	const struct map *sockets, const struct etl_record *rec, struct event *ret, struct err *err)
{
	struct cursor c = cursor_of(rec->payload);
	struct event e = { .op = rec->id == ID_SENDTO ? EVENT_SEND : EVENT_RECV };
	uint32_t phase, wanted = e.op == EVENT_SEND ? PHASE_ENTER : PHASE_EXIT;
	const struct socket_entry *known = sockets_find(sockets, take_head(rec, &c, &phase));
	uint32_t buffers = cursor_le32(&c);
	cursor_skip(&c, rec->pointer);
	uint32_t bytes = cursor_le32(&c), status = cursor_le32(&c);
	bool ip = payload_sockaddr(&c, &e.remote);
	if (c.ran_out)
		return payload_short(rec, "a socket's datagram", rec->payload.n, err);
	if (!ip || !known || phase != wanted || status != 0 || !sockets_protocol(known->protocol))
		return ETL_NOTHING;
	/* A length is that of the first buffer. */
	if (buffers != 1)
		e.op = EVENT_HOLD;
	static const uint8_t any[4];
	if (addr_is_v4(&e.remote.addr))
		e.local.addr = addr_v4(any);
	e.remote.port = 0;
	e.transport = (uint8_t)known->protocol;
	e.pid = known->pid;
	e.bytes = sockets_payload(known->protocol, bytes);
	*ret = e;
	return ETL_GIVEN;
}

static int read_close(
	struct map *sockets, const struct etl_record *rec, struct cursor c, struct err *err)
{
	uint32_t phase;
	uint64_t place = take_head(rec, &c, &phase);
	if (c.ran_out)
		return payload_short(rec, "a socket's end", rec->payload.n, err);
	sockets_forget(sockets, place);
	return ETL_NOTHING;
}

static int read_afd(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	switch (rec->id) {
	case ID_SOCKET:
		return read_socket(state, rec, cursor_of(rec->payload), err);
	case ID_CLOSE:
		return read_close(state, rec, cursor_of(rec->payload), err);
	case ID_SENDTO:
	case ID_RECVFROM:
		break;
	default:
		return ETL_NOTHING;
	}
	struct event event;
	int rc = read_datagram(state, rec, &event, err);
	if (rc != ETL_GIVEN || !traced_pid(event.pid))
		return rc < 0 ? rc : ETL_NOTHING;
	if (event.op == EVENT_HOLD || (etl_seen(shared, 0) & ETL_SEEN_RAW)) {
		event.op = EVENT_HOLD;
		event.bytes = 0;
	}
	ret->kind = RECORD_EVENT;
	ret->event = event;
	return ETL_GIVEN;
}

/* {E53C6823-7BB8-44BB-90DC-3F86090D48A6} */
const struct etl_provider etl_afd = {
	.name = "Microsoft-Windows-Winsock-AFD",
	.guid = { { 0x23, 0x68, 0x3c, 0xe5, 0xb8, 0x7b, 0xbb, 0x44, 0x90, 0xdc, 0x3f, 0x86, 0x09,
		0x0d, 0x48, 0xa6 } },
	.open = afd_open,
	.close = afd_close,
	.read = read_afd,
};
