/* SPDX-License-Identifier: Apache-2.0 */
/* Dossiers: see dossier.h. */
#include "correlate/dossier.h"

#include <stdlib.h>

#include "correlate/match_raw.h"

/* A frame in the middle of a storm: the nearest ones are enough for a reader. */
#define DOSSIER_MOST 256

void dossier_done(struct dossier *d)
{
	free(d->items);
	*d = (struct dossier){ 0 };
}

static bool same_record(const struct evidence *a, const struct evidence *b)
{
	return a->input == b->input && a->number == b->number;
}

static bool is_claims(const struct claim *c, const struct held_event *e)
{
	for (unsigned i = 0; i < c->n_evidence; i++)
		if (same_record(&c->evidence[i], &e->evidence))
			return true;
	return false;
}

static bool is_candidate(const struct claim *c, process_handle process)
{
	for (unsigned i = 0; i < c->n_candidates; i++)
		if (c->candidates[i] == process)
			return true;
	return false;
}

static enum verdict judge(
	const struct held_packet *p, const struct held_event *e, enum side side, bool same_flow)
{
	const struct claim *c = &p->claims[side];
	bool datagram = e->event.transport != TRANSPORT_TCP;
	if (is_claims(c, e))
		return c->grade == GRADE_FLOW ? VERDICT_SAME_FLOW : VERDICT_CHOSEN;
	if (c->grade == GRADE_EXACT && is_candidate(c, e->process) && e->used &&
		match_in_time(p, e))
		return VERDICT_CHOSEN;
	if (c->reason == REASON_AMBIGUOUS && is_candidate(c, e->process))
		return VERDICT_RIVAL;
	if (!same_flow)
		return VERDICT_ADDRESS;
	if (datagram && digest_has(&p->digest, DIGEST_PAYLOAD) &&
		p->digest.payload_bytes != e->event.bytes)
		return VERDICT_LENGTH;
	if (llabs(p->when.ns - e->when.ns) > e->error_ns)
		return VERDICT_TIME;
	if (e->used)
		return VERDICT_OTHER_PACKET;
	return datagram ? VERDICT_NOT_UNIQUE : VERDICT_SAME_FLOW;
}

static int append(struct dossier *d, const struct considered *item, struct err *err)
{
	if (d->n == DOSSIER_MOST)
		return 0;
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 16;
		struct considered *items = realloc(d->items, cap * sizeof *items);
		if (!items)
			return err_nomem(err);
		d->items = items;
		d->cap = cap;
	}
	d->items[d->n++] = *item;
	return 0;
}

static int add(struct dossier *d, const struct held_packet *p, const struct held_event *e,
	bool same_flow, struct err *err)
{
	struct considered item = {
		.verdict = judge(p, e, e->side, same_flow),
		.side = e->side,
		.evidence = e->evidence,
		.op = e->event.op,
		.transport = e->event.transport,
		.local = e->event.local,
		.remote = e->event.remote,
		.bytes = e->event.bytes,
		.process = e->process,
		.delta_ns = p->when.ns - e->when.ns,
	};
	return append(d, &item, err);
}

static int add_flow(struct dossier *d, const struct match *m, const struct held_packet *p,
	enum side side, struct err *err)
{
	if (p->flow == OWNERS_NONE)
		return 0;
	const struct owned_flow *f = &m->owners->flows[p->flow];
	for (uint32_t at = f->chains->first_event[p->dir][side]; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_flow)
		if (add(d, p, hold_event(m->hold, at), true, err) < 0)
			return -1;
	return 0;
}

static int add_ports(struct dossier *d, const struct match *m, const struct held_packet *p,
	enum side side, struct err *err)
{
	if (!p->ports_chained)
		return 0;
	const struct ports_chain *c = hold_chain_of(m->hold, p);
	bool raw = p->digest.transport != TRANSPORT_UDP;
	for (uint32_t at = c ? c->first_event[side] : HOLD_NONE; at != HOLD_NONE;
		at = hold_event(m->hold, at)->next_in_ports) {
		const struct held_event *e = hold_event(m->hold, at);
		bool same = raw ? match_raw_ends(m, p, e) : e->flow == p->flow && e->dir == p->dir;
		if ((raw || !same) && add(d, p, e, same, err) < 0)
			return -1;
	}
	return 0;
}

/* What the capture itself states comes first; which side it is for shows in the claims. */
static int add_stated(struct dossier *d, const struct held_packet *p, struct err *err)
{
	const struct claim *receiver = &p->claims[SIDE_RECEIVER];
	bool received = digest_has(&p->digest, DIGEST_RECEIVED) || receiver->origin ||
		(receiver->grade == GRADE_NONE && is_candidate(receiver, p->stated.process));
	enum side side = received ? SIDE_RECEIVER : SIDE_SENDER;
	if (p->stated.origin == 0)
		return 0;
	struct considered item = { .verdict = VERDICT_NOT_UNIQUE,
		.origin = p->stated.origin,
		.side = side,
		.evidence = { .input = p->input, .number = p->number },
		.process = p->stated.process };
	const struct claim *c = &p->claims[side];
	if (c->origin)
		item.verdict = VERDICT_CHOSEN;
	else if (c->reason == REASON_AMBIGUOUS)
		item.verdict = VERDICT_RIVAL;
	return append(d, &item, err);
}

int dossier_collect(struct dossier *d, const struct match *m, uint32_t place, struct err *err)
{
	const struct held_packet *p = hold_packet(m->hold, place);
	d->n = 0;
	if (add_stated(d, p, err) < 0)
		return -1;
	for (int side = 0; side < SIDES; side++)
		if (add_flow(d, m, p, side, err) < 0 || add_ports(d, m, p, side, err) < 0)
			return -1;
	return 0;
}
