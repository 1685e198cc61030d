/* SPDX-License-Identifier: Apache-2.0 */
/* What the evidence supports of a datagram: see offline_reckon.h. */
#include <string.h>

#include "offline_reckon.h"

/* Where a side stands: its own end, the other one, and when. */
struct place {
	unsigned host;
	struct endpoint local, remote;
	int64_t ns;
};

static struct place place_of(const struct reckon *r, size_t frame, enum side side)
{
	const struct world_packet *p = &r->w->packets[r->o->frames[frame].packet];
	struct endpoint src = { world_addr(&p->frame.src, p->frame.v6), p->frame.sport };
	struct endpoint dst = { world_addr(&p->frame.dst, p->frame.v6), p->frame.dport };
	bool out = side == SIDE_SENDER;
	return (struct place){ .host = p->sides[side].host,
		.local = out ? src : dst,
		.remote = out ? dst : src,
		.ns = r->o->frames[frame].ns };
}

static const struct world_call *nth(const struct reckon *r, size_t i)
{
	return &r->w->calls[r->ports[i]];
}

static bool before(const struct world_call *c, const struct place *at)
{
	if (c->host != at->host)
		return c->host < at->host;
	if (c->event.local.port != at->local.port)
		return c->event.local.port < at->local.port;
	if (addr_is_v4(&c->local) != addr_is_v4(&at->local.addr))
		return addr_is_v4(&at->local.addr);
	return c->ns < at->ns;
}

