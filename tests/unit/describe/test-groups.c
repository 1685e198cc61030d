/* SPDX-License-Identifier: Apache-2.0 */
/* Groups: what they have in common, how they split, and that each packet is counted once. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "describe/groups.h"

struct crowd {
	struct groups *groups;
	int64_t ms; /* between packets */
	uint64_t n;
};

static struct crowd begin(void)
{
	struct crowd c = { .ms = 1 };
	struct err err = { 0 };
	cr_assert_eq(groups_new((struct hash_key){ 1, 2 }, &c.groups, &err), 0);
	return c;
}

struct someone {
	process_handle process; /* or */
	enum reason reason;
	enum grade grade;
	uint8_t transport;
	uint16_t sport, dport;
	int64_t length; /* -1: not stated */
	uint8_t peer;
	bool left_out; /* by the filter */
};

static uint32_t add(struct crowd *c, struct someone who)
{
	struct err err = { 0 };
	uint8_t us[4] = { 10, 0, 0, 1 }, peer[4] = { 10, 0, 0, who.peer ? who.peer : 9 };
	struct digest d = { .known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_PORTS,
		.transport = who.transport ? who.transport : TRANSPORT_UDP };
	d.flow.src = (struct endpoint){ addr_v4(us), who.sport };
	d.flow.dst = (struct endpoint){ addr_v4(peer), who.dport };
	if (who.length >= 0) {
		d.known |= DIGEST_PAYLOAD;
		d.payload_bytes = (uint32_t)who.length;
	}
	struct claim claims[SIDES] = { claim_reason(who.reason, DETAIL_NONE),
		claim_reason(REASON_OTHER_HOST, DETAIL_NONE) };
	if (who.grade) {
		claims[0].grade = who.grade;
		claims[0].process = who.process;
		claims[0].evidence[0] = (struct evidence){ 1, c->n + 1 };
		claims[0].n_evidence = 1;
	}
	struct settled s = { .number = ++c->n,
		.has_time = true,
		.selected = !who.left_out,
		.when = { (int64_t)c->n * c->ms * 1000000 },
		.digest = &d,
		.claims = claims,
		.direction = DIRECTION_OUT,
		.answerable = true };
	uint32_t cell;
	cr_assert_eq(groups_add(c->groups, &s, &cell, &err), 0);
	return cell;
}

/* The knowledge base of these tests: 8 bytes are explained. */
static bool explains(void *context, const struct pattern *p, process_handle process)
{
	(void)context;
	(void)process;
	return p->payload_bytes.kind == NUMBER_CONSTANT && p->payload_bytes.values[0] == 8;
}

static struct finding *end(struct crowd *c, const struct cell_verdict *given, size_t *ret_n)
{
	struct err err = { 0 };
	size_t n_cells;
	groups_tallies(c->groups, &n_cells);
	struct cell_verdict *v = calloc(n_cells + 1, sizeof *v);
	for (size_t i = 0; i < n_cells; i++) {
		v[i].process = PROCESS_NONE;
		if (given)
			v[i] = given[i];
	}
	struct groups_ask ask = { .explains = explains };
	struct finding *f = NULL;
	cr_assert_eq(groups_findings(c->groups, v, &ask, &f, ret_n, &err), 0);
	free(v);
	uint64_t packets = 0;
	for (size_t i = 0; i < *ret_n; i++) {
		uint64_t counted = 0;
		for (int g = 0; g < GRADE_COUNT; g++)
			counted += f[i].grades[g];
		for (int r = 0; r < REASON_COUNT; r++)
			counted += f[i].reasons[r];
		cr_assert_eq(counted, f[i].pattern.packets, "grades and reasons sum up");
		packets += counted;
	}
	cr_assert_leq(packets, c->n, "no packet is counted twice");
	return f;
}

static void done(struct crowd *c, struct finding *f)
{
	groups_free(c->groups);
	free(f);
}

