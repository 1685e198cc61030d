/* SPDX-License-Identifier: Apache-2.0 */
/* Scenes of TCP connections: see offline_world.h. */
#include <stdlib.h>

#include "offline_world.h"

enum { TCP = 6, FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, SEGMENT = 1460 };

/* A connection while it is played. What happens at one end is in order, on the wire and in the
 * kernel. */
struct talk {
	struct world *w;
	size_t link;
	int64_t ns;
	uint32_t isn[2], sent[2], heard[2]; /* of what each end sent: on the wire, given up */
	size_t acts[2];                     /* the process that calls at each end */
	size_t holds[2][2];                 /* all that hold its socket, or WORLD_NONE */
	int64_t called[2];                  /* when each end's kernel logged last */
	bool dead[2];                       /* its process is gone */
	bool fin[2];
};

static const struct world_end *end_of(const struct talk *t, unsigned e)
{
	return &t->w->links[t->link].ends[e];
}

static bool ours(const struct talk *t, unsigned e)
{
	return end_of(t, e)->host < WORLD_HOSTS;
}

static size_t add_link(struct world *w, const struct world_link *link)
{
	if (w->n_links == w->cap_links) {
		w->cap_links = w->cap_links ? 2 * w->cap_links : 256;
		w->links = reallocarray(w->links, w->cap_links, sizeof *w->links);
		if (!w->links)
			abort();
	}
	w->links[w->n_links] = *link;
	return w->n_links++;
}

static struct talk begin(
	struct world *w, int64_t ns, const struct world_end *a, const struct world_end *b)
{
	struct talk t = { .w = w,
		.ns = ns,
		.acts = { a->process, b->process },
		.holds = { { a->process, WORLD_NONE }, { b->process, WORLD_NONE } } };
	t.isn[0] = (uint32_t)random_next(&w->random);
	t.isn[1] = (uint32_t)random_next(&w->random);
	t.link = add_link(w, &(struct world_link){ .ends = { *a, *b }, .from = ns, .to = ns });
	return t;
}

static struct world_side side_of(const struct talk *t, unsigned e)
{
	struct world_side side = world_side(end_of(t, e));
	if (!ours(t, e))
		return side;
	side.n_owners = 0;
	for (unsigned i = 0; i < 2 && !t->dead[e]; i++)
		if (t->holds[e][i] != WORLD_NONE)
			side.owners[side.n_owners++] = t->holds[e][i];
	/* Who calls comes first. */
	if (side.n_owners == 2 && side.owners[1] == t->acts[e]) {
		side.owners[1] = side.owners[0];
		side.owners[0] = t->acts[e];
	}
	side.reason = t->dead[e] ? REASON_KERNEL_TCP_AFTER_EXIT : REASON_NONE;
	return side;
}

static struct world_packet *put(struct talk *t, unsigned e, uint8_t flags, uint32_t n)
{
	const struct world_end *from = end_of(t, e), *to = end_of(t, 1 - e);
	struct world_packet p = { .ns = t->ns,
		.kind = "tcp",
		.quoted = WORLD_NONE,
		.link = t->link,
		.out = e == 0,
		.from = t->sent[e],
		.to = t->sent[e] + n,
		.sides = { side_of(t, e), side_of(t, 1 - e) },
		.frame = { .src = from->station,
			.dst = to->station,
			.v6 = to->v6,
			.protocol = TCP,
			.sport = from->port,
			.dport = to->port,
			.seq = t->isn[e] + t->sent[e] + !(flags & SYN) + t->fin[e],
			.ack = t->isn[1 - e] + t->sent[1 - e] + 1 + t->fin[1 - e],
			.flags = flags,
			.payload.n = n } };
	if (!(flags & ACK))
		p.frame.ack = 0;
	t->w->links[t->link].to = t->ns;
	t->ns += world_between(t->w, 20000, 400000);
	return world_packet(t->w, &p);
}

/* What the kernel at end `e` logs about bytes [from, to). */
struct logged {
	enum event_op op;
	int64_t ns;
	uint32_t from, to;
};

