/* SPDX-License-Identifier: Apache-2.0 */
/* Scenes that no program's socket makes: kernels', other hosts', and false ones. See
 * offline_world.h. */
#include "offline_world.h"

enum { ICMP = 1, TCP = 6, UDP = 17, SYN = 2, RST = 4, ACK = 16 };

static struct world_side kernel(const struct world_end *end, enum reason reason)
{
	struct world_side side = { .host = end->host, .reason = reason };
	if (end->host >= WORLD_HOSTS)
		side.reason = REASON_OTHER_HOST;
	return side;
}

static struct world_packet from_to(
	const struct world *w, const struct world_end *a, const struct world_end *b)
{
	return (struct world_packet){ .ns = w->ns,
		.kind = "kernel",
		.quoted = WORLD_NONE,
		.link = WORLD_NONE,
		.frame = { .src = a->station,
			.dst = b->station,
			.sport = a->port,
			.dport = b->port } };
}

/* A host of ours, and a process of it that runs all the time. */
static struct world_end our_end(struct world *w, uint16_t port)
{
	unsigned host = world_below(w, (uint32_t)w->scenario->v[PARAM_HOSTS]);
	return world_ours(w, host, world_anyone(w, host, INT64_MIN + 1, INT64_MAX - 1), port);
}

/* A program asks through a raw socket of its own, which is bound to no address. */
static void ask(struct world *w, struct world_packet *p, const struct world_end *us,
	const struct world_end *peer)
{
	struct world_end any = *us;
	any.station.ip[0] = any.station.ip[1] = any.station.ip[2] = any.station.ip[3] = 0;
	struct world_call call = { .ns = p->ns - world_lag(w),
		.host = us->host,
		.process = us->process,
		.local = addr_v4(us->station.ip),
		.link = WORLD_NONE,
		.event = world_event(EVENT_SEND, ICMP, &any, peer) };
	call.event.bytes = (uint32_t)p->frame.payload.n;
	p->sides[0] = world_side(us);
	p->sides[0].calls[p->sides[0].n_calls++] = world_call(w, &call);
}

/* Those that a peer asks are answered by the kernel. */
static void echo(struct world *w)
{
	struct world_end us = our_end(w, 0), peer = world_peer(w, 0);
	bool asked = world_below(w, 2);
	const struct world_end *a = asked ? &us : &peer, *b = asked ? &peer : &us;
	struct world_packet p = from_to(w, a, b);
	p.kind = "echo";
	p.frame.protocol = ICMP;
	p.frame.type = 8;
	p.frame.rest = 0x2000000u + world_below(w, 1000);
	p.frame.payload.n = 1 + world_below(w, 56);
	p.sides[0] = kernel(a, REASON_NOT_TRACED);
	p.sides[1] = kernel(b, REASON_NOT_TRACED);
	if (asked)
		ask(w, &p, &us, &peer);
	world_packet(w, &p);
	struct world_packet back = from_to(w, b, a);
	back.ns += world_between(w, 200000, 20 * WORLD_MS);
	back.kind = "echo";
	back.frame = p.frame;
	back.frame.src = b->station;
	back.frame.dst = a->station;
	back.frame.type = 0;
	/* Whoever sends it: what a packet proves comes before whose host it is. */
	back.sides[0] = (struct world_side){ .host = b->host, .reason = REASON_KERNEL_ECHO_REPLY };
	back.sides[1] = kernel(a, REASON_NOT_TRACED);
	if (asked)
		back.sides[1] = p.sides[0];
	if (b->host < WORLD_HOSTS || world_below(w, 4))
		world_packet(w, &back);
}

/* A peer says that a datagram of ours found no port, or we say so to a peer. */
static void unreachable(struct world *w)
{
	struct world_end us = our_end(w, (uint16_t)(30000 + world_below(w, 9000)));
	struct world_end peer = world_peer(w, (uint16_t)(1024 + world_below(w, 50000)));
	size_t quoted = w->n_packets;
	if (world_below(w, 2) && w->n_packets) {
		/* The datagram is whatever was told last of ours. */
		while (quoted-- &&
			(w->packets[quoted].frame.protocol != UDP || w->packets[quoted].later ||
				w->packets[quoted].frame.v6 ||
				w->packets[quoted].sides[0].host >= WORLD_HOSTS ||
				w->packets[quoted].sides[1].host < WORLD_HOSTS))
			;
		if (quoted == WORLD_NONE)
			return;
	} else {
		us.process = WORLD_NONE;
		struct world_datagram d = { .ns = w->ns,
			.ends = { peer, us },
			.bytes = 8 + world_below(w, 90),
			.kind = "to-nobody" };
		quoted = world_datagram(w, &d);
	}
	const struct world_packet *q = &w->packets[quoted];
	struct world_end a = { .host = q->sides[1].host, .station = q->frame.dst };
	struct world_end b = { .host = q->sides[0].host, .station = q->frame.src };
	struct world_packet p = from_to(w, &a, &b);
	p.ns = q->ns + world_between(w, 300000, 30 * WORLD_MS);
	p.quoted = quoted;
	p.kind = "icmp-error";
	p.frame.protocol = ICMP;
	p.frame.type = 3;
	p.frame.code = 3;
	p.sides[0] = (struct world_side){ .host = a.host, .reason = REASON_KERNEL_ICMP_ERROR };
	p.sides[1] = (struct world_side){ .host = b.host, .reason = REASON_KERNEL_ICMP_ERROR };
	world_packet(w, &p);
}

