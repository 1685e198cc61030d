/* SPDX-License-Identifier: Apache-2.0 */
/* Groups: see groups.h. */
#include "describe/groups.h"

#include <stdlib.h>
#include <string.h>

#include "describe/cells.h"

static void keep_proof(struct cell *c, const struct settled *p, const struct claim *best)
{
	if (best->n_evidence == 0 || (c->n_proofs && c->strongest >= best->grade))
		return;
	/* A stronger one than any before: it goes to the front. */
	c->strongest = (uint8_t)best->grade;
	if (c->n_proofs < CELL_PROOFS)
		c->n_proofs++;
	memmove(&c->proofs[1], &c->proofs[0], (c->n_proofs - 1) * sizeof *c->proofs);
	c->proofs[0] = (struct proof){ .input = p->input,
		.number = p->number,
		.flow = p->digest->flow,
		.transport = p->digest->transport,
		.has_payload = digest_has(p->digest, DIGEST_PAYLOAD),
		.payload_bytes = p->digest->payload_bytes,
		.grade = best->grade,
		.op = best->op,
		.origin = best->origin,
		.translated = best->translated,
		.evidence = best->evidence[0],
		.router = best->evidence[1] };
}

/* Whom the claims of unnamed packets mention; the first few are enough for a reader. */
static void keep_candidates(struct cell_tally *t, const struct claim *claim)
{
	for (uint8_t i = 0; i < claim->n_candidates; i++) {
		uint8_t k = 0;
		while (k < t->n_candidates && t->candidates[k] != claim->candidates[i])
			k++;
		if (k < t->n_candidates || k == CLAIM_CANDIDATES)
			continue;
		if (k == 0)
			t->because = claim->because;
		t->candidates[t->n_candidates++] = claim->candidates[i];
	}
}

static void count(struct cell *c, const struct settled *p)
{
	if (c->packets++ == 0)
		c->host = p->host;
	else if (c->host != p->host)
		c->host = UINT32_MAX;
	c->answerable += p->answerable;
	c->answered += p->answered;
	if (digest_has(p->digest, DIGEST_WIRE)) {
		c->bytes += p->digest->wire_bytes;
		c->bytes_known++;
	}
	if (!p->has_time)
		return;
	if (!c->has_time || p->when.ns < c->first.ns)
		c->first = p->when;
	if (!c->has_time || p->when.ns > c->last.ns)
		c->last = p->when;
	c->has_time = true;
}

static void add_to_level(const struct level *l, const struct settled *p)
{
	if (l->ordered)
		states_add(l->ordered, true, p);
}

int groups_add(struct groups *g, const struct settled *p, uint32_t *ret_cell, struct err *err)
{
	uint32_t place = cells_of(g, p, err);
	if (place == UINT32_MAX)
		return -1;
	struct cell *c = &g->cell[place];
	const struct claim *best = &p->claims[settled_best_side(p)];
	count(c, p);
	g->tallied = false;
	if (best->grade != GRADE_NONE) {
		c->grades[best->grade]++;
		c->service = c->packets == 1 || c->service == best->service ? best->service
									    : SERVICE_SEVERAL;
		keep_proof(c, p, best);
	}
	for (int side = 0; best->grade == GRADE_NONE && side < SIDES; side++)
		keep_candidates(&g->tally[place], &p->claims[side]);
	if (trails_follow(&g->trails, p, c->packets == 1, &g->tally[place], err) < 0)
		return -1;
	states_add(c->unordered, false, p);
	states_add(c->ordered, true, p);
	add_to_level(&g->level[c->length_level], p);
	add_to_level(&g->level[c->answer_level], p);
	add_to_level(&g->family[c->family].level, p);
	*ret_cell = place;
	return 0;
}

/* What was counted since in the cells. */
static void take_over(struct groups *g)
{
	for (size_t i = 0; i < g->n_cells; i++) {
		const struct cell *c = &g->cell[i];
		struct cell_tally *t = &g->tally[i];
		t->packets = c->packets;
		t->host = c->host;
		t->as_ports = 0;
		for (int grade = GRADE_PORTS; grade < GRADE_COUNT; grade++)
			t->as_ports += c->grades[grade];
	}
	g->tallied = true;
}

const struct cell_tally *groups_tallies(struct groups *g, size_t *ret_n)
{
	if (!g->tallied)
		take_over(g);
	*ret_n = g->n_cells;
	return g->tally;
}

void groups_add_era(struct groups *g, struct ref_time at)
{
	trails_add_era(&g->trails, at);
}

const struct series *groups_host(const struct groups *g, uint32_t host)
{
	return trails_host(&g->trails, host);
}

const struct series *groups_peer(const struct groups *g, const struct addr *peer)
{
	return trails_peer(&g->trails, peer);
}

uint32_t groups_finding_of(const struct groups *g, uint32_t cell)
{
	return g->cell[cell].finding;
}