static size_t log_call(struct talk *t, unsigned e, const struct logged *l)
{
	const struct world_end *end = end_of(t, e);
	if (!ours(t, e) || t->dead[e])
		return WORLD_NONE;
	int64_t ns = l->ns > t->called[e] ? l->ns : t->called[e] + 1000;
	struct world_call call = { .ns = ns,
		.host = end->host,
		.process = t->acts[e],
		.local = world_addr(&end->station, end->v6),
		.link = t->link,
		.end = e,
		.from = l->from,
		.to = l->to,
		.event = world_event(l->op, TCP, end, end_of(t, 1 - e)) };
	call.event.bytes = l->to - l->from;
	t->called[e] = ns;
	return world_call(t->w, &call);
}

/* A side has its event: of handshakes and retransmissions. */
static void own(struct world_packet *p, enum side side, size_t call)
{
	if (call != WORLD_NONE)
		p->sides[side].calls[p->sides[side].n_calls++] = call;
}

/* Connect and accept are logged when the handshake is done. */
static void talk_open(struct talk *t)
{
	size_t syn = t->w->n_packets;
	put(t, 0, SYN, 0);
	t->ns += world_between(t->w, 100000, 30 * WORLD_MS);
	put(t, 1, SYN | ACK, 0);
	size_t connect = log_call(t, 0, &(struct logged){ EVENT_CONNECT, t->ns, 0, 0 });
	put(t, 0, ACK, 0);
	size_t accept = log_call(t, 1, &(struct logged){ EVENT_ACCEPT, t->ns, 0, 0 });
	own(&t->w->packets[syn], SIDE_SENDER, connect);
	own(&t->w->packets[syn], SIDE_RECEIVER, accept);
	for (size_t i = syn; i < t->w->n_packets; i++)
		t->w->packets[i].kind = "tcp-open";
}

static uint32_t segment(struct talk *t, uint32_t left)
{
	bool offload = t->w->scenario->v[PARAM_OFFLOAD] && world_below(t->w, 3);
	uint32_t most = offload ? SEGMENT * (1 + world_below(t->w, 14)) : SEGMENT;
	return left < most ? left : most;
}

/* The program's calls: one, or several that fill one packet together. */
static void call_sends(struct talk *t, unsigned e, uint32_t n)
{
	uint32_t at = t->sent[e], end = at + n;
	unsigned calls = world_below(t->w, 3) ? 1 : 2 + world_below(t->w, 3);
	int64_t ns = t->ns - world_lag(t->w);
	while (at < end) {
		uint32_t k =
			--calls && end - at > 1 ? 1 + world_below(t->w, end - at - 1) : end - at;
		calls = calls ? calls : 1;
		log_call(t, e, &(struct logged){ EVENT_SEND, ns, at, at + k });
		at += k;
		ns += 1000;
	}
}

/* What has come is given up in one event or in several. */
static void call_receives(struct talk *t, unsigned e, bool all)
{
	uint32_t end = t->sent[1 - e];
	if (t->heard[1 - e] == end || (!all && world_below(t->w, 3)))
		return;
	int64_t ns = t->ns + world_lag(t->w);
	while (t->heard[1 - e] < end) {
		uint32_t left = end - t->heard[1 - e];
		uint32_t k = left > 1 && world_below(t->w, 4) == 0 ? 1 + world_below(t->w, left - 1)
								   : left;
		log_call(t, e,
			&(struct logged){ EVENT_RECV, ns, t->heard[1 - e], t->heard[1 - e] + k });
		t->heard[1 - e] += k;
	}
}

/* The network, or the far end, lost it: the same bytes again. One in three has no event. */
static void repeat(struct talk *t, unsigned e, uint32_t n)
{
	t->ns += world_between(t->w, 30 * WORLD_MS, 300 * WORLD_MS);
	t->sent[e] -= n;
	size_t call = WORLD_NONE;
	if (world_below(t->w, 3))
		call = log_call(t, e,
			&(struct logged){
				EVENT_RETRANSMIT, t->ns - 10000, t->sent[e], t->sent[e] + n });
	struct world_packet *p = put(t, e, ACK | PSH, n);
	p->again = true;
	p->kind = "tcp-again";
	own(p, SIDE_SENDER, call);
	t->sent[e] += n;
}