static void arp(struct world *w)
{
	struct world_end us = our_end(w, 0), peer = world_peer(w, 0);
	struct world_packet p = from_to(w, &us, &peer);
	p.kind = "arp";
	p.arp = 1;
	for (int side = 0; side < SIDES; side++)
		p.sides[side] = (struct world_side){ .host = us.host, .reason = REASON_KERNEL_ARP };
	world_packet(w, &p);
}

/* Nobody listens: the answer to the SYN is the kernel's. An attempt that fails is not logged. */
static void refused(struct world *w)
{
	struct world_end us = our_end(w, 0), peer = world_peer(w, 0);
	bool out = world_below(w, 2);
	us.port = out ? world_port(w, us.host, true, w->ns + 3000 * WORLD_MS)
		      : (uint16_t)(100 + world_below(w, 800));
	peer.port = (uint16_t)(out ? 81 : 1024 + world_below(w, 50000));
	const struct world_end *a = out ? &us : &peer, *b = out ? &peer : &us;
	struct world_packet syn = from_to(w, a, b);
	syn.kind = "refused";
	syn.frame.protocol = TCP;
	syn.frame.flags = SYN;
	syn.frame.seq = (uint32_t)random_next(&w->random);
	syn.sides[0] = world_side(a);
	syn.sides[1] = kernel(b, REASON_NOT_IN_LOG);
	world_packet(w, &syn);
	struct world_packet p = from_to(w, b, a);
	p.ns += world_between(w, 100000, 20 * WORLD_MS);
	p.kind = "refused";
	p.frame.protocol = TCP;
	p.frame.flags = RST | ACK;
	p.frame.ack = syn.frame.seq + 1;
	p.sides[0] = (struct world_side){ .host = b->host, .reason = REASON_KERNEL_TCP_RESET };
	p.sides[1] = world_side(a);
	world_packet(w, &p);
}

void world_kernel_scene(struct world *w)
{
	static void (*const scenes[])(struct world *) = { echo, unreachable, arp, refused };
	scenes[world_below(w, 4)](w);
}

/* A packet of the past whose ports serve as a trap: a UDP one of ours, at least so old. */
static const struct world_packet *memory(struct world *w, int64_t age)
{
	if (!w->n_packets)
		return NULL;
	const struct world_packet *p = &w->packets[world_below(w, (uint32_t)w->n_packets)];
	bool fits =
		p->frame.protocol == UDP && p->sides[0].host < WORLD_HOSTS && p->ns < w->ns - age;
	return fits ? p : NULL;
}

/* Two peers; some have just the ports and lengths that ours have. */
void world_foreign_scene(struct world *w)
{
	const struct world_packet *like = world_below(w, 2) ? memory(w, 0) : NULL;
	struct world_datagram d = { .ns = w->ns, .kind = "foreign" };
	d.ends[0] = world_peer(w, (uint16_t)(1024 + world_below(w, 60000)));
	d.ends[1] = world_peer(w, (uint16_t)(world_below(w, 2) ? 53 : 1100));
	d.bytes = 8 + world_below(w, 80);
	if (like) {
		d.ends[0].port = like->frame.sport;
		d.ends[1].port = like->frame.dport;
		d.bytes = like->bytes;
	}
	d.ends[0].station.ip[1] = 31;
	d.ends[1].station.ip[1] = 32;
	world_datagram(w, &d);
}

/* Somebody else puts our address into his packets: from a port that is free, with ports that were
 * used before. */
void world_spoofed_scene(struct world *w)
{
	const struct world_packet *like = memory(w, 4000 * WORLD_MS);
	struct world_datagram d = { .ns = w->ns, .kind = "spoofed" };
	/* Services keep their ports, which are below. */
	if (!like || like->frame.sport < 10000 ||
		w->free_at[like->sides[0].host][0][like->frame.sport] >= w->ns)
		return;
	d.ends[0] = world_ours(w, like->sides[0].host, WORLD_NONE, like->frame.sport);
	d.ends[1] = world_peer(w, like->frame.dport);
	if (world_below(w, 2) && like->sides[1].host >= WORLD_HOSTS)
		d.ends[1].station = like->frame.dst;
	d.bytes = like->bytes;
	world_datagram(w, &d);
}
