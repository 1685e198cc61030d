/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/limits.h"
#include "correlate/owners.h"

static const struct tenure_reach reach = {
	.error_ns = 10, .before_ns = 100, .behind_ns = 100, .rival_ns = 100
};

static void stretch(struct succession *s, process_handle p, int64_t t)
{
	tenure_stretch(s, p, 0, (struct ref_time){ t }, (struct evidence){ 1, (uint64_t)t });
}

/* "-" nobody, "7" sole, "7|8" rivals. */
static const char *who(const struct succession *s, int64_t t)
{
	static char buf[32];
	const struct tenure *a = NULL, *b = NULL;
	enum tenancy k = tenure_at(s, (struct ref_time){ t }, &reach, &a, &b);
	if (k == TENANCY_NOBODY)
		return "-";
	if (k == TENANCY_SOLE)
		snprintf(buf, sizeof buf, "%u", a->process);
	else
		snprintf(buf, sizeof buf, "%u|%u", a->process, b->process);
	return buf;
}

static struct succession nobody(void)
{
	struct succession s = { 0 };
	s.now.process = s.before.process = PROCESS_NONE;
	return s;
}

Test(owners, one_tenure)
{
	struct succession s = nobody();
	cr_assert_str_eq(who(&s, 500), "-");
	stretch(&s, 7, 1000);
	stretch(&s, 7, 5000);
	cr_assert_str_eq(who(&s, 800), "-");
	cr_assert_str_eq(who(&s, 900), "7");
	cr_assert_str_eq(who(&s, 3000), "7");
	cr_assert_str_eq(who(&s, 5100), "7");
	cr_assert_str_eq(who(&s, 5101), "-");
}

Test(owners, hand_over_leaves_a_doubt_between)
{
	struct succession s = nobody();
	stretch(&s, 7, 1000);
	stretch(&s, 7, 2000);
	stretch(&s, 8, 2100);
	stretch(&s, 8, 3000);
	cr_assert_str_eq(who(&s, 1500), "7");
	cr_assert_str_eq(who(&s, 2050), "7|8");
	cr_assert_str_eq(who(&s, 2000), "7|8", "the clock's error blurs the edges");
	cr_assert_str_eq(who(&s, 2500), "8");
	cr_assert_str_eq(who(&s, 700), "-");
}

Test(owners, far_apart_there_is_a_gap)
{
	struct succession s = nobody();
	stretch(&s, 7, 1000);
	stretch(&s, 8, 9000);
	cr_assert_str_eq(who(&s, 1100), "7");
	cr_assert_str_eq(who(&s, 5000), "-");
	cr_assert_str_eq(who(&s, 8900), "8");
}

/* The same process again after the idle time of UDP: nothing is proved of the time between. */
Test(owners, an_idle_port_is_let_go)
{
	struct succession s = nobody();
	stretch(&s, 7, 0);
	stretch(&s, 7, LIMIT_UDP_IDLE_NS + 1);
	cr_assert_str_eq(who(&s, LIMIT_UDP_IDLE_NS / 2), "-");
	cr_assert_str_eq(who(&s, LIMIT_UDP_IDLE_NS + 1), "7");
}

/* An inherited socket: parent and child send in turn. */
Test(owners, taking_turns_is_doubtful_throughout)
{
	struct succession s = nobody();
	for (int i = 0; i < 6; i++)
		stretch(&s, i % 2 ? 8 : 7, 1000 + 1000 * i);
	cr_assert(s.mixed);
	cr_assert_str_eq(who(&s, 6000), "7|8");
	cr_assert_str_eq(who(&s, 5500), "7|8");
	stretch(&s, 8, 9000);
	cr_assert_str_eq(who(&s, 8000), "8", "the turns are over");
}

/* Nothing is claimed without an event on both sides, yet a near one is a rival. */
Test(owners, a_reach_of_nothing)
{
	static const struct tenure_reach strict = { .error_ns = 10, .rival_ns = 100 };
	struct succession s = nobody();
	const struct tenure *a = NULL, *b = NULL;
	stretch(&s, 7, 1000);
	stretch(&s, 7, 1200);
	cr_assert_eq(tenure_at(&s, (struct ref_time){ 1100 }, &strict, &a, &b), TENANCY_SOLE);
	cr_assert_eq(tenure_at(&s, (struct ref_time){ 1201 }, &strict, &a, &b), TENANCY_NOBODY);
	stretch(&s, 8, 1250);
	cr_assert_eq(tenure_at(&s, (struct ref_time){ 1220 }, &strict, &a, &b), TENANCY_RIVALS);
}