static void talk_data(struct talk *t, unsigned e, uint32_t n)
{
	call_sends(t, e, n);
	for (unsigned i = 1; n; i++) {
		uint32_t k = segment(t, n);
		put(t, e, n == k ? ACK | PSH : ACK, k)->kind = "tcp-data";
		t->sent[e] += k;
		n -= k;
		call_receives(t, 1 - e, n == 0);
		if (i % 2 == 0 || n == 0)
			put(t, 1 - e, ACK, 0);
		if (k <= SEGMENT && world_below(t->w, 60) == 0)
			repeat(t, e, k);
	}
}

/* A probe: the byte before the next one, or none, and the answer to it. */
static void talk_probe(struct talk *t, unsigned e)
{
	uint32_t n = t->sent[e] ? world_below(t->w, 2) : 0;
	t->ns += world_between(t->w, WORLD_MS, 2000 * WORLD_MS);
	t->sent[e] -= n;
	struct world_packet *p = put(t, e, ACK, n);
	p->again = true;
	p->kind = "tcp-probe";
	t->sent[e] += n;
	put(t, 1 - e, ACK, 0)->kind = "tcp-probe";
}

static void talk_close(struct talk *t, unsigned e)
{
	size_t first = t->w->n_packets;
	if (world_below(t->w, 4) == 0) {
		put(t, e, RST | ACK, 0);
	} else {
		put(t, e, FIN | ACK, 0);
		t->fin[e] = true;
		put(t, 1 - e, ACK, 0);
		put(t, 1 - e, FIN | ACK, 0);
		t->fin[1 - e] = true;
		put(t, e, ACK, 0);
	}
	for (unsigned i = 0; i < 2; i++)
		log_call(t, i, &(struct logged){ EVENT_DISCONNECT, t->ns, 0, 0 });
	for (size_t i = first; i < t->w->n_packets; i++)
		t->w->packets[i].kind = "tcp-close";
}

/* Is the process of one of our ends about to end? Then its kernel resets what is open. */
static bool dying(struct talk *t)
{
	for (unsigned e = 0; e < 2; e++) {
		if (!ours(t, e) || t->w->processes[t->acts[e]].to > t->ns + 3000 * WORLD_MS)
			continue;
		int64_t over = t->w->processes[t->acts[e]].to;
		t->ns = over > t->ns ? over + WORLD_MS : t->ns;
		t->dead[e] = over < t->ns;
		put(t, e, RST | ACK, 0)->kind = "tcp-dead";
		return true;
	}
	return false;
}

static uint32_t some_bytes(struct world *w)
{
	static const uint32_t most[] = { 100, 1000, 4000, 40000 };
	return 1 + world_below(w, most[world_below(w, 4)]);
}

static void talk_on(struct talk *t, unsigned n)
{
	int64_t slow = (world_below(t->w, 3) ? 30 : 1500) * WORLD_MS;
	while (n--) {
		if (dying(t))
			return;
		unsigned e = world_below(t->w, 2);
		if (world_below(t->w, 20) == 0)
			talk_probe(t, e);
		else
			talk_data(t, e, some_bytes(t->w));
		t->ns += world_between(t->w, WORLD_MS, slow);
	}
	if (!dying(t) && world_below(t->w, 8))
		talk_close(t, world_below(t->w, 2));
}

static struct world_end served(struct world *w, unsigned host)
{
	size_t process = world_anyone(w, host, INT64_MIN + 1, INT64_MAX - 1);
	return world_ours(w, host, process, (uint16_t)(8000 + 3 * process));
}

/* Ends of a connection that we open, or that a peer opens to us, or both are ours. The ephemeral
 * port is taken until the caller says that it is free. */
