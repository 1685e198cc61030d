/* SPDX-License-Identifier: Apache-2.0 */
/* What truly happened in a case of lab-offline: see offline_world.h. */
#include "offline_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parts of a datagram: how long, how far apart. */
enum { ICMP = 1, UDP = 17, FIRST_PORT = 49152, PART = 1480, PART_NS = 20000 };

static _Noreturn void die(void)
{
	fputs("lab: no memory\n", stderr);
	exit(1);
}

static void *more(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap ? 2 * *cap : 1024;
	p = reallocarray(p, *cap, size);
	if (!p)
		die();
	return p;
}

uint32_t world_below(struct world *w, uint32_t n)
{
	return random_below(&w->random, n);
}

int64_t world_between(struct world *w, int64_t low, int64_t high)
{
	return random_between(&w->random, low, high);
}

bool world_chance(struct world *w, enum param thousandth)
{
	return world_below(w, 1000) < w->scenario->v[thousandth];
}

int64_t world_lag(struct world *w)
{
	return world_between(w, 5000, w->scenario->v[PARAM_LAG_US] * 1000 + 5000);
}

struct addr world_addr(const struct station *station, bool v6)
{
	struct addr a = addr_v4(station->ip);
	if (v6)
		frame_ipv6(station->ip, a.b);
	return a;
}

/* The log of raw sockets has no such form. */
size_t world_call(struct world *w, const struct world_call *call)
{
	bool mapped = random_below(&w->families, 1000) < w->scenario->v[PARAM_MAPPED];
	w->calls = more(w->calls, w->n_calls, &w->cap_calls, sizeof *w->calls);
	w->calls[w->n_calls] = *call;
	w->calls[w->n_calls].mapped = mapped && call->event.transport != ICMP &&
		w->scenario->v[PARAM_FORM] != FORM_CSV && addr_is_v4(&call->event.remote.addr);
	return w->n_calls++;
}

struct world_packet *world_packet(struct world *w, const struct world_packet *packet)
{
	w->packets = more(w->packets, w->n_packets, &w->cap_packets, sizeof *w->packets);
	struct world_packet *p = &w->packets[w->n_packets++];
	*p = *packet;
	p->frame.ttl = p->sides[SIDE_SENDER].host < WORLD_HOSTS ? 128 : 117;
	if (!p->later)
		w->ip_id = w->ip_id == UINT16_MAX ? 1 : (uint16_t)(w->ip_id + 1);
	p->frame.ip_id = w->ip_id;
	p->filling = random_next(&w->random);
	return p;
}

struct event world_event(enum event_op op, uint8_t transport, const struct world_end *local,
	const struct world_end *remote)
{
	return (struct event){ .op = op,
		.transport = transport,
		.local = { world_addr(&local->station, local->v6), local->port },
		.remote = { world_addr(&remote->station, remote->v6), remote->port } };
}

struct world_side world_side(const struct world_end *end)
{
	struct world_side side = { .host = end->host };
	if (end->host >= WORLD_HOSTS)
		side.reason = REASON_OTHER_HOST;
	else if (end->process == WORLD_NONE)
		side.reason = REASON_NOT_IN_LOG;
	else
		side.owners[side.n_owners++] = end->process;
	return side;
}

size_t world_anyone(struct world *w, unsigned host, int64_t from, int64_t to)
{
	size_t found = WORLD_NONE;
	uint32_t n = 0;
	for (size_t i = 0; i < w->n_processes; i++) {
		const struct world_process *p = &w->processes[i];
		if (p->host == host && p->from < from && p->to > to && world_below(w, ++n) == 0)
			found = i;
	}
	return found;
}

struct world_end world_peer(struct world *w, uint16_t port)
{
	uint32_t n = world_below(w, (uint32_t)w->scenario->v[PARAM_PEERS]);
	struct world_end e = {
		.host = WORLD_OTHERS, .process = WORLD_NONE, .port = port, .v6 = w->v6
	};
	e.station = (struct station){ { 0x00, 0x00, 0x0c, 0x07, 0xac, 0x15 },
		{ 172, 20, (uint8_t)(n / 50), (uint8_t)(10 + n % 50) } };
	return e;
}

