/* SPDX-License-Identifier: Apache-2.0 */
/* Writes network records and those of sockets: see etl_events.h. */
#include "write/etl_events.h"

#include <string.h>

#include "write/etl_guids.h"

enum { GROUP_TCP = 6, GROUP_UDP = 8, V6 = 16, UDP_ID = 32, PAYLOAD_MAX = 4096 };

/* Ports and addresses are in network order. */
static void put_port(struct str *out, uint16_t port)
{
	etlog_put(out, port >> 8, 1);
	etlog_put(out, port & 0xff, 1);
}

static void put_addr(struct str *out, const struct addr *a, bool v6)
{
	str_add(out, v6 ? span_of(a->b, 16) : span_of(a->b + 12, 4));
}

static uint8_t opcode_of(enum event_op op)
{
	static const uint8_t opcodes[] = {
		[EVENT_SEND] = 10,
		[EVENT_RECV] = 11,
		[EVENT_CONNECT] = 12,
		[EVENT_DISCONNECT] = 13,
		[EVENT_RETRANSMIT] = 14,
		[EVENT_ACCEPT] = 15,
		[EVENT_RECONNECT] = 16,
	};
	return opcodes[op];
}

/* Which end stands first: of TCP the remote one, of UDP where the packet goes to. */
static const struct endpoint *first_end(const struct event *e)
{
	bool swapped = e->transport == TRANSPORT_UDP && e->op == EVENT_RECV;
	return swapped ? &e->local : &e->remote;
}

static const struct endpoint *second_end(const struct event *e)
{
	return first_end(e) == &e->local ? &e->remote : &e->local;
}

static void put_v0(struct str *out, const struct event *e, uint8_t pointer)
{
	const struct endpoint *d = first_end(e), *s = second_end(e);
	if (e->transport == TRANSPORT_UDP) {
		etlog_put(out, e->pid, pointer);
		put_addr(out, &s->addr, false);
		put_port(out, s->port);
		etlog_put(out, e->bytes, 2);
		put_addr(out, &d->addr, false);
		put_port(out, d->port);
		etlog_put(out, e->bytes, 2);
		return;
	}
	put_addr(out, &d->addr, false);
	put_addr(out, &s->addr, false);
	put_port(out, d->port);
	put_port(out, s->port);
	etlog_put(out, e->bytes, 4);
	etlog_put(out, e->pid, 4);
}

/* What version 1 has of 4 bytes for UDP is 2 and 2 of anything. */
static void put_front(struct str *out, const struct event *e, uint8_t version, bool v6)
{
	const struct endpoint *d = first_end(e), *s = second_end(e);
	bool junk = version == 1 && e->transport == TRANSPORT_UDP;
	etlog_put(out, e->pid, 4);
	etlog_put(out, e->bytes | (junk ? 0x80c50000u : 0), 4);
	put_addr(out, &d->addr, v6);
	put_addr(out, &s->addr, v6);
	put_port(out, d->port);
	put_port(out, s->port);
}

static void put_handshake(struct str *out)
{
	static const uint16_t words[] = { 1460, 1, 0, 1 };
	for (size_t i = 0; i < 4; i++)
		etlog_put(out, words[i], 2);
	etlog_put(out, 65700, 4);
	etlog_put(out, 8, 2);
	etlog_put(out, 8, 2);
}

/* Version 1 has the connection's number first, version 2 the sequence number. */
static void put_tail(struct str *out, const struct event *e, uint8_t version, uint8_t pointer)
{
	bool tcp = e->transport == TRANSPORT_TCP;
	if (!tcp && version < 2)
		return;
	if (tcp && e->op == EVENT_SEND) {
		etlog_put(out, 1584, 4);
		etlog_put(out, 1584, 4);
	} else if (e->op == EVENT_CONNECT || e->op == EVENT_ACCEPT) {
		put_handshake(out);
	}
	etlog_put(out, 0, version < 2 ? pointer : 4);
	etlog_put(out, 0, version < 2 ? 4 : pointer);
}

static uint64_t add_kernel(struct etlog *w, const struct etlog_at *at, struct etlog_record r)
{
	bool udp = r.group == GROUP_UDP;
	r.kind = at->kind ? at->kind : r.version < 2 ? ETLOG_SYSTEM : ETLOG_PERFINFO;
	r.ns = at->ns;
	r.processor = at->processor;
	/* As the kernel of 2003 says that it does not know. */
	r.pid = r.tid = UINT32_MAX;
	r.guid = udp ? etlog_guid_udpip : etlog_guid_tcpip;
	return etlog_add(w, &r);
}

uint64_t etlog_tcpudp(
	struct etlog *w, const struct etlog_at *at, uint8_t version, const struct event *e)
{
	bool v6 = at->mapped || !addr_is_v4(&e->local.addr);
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	if (version == 0) {
		put_v0(&out, e, w->form.pointer);
	} else {
		put_front(&out, e, version, v6);
		put_tail(&out, e, version, w->form.pointer);
	}
	struct etlog_record r = { .version = version,
		.group = e->transport == TRANSPORT_UDP ? GROUP_UDP : GROUP_TCP,
		.opcode = (uint8_t)(opcode_of(e->op) + (v6 ? V6 : 0)),
		.payload = span_of(out.p, out.n) };
	uint64_t serial = add_kernel(w, at, r);
	str_done(&out);
	return serial;
}