Test(groups, rising_ports_constant_length_burst)
{
	struct crowd c = begin();
	size_t n;
	for (uint16_t i = 0; i < 15; i++)
		add(&c,
			(struct someone){ .process = 1,
				.grade = GRADE_EXACT,
				.sport = (uint16_t)(36000 + 2 * i),
				.dport = (uint16_t)(2000 + 977 * i % 1000),
				.length = 8,
				.peer = (uint8_t)(i + 1) });
	struct finding *f = end(&c, NULL, &n);
	cr_assert_eq(n, 1);
	const struct pattern *p = &f->pattern;
	cr_assert_eq(p->source_port.kind, NUMBER_RISING);
	cr_assert_eq(p->source_port.min, 36000);
	cr_assert_eq(p->source_port.max, 36028);
	cr_assert(p->one_socket_each);
	cr_assert_eq(p->destination_port.kind, NUMBER_VARIED);
	cr_assert_eq(p->payload_bytes.kind, NUMBER_CONSTANT);
	cr_assert_eq(p->peers, 15);
	cr_assert_eq(p->interval, INTERVAL_BURST);
	cr_assert_eq(f->grades[GRADE_EXACT], 15);
	cr_assert_eq(f->n_proofs, 1);
	done(&c, f);
}

/* The article: one frame states its length, two have evidence, the inference names the rest; the
 * order of all fifteen is known although they fell into three cells. */
Test(groups, a_promoted_family_is_one_finding)
{
	struct crowd c = begin();
	size_t n;
	uint32_t rest = 0;
	for (uint16_t i = 0; i < 15; i++) {
		bool exact = i == 4, ports = i == 14;
		uint32_t cell = add(&c,
			(struct someone){ .process = 1,
				.grade = exact  ? GRADE_EXACT
					: ports ? GRADE_PORTS
						: GRADE_NONE,
				.reason = exact || ports ? REASON_NONE : REASON_NOT_IN_LOG,
				.sport = (uint16_t)(36000 + i),
				.dport = 2000,
				.length = exact ? 8 : -1 });
		rest = exact || ports ? rest : cell;
	}
	struct cell_verdict v[3] = { { .process = PROCESS_NONE }, { .process = PROCESS_NONE },
		{ .process = PROCESS_NONE } };
	v[rest] = (struct cell_verdict){ .grade = GRADE_PATTERN, .process = 1 };
	struct finding *f = end(&c, v, &n);
	cr_assert_eq(n, 1);
	cr_assert_eq(f->pattern.source_port.kind, NUMBER_RISING);
	cr_assert_eq(f->pattern.payload_bytes.kind, NUMBER_CONSTANT);
	cr_assert_eq(f->pattern.payload_bytes.known, 1);
	cr_assert_eq(f->grades[GRADE_EXACT], 1);
	cr_assert_eq(f->grades[GRADE_PORTS], 1);
	cr_assert_eq(f->grades[GRADE_PATTERN], 13);
	cr_assert_eq(f->proofs[0].grade, GRADE_EXACT, "the strongest proof first");
	done(&c, f);
}

/* A length that the knowledge base explains is taken out of its family; the rest stays together,
 * and the order within each is still right. */
/* Five packets of one cell, then five of another, which begin with the port `next`; all of them are
 * one process's in the end. Do their ports rise, seen together? */
static bool two_cells_rise(uint16_t next, struct someone first, struct someone second)
{
	struct crowd c = begin();
	size_t n;
	struct cell_verdict verdicts[2] = { { .process = 1 }, { .process = 1 } };
	for (uint16_t i = 0; i < 10; i++) {
		struct someone who = i < 5 ? first : second;
		who.sport = (uint16_t)(i < 5 ? 5000 + i : next + i);
		who.dport = 2000;
		verdicts[i / 5].grade = who.grade ? GRADE_NONE : GRADE_PATTERN;
		cr_assert_eq(add(&c, who), i / 5u);
	}
	struct finding *f = end(&c, verdicts, &n);
	cr_assert_eq(n, 1);
	cr_assert_eq(f->pattern.packets, 10);
	cr_assert_eq(f->pattern.source_port.min, next < 5000 ? next + 5 : 5000);
	bool rise = f->pattern.source_port.kind == NUMBER_RISING;
	cr_assert_eq(f->pattern.one_socket_each, rise);
	done(&c, f);
	return rise;
}

