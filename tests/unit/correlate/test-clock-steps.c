/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks that are set: when to look, what a look changes, and what is not believed meanwhile. */
#include "scene.h"

#define S 1000000000ll

static struct clock running(void)
{
	return (struct clock){ .state = CLOCK_SURE,
		.offset_ns = 3600 * S,
		.first_offset_ns = 3600 * S,
		.error_ns = 2000000,
		.rate_error = 1e-6 };
}

/* One event in `of` meets its packet. */
static void pass_many(struct clock *c, int n, int of)
{
	for (int i = 0; i < n; i++) {
		struct clock_pair pair = { .event = (uint64_t)i + 1, .packet = (uint64_t)i + 1 };
		if (of && i % of == 0)
			clock_meet(c, &pair);
		clock_pass(c, false);
	}
}

Test(steps, events_that_stay_alone_are_suspect)
{
	struct clock c = running();
	pass_many(&c, 3000, 1);
	cr_assert_not(c.suspect);
	pass_many(&c, 150, 0);
	cr_assert(c.suspect);
}

/* Packets were lost, and which event is whose is not known, but they are where they should be. */
Test(steps, events_with_packets_near_are_not)
{
	struct clock c = running();
	pass_many(&c, 3000, 1);
	for (int i = 0; i < 1000; i++)
		clock_pass(&c, i % 4 != 0);
	cr_assert_not(c.suspect);
	for (int i = 0; i < 200; i++)
		clock_pass(&c, i % 4 == 0);
	cr_assert(c.suspect);
}

/* A capture that was filtered: one event in ten has a packet, as ever. */
Test(steps, few_packets_as_ever_are_not)
{
	struct clock c = running();
	pass_many(&c, 5000, 10);
	cr_assert_not(c.suspect);
	pass_many(&c, 500, 0);
	cr_assert(c.suspect);
}

/* The capture was narrowed: the looks end. */
Test(steps, looks_in_vain_end)
{
	struct clock c = running(), none = { .state = CLOCK_NONE };
	pass_many(&c, 3000, 1);
	unsigned looks = 0;
	for (int i = 0; i < 1000000; i++) {
		clock_pass(&c, false);
		if (!c.suspect)
			continue;
		looks++;
		cr_assert_not(clock_looked(&c, &none));
		cr_assert_not(clock_sure(&c), "until a pair is met");
	}
	cr_assert_leq(looks, 8);
	cr_assert_geq(looks, 1);
	clock_meet(&c, &(struct clock_pair){ .event = 9, .packet = 9 });
	cr_assert(clock_sure(&c));
}

Test(steps, a_sure_vote_sets_it)
{
	struct clock c = running();
	struct clock found = { .state = CLOCK_SURE,
		.offset_ns = 3690 * S,
		.since_ns = 50000 * S,
		.error_ns = 2000000,
		.rate_error = 1e-4 };
	c.rate = 100e-6;
	cr_assert(clock_looked(&c, &found));
	struct clock_report r = clock_describe(&c);
	cr_assert_eq(r.steps, 1);
	cr_assert_eq(r.offset_ns, 3600 * S, "the report says how it began");
	cr_assert_eq(clock_to_ref(&c, (struct source_time){ 50000 * S }).ns, 53690 * S);
	cr_assert_eq(clock_to_ref(&c, (struct source_time){ 60000 * S }).ns, 63691 * S,
		"its rate is that of its crystal");
}

/* The same offset again: a pause. Drift that is within what is known of the rate is no step. */
Test(steps, the_same_offset_is_none)
{
	struct clock c = running();
	struct clock found = c;
	cr_assert_not(clock_looked(&c, &found));
	cr_assert(clock_sure(&c));
	found.since_ns = 10000 * S;
	found.offset_ns += 15000000;
	cr_assert_not(clock_looked(&c, &found));
	found.state = CLOCK_UNSURE;
	found.offset_ns += 90 * S;
	cr_assert_not(clock_looked(&c, &found), "an unsure vote sets nothing");
	cr_assert_eq(c.offset_ns, 3600 * S);
	cr_assert_eq(c.steps, 0);
}

