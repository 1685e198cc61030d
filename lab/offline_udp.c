/* SPDX-License-Identifier: Apache-2.0 */
/* Scenes of datagrams: see offline_world.h. */
#include <string.h>

#include "offline_world.h"

enum { UDP = 17 };

/* Which of the host's processes that run all the time serves; it has one port for it. */
static struct world_end service(struct world *w, unsigned host)
{
	uint32_t n = world_below(w, (uint32_t)w->scenario->v[PARAM_PROCESSES]);
	for (size_t i = 0; i < w->n_processes; i++)
		if (w->processes[i].host == host && w->processes[i].from == INT64_MIN && n-- == 0)
			return world_ours(w, host, i, (uint16_t)(2000 + 3 * i));
	return (struct world_end){ .host = WORLD_OTHERS, .process = WORLD_NONE };
}

static unsigned any_host(struct world *w)
{
	return world_below(w, (uint32_t)w->scenario->v[PARAM_HOSTS]);
}

/* Someone to talk to: a peer, or a service of ours. */
static struct world_end other_end(struct world *w, uint16_t port)
{
	return world_chance(w, PARAM_LOCAL) ? service(w, any_host(w)) : world_peer(w, port);
}

static struct world_datagram turned(const struct world_datagram *d)
{
	struct world_datagram back = *d;
	back.ends[0] = d->ends[1];
	back.ends[1] = d->ends[0];
	return back;
}

/* The end of a new socket of some process that lives as long as that. False: there is none. */
static bool open_socket(struct world *w, int64_t until, struct world_end *ret)
{
	unsigned host = any_host(w);
	size_t process = world_anyone(w, host, w->ns - 30 * WORLD_MS, until + 30 * WORLD_MS);
	if (process == WORLD_NONE)
		return false;
	*ret = world_ours(w, host, process, world_port(w, host, false, until));
	return true;
}

static uint32_t long_part(struct world *w)
{
	return world_chance(w, PARAM_FRAGMENTS) ? 1500 + world_below(w, 5000) : 0;
}

/* One datagram from a new port, and perhaps an answer to it. */
static void one_shot(struct world *w)
{
	bool query = world_below(w, 2);
	int64_t trip = query ? world_between(w, 200000, 60 * WORLD_MS) : 0;
	int64_t done = w->ns + trip + 40 * WORLD_MS;
	struct world_datagram d = { .ns = w->ns, .lag = world_lag(w), .kind = "one-shot" };
	if (!open_socket(w, done, &d.ends[0]))
		return;
	d.ends[1] = other_end(w, query ? 53 : (uint16_t)(1100 + world_below(w, 9)));
	d.bytes = query ? 28 + world_below(w, 60) : 8;
	d.wildcard = world_chance(w, PARAM_WILDCARD);
	world_datagram(w, &d);
	if (!query || world_below(w, 5) == 0)
		return;
	struct world_datagram back = turned(&d);
	back.ns += trip;
	back.bytes += 16 + world_below(w, 300);
	back.kind = "answer";
	world_datagram(w, &back);
}

/* How a session goes: datagrams at some pace, of one length or of many, either way. */
struct pace {
	unsigned n;
	int64_t least, most;
	uint32_t bytes, vary, back; /* `back`: of ten, how many come from the other end */
};

static struct pace some_pace(struct world *w)
{
	int64_t slow = world_below(w, 2) ? 400 * WORLD_MS : 6 * WORLD_MS;
	return (struct pace){ .n = 2 + world_below(w, 60),
		.least = 100000,
		.most = slow,
		.bytes = 12 + world_below(w, 400),
		.vary = world_below(w, 2) ? 0 : 800,
		.back = world_below(w, 3) * 3 };
}