Test(groups, the_order_of_a_level_begins_with_its_first_packet)
{
	struct someone named = { .process = 1, .grade = GRADE_EXACT, .length = 20 };
	struct someone unnamed = { .reason = REASON_NO_EVIDENCE, .length = 20 };
	struct someone longer = { .process = 1, .grade = GRADE_EXACT, .length = 21 };
	struct someone other = { .reason = REASON_NO_EVIDENCE, .length = 21 };
	/* Another answer of one length, another length of one answer, both other. */
	cr_assert(two_cells_rise(5000, named, unnamed));
	cr_assert(!two_cells_rise(4000, named, unnamed));
	cr_assert(two_cells_rise(5000, named, longer));
	cr_assert(!two_cells_rise(4000, named, longer));
	cr_assert(two_cells_rise(5000, named, other));
	cr_assert(!two_cells_rise(4000, named, other));
	cr_assert(!two_cells_rise(4000, unnamed, named));
}

Test(groups, a_packet_goes_where_those_like_it_went)
{
	struct crowd c = begin();
	enum { LENGTHS = 400, TOLD_APART = 256 };
	uint32_t cells[LENGTHS];
	size_t n_cells;
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < LENGTHS; i++) {
			struct someone who = {
				.process = 1, .grade = GRADE_EXACT, .sport = 5000, .dport = 2000
			};
			who.length = 8 + i;
			uint32_t cell = add(&c, who);
			cells[i] = round ? cells[i] : cell;
			cr_assert_eq(cell, cells[i], "length %d", 8 + i);
			cr_assert_eq(cell, i < TOLD_APART ? (uint32_t)i : TOLD_APART);
		}
	groups_tallies(c.groups, &n_cells);
	cr_assert_eq(n_cells, TOLD_APART + 1);
	done(&c, NULL);
}

Test(groups, an_explained_length_is_a_finding_of_its_own)
{
	struct crowd c = begin();
	size_t n;
	for (uint16_t i = 0; i < 10; i++) {
		struct someone who = { .process = 1,
			.grade = GRADE_EXACT,
			.sport = (uint16_t)(30000 + i),
			.dport = 2000,
			.length = 8 };
		add(&c, who);
		who.sport = (uint16_t)(20000 - i);
		who.length = 100 + i % 2;
		add(&c, who);
	}
	struct finding *f = end(&c, NULL, &n);
	cr_assert_eq(n, 2);
	cr_assert_eq(f[0].pattern.payload_bytes.values[0], 8);
	cr_assert_eq(f[0].pattern.packets, 10);
	cr_assert_eq(f[0].pattern.source_port.kind, NUMBER_RISING);
	cr_assert_eq(f[1].pattern.payload_bytes.kind, NUMBER_SET);
	cr_assert_eq(f[1].pattern.packets, 10);
	cr_assert_eq(f[1].pattern.source_port.kind, NUMBER_VARIED);
	done(&c, f);
}

Test(groups, processes_and_services_are_told_apart)
{
	struct crowd c = begin();
	size_t n;
	for (int i = 0; i < 4; i++) {
		struct someone who = {
			.process = 1, .grade = GRADE_FLOW, .sport = 4000, .dport = 53, .length = 30
		};
		add(&c, who);
		who.process = 2;
		add(&c, who);
		who.dport = 123;
		add(&c, who);
	}
	struct finding *f = end(&c, NULL, &n);
	cr_assert_eq(n, 3);
	done(&c, f);
}

/* Unnamed and unexplained: one row for each reason, whatever the protocols. */
Test(groups, one_row_for_each_reason)
{
	struct crowd c = begin();
	size_t n;
	for (uint16_t i = 0; i < 30; i++)
		add(&c,
			(struct someone){ .reason = i % 3 ? REASON_OTHER_HOST : REASON_NOT_IN_LOG,
				.transport = i % 2 ? TRANSPORT_UDP : TRANSPORT_TCP,
				.sport = i,
				.dport = 50000,
				.length = 100 + i });
	struct finding *f = end(&c, NULL, &n);
	cr_assert_eq(n, 2);
	for (size_t i = 0; i < n; i++) {
		cr_assert_eq(f[i].process, PROCESS_NONE);
		cr_assert_eq(f[i].pattern.transport, TRANSPORT_NONE);
		cr_assert_eq(f[i].reasons[f[i].reason], f[i].pattern.packets);
	}
	done(&c, f);
}