static size_t lower_bound(const struct reckon *r, const struct place *at)
{
	size_t low = 0, high = r->n_ports;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (before(nth(r, mid), at))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* What stands on one side of the moment on this port. */
struct neighbours {
	size_t any, same; /* the nearest event's process: of the port, of the flow */
	bool clear;       /* nobody else lies between it and the moment */
	bool rival;       /* within the hold there is more than one process, or another than any */
};

static bool same_port(const struct world_call *c, const struct place *at)
{
	return c->host == at->host && c->event.local.port == at->local.port &&
		addr_is_v4(&c->local) == addr_is_v4(&at->local.addr);
}

static bool same_flow(const struct world_call *c, const struct place *at)
{
	return addr_equal(&c->local, &at->local.addr) &&
		addr_equal(&c->event.remote.addr, &at->remote.addr) &&
		c->event.remote.port == at->remote.port;
}

static struct neighbours look(const struct reckon *r, const struct place *at, int step)
{
	struct neighbours n = { WORLD_NONE, WORLD_NONE, true, false };
	size_t i = lower_bound(r, at);
	int64_t hold = RECKON_HOLD_NS + r->blur_ns[at->host];
	for (i -= step < 0; i < r->n_ports; i += (size_t)step) {
		const struct world_call *c = nth(r, i);
		int64_t away = (c->ns - at->ns) * step;
		if (!same_port(c, at) || away > RECKON_IDLE_NS)
			break;
		if (n.any == WORLD_NONE)
			n.any = c->process;
		if (c->process != n.any) {
			n.rival |= away <= hold;
			n.clear = n.clear && n.same != WORLD_NONE;
		}
		if (n.same == WORLD_NONE && same_flow(c, at))
			n.same = c->process;
		if (n.same != WORLD_NONE && away > hold)
			break;
	}
	return n;
}

/* Is an event on this port within the hold: one of that process, or of `another`? */
static bool has_event_near(
	const struct reckon *r, const struct place *at, size_t process, bool another)
{
	int64_t hold = RECKON_HOLD_NS + r->blur_ns[at->host];
	struct place from = *at;
	from.ns -= hold;
	for (size_t i = lower_bound(r, &from); i < r->n_ports; i++) {
		const struct world_call *c = nth(r, i);
		if (!same_port(c, at) || c->ns > at->ns + hold)
			return false;
		if ((c->process != process) == another)
			return true;
	}
	return false;
}

/* The evidence shows that process: it is the true one, or it misleads. */
static void shown(const struct reckon *r, const struct place *at, size_t process, enum grade grade,
	struct best *ret)
{
	bool true_one = ret->n_who && ret->who[0] == process;
	ret->word = grade_name(grade);
	ret->or_ambiguous = has_event_near(r, at, process, true);
	if (true_one)
		return;
	/* Its own events nearby tell that another one may have sent. */
	if (ret->n_who && has_event_near(r, at, ret->who[0], false)) {
		ret->word = reason_name(REASON_AMBIGUOUS);
		ret->or_reason = true;
		return;
	}
	ret->word = "-";
	ret->misled = true;
	best_who(ret, process);
}

/* An event of one process for more packets than one: where it is as near as two ticks, it may be
 * taken for each of them, and need not. */
static void without_event(const struct reckon *r, const struct place *at,
	const struct reckon_cluster *c, struct best *ret)
{
	struct neighbours a = look(r, at, -1), b = look(r, at, 1);
	if (c && c->several) {
		ret->word = reason_name(REASON_AMBIGUOUS);
		ret->or_reason = true;
	} else if (c && c->events) {
		shown(r, at, c->process, GRADE_FLOW, ret);
		ret->or_reason = true;
	} else if (a.same != WORLD_NONE && a.same == b.same && a.clear && b.clear &&
		a.any == a.same && b.any == b.same) {
		shown(r, at, a.same, GRADE_FLOW, ret);
	} else if (a.any != WORLD_NONE && a.any == b.any) {
		shown(r, at, a.any, GRADE_ENDPOINT, ret);
	} else {
		best_missing(r, at->host, at->ns, ret);
	}
}

/* Each receiver whose event was kept; where none was, nobody is asked for. */
static void group(const struct reckon *r, const struct world_side *s, struct best *ret)
{
	ret->word = "-";
	for (unsigned i = 0; i < s->n_calls; i++)
		if (r->w->calls[s->calls[i]].kept)
			ret->word = grade_name(GRADE_EXACT);
}

static bool is_group(const struct addr *a)
{
	return addr_is_v4(a) && (a->b[12] >= 224 || a->b[15] == 255);
}

/* Within the clock's error the only event and the only frame with these ports and this length. */
static bool alone_by_ports(const struct reckon *r, size_t frame, const struct world_call *own)
{
	const struct world_packet *p = &r->w->packets[r->o->frames[frame].packet];
	int64_t blur = r->blur_ns[own->host];
	for (unsigned i = 0; i < 2; i++)
		for (size_t j = frame; j < r->o->n_frames; j += i ? 1 : SIZE_MAX) {
			const struct seen *s = &r->o->frames[j];
			const struct world_packet *q = &r->w->packets[s->packet];
			if (llabs(s->ns - r->o->frames[frame].ns) > blur + 10 * WORLD_MS)
				break;
			if (j != frame && q->frame.protocol == p->frame.protocol &&
				q->frame.sport == p->frame.sport &&
				q->frame.dport == p->frame.dport && q->bytes == p->bytes)
				return false;
		}
	return true;
}

static void moved(
	const struct reckon *r, size_t frame, const struct world_side *s, struct best *ret)
{
	const struct world_packet *p = &r->w->packets[r->o->frames[frame].packet];
	const struct world_call *own = s->n_calls ? &r->w->calls[s->calls[0]] : NULL;
	bool once = r->w->scenario->v[PARAM_CAPTURES] == 1 && !r->o->frames[frame].copy;
	bool tells = once && p->frame.sport != p->frame.dport && p->frame.sport >= 1024;
	ret->word = "-";
	/* A socket that states no address, and traffic among ours, have more events than one. */
	if (own && own->kept && tells && !addr_is_wildcard(&own->event.local.addr) &&
		(p->sides[0].host >= WORLD_HOSTS || p->sides[1].host >= WORLD_HOSTS) &&
		alone_by_ports(r, frame, own)) {
		ret->word = grade_name(GRADE_PORTS);
		ret->or_reason = ret->or_ambiguous = has_event_near(r,
			&(struct place){ own->host, own->event.local, own->event.remote, own->ns },
			own->process, true);
	}
}

/* A later fragment has no ports: those of the first one, where that was captured, tell its flow.
 * Its event is the first one's. */
static void part(const struct reckon *r, const struct world_call *own, struct best *ret)
{
	const int64_t *v = r->w->scenario->v;
	bool known = own && own->kept && !v[PARAM_DROP] && !v[PARAM_REORDER] &&
		v[PARAM_ADDRESSES] == ADDRESSES_TRUE && !addr_is_wildcard(&own->event.local.addr);
	ret->word = known ? grade_name(GRADE_FLOW) : "-";
	ret->or_ambiguous = true;
	ret->or_reason = known && v[PARAM_COPIES];
}

/* Another process that asks the same peer with as many bytes at the same time is as good. */
void reckon_echo(const struct reckon *r, size_t frame, enum side side, struct best *ret)
{
	const struct world_packet *p = &r->w->packets[r->o->frames[frame].packet];
	const struct world_call *own = &r->w->calls[p->sides[side].calls[0]];
	ret->word = reason_name(REASON_NOT_TRACED);
	if (r->w->scenario->v[PARAM_FORM] != FORM_ETL_MANIFEST)
		return;
	ret->word = "-";
	if (!own->kept)
		return;
	ret->word = grade_name(side == SIDE_SENDER ? GRADE_EXACT : GRADE_FLOW);
	int64_t reach = r->blur_ns[own->host] + RECKON_HOLD_NS;
	for (size_t i = 0; i < r->w->n_calls; i++) {
		const struct world_call *c = &r->w->calls[i];
		if (c->event.transport == own->event.transport && c->process != own->process &&
			c->host == own->host && llabs(c->ns - p->ns) < reach &&
			addr_equal(&c->event.remote.addr, &own->event.remote.addr))
			ret->or_ambiguous = ret->or_reason = true;
	}
}

/* Whoever the events around would show, were the addresses true, is shown by them now too. */
static void mislead(const struct reckon *r, const struct place *at, const struct reckon_cluster *c,
	struct best *ret)
{
	struct best shown = *ret;
	without_event(r, at, c, &shown);
	ret->misled = shown.misled;
	for (unsigned i = 0; i < shown.n_who && shown.misled; i++)
		best_who(ret, shown.who[i]);
}

/* IPv6 has no identification: a copy looks like a datagram that was sent twice. */
static bool may_be_copied(const struct reckon *r, const struct world_packet *p)
{
	const int64_t *v = r->w->scenario->v;
	return p->frame.v6 && (v[PARAM_COPIES] || v[PARAM_CAPTURES] > 1);
}

void reckon_datagram(const struct reckon *r, size_t frame, enum side side, struct best *ret)
{
	const struct world_packet *p = &r->w->packets[r->o->frames[frame].packet];
	const struct world_side *s = &p->sides[side];
	struct place at = place_of(r, frame, side);
	size_t place = r->cluster_of[2 * frame + side];
	const struct reckon_cluster *c = place == WORLD_NONE ? NULL : &r->clusters[place];
	const struct world_call *own = s->n_calls ? &r->w->calls[s->calls[0]] : NULL;
	if (c && (!own || !own->kept) && r->nearest[2 * frame + side] > r->blur_ns[at.host])
		c = NULL;
	if (p->later) {
		part(r, own, ret);
	} else if (r->w->scenario->v[PARAM_ADDRESSES] != ADDRESSES_TRUE) {
		moved(r, frame, s, ret);
		if (!own || !own->kept)
			mislead(r, &at, c, ret);
	} else if (side == SIDE_RECEIVER && is_group(&at.local.addr)) {
		group(r, s, ret);
	} else if (!own || !own->kept) {
		without_event(r, &at, c, ret);
		/* Whose address the others of this socket mean is not written. */
		if (own && addr_is_wildcard(&own->event.local.addr) && !ret->misled)
			ret->word = "-";
	} else if (c->several) {
		ret->word = reason_name(REASON_AMBIGUOUS);
		ret->or_name = true;
	} else {
		bool equal = c->packets == c->events && !may_be_copied(r, p);
		ret->word = grade_name(equal ? GRADE_EXACT : GRADE_FLOW);
		ret->or_ambiguous = !equal && has_event_near(r, &at, own->process, true);
	}
}