static bool some_ends(struct world *w, struct world_end ret[2])
{
	unsigned host = world_below(w, (uint32_t)w->scenario->v[PARAM_HOSTS]);
	if (world_below(w, 3) == 0) {
		ret[0] = world_peer(w, (uint16_t)(1024 + world_below(w, 50000)));
		ret[1] = served(w, host);
		return true;
	}
	size_t process = world_anyone(w, host, w->ns - 30 * WORLD_MS, w->ns + 700 * WORLD_MS);
	if (process == WORLD_NONE)
		return false;
	ret[0] = world_ours(w, host, process, world_port(w, host, true, INT64_MAX));
	ret[1] = world_peer(w, (uint16_t)(world_below(w, 2) ? 443 : 8080));
	if (world_chance(w, PARAM_LOCAL))
		ret[1] = served(w, world_below(w, (uint32_t)w->scenario->v[PARAM_HOSTS]));
	return true;
}

static void free_port(const struct talk *t)
{
	const struct world_end *a = end_of(t, 0);
	if (a->host < WORLD_HOSTS)
		t->w->free_at[a->host][1][a->port] =
			t->ns + (world_below(t->w, 2) ? 50 : 3000) * WORLD_MS;
}

void world_tcp_scene(struct world *w)
{
	struct world_end ends[2];
	if (!some_ends(w, ends))
		return;
	struct talk t = begin(w, w->ns, &ends[0], &ends[1]);
	talk_open(&t);
	talk_on(&t, world_below(w, 12));
	free_port(&t);
}

/* One process accepts or connects, a second one has the socket too: it takes over, or they take
 * turns. */
void world_shared_tcp_scene(struct world *w)
{
	struct world_end ends[2];
	if (!some_ends(w, ends))
		return;
	unsigned e = ends[0].host < WORLD_HOSTS ? 0 : 1, n = 2 + world_below(w, 10);
	size_t other = world_anyone(w, ends[e].host, INT64_MIN + 1, INT64_MAX - 1);
	struct talk t = begin(w, w->ns, &ends[0], &ends[1]);
	bool turns = world_below(w, 2), first = true;
	w->links[t.link].shared = true;
	talk_open(&t);
	while (n-- && !dying(&t)) {
		if (first || (turns && world_below(w, 3) == 0))
			t.acts[e] = t.acts[e] == other ? ends[e].process : other;
		first = false;
		t.holds[e][0] = other;
		t.holds[e][1] = turns ? ends[e].process : WORLD_NONE;
		talk_data(&t, world_below(w, 2), some_bytes(w));
		t.ns += world_between(w, WORLD_MS, 400 * WORLD_MS);
	}
	free_port(&t);
}

/* The same two ends again, soon or later, and another process of ours behind them. */
void world_tuple_scene(struct world *w)
{
	static const int64_t gaps[] = { 20, 500, 3000, 20000 };
	struct world_end ends[2];
	if (!some_ends(w, ends) || ends[0].host >= WORLD_HOSTS)
		return;
	struct talk t = begin(w, w->ns, &ends[0], &ends[1]);
	talk_open(&t);
	talk_on(&t, 1 + world_below(w, 3));
	int64_t ns = t.ns + gaps[world_below(w, 4)] * WORLD_MS;
	size_t next = world_anyone(w, ends[0].host, ns - 50 * WORLD_MS, ns + 700 * WORLD_MS);
	if (next != WORLD_NONE) {
		ends[0].process = next;
		t = begin(w, ns, &ends[0], &ends[1]);
		talk_open(&t);
		talk_on(&t, 1 + world_below(w, 3));
	}
	free_port(&t);
}

/* Connections that were open before the capture and the trace began. */
void world_old_links(struct world *w)
{
	for (unsigned n = world_below(w, 4); n; n--) {
		struct world_end ends[2];
		if (!some_ends(w, ends))
			continue;
		struct talk t =
			begin(w, w->ns + world_below(w, 900) * WORLD_MS, &ends[0], &ends[1]);
		w->links[t.link].before_all = true;
		for (unsigned e = 0; e < 2; e++)
			t.sent[e] = t.heard[e] = world_below(w, 1000000);
		talk_on(&t, 4 + world_below(w, 12));
		free_port(&t);
	}
}
