/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft-Windows-TCPIP, the driver's own log: doc/etl-providers.md, "The TCP/IP driver". */
#include <stdlib.h>

#include "evidence/trace/etl/payload.h"
#include "evidence/trace/etl/provider.h"
#include "evidence/trace/etl/sockets.h"
#include "model/digest.h"
#include "model/source.h"

enum {
	ID_ACCEPTED = 1017,
	ID_CONNECTED = 1033,
	ID_CLOSE = 1038,
	ID_ABORT = 1039,
	ID_ABORTED = 1040,
	ID_DISCONNECTED = 1043,
	ID_SHUTDOWN = 1044,
	ID_UDP_SENT = 1169,
	ID_UDP_RECEIVED = 1170,
	ID_CONNECTION_RUNDOWN = 1300,
	ID_UDP_CREATED = 1391,
	ID_UDP_BOUND = 1396,
	ID_UDP_CLOSE = 1397,
	ID_UDP_CLOSED = 1398,
	ID_RAW_SENT = 1528,
	ID_RAW_RECEIVED = 1529,
	ID_RAW_CREATED = 1531,
	ID_RAW_CLOSED = 1535,
};

struct tcpip {
	struct map sockets;
	bool sends, receives; /* of datagrams: two keywords, and a log may have one of them */
};

/* One record being read. */
struct reading {
	struct tcpip *state;
	struct etl_shared *shared;
	const struct etl_record *rec;
	struct cursor c;
	bool ip; /* all addresses so far are of IP */
	struct event event;
	bool given;
	bool failed; /* no memory: `err` says so */
	struct err *err;
};

static int tcpip_open(void **ret_state, struct err *err)
{
	struct tcpip *t = calloc(1, sizeof *t);
	if (!t)
		return err_nomem(err);
	sockets_init(&t->sockets);
	*ret_state = t;
	return 0;
}

static void tcpip_close(void *state)
{
	struct tcpip *t = state;
	if (t)
		map_done(&t->sockets);
	free(t);
}

static uint64_t take_place(struct reading *r)
{
	return payload_pointer(&r->c, r->rec->pointer);
}

static void take_ends(struct reading *r)
{
	bool local = payload_sockaddr(&r->c, &r->event.local);
	bool remote = payload_sockaddr(&r->c, &r->event.remote);
	r->ip = local && remote;
}

/* place P, messages u32, bytes u32, local, remote, PID u32. The bytes are of all messages together,
 * so that the lengths are known where there is one only. */
static void take_datagrams(struct reading *r)
{
	struct event *e = &r->event;
	bool sent = r->rec->id == ID_UDP_SENT;
	take_place(r);
	uint32_t messages = cursor_le32(&r->c);
	e->bytes = cursor_le32(&r->c);
	take_ends(r);
	e->pid = cursor_le32(&r->c);
	e->transport = TRANSPORT_UDP;
	e->op = sent ? EVENT_SEND : EVENT_RECV;
	if (messages != 1)
		e->op = EVENT_HOLD;
	if (r->c.ran_out)
		return;
	r->state->sends |= sent;
	r->state->receives |= !sent;
	/* A log that has the ones but not the others would deny packets that it could not have. */
	if (r->state->sends && r->state->receives)
		e->traces = TRACES_UDP;
	if (etl_seen(r->shared, 0) & (ETL_SEEN_KERNEL_UDP | ETL_SEEN_NETWORK_UDP))
		e->op = EVENT_HOLD;
	r->given = r->ip;
}

static enum event_op connection_op(uint16_t id)
{
	switch (id) {
	case ID_ACCEPTED:
		return EVENT_ACCEPT;
	case ID_CONNECTED:
		return EVENT_CONNECT;
	case ID_ABORTED:
	case ID_DISCONNECTED:
		return EVENT_DISCONNECT;
	default:
		return EVENT_HOLD;
	}
}

/* local, remote, status u32, PID u32, and more. A connect or accept that failed makes no
 * connection. Sends and receives of TCP are logged without a process, so nothing is traced. */
static void take_connection(struct reading *r)
{
	struct event *e = &r->event;
	take_ends(r);
	uint32_t status = cursor_le32(&r->c);
	e->pid = cursor_le32(&r->c);
	e->transport = TRANSPORT_TCP;
	e->op = connection_op(r->rec->id);
	if (etl_seen(r->shared, 0) & (ETL_SEEN_KERNEL_TCP | ETL_SEEN_NETWORK_TCP))
		e->op = EVENT_HOLD;
	bool begins = r->rec->id == ID_ACCEPTED || r->rec->id == ID_CONNECTED;
	r->given = r->ip && !(begins && status != 0);
}

/* place P, local, remote, state u32, PID u32: those that there were when the log began. */
static void take_rundown(struct reading *r)
{
	take_place(r);
	take_ends(r);
	cursor_skip(&r->c, 4);
	r->event.pid = cursor_le32(&r->c);
	r->event.transport = TRANSPORT_TCP;
	r->event.op = EVENT_HOLD;
	r->given = r->ip;
}

/* place P, status u32, PID u32, and more. */
static void take_udp_created(struct reading *r)
{
	struct socket_entry entry = { .place = take_place(r), .protocol = TRANSPORT_UDP };
	uint32_t status = cursor_le32(&r->c);
	entry.pid = cursor_le32(&r->c);
	if (r->c.ran_out)
		return;
	sockets_forget(&r->state->sockets, entry.place);
	if (status == 0)
		r->failed = sockets_learn(&r->state->sockets, &entry, r->err) < 0;
}

