/* SPDX-License-Identifier: Apache-2.0 */
/* Trails: which cells have one, how eras part them, and what else is seen to go on. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/limits.h"
#include "describe/groups.h"

static struct groups *begin(void)
{
	struct groups *g;
	struct err err = { 0 };
	cr_assert_eq(groups_new((struct hash_key){ 1, 2 }, &g, &err), 0);
	return g;
}

struct ping {
	int64_t s;
	enum reason reason;
	enum grade grade;
	uint8_t from, to; /* last octets; 0: 1 and 9 */
	enum direction direction;
	uint32_t length;
	bool timeless;
};

static uint32_t add(struct groups *g, struct ping p)
{
	struct err err = { 0 };
	uint8_t from[4] = { 10, 0, 0, p.from ? p.from : 1 }, to[4] = { 10, 0, 0, p.to ? p.to : 9 };
	struct digest d = { .known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_PAYLOAD,
		.transport = TRANSPORT_ICMP,
		.payload_bytes = p.length };
	d.flow.src.addr = addr_v4(from);
	d.flow.dst.addr = addr_v4(to);
	struct claim claims[SIDES] = { claim_reason(p.reason, DETAIL_NONE),
		claim_reason(REASON_OTHER_HOST, DETAIL_NONE) };
	claims[SIDE_SENDER].grade = p.grade;
	if (p.grade)
		claims[SIDE_SENDER].process = 5;
	struct settled s = { .number = 1,
		.has_time = !p.timeless,
		.selected = true,
		.when = { p.s * STAMP_NS_PER_S },
		.digest = &d,
		.claims = claims,
		.direction = p.direction };
	uint32_t cell;
	cr_assert_eq(groups_add(g, &s, &cell, &err), 0);
	return cell;
}

static const struct cell_tally *tally(struct groups *g, uint32_t cell)
{
	size_t n;
	return &groups_tallies(g, &n)[cell];
}

#define PING(...)                                       \
	(struct ping)                                   \
	{                                               \
		.direction = DIRECTION_OUT, __VA_ARGS__ \
	}

/* A log that denies a packet or lost some says more than that evidence is missing. */
Test(trails, only_what_merely_lacks_evidence_has_one)
{
	struct groups *g = begin();
	static const struct {
		enum reason reason;
		bool has;
	} cases[] = {
		{ REASON_NOT_TRACED, true },
		{ REASON_OUTSIDE_EVIDENCE, true },
		{ REASON_NO_EVIDENCE, true },
		{ REASON_NOT_IN_LOG, false },
		{ REASON_LOST_EVENTS, false },
		{ REASON_AMBIGUOUS, false },
		{ REASON_KERNEL_ICMP_ERROR, false },
		{ REASON_OTHER_HOST, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t c = add(g, PING(.s = 1, .reason = cases[i].reason));
		cr_assert_eq(tally(g, c)->trail != NULL, cases[i].has, "%s",
			reason_name(cases[i].reason));
	}
	cr_assert_null(tally(g, add(g, PING(.grade = GRADE_FLOW)))->trail);
	struct ping in = PING(.reason = REASON_NOT_TRACED);
	in.direction = DIRECTION_IN;
	cr_assert_null(tally(g, add(g, in))->trail, "not sent here");
	groups_free(g);
}

Test(trails, times_and_peers_are_kept)
{
	struct groups *g = begin();
	uint32_t c = 0;
	for (int i = 0; i < 40; i++)
		c = add(g, PING(.s = i, .reason = REASON_NOT_TRACED, .to = (uint8_t)(9 + i % 10)));
	const struct trail *t = tally(g, c)->trail;
	cr_assert_eq(t->when.packets, 40);
	cr_assert_eq(t->n_peers, TRAIL_PEERS);
	cr_assert_eq(t->peers[0].packets, 4);
	cr_assert_eq(t->timeless, 0);
	add(g, PING(.reason = REASON_NOT_TRACED, .timeless = true));
	cr_assert_eq(t->timeless, 1);
	groups_free(g);
}

Test(trails, eras_part_cells_without_evidence_and_no_others)
{
	struct groups *g = begin();
	uint32_t before = add(g, PING(.s = 10, .reason = REASON_NOT_TRACED));
	uint32_t named = add(g, PING(.s = 10, .grade = GRADE_FLOW));
	groups_add_era(g, (struct ref_time){ 20 * STAMP_NS_PER_S });
	cr_assert_eq(add(g, PING(.s = 20, .reason = REASON_NOT_TRACED)), before, "at its end");
	uint32_t behind = add(g, PING(.s = 21, .reason = REASON_NOT_TRACED));
	cr_assert_neq(behind, before);
	cr_assert_eq(tally(g, behind)->pool, tally(g, before)->pool);
	cr_assert_eq(add(g, PING(.s = 21, .grade = GRADE_FLOW)), named);
	/* One that is told of late, and lies before: packets behind both are in the third. */
	groups_add_era(g, (struct ref_time){ 15 * STAMP_NS_PER_S });
	cr_assert_neq(add(g, PING(.s = 30, .reason = REASON_NOT_TRACED)), before);
	for (int i = 0; i < 100; i++)
		groups_add_era(g, (struct ref_time){ (100 + i) * STAMP_NS_PER_S });
	uint32_t last = add(g, PING(.s = 500, .reason = REASON_NOT_TRACED));
	groups_add_era(g, (struct ref_time){ 600 * STAMP_NS_PER_S });
	cr_assert_eq(add(g, PING(.s = 700, .reason = REASON_NOT_TRACED)), last, "forgotten");
	groups_free(g);
}

Test(trails, what_goes_on_is_seen)
{
	struct groups *g = begin();
	struct addr peer = addr_v4((const uint8_t[4]){ 10, 0, 0, 9 });
	cr_assert_null(groups_host(g, 0));
	cr_assert_null(groups_peer(g, &peer));
	add(g, PING(.s = 1, .reason = REASON_NOT_TRACED));
	add(g, PING(.s = 2, .grade = GRADE_FLOW, .to = 7));
	struct ping answer = PING(.s = 3, .reason = REASON_OTHER_HOST, .from = 9, .to = 1);
	answer.direction = DIRECTION_IN;
	add(g, answer);
	cr_assert_eq(groups_host(g, 0)->packets, 2, "what it sent, named or not");
	cr_assert_eq(groups_peer(g, &peer)->packets, 1);
	peer.b[15] = 7;
	cr_assert_null(groups_peer(g, &peer), "no group without evidence sends to it");
	groups_free(g);
}

/* Above the limit a cell has no trail, and the grade is not given. */
Test(trails, are_bounded)
{
	struct groups *g = begin();
	uint32_t c = 0, with = 0;
	for (uint32_t i = 0; i < LIMIT_TRAILS + 10; i++) {
		c = add(g,
			PING(.s = 1, .reason = REASON_NOT_TRACED, .length = i % 200,
				.from = (uint8_t)(1 + i / 200)));
		with += tally(g, c)->trail != NULL;
	}
	cr_assert_eq(with, LIMIT_TRAILS);
	cr_assert_null(tally(g, c)->trail);
	groups_free(g);
}