struct world_end world_ours(struct world *w, unsigned host, size_t process, uint16_t port)
{
	return (struct world_end){ .host = host,
		.process = process,
		.station = w->hosts[host],
		.port = port,
		.v6 = w->v6 };
}

/* They rise, as Windows gives them out, and begin again; those in use are passed over. Where all
 * are, one far above is taken. */
uint16_t world_port(struct world *w, unsigned host, bool tcp, int64_t until)
{
	uint32_t n = (uint32_t)w->scenario->v[PARAM_PORTS];
	int64_t *free_at = w->free_at[host][tcp];
	for (uint32_t i = 0; i < n; i++) {
		w->next_port[host] = (uint16_t)((w->next_port[host] + 1 + world_below(w, 2)) % n);
		uint16_t port = (uint16_t)(FIRST_PORT + w->next_port[host]);
		if (free_at[port] >= w->ns)
			continue;
		free_at[port] = until;
		return port;
	}
	uint16_t port;
	do
		port = (uint16_t)(10000 + world_below(w, 30000));
	while (free_at[port] >= w->ns);
	free_at[port] = until;
	return port;
}

/* A datagram that is too long for one packet is sent in parts. Returns the first one. */
static size_t add_parts(struct world *w, struct world_packet *p)
{
	enum { MORE = 0x2000 };
	size_t first = w->n_packets;
	if (p->bytes + 8 <= PART) {
		world_packet(w, p);
		return first;
	}
	p->frame.whole = (uint16_t)p->bytes;
	for (uint32_t at = 0; at < p->bytes + 8; at += PART) {
		uint32_t left = p->bytes + 8 - at, n = left < PART ? left : PART;
		p->later = at > 0;
		p->frame.fragment = (uint16_t)(at / 8 | (n < left ? MORE : 0));
		p->frame.payload.n = p->later ? n : n - 8;
		world_packet(w, p);
		p->ns += PART_NS;
		p->kind = "part";
	}
	return first;
}

size_t world_datagram(struct world *w, const struct world_datagram *d)
{
	struct world_packet p = { .ns = d->ns,
		.kind = d->kind,
		.quoted = WORLD_NONE,
		.link = WORLD_NONE,
		.frame = { .src = d->ends[0].station,
			.dst = d->ends[1].station,
			.v6 = d->ends[1].v6,
			.protocol = UDP,
			.sport = d->ends[0].port,
			.dport = d->ends[1].port,
			.payload.n = d->bytes },
		.bytes = d->bytes };
	for (int side = 0; side < SIDES; side++) {
		const struct world_end *end = &d->ends[side], *other = &d->ends[1 - side];
		p.sides[side] = world_side(end);
		if (p.sides[side].n_owners == 0)
			continue;
		struct world_call call = { .host = end->host,
			/* Received is what is whole. */
			.ns = side == SIDE_SENDER ? d->ns - d->lag
						  : d->ns + d->lag + d->bytes / PART * PART_NS,
			.process = end->process,
			.local = world_addr(&end->station, end->v6),
			.link = WORLD_NONE,
			.event = world_event(
				side == SIDE_SENDER ? EVENT_SEND : EVENT_RECV, UDP, end, other) };
		call.event.bytes = d->bytes;
		if (d->wildcard)
			memset(call.event.local.addr.b + (end->v6 ? 0 : 12), 0, end->v6 ? 16 : 4);
		p.sides[side].calls[p.sides[side].n_calls++] = world_call(w, &call);
	}
	return add_parts(w, &p);
}

static size_t add_process(struct world *w, const struct world_process *p)
{
	w->processes = more(w->processes, w->n_processes, &w->cap_processes, sizeof *p);
	w->processes[w->n_processes] = *p;
	return w->n_processes++;
}