/* The process may end meanwhile: what comes then finds nobody. */
static int64_t session(struct world *w, const struct world_datagram *first, const struct pace *pace)
{
	struct world_datagram d = *first;
	for (unsigned i = 0; i < pace->n; i++) {
		bool back = world_below(w, 10) < pace->back;
		size_t process = d.ends[0].process;
		bool over = w->processes[process].to < d.ns + 20 * WORLD_MS;
		struct world_datagram one = back || over ? turned(&d) : d;
		one.bytes =
			pace->bytes + (pace->vary ? world_below(w, pace->vary) : 0) + long_part(w);
		if (over && w->processes[process].to + 20 * WORLD_MS < d.ns) {
			one.ends[1].process = WORLD_NONE;
			one.kind = "to-nobody";
		}
		if (!over || one.ends[1].process == WORLD_NONE)
			world_datagram(w, &one);
		d.ns += world_between(w, pace->least, pace->most);
	}
	return d.ns;
}

static void long_socket(struct world *w)
{
	struct pace pace = some_pace(w);
	int64_t until = w->ns + pace.n * pace.most + 100 * WORLD_MS;
	struct world_datagram d = { .ns = w->ns, .lag = world_lag(w), .kind = "session" };
	unsigned host = any_host(w);
	size_t process = world_anyone(w, host, w->ns - 30 * WORLD_MS, w->ns + 60 * WORLD_MS);
	if (process == WORLD_NONE)
		return;
	d.ends[0] = world_ours(w, host, process, world_port(w, host, false, until));
	d.ends[1] = other_end(w, (uint16_t)(3000 + world_below(w, 4)));
	d.wildcard = world_chance(w, PARAM_WILDCARD);
	w->free_at[host][0][d.ends[0].port] = session(w, &d, &pace) + 50 * WORLD_MS;
}

/* A peer asks a service of ours, which answers or does not. */
static void served(struct world *w)
{
	struct world_datagram d = { .ns = w->ns, .lag = world_lag(w), .kind = "served" };
	d.ends[1] = service(w, any_host(w));
	d.ends[0] = world_peer(w, (uint16_t)(1024 + world_below(w, 50000)));
	d.wildcard = world_chance(w, PARAM_WILDCARD);
	for (unsigned n = 1 + world_below(w, 4); n; n--) {
		d.bytes = 20 + world_below(w, 100);
		world_datagram(w, &d);
		struct world_datagram back = turned(&d);
		back.ns += world_between(w, 100000, 20 * WORLD_MS);
		back.bytes = 40 + world_below(w, 900) + long_part(w);
		if (world_below(w, 6))
			world_datagram(w, &back);
		d.ns = back.ns + world_between(w, 100000, 900 * WORLD_MS);
	}
}

void world_udp_scene(struct world *w)
{
	static void (*const scenes[])(struct world *) = { one_shot, one_shot, long_socket, served };
	scenes[world_below(w, 4)](w);
}

/* A second process takes the port when the first has closed it, and talks to the same peer. */
void world_turnover_scene(struct world *w)
{
	static const int64_t gaps[] = { 1, 60, 1000, 2500, 8000, 30000 };
	struct pace pace = { .n = 1 + world_below(w, 8),
		.least = WORLD_MS,
		.most = 80 * WORLD_MS,
		.bytes = 8 + world_below(w, 3) * 100,
		.back = world_below(w, 2) * 4 };
	int64_t gap = gaps[world_below(w, 6)] * WORLD_MS,
		until = w->ns + 2 * pace.n * pace.most + gap;
	struct world_datagram d = { .ns = w->ns, .lag = world_lag(w), .kind = "turnover" };
	if (!open_socket(w, until + 100 * WORLD_MS, &d.ends[0]))
		return;
	d.ends[1] = world_peer(w, (uint16_t)(1100 + world_below(w, 9)));
	size_t next = world_anyone(w, d.ends[0].host, w->ns, until + 100 * WORLD_MS);
	d.ns = session(w, &d, &pace) + 2 * d.lag + gap;
	d.ends[0].process = next;
	if (next != WORLD_NONE)
		session(w, &d, &pace);
}

