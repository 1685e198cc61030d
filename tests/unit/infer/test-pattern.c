/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "infer/infer.h"

#define NAMED(p, n)                                                                                \
	{                                                                                          \
		.direction = DIRECTION_OUT, .length = 8, .process = p, .packets = n, .as_ports = n \
	}
#define DENIED(n)                                                                 \
	{                                                                         \
		.direction = DIRECTION_OUT, .length = 8, .process = PROCESS_NONE, \
		.reason = REASON_NOT_IN_LOG, .packets = n                         \
	}

static void infer(struct cell_tally *cells, size_t n, struct cell_verdict *v)
{
	struct err err = { 0 };
	cr_assert_eq(infer_pattern(cells, n, v, &err), 0);
}

/* The article: two of fifteen have events, all of one process. */
Test(pattern, the_rest_of_one_processs_group)
{
	struct cell_tally c[] = { NAMED(7, 2), DENIED(13) };
	struct cell_verdict v[2];
	c[1].length = CELL_LENGTH_UNKNOWN;
	infer(c, 2, v);
	cr_assert_eq(v[0].grade, GRADE_NONE, "a named cell stays as it is");
	cr_assert_eq(v[1].grade, GRADE_PATTERN);
	cr_assert_eq(v[1].process, 7);
}

/* That two do the same is no evidence of who sent this one: its reason stays. */
Test(pattern, two_processes_infer_nothing)
{
	struct cell_tally c[] = { NAMED(7, 2), NAMED(9, 1), DENIED(13) };
	struct cell_verdict v[3];
	infer(c, 3, v);
	cr_assert_eq(v[2].grade, GRADE_NONE);
	cr_assert_eq(v[2].reason, REASON_NONE);
	infer(c + 1, 2, v);
	cr_assert_eq(v[1].grade, GRADE_PATTERN, "one alone does");
}

/* The log holds nine of ten: what it denies was not sent by what it records. */
Test(pattern, a_complete_log_is_believed)
{
	struct cell_tally c[] = { NAMED(7, 90), DENIED(10) };
	struct cell_verdict v[2];
	infer(c, 2, v);
	cr_assert_eq(v[1].grade, GRADE_NONE);
	cr_assert_eq(v[1].reason, REASON_NONE);
	c[1].reason = REASON_OUTSIDE_EVIDENCE;
	infer(c, 2, v);
	cr_assert_eq(v[1].grade, GRADE_PATTERN, "outside of the log it denies nothing");
	c[0].packets = c[0].as_ports = 89;
	c[1].reason = REASON_NOT_IN_LOG;
	c[1].packets = 11;
	infer(c, 2, v);
	cr_assert_eq(v[1].grade, GRADE_PATTERN);
}

Test(pattern, another_length_pool_or_direction_is_another_group)
{
	struct cell_tally c[] = { NAMED(7, 2), DENIED(3), DENIED(3), DENIED(3), NAMED(7, 2) };
	struct cell_verdict v[5];
	c[1].length = 9;
	c[2].pool = 1;
	c[3].pool = c[4].pool = 2;
	c[3].direction = c[4].direction = DIRECTION_IN;
	infer(c, 5, v);
	for (int i = 0; i < 5; i++)
		cr_assert_eq(v[i].grade, GRADE_NONE, "cell %d", i);
}

/* Lengths that no input states could be either of two. */
Test(pattern, unknown_lengths_join_a_single_known_one_only)
{
	struct cell_tally c[] = { NAMED(7, 2), NAMED(7, 2), DENIED(9) };
	struct cell_verdict v[3];
	c[1].length = 20;
	c[2].length = CELL_LENGTH_UNKNOWN;
	infer(c, 3, v);
	cr_assert_eq(v[2].grade, GRADE_NONE);
}

/* TCP's lengths are no pattern. */
Test(pattern, lengths_that_are_not_told_apart_are_no_pattern)
{
	struct cell_tally c[] = { NAMED(7, 2), DENIED(9) };
	struct cell_verdict v[2];
	c[0].length = c[1].length = CELL_LENGTH_MANY;
	infer(c, 2, v);
	cr_assert_eq(v[1].grade, GRADE_NONE);
}

/* What the packet proves, and what is ambiguous already, no pattern overrules. */
Test(pattern, only_a_lack_of_evidence_is_filled)
{
	struct cell_tally c[] = { NAMED(7, 2), DENIED(3), DENIED(3), DENIED(3) };
	struct cell_verdict v[4];
	c[1].reason = REASON_AMBIGUOUS;
	c[2].reason = REASON_OTHER_HOST;
	c[3].reason = REASON_NOT_TRACED;
	infer(c, 4, v);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(v[i].grade, GRADE_NONE, "cell %d", i);
}

/* The capture says of these very packets that another process may have sent them. */
Test(pattern, what_packets_mention_themselves_is_not_outvoted)
{
	struct cell_tally c[] = { NAMED(7, 2), DENIED(13), NAMED(9, 1) };
	struct cell_verdict v[3];
	c[1].candidates[0] = 8;
	c[1].n_candidates = 1;
	infer(c, 2, v);
	cr_assert_eq(v[1].grade, GRADE_NONE);
	cr_assert_eq(v[1].reason, REASON_NONE);
	infer(c, 3, v);
	cr_assert_eq(v[1].reason, REASON_NONE);
	c[1].candidates[0] = 7;
	infer(c, 2, v);
	cr_assert_eq(v[1].grade, GRADE_PATTERN, "they mention just this one");
}

/* A family of many lengths: one of them is a pattern only where the others that send show that they
 * do not use it. */
Test(pattern, one_length_of_many_needs_rivals_that_keep_off)
{
	struct cell_tally c[] = { NAMED(7, 20), NAMED(7, 20), NAMED(9, 19), DENIED(30) };
	struct cell_verdict v[4];
	c[1].length = 100;
	c[2].length = 200;
	infer(c, 4, v);
	cr_expect_eq(
		v[3].grade, GRADE_NONE, "the rival's 19 packets may lack the length by chance");
	c[2].packets = c[2].as_ports = 21;
	infer(c, 4, v);
	cr_expect_eq(v[3].grade, GRADE_PATTERN, "half of 21 should have had it");
	cr_expect_eq(v[3].process, 7);
}

/* Lengths at random: what two packets happen to share is no pattern. */
Test(pattern, a_length_of_chance)
{
	struct cell_tally c[] = { NAMED(7, 1), NAMED(7, 200), NAMED(9, 300), DENIED(1) };
	struct cell_verdict v[4];
	c[1].length = 100;
	c[2].length = 200;
	infer(c, 4, v);
	cr_expect_eq(v[3].grade, GRADE_NONE);
	cr_expect_eq(v[3].reason, REASON_NONE);
}

Test(pattern, too_many_rivals_to_ask)
{
	struct cell_tally c[40];
	struct cell_verdict v[40];
	c[0] = (struct cell_tally)NAMED(7, 1000);
	c[1] = (struct cell_tally)DENIED(5000);
	for (uint32_t i = 2; i < 40; i++) {
		c[i] = (struct cell_tally)NAMED(100 + i, 1000);
		c[i].length = 100;
	}
	infer(c, 40, v);
	cr_expect_eq(v[1].grade, GRADE_NONE);
	infer(c, 33, v);
	cr_expect_eq(v[1].grade, GRADE_PATTERN);
}