/* local, status u32, place P, from v1 on PID u32. A closing record is the same without a PID; the
 * first of the two that a socket leaves tells its end. */
static void take_udp_bound(struct reading *r)
{
	struct event *e = &r->event;
	r->ip = payload_sockaddr(&r->c, &e->local);
	uint32_t status = cursor_le32(&r->c);
	uint64_t place = take_place(r);
	bool binds = r->rec->id == ID_UDP_BOUND;
	const struct socket_entry *known = sockets_find(&r->state->sockets, place);
	e->pid = binds && r->rec->version >= 1 ? cursor_le32(&r->c) : known ? known->pid : 0;
	e->transport = TRANSPORT_UDP;
	e->op = binds ? EVENT_HOLD : EVENT_RELEASE;
	r->given = r->ip && status == 0;
	if (r->c.ran_out)
		return;
	if (!binds) {
		sockets_forget(&r->state->sockets, place);
	} else if (r->given && !known && r->rec->version >= 1) {
		/* It was there before the log: its end bears no PID. */
		struct socket_entry entry = {
			.place = place, .protocol = TRANSPORT_UDP, .pid = e->pid
		};
		r->failed = sockets_learn(&r->state->sockets, &entry, r->err) < 0;
	}
}

/* place P, family u32, protocol u32, compartment u32, PID u32, sequence u64, reason u32,
 * status u32 */
static void take_raw_created(struct reading *r)
{
	struct socket_entry entry = { .place = take_place(r) };
	cursor_skip(&r->c, 4);
	entry.protocol = cursor_le32(&r->c);
	cursor_skip(&r->c, 4);
	entry.pid = cursor_le32(&r->c);
	cursor_skip(&r->c, 12);
	uint32_t status = cursor_le32(&r->c);
	if (r->c.ran_out)
		return;
	sockets_forget(&r->state->sockets, entry.place);
	if (status == 0)
		r->failed = sockets_learn(&r->state->sockets, &entry, r->err) < 0;
}

static void take_raw_closed(struct reading *r)
{
	uint64_t place = take_place(r);
	if (!r->c.ran_out)
		sockets_forget(&r->state->sockets, place);
}

/* place P, protocol u32, messages u32, bytes u32, local, remote. Raw sockets alone: what the kernel
 * sends of ICMP for a program (ping.exe) or of its own is not in the log, so ICMP is not traced. */
static void take_raw(struct reading *r)
{
	struct event *e = &r->event;
	const struct socket_entry *known = sockets_find(&r->state->sockets, take_place(r));
	uint32_t protocol = cursor_le32(&r->c), messages = cursor_le32(&r->c);
	uint32_t bytes = cursor_le32(&r->c);
	take_ends(r);
	if (r->c.ran_out || !known || known->protocol != protocol || !sockets_protocol(protocol))
		return;
	etl_seen(r->shared, ETL_SEEN_RAW);
	e->pid = known->pid;
	e->transport = (uint8_t)protocol;
	e->local.port = e->remote.port = 0;
	e->bytes = sockets_payload(protocol, bytes);
	e->op = messages != 1 ? EVENT_HOLD : r->rec->id == ID_RAW_SENT ? EVENT_SEND : EVENT_RECV;
	r->given = r->ip;
}

/* False for the many ids that say nothing of a process. */
static bool take(struct reading *r)
{
	switch (r->rec->id) {
	case ID_UDP_SENT:
	case ID_UDP_RECEIVED:
		take_datagrams(r);
		return true;
	case ID_ACCEPTED:
	case ID_CONNECTED:
	case ID_CLOSE:
	case ID_ABORT:
	case ID_ABORTED:
	case ID_DISCONNECTED:
	case ID_SHUTDOWN:
		take_connection(r);
		return true;
	case ID_CONNECTION_RUNDOWN:
		take_rundown(r);
		return true;
	case ID_UDP_CREATED:
		take_udp_created(r);
		return true;
	case ID_UDP_BOUND:
	case ID_UDP_CLOSE:
	case ID_UDP_CLOSED:
		take_udp_bound(r);
		return true;
	case ID_RAW_SENT:
	case ID_RAW_RECEIVED:
		take_raw(r);
		return true;
	case ID_RAW_CREATED:
		take_raw_created(r);
		return true;
	case ID_RAW_CLOSED:
		take_raw_closed(r);
		return true;
	default:
		return false;
	}
}

static int read_tcpip(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	struct reading r = { .state = state,
		.shared = shared,
		.rec = rec,
		.c = cursor_of(rec->payload),
		.err = err };
	if (!take(&r))
		return ETL_NOTHING;
	if (r.failed)
		return -1;
	if (r.c.ran_out)
		return payload_short(rec, "an event of the TCP/IP driver", rec->payload.n, err);
	if (!r.given || !traced_pid(r.event.pid))
		return ETL_NOTHING;
	if (r.event.op == EVENT_HOLD)
		r.event.bytes = 0;
	ret->kind = RECORD_EVENT;
	ret->event = r.event;
	return ETL_GIVEN;
}

/* {2F07E2EE-15DB-40F1-90EF-9D7BA282188A} */
const struct etl_provider etl_tcpip = {
	.name = "Microsoft-Windows-TCPIP",
	.guid = { { 0xee, 0xe2, 0x07, 0x2f, 0xdb, 0x15, 0xf1, 0x40, 0x90, 0xef, 0x9d, 0x7b, 0xa2,
		0x82, 0x18, 0x8a } },
	.open = tcpip_open,
	.close = tcpip_close,
	.read = read_tcpip,
};