/* Two processes hold one socket; either sends, either receives. */
void world_shared_udp_scene(struct world *w)
{
	struct pace pace = some_pace(w);
	int64_t until = w->ns + pace.n * pace.most + 100 * WORLD_MS;
	struct world_datagram d = { .ns = w->ns, .lag = world_lag(w), .kind = "shared" };
	if (!open_socket(w, until, &d.ends[0]))
		return;
	size_t both[2] = { d.ends[0].process,
		world_anyone(w, d.ends[0].host, w->ns - 30 * WORLD_MS, until) };
	d.ends[1] = world_peer(w, (uint16_t)(3000 + world_below(w, 4)));
	for (unsigned i = 0; i < pace.n && both[1] != WORLD_NONE; i++) {
		d.ends[0].process = both[world_below(w, 2)];
		struct world_datagram one = world_below(w, 10) < pace.back ? turned(&d) : d;
		one.bytes = pace.bytes + (pace.vary ? world_below(w, pace.vary) : 0);
		world_datagram(w, &one);
		d.ns += world_between(w, pace.least, pace.most);
	}
}

/* Each receiver of the group has its own event for the one packet. Who listens stays the same. */
static void hear(struct world *w, size_t packet, int64_t lag, uint32_t n)
{
	struct world_packet *p = &w->packets[packet];
	struct world_side *side = &p->sides[SIDE_RECEIVER];
	*side = (struct world_side){ .host = 0 };
	for (size_t i = n % 2; i < w->n_processes && side->n_owners < n; i++) {
		const struct world_process *process = &w->processes[i];
		if (process->host != 0 || process->from != INT64_MIN ||
			side->n_owners == WORLD_RECEIVERS)
			continue;
		struct world_call call = { .ns = p->ns + lag + 3000 * side->n_owners,
			.host = 0,
			.process = i,
			.local = addr_v4(p->frame.dst.ip),
			.link = WORLD_NONE,
			.event = { .op = EVENT_RECV,
				.transport = UDP,
				.bytes = (uint32_t)p->frame.payload.n,
				.local = { addr_v4(p->frame.dst.ip), p->frame.dport },
				.remote = { addr_v4(p->frame.src.ip), p->frame.sport } } };
		side->owners[side->n_owners++] = i;
		side->calls[side->n_calls++] = world_call(w, &call);
	}
}

void world_group_scene(struct world *w)
{
	static const struct {
		struct station station;
		uint16_t port;
	} groups[] = { { { { 1, 0, 0x5e, 0, 0, 0xfb }, { 224, 0, 0, 251 } }, 5353 },
		{ { { 1, 0, 0x5e, 0x7f, 0xff, 0xfa }, { 239, 255, 255, 250 } }, 1900 },
		{ { { 255, 255, 255, 255, 255, 255 }, { 10, 1, 1, 255 } }, 137 },
		{ { { 255, 255, 255, 255, 255, 255 }, { 255, 255, 255, 255 } }, 67 } };
	uint32_t which = world_below(w, 4);
	struct world_datagram d = { .ns = w->ns, .lag = world_lag(w), .kind = "group" };
	d.ends[0] = world_peer(w, groups[which].port);
	if (world_below(w, 3) == 0) {
		unsigned host = any_host(w);
		d.ends[0] = service(w, host);
		d.ends[0].port = which == 0 ? 5353 : world_port(w, host, false, w->ns + WORLD_MS);
	} else if (world_below(w, 2)) {
		d.ends[0].port = (uint16_t)(40000 + world_below(w, 2000));
	}
	d.ends[1] = (struct world_end){ .host = WORLD_OTHERS,
		.process = WORLD_NONE,
		.station = groups[which].station,
		.port = groups[which].port };
	d.bytes = 40 + world_below(w, 300);
	size_t packet = world_datagram(w, &d);
	hear(w, packet, d.lag, (uint32_t)(w->scenario->seed + which) % 4);
}