/* A step is no drift. */
Test(steps, drift_goes_on_behind_it)
{
	struct clock c = running();
	double rate = 40e-6;
	int64_t ahead = 0;
	for (int i = 0; i < 7200; i++) {
		if (i == 3600) {
			ahead = 500 * S;
			struct clock found = { .state = CLOCK_SURE,
				.since_ns = i * S + ahead,
				.offset_ns = 3600 * S - ahead + (int64_t)(rate * i * 1e9),
				.error_ns = 2000000,
				.rate_error = 1e-3 };
			cr_assert(clock_looked(&c, &found));
		}
		struct source_time log = { i * S + ahead };
		int64_t t = (i + 3600) * S + (int64_t)(rate * i * 1e9);
		int64_t off = t - clock_to_ref(&c, log).ns;
		cr_assert_leq(llabs(off), 2000000, "at %d", i);
		clock_track(&c, (struct ref_time){ t }, off, 1);
	}
	cr_assert_float_eq(clock_describe(&c).drift_ppm, 40, 1);
}

/* While it may have been set, time alone tells nothing apart; a tuple that occurs once does, and
 * ends the doubt. Nor does the log deny what it may have at another time. */
Test(steps, in_doubt_only_what_is_unmistakable)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	for (int i = 0; i < 2; i++)
		scene_say(sc, 1000 + i * 500, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.1:5000",
			"10.0.0.9:53", 30);
	sc->clocks[1].doubt = true;
	uint64_t twice = scene_udp(sc, 2000, "10.0.0.1:5000", "10.0.0.9:53", 30);
	scene_say(sc, 2001, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.1:5000", "10.0.0.9:53", 30);
	uint64_t denied = scene_udp(sc, 2100, "10.0.0.1:7000", "10.0.0.9:53", 30);
	uint64_t once = scene_udp(sc, 9000, "10.0.0.1:6000", "10.0.0.9:53", 30);
	scene_say(sc, 9001, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.1:6000", "10.0.0.9:53", 30);
	scene_finish(sc);
	assert_sender(sc, twice, "flow 7");
	assert_sender(sc, denied, "no-evidence");
	cr_assert_eq(sc->answers[denied].claims[SIDE_SENDER].detail, DETAIL_CLOCK_SET);
	assert_sender(sc, once, "exact 7");
	cr_assert_not(sc->clocks[1].doubt);
	scene_free(sc);
}

/* The capture's clock goes back by a minute: its packets fall into the time of an owner before, who
 * is not theirs. They get a reason, and what comes behind that minute is answered as ever. */
Test(steps, packets_that_go_back_in_time)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	for (int i = 0; i < 2; i++)
		scene_say(sc, 1000 + i * 20000, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.1:5000",
			"10.0.0.9:53", 30);
	uint64_t before = scene_udp(sc, 61000, "10.0.0.1:5000", "10.0.0.9:53", 31);
	scene_say(sc, 61001, EVENT_SEND, TRANSPORT_UDP, 8, "10.0.0.1:5000", "10.0.0.9:53", 31);
	uint64_t late = scene_udp(sc, 10000, "10.0.0.1:5000", "10.0.0.9:53", 30);
	uint64_t after = scene_udp(sc, 62000, "10.0.0.1:5000", "10.0.0.9:53", 32);
	scene_say(sc, 62001, EVENT_SEND, TRANSPORT_UDP, 8, "10.0.0.1:5000", "10.0.0.9:53", 32);
	scene_finish(sc);
	assert_sender(sc, before, "exact 8");
	assert_sender(sc, late, "no-evidence");
	cr_assert_eq(sc->answers[late].claims[SIDE_SENDER].detail, DETAIL_LATE);
	assert_sender(sc, after, "exact 8");
	scene_free(sc);
}

/* The log's clock goes back: its events fall into a time that is over, and vouch for nothing. */
Test(steps, events_that_go_back_in_time)
{
	struct scene *sc = scene_new(CLOCK_SURE, "10.0.0.1:0");
	scene_say(sc, 1000, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.1:5000", "10.0.0.9:53", 30);
	scene_say(sc, 60000, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.1:5001", "10.0.0.9:53", 30);
	uint64_t between = scene_udp(sc, 60500, "10.0.0.1:5000", "10.0.0.9:53", 30);
	scene_say(sc, 30000, EVENT_SEND, TRANSPORT_UDP, 8, "10.0.0.1:5000", "10.0.0.9:53", 30);
	scene_say(sc, 61000, EVENT_SEND, TRANSPORT_UDP, 7, "10.0.0.1:5000", "10.0.0.9:53", 30);
	scene_udp(sc, 61001, "10.0.0.1:5000", "10.0.0.9:53", 30);
	scene_finish(sc);
	assert_sender(sc, between, "flow 7");
	scene_free(sc);
}