/* One PID of several processes, one after the other, each with a name of its own. */
static void add_lives(struct world *w, unsigned host, uint32_t pid)
{
	static const char *const images[] = { "probe.exe", "backup.exe", "agent.exe", "update.exe",
		"python.exe", "curl.exe", "robocopy.exe" };
	int64_t length = w->end_ns - WORLD_START;
	int64_t at = WORLD_START - 1000 * WORLD_MS;
	for (unsigned i = world_below(w, 7); at < w->end_ns; i++) {
		int64_t longest = length / (1 + world_below(w, 12));
		int64_t to = at + world_between(w, 300 * WORLD_MS, longest + 400 * WORLD_MS);
		add_process(w,
			&(struct world_process){ .host = host,
				.pid = pid,
				.parent = 612,
				.image = images[i % 7],
				.from = at,
				.to = to });
		at = to + world_between(w, WORLD_MS, 1 + length / 20 + 100 * WORLD_MS);
	}
}

static void add_host(struct world *w, unsigned host)
{
	static const char *const images[] = { "System", "svchost.exe", "store.exe", "lsass.exe",
		"dns.exe", "outlook.exe", "sqlservr.exe", "w3wp.exe", "copier.exe", "explorer.exe",
		"spoolsv.exe", "winlogon.exe" };
	w->hosts[host] = (struct station){ { 0x00, 0x1c, 0xc4, 0x11, 0x11, (uint8_t)(0x11 + host) },
		{ 10, 1, 1, (uint8_t)(1 + host) } };
	for (uint32_t i = 0; i < w->scenario->v[PARAM_PROCESSES]; i++)
		add_process(w,
			&(struct world_process){ .host = host,
				.pid = i ? 600 + 132 * i : 4,
				.parent = i ? 612 : 0,
				.image = images[i],
				.from = INT64_MIN,
				.to = INT64_MAX });
	for (uint32_t i = 0; i < w->scenario->v[PARAM_LIVES]; i++)
		add_lives(w, host, 5120 + 8 * i);
}

static void (*choose(struct world *w))(struct world *)
{
	if (world_chance(w, PARAM_KERNEL))
		return world_kernel_scene;
	if (world_chance(w, PARAM_FOREIGN))
		return world_foreign_scene;
	if (world_chance(w, PARAM_SPOOFED))
		return world_spoofed_scene;
	if (world_chance(w, PARAM_GROUPS))
		return world_group_scene;
	bool tcp = world_below(w, 100) < w->scenario->v[PARAM_TCP] && world_below(w, 4) == 0;
	if (world_chance(w, PARAM_SHARED))
		return tcp ? world_shared_tcp_scene : world_shared_udp_scene;
	if (world_chance(w, PARAM_TURNOVER))
		return tcp ? world_tuple_scene : world_turnover_scene;
	return tcp ? world_tcp_scene : world_udp_scene;
}

/* Kernels and groups speak IPv4, and so does the oldest log. */
static void choose_family(struct world *w, void (*scene)(struct world *))
{
	w->v6 = random_below(&w->families, 1000) < w->scenario->v[PARAM_IPV6] &&
		scene != world_kernel_scene && scene != world_group_scene &&
		w->scenario->v[PARAM_FORM] != FORM_CSV;
}

/* A scene's packets may lie far ahead of w->ns: time goes on by what they are worth. */
void world_play(struct world *w, const struct scenario *s)
{
	int64_t each = 1000 * WORLD_MS / s->v[PARAM_RATE];
	*w = (struct world){ .scenario = s,
		.random = { s->seed * 7 + 3 },
		.families = { s->seed * 11 + 9 },
		.ns = WORLD_START };
	w->end_ns = WORLD_START + each * s->v[PARAM_PACKETS];
	w->free_at = calloc(WORLD_HOSTS, sizeof *w->free_at);
	if (!w->free_at)
		die();
	for (unsigned i = 0; i < s->v[PARAM_HOSTS]; i++)
		add_host(w, i);
	world_old_links(w);
	while ((int64_t)w->n_packets < s->v[PARAM_PACKETS]) {
		size_t before = w->n_packets;
		void (*scene)(struct world *) = choose(w);
		choose_family(w, scene);
		scene(w);
		w->v6 = false;
		int64_t worth = (int64_t)(w->n_packets - before) * each;
		w->ns += world_between(w, 0, 2 * worth + 1000);
	}
}

void world_done(struct world *w)
{
	free(w->processes);
	free(w->calls);
	free(w->packets);
	free(w->links);
	free(w->free_at);
}
