/* SPDX-License-Identifier: Apache-2.0 */
/* What the evidence supports of a segment: see offline_reckon.h. */
#include <string.h>

#include "offline_reckon.h"

/* The kept events of one end of a connection, as seen from a segment. */
struct view {
	size_t n, first_process, before, behind; /* processes, or WORLD_NONE */
	bool several, opened;                    /* a connect or accept event is among them */
	int64_t first_ns;
	bool near_other; /* an event of another process than the nearest ones, within the hold */
	bool turns;      /* one process has events before and behind another one's */
};

static struct view view_of(const struct reckon *r, size_t link, unsigned end, int64_t ns)
{
	struct view v = { 0, WORLD_NONE, WORLD_NONE, WORLD_NONE, false, false, 0, false, false };
	size_t last = WORLD_NONE;
	unsigned changes = 0;
	for (size_t i = r->link_first[link]; i < r->link_first[link + 1]; i++) {
		const struct world_call *c = &r->w->calls[r->of_link[i]];
		if (!c->kept || c->end != end)
			continue;
		if (v.n++ == 0) {
			v.first_process = c->process;
			v.first_ns = c->ns;
		}
		v.several |= c->process != v.first_process;
		v.opened |= c->event.op == EVENT_CONNECT || c->event.op == EVENT_ACCEPT;
		if (c->ns <= ns)
			v.before = c->process;
		else if (v.behind == WORLD_NONE)
			v.behind = c->process;
		changes += last != WORLD_NONE && last != c->process;
		last = c->process;
	}
	v.turns = changes > 1;
	return v;
}

static bool other_near(
	const struct reckon *r, const struct world_packet *p, unsigned end, size_t process)
{
	int64_t hold =
		RECKON_HOLD_NS + r->blur_ns[p->sides[end == (p->out ? 0u : 1u) ? 0 : 1].host];
	for (size_t i = r->link_first[p->link]; i < r->link_first[p->link + 1]; i++) {
		const struct world_call *c = &r->w->calls[r->of_link[i]];
		if (c->kept && c->end == end && c->process != process &&
			llabs(c->ns - p->ns) <= hold)
			return true;
	}
	return false;
}

/* The bytes of the segment, and all before them, have kept events: those of sends at the sender,
 * of receives at the receiver. Returns their process, or WORLD_NONE. */
static size_t anchored(
	const struct reckon *r, const struct world_packet *p, unsigned end, enum side side)
{
	enum event_op op = side == SIDE_SENDER ? EVENT_SEND : EVENT_RECV;
	uint32_t reached = 0;
	bool opened = false;
	size_t process = WORLD_NONE;
	if (r->w->links[p->link].before_all || !r->link_syn[p->link])
		return WORLD_NONE;
	for (size_t i = r->link_first[p->link]; i < r->link_first[p->link + 1]; i++) {
		const struct world_call *c = &r->w->calls[r->of_link[i]];
		if (c->end != end)
			continue;
		opened |= c->kept && (c->event.op == EVENT_CONNECT || c->event.op == EVENT_ACCEPT);
		if (c->event.op != op)
			continue;
		if (!c->kept || c->from != reached)
			return WORLD_NONE;
		reached = c->to;
		if (c->to <= p->from)
			continue;
		if (process != WORLD_NONE && process != c->process)
			return WORLD_NONE;
		process = c->process;
		if (reached >= p->to)
			return opened ? process : WORLD_NONE;
	}
	return WORLD_NONE;
}

/* Another connection of the same two ends, whose times come near this packet. */
static bool twin_near(const struct reckon *r, const struct world_packet *p, int64_t reach)
{
	const struct world_link *l = &r->w->links[p->link];
	for (size_t i = 0; i < r->w->n_links; i++) {
		const struct world_link *o = &r->w->links[i];
		if (i == p->link || o->ends[0].port != l->ends[0].port ||
			o->ends[1].port != l->ends[1].port ||
			memcmp(o->ends[0].station.ip, l->ends[0].station.ip, 4) != 0 ||
			memcmp(o->ends[1].station.ip, l->ends[1].station.ip, 4) != 0)
			continue;
		if (o->from - reach < p->ns && o->to + reach > p->ns)
			return true;
	}
	return false;
}