/* Whoever had it just before may have had another turn between two events of the owner. */
Test(owners, a_turn_that_left_no_event)
{
	static const struct tenure_reach turns = { .error_ns = 10, .rival_ns = 100, .turns = true };
	struct succession s = nobody();
	const struct tenure *a = NULL, *b = NULL;
	stretch(&s, 8, 950);
	stretch(&s, 7, 1000);
	stretch(&s, 7, 1300);
	cr_assert_eq(tenure_at(&s, (struct ref_time){ 1020 }, &turns, &a, &b), TENANCY_RIVALS);
	cr_assert_eq(tenure_at(&s, (struct ref_time){ 1200 }, &turns, &a, &b), TENANCY_SOLE);
	cr_assert_eq(a->process, 7);
}

/* Rows of two processors arrive out of order. */
Test(owners, late_news_of_the_owner_before)
{
	struct succession s = nobody();
	stretch(&s, 7, 1000);
	stretch(&s, 8, 2000);
	stretch(&s, 7, 1900);
	cr_assert_str_eq(who(&s, 1500), "7");
	cr_assert_str_eq(who(&s, 1950), "7|8");
	cr_assert_eq(s.now.process, 8);
}

static struct flow flow(uint32_t n)
{
	uint8_t b[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	uint8_t c[4] = { 192, 0, 2, 1 };
	struct flow f = { .src = { .addr = addr_v4(b), .port = 1 },
		.dst = { .addr = addr_v4(c), .port = 2 } };
	return f;
}

Test(owners, both_directions_are_one_flow)
{
	struct owners o;
	struct err err = { 0 };
	unsigned there, back;
	owners_init(&o, (struct hash_key){ 1, 2 });
	struct flow f = flow(1);
	uint32_t a = owners_flow(&o, &f, 17, (struct ref_time){ 0 }, &there, &err);
	f = flow_reverse(f);
	cr_assert_eq(owners_flow(&o, &f, 17, (struct ref_time){ 0 }, &back, &err), a);
	cr_assert_neq(there, back);
	cr_assert_neq(owners_flow(&o, &f, 6, (struct ref_time){ 0 }, &back, &err), a);
	owners_done(&o);
}

/* The same ports again: the old connection stays for what is held, and leaves when its turn in the
 * queue comes. */
Test(owners, a_connection_supersedes_the_one_before)
{
	struct owners o;
	struct err err = { 0 };
	unsigned dir;
	owners_init(&o, (struct hash_key){ 1, 2 });
	struct flow f = flow(0);
	uint32_t a = owners_flow(&o, &f, 6, (struct ref_time){ 0 }, &dir, &err);
	uint32_t b = owners_open(&o, a, (struct ref_time){ 1 }, &err);
	cr_assert_neq(a, b);
	cr_assert_eq(owners_find(&o, &f, 6, &dir), b);
	cr_assert_eq(owners_older(&o, b), a);
	struct flow g = flow(1);
	owners_flow(&o, &g, 6, (struct ref_time){ 2 }, &dir, &err);
	cr_assert_eq(owners_older(&o, b), a);
	struct flow h = flow(2);
	owners_flow(&o, &h, 6, (struct ref_time){ LIMIT_UDP_IDLE_NS * 2 }, &dir, &err);
	cr_assert_eq(owners_older(&o, b), OWNERS_NONE);
	cr_assert_eq(owners_find(&o, &f, 6, &dir), b);
	owners_done(&o);
}

/* Idle flows leave as new ones come; what is in the hold stays. */
Test(owners, idle_flows_are_swept)
{
	struct owners o;
	struct err err = { 0 };
	unsigned dir;
	owners_init(&o, (struct hash_key){ 1, 2 });
	struct flow f = flow(0);
	uint32_t kept = owners_flow(&o, &f, 17, (struct ref_time){ 0 }, &dir, &err);
	o.flows[kept].held = 1;
	for (uint32_t i = 1; i < 50000; i++) {
		struct flow g = flow(i);
		struct ref_time now = { i * 100000000ll };
		cr_assert_neq(owners_flow(&o, &g, 17, now, &dir, &err), OWNERS_NONE);
	}
	cr_assert_lt(o.n, 4000, "1200 are alive at a time");
	cr_assert_eq(o.evicted, 0);
	cr_assert_eq(owners_find(&o, &f, 17, &dir), kept);
	owners_done(&o);
}