uint64_t etlog_tcp_copy(struct etlog *w, const struct etlog_at *at, const struct event *e)
{
	bool v6 = !addr_is_v4(&e->local.addr);
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	put_front(&out, e, 2, v6);
	put_tail(&out, e, 2, w->form.pointer);
	struct etlog_record r = { .version = 2,
		.group = GROUP_TCP,
		.opcode = v6 ? 34 : 18,
		.payload = span_of(out.p, out.n) };
	uint64_t serial = add_kernel(w, at, r);
	str_done(&out);
	return serial;
}

uint64_t etlog_network(struct etlog *w, const struct etlog_at *at, const struct event *e)
{
	bool v6 = at->mapped || !addr_is_v4(&e->local.addr), udp = e->transport == TRANSPORT_UDP;
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	put_front(&out, e, 2, v6);
	put_tail(&out, e, 2, w->form.pointer);
	uint8_t opcode = (uint8_t)(opcode_of(e->op) + (udp ? UDP_ID : 0));
	uint64_t serial = etlog_manifest(w, at,
		&(struct etlog_record){ .guid = etlog_guid_network,
			.id = (uint16_t)(opcode + (v6 ? V6 : 0)),
			.opcode = opcode,
			.task = udp ? 11 : 10,
			.keyword = 0x8000000000000000u | (v6 ? 0x20 : 0x10),
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}

/* A SOCKADDR with its length before it. */
static void put_sockaddr(struct str *out, const struct endpoint *e)
{
	bool v6 = !addr_is_v4(&e->addr);
	etlog_put(out, v6 ? 28 : 16, 4);
	etlog_put(out, v6 ? 23 : 2, 2);
	put_port(out, e->port);
	if (v6)
		etlog_put(out, 0, 4);
	put_addr(out, &e->addr, v6);
	etlog_put(out, 0, v6 ? 4 : 8);
}

uint64_t etlog_endpoint(
	struct etlog *w, const struct etlog_at *at, const struct event *e, uint32_t messages)
{
	struct str out;
	str_init(&out, PAYLOAD_MAX);
	etlog_put(&out, 0x8a3c1000, w->form.pointer);
	etlog_put(&out, messages, 4);
	etlog_put(&out, e->bytes, 4);
	put_sockaddr(&out, &e->local);
	put_sockaddr(&out, &e->remote);
	etlog_put(&out, e->pid, 4);
	uint64_t serial = etlog_manifest(w, at,
		&(struct etlog_record){ .guid = etlog_guid_tcp_driver,
			.id = e->op == EVENT_SEND ? 1169 : 1170,
			.keyword = 0x8000000000000000u,
			.payload = span_of(out.p, out.n) });
	str_done(&out);
	return serial;
}

struct afd {
	uint16_t id;
	uint64_t endpoint;
	struct span rest; /* behind the endpoint */
};

/* On its way in (0) and on its way out (1). */
static uint64_t add_afd(struct etlog *w, const struct etlog_at *at, const struct afd *afd)
{
	uint64_t serial = 0;
	for (unsigned out = 0; out < 2; out++) {
		struct str payload;
		str_init(&payload, PAYLOAD_MAX);
		etlog_put(&payload, out, 4);
		etlog_put(&payload, 3001 + out, 4);
		etlog_put(&payload, 0x8a3f0080, w->form.pointer);
		etlog_put(&payload, afd->endpoint, w->form.pointer);
		str_add(&payload, afd->rest);
		serial = etlog_manifest(w, at,
			&(struct etlog_record){ .guid = etlog_guid_sockets,
				.id = afd->id,
				.opcode = (uint8_t)(10 + out),
				.keyword = 0x8000000000000004u,
				.payload = span_of(payload.p, payload.n) });
		str_done(&payload);
	}
	return serial;
}

uint64_t etlog_raw_socket(
	struct etlog *w, const struct etlog_at *at, uint64_t endpoint, uint8_t protocol)
{
	struct str rest;
	str_init(&rest, PAYLOAD_MAX);
	etlog_put(&rest, protocol == 58 ? 23 : 2, 4);
	etlog_put(&rest, 3, 4);
	etlog_put(&rest, protocol, 4);
	etlog_put(&rest, at->pid, w->form.pointer);
	etlog_put(&rest, 0, 4);
	uint64_t serial = add_afd(w, at, &(struct afd){ 1000, endpoint, span_of(rest.p, rest.n) });
	str_done(&rest);
	return serial;
}

uint64_t etlog_raw_send(
	struct etlog *w, const struct etlog_at *at, uint64_t endpoint, const struct event *e)
{
	struct str rest;
	str_init(&rest, PAYLOAD_MAX);
	etlog_put(&rest, 1, 4);
	etlog_put(&rest, 0x7ff600001000u, w->form.pointer);
	etlog_put(&rest, e->bytes, 4);
	etlog_put(&rest, 0, 4);
	put_sockaddr(&rest, &e->remote);
	uint64_t serial = add_afd(w, at, &(struct afd){ 1007, endpoint, span_of(rest.p, rest.n) });
	str_done(&rest);
	return serial;
}

uint64_t etlog_raw_close(struct etlog *w, const struct etlog_at *at, uint64_t endpoint)
{
	static const uint8_t status[4] = { 0 };
	return add_afd(w, at, &(struct afd){ 1001, endpoint, span_of(status, sizeof status) });
}