Test(groups, an_unnamed_pattern_that_is_explained_is_a_row)
{
	struct crowd c = begin();
	size_t n;
	for (uint16_t i = 0; i < 20; i++)
		add(&c,
			(struct someone){ .reason = REASON_NOT_IN_LOG,
				.sport = (uint16_t)(5000 + i),
				.dport = 6000,
				.length = i % 2 ? 8 : 100 + i });
	struct finding *f = end(&c, NULL, &n);
	cr_assert_eq(n, 2);
	cr_assert_eq(f[0].pattern.payload_bytes.values[0], 8);
	cr_assert_eq(f[0].pattern.packets, 10);
	cr_assert_eq(f[1].pattern.packets, 10);
	done(&c, f);
}

/* What the filter leaves out is reported nowhere, but still is in the same pool. */
Test(groups, the_filter_selects_what_is_reported)
{
	struct crowd c = begin();
	size_t n;
	struct someone who = {
		.process = 1, .grade = GRADE_EXACT, .sport = 4000, .dport = 2000, .length = 8
	};
	uint32_t in = add(&c, who);
	who.left_out = true;
	uint32_t out = add(&c, who);
	const struct cell_tally *t = groups_tallies(c.groups, &n);
	cr_assert_neq(in, out);
	cr_assert_eq(t[in].pool, t[out].pool);
	struct finding *f = end(&c, NULL, &n);
	cr_assert_eq(n, 1);
	cr_assert_eq(f->pattern.packets, 1);
	cr_assert_eq(groups_finding_of(c.groups, in), 0);
	cr_assert_eq(groups_finding_of(c.groups, out), UINT32_MAX);
	done(&c, f);
}

Test(groups, periods)
{
	struct crowd c = begin();
	size_t n;
	c.ms = 20000;
	for (int i = 0; i < 7; i++)
		add(&c,
			(struct someone){ .process = 1,
				.grade = GRADE_EXACT,
				.sport = 4000,
				.dport = 2000,
				.length = 8 });
	struct finding *f = end(&c, NULL, &n);
	cr_assert_eq(f->pattern.interval, INTERVAL_PERIODIC);
	cr_assert_eq(f->pattern.period_ns, 20000000000);
	cr_assert_eq(f->pattern.source_port.kind, NUMBER_CONSTANT);
	done(&c, f);
}

/* Above 64 peers the number is an estimate, and says so. */
Test(groups, many_peers_are_estimated)
{
	struct crowd c = begin();
	struct err err = { 0 };
	size_t n;
	struct claim claims[SIDES] = { claim_reason(REASON_NOT_IN_LOG, DETAIL_NONE),
		claim_reason(REASON_OTHER_HOST, DETAIL_NONE) };
	for (uint32_t i = 0; i < 20000; i++) {
		uint8_t us[4] = { 10, 0, 0, 1 },
			peer[4] = { 172, 16, (uint8_t)(i >> 8), (uint8_t)i };
		struct digest d = { .known = DIGEST_DECODED | DIGEST_ADDRS, .transport = 17 };
		d.flow.src.addr = addr_v4(us);
		d.flow.dst.addr = addr_v4(peer);
		struct settled s = { .number = i + 1,
			.selected = true,
			.digest = &d,
			.claims = claims,
			.direction = DIRECTION_OUT };
		uint32_t cell;
		cr_assert_eq(groups_add(c.groups, &s, &cell, &err), 0);
	}
	c.n = 20000;
	struct finding *f = end(&c, NULL, &n);
	cr_assert(f->pattern.peers_estimated);
	cr_assert_geq(f->pattern.peers, 18000);
	cr_assert_leq(f->pattern.peers, 22000);
	done(&c, f);
}