/* One process has all events of this end. */
static void sole(const struct reckon *r, const struct world_packet *p, const struct view *v,
	struct best *ret)
{
	unsigned host = r->w->processes[v->first_process].host;
	bool held = false;
	for (unsigned i = 0; i < ret->n_who; i++)
		held |= ret->who[i] == v->first_process;
	ret->word = grade_name(GRADE_FLOW);
	bool whole = r->link_syn[p->link] || v->opened;
	const struct observed_log *l = &r->o->logs[host];
	if ((!whole && p->ns < v->first_ns) || p->ns < l->from || p->ns > l->to)
		ret->word = "-";
	ret->or_ambiguous = twin_near(r, p, RECKON_HOLD_NS + r->blur_ns[host]);
	if (held && ret->n_who == 1)
		return;
	/* The second one left nothing, or has left by now. */
	ret->word = "-";
	ret->misled = !held;
	best_who(ret, v->first_process);
}

/* Two processes have events of this end. */
static void shared(const struct reckon *r, const struct world_packet *p, const struct view *v,
	unsigned end, struct best *ret)
{
	size_t before = v->before == WORLD_NONE ? v->behind : v->before;
	size_t behind = v->behind == WORLD_NONE ? v->before : v->behind;
	ret->word = reason_name(REASON_AMBIGUOUS);
	if (before != behind || v->turns) {
		ret->or_name |= before != behind && !v->turns;
		return;
	}
	ret->word = grade_name(GRADE_FLOW);
	ret->or_ambiguous = other_near(r, p, end, before);
	bool held = false;
	for (unsigned i = 0; i < ret->n_who; i++)
		held |= ret->who[i] == before;
	if (held)
		return;
	ret->word = "-";
	ret->misled = true;
	best_who(ret, before);
}

static bool own_kept(const struct reckon *r, const struct world_side *s)
{
	return s->n_calls && r->w->calls[s->calls[0]].kept;
}

/* When the trace says that it is over. Where that note was lost nothing is asked: the start of the
 * next process under the PID may say it as well. */
static int64_t over(const struct world *w, size_t process)
{
	size_t last = process;
	while (last + 1 < w->n_processes && w->processes[last + 1].first == process)
		last++;
	return w->processes[last].end_lost ? INT64_MAX / 2 : w->processes[last].to;
}

void reckon_stream(const struct reckon *r, size_t frame, enum side side, struct best *ret)
{
	const struct world_packet *p = &r->w->packets[r->o->frames[frame].packet];
	const struct world_side *s = &p->sides[side];
	unsigned end = p->out == (side == SIDE_SENDER) ? 0 : 1;
	struct view v = view_of(r, p->link, end, p->ns);
	if (s->reason == REASON_KERNEL_TCP_AFTER_EXIT) {
		ret->word = r->w->scenario->v[PARAM_NOTES] ? reason_name(s->reason) : "-";
		ret->or_reason = true;
		if (v.n == 0)
			best_missing(r, s->host, p->ns, ret);
		/* Without a note of the end the connection is still its process's, and so it seems
		 * just behind the end. */
		bool noted = r->w->scenario->v[PARAM_NOTES] && v.n &&
			p->ns > over(r->w, v.first_process) + r->blur_ns[s->host];
		if (v.n && !noted) {
			ret->word = "-";
			best_who(ret, v.first_process);
		}
		return;
	}
	if (own_kept(r, s)) {
		size_t process = r->w->calls[s->calls[0]].process;
		ret->word = grade_name(GRADE_EXACT);
		ret->or_ambiguous = v.several;
		best_who(ret, process);
		return;
	}
	if (v.n == 0) {
		best_missing(r, s->host, p->ns, ret);
		return;
	}
	size_t exact = p->to > p->from && !p->again ? anchored(r, p, end, side) : WORLD_NONE;
	if (exact != WORLD_NONE) {
		*ret = (struct best){ .word = grade_name(GRADE_EXACT), .or_ambiguous = v.several };
		best_who(ret, exact);
		return;
	}
	/* Data is who called for it: his name is right, though it may not be known. */
	if (p->to > p->from && !p->again) {
		ret->n_who = ret->n_who > 1 ? 1 : ret->n_who;
		ret->or_name = true;
	}
	if (v.several)
		shared(r, p, &v, end, ret);
	else
		sole(r, p, &v, ret);
}
