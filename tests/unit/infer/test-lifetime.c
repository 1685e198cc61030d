/* SPDX-License-Identifier: Apache-2.0 */
/* Grade `lifetime`: the experiment that succeeds, and each way in which it must not. */
#include <criterion/criterion.h>
#include <math.h>

#include "infer/infer.h"

#define S STAMP_NS_PER_S
#define CELLS 3
#define ENDED 4

enum { STORE = 7, OTHER = 9, AGAIN = 11 };

/* An hour: the host sends something every 20 s, and so does its one peer. The group's packets come
 * every 5 s until the process stops after half an hour, a second behind the last of them. */
struct world {
	struct series host, peer;
	struct trail trails[CELLS];
	struct cell_tally cells[CELLS];
	struct cell_verdict verdicts[CELLS];
	size_t n_cells;
	struct lifetime_candidate ended[ENDED];
	size_t n_ended;
	struct lifetime_loss loss;
	struct lifetime_ask ask;
};

static struct ref_time at(double s)
{
	return (struct ref_time){ (int64_t)(s * (double)S) };
}

static const struct series *host_series(void *context, uint32_t host)
{
	struct world *w = context;
	return host == 0 ? &w->host : NULL;
}

static const struct series *peer_series(void *context, const struct addr *peer)
{
	struct world *w = context;
	return peer->b[15] == 1 ? &w->peer : NULL;
}

static void go_on(struct series *s, double from, double to, double every)
{
	for (double t = from; t <= to; t += every)
		series_add(s, at(t));
}

/* A cell of the group. */
static struct trail *cell(struct world *w, enum reason reason)
{
	size_t i = w->n_cells++;
	w->cells[i] = (struct cell_tally){ .length = 1,
		.direction = DIRECTION_OUT,
		.process = PROCESS_NONE,
		.reason = reason,
		.trail = &w->trails[i] };
	w->trails[i].n_peers = 1;
	w->trails[i].peers[0].addr.b[15] = 1;
	w->trails[i].peers[0].packets = 100;
	return &w->trails[i];
}

static struct lifetime_candidate *stop(struct world *w, process_handle process, double when)
{
	struct lifetime_candidate *c = &w->ended[w->n_ended++];
	*c = (struct lifetime_candidate){ .error_ns = S / 50,
		.watched_from = { INT64_MIN },
		.watched_to = { INT64_MAX },
		.n_spans = 1,
		.spans = { { .process = process, .has_to = true, .to = at(when) } } };
	return c;
}

static void world(struct world *w)
{
	*w = (struct world){ 0 };
	w->ask = (struct lifetime_ask){ .candidates = w->ended,
		.losses = &w->loss,
		.host = host_series,
		.peer = peer_series,
		.context = w };
	go_on(&w->host, 0, 3600, 20);
	go_on(&w->peer, 0, 3600, 20);
	cell(w, REASON_NOT_TRACED);
	go_on(&w->trails[0].when, 0.5, 1799, 5);
	stop(w, STORE, 1796);
}

static const struct cell_verdict *infer(struct world *w)
{
	struct err err = { 0 };
	for (size_t i = 0; i < w->n_cells; i++)
		if (w->verdicts[i].grade == GRADE_NONE)
			w->verdicts[i].process = PROCESS_NONE;
	w->ask.n_candidates = w->n_ended;
	cr_assert_eq(infer_lifetime(&w->ask, w->cells, w->n_cells, w->verdicts, &err), 0);
	return w->verdicts;
}

/* What every refusal must be: no name. */
static void refused(struct world *w, const char *why)
{
	const struct cell_verdict *v = infer(w);
	for (size_t i = 0; i < w->n_cells; i++)
		cr_assert_eq(v[i].grade, GRADE_NONE, "%s", why);
}

Test(lifetime, the_group_ends_with_its_process)
{
	struct world w;
	world(&w);
	const struct cell_verdict *v = infer(&w);
	cr_assert_eq(v[0].grade, GRADE_LIFETIME);
	cr_assert_eq(v[0].process, STORE);
	cr_assert(v[0].lifetime.known);
	/* The last packet came 0.5 s before the stop, in a window of 3599.5 s. */
	cr_assert_float_eq(v[0].lifetime.p_value, (0.5 + 0.02) / 3599.5, 1e-9);
	cr_assert_eq(v[0].lifetime.before, 360);
	cr_assert_eq(v[0].lifetime.after_ns, 1804 * S);
	cr_assert_eq(v[0].lifetime.stopped.ns, at(1796).ns);
}

Test(lifetime, all_cells_of_the_group_count)
{
	struct world w;
	world(&w);
	go_on(&cell(&w, REASON_NO_EVIDENCE)->when, 3, 1795, 50);
	cr_assert_eq(infer(&w)[0].grade, GRADE_LIFETIME);
	cr_assert_eq(w.verdicts[1].grade, GRADE_LIFETIME);
	world(&w);
	go_on(&cell(&w, REASON_NO_EVIDENCE)->when, 3, 1900, 50);
	refused(&w, "one of them goes on");
}

Test(lifetime, a_packet_without_the_process_refutes_it)
{
	struct world w;
	world(&w);
	series_add(&w.trails[0].when, at(3000));
	refused(&w, "a packet behind the stop");
	world(&w);
	w.ended[0].spans[0].has_from = true;
	w.ended[0].spans[0].from = at(10);
	refused(&w, "packets before the start");
	w.ended[0].spans[0].from = at(0.51);
	cr_assert_eq(infer(&w)[0].grade, GRADE_LIFETIME, "within the clock's error");
}

/* It ended of something else, and the process stopped a while later. */
Test(lifetime, a_group_that_ended_before_is_another_matter)
{
	struct world w;
	world(&w);
	w.ended[0].spans[0].to = at(1806);
	refused(&w, "twice its longest gap before the stop");
}

/* Stopped half a gap behind the last packet, as most are: one such end may be chance. */
Test(lifetime, one_coincidence_may_be_chance)
{
	struct world w;
	world(&w);
	w.ended[0].spans[0].to = at(1799.9);
	refused(&w, "p = 0.0012");
	cr_assert(w.verdicts[0].lifetime.known, "but it is mentioned");
	cr_assert_eq(w.verdicts[0].n_candidates, 1);
	cr_assert_eq(w.verdicts[0].candidates[0], STORE);
	cr_assert_gt(w.verdicts[0].lifetime.p_value, LIFETIME_P);
}

/* Stopped and started again, and the group with it: two coincidences. */
static void restart(struct world *w)
{
	struct lifetime_candidate *c = &w->ended[0];
	c->spans[0].to = at(1799.9);
	c->spans[c->n_spans++] =
		(struct lifetime_span){ .process = AGAIN, .has_from = true, .from = at(2700) };
	go_on(&cell(w, REASON_NOT_TRACED)->when, 2706, 3598, 5);
}

Test(lifetime, a_restart_is_stronger_and_each_part_has_its_process)
{
	struct world w;
	world(&w);
	restart(&w);
	const struct cell_verdict *v = infer(&w);
	cr_assert_eq(v[0].grade, GRADE_LIFETIME);
	cr_assert_eq(v[0].process, STORE);
	cr_assert_eq(v[1].grade, GRADE_LIFETIME);
	cr_assert_eq(v[1].process, AGAIN);
	double product = (4.4 + 0.02) / 3599.5 * (6.02 / 3599.5);
	cr_assert_float_eq(v[0].lifetime.p_value, product * (1 - log(product)), 1e-9);
}

Test(lifetime, an_unknown_pid_stays_unnamed)
{
	struct world w;
	world(&w);
	restart(&w);
	w.ended[0].spans[1].process = PROCESS_NONE;
	const struct cell_verdict *v = infer(&w);
	cr_assert_eq(v[0].process, STORE);
	cr_assert_eq(v[1].grade, GRADE_NONE);
}

Test(lifetime, what_does_not_come_back_lived_without_it)
{
	struct world w;
	world(&w);
	struct lifetime_candidate *c = &w.ended[0];
	c->spans[c->n_spans++] =
		(struct lifetime_span){ .process = AGAIN, .has_from = true, .from = at(2700) };
	refused(&w, "started again, and silent");
	c->spans[1].from = at(3595);
	cr_assert_eq(infer(&w)[0].grade, GRADE_LIFETIME, "the capture ended before it could");
}

/* Two services that one script stops: nobody can say which of them it was. */
Test(lifetime, two_that_stop_at_once_are_rivals)
{
	struct world w;
	world(&w);
	stop(&w, OTHER, 1797);
	refused(&w, "two stopped");
	cr_assert_eq(w.verdicts[0].n_candidates, 2);
	cr_assert_eq(w.verdicts[0].candidates[0], STORE);
	cr_assert_eq(w.verdicts[0].candidates[1], OTHER);
	world(&w);
	stop(&w, OTHER, 1797)->rival_only = true;
	refused(&w, "one of them is not known well");
	world(&w);
	stop(&w, OTHER, 2500)->early_ns = 1000 * S;
	refused(&w, "it may have stopped earlier");
	world(&w);
	stop(&w, OTHER, 1797)->host = 1;
	cr_assert_eq(infer(&w)[0].grade, GRADE_LIFETIME, "another computer's");
	world(&w);
	w.ended[0].spans[0].to = at(1795.5);
	struct lifetime_candidate *young = stop(&w, OTHER, 1797);
	young->spans[0].has_from = true;
	young->spans[0].from = at(60);
	cr_assert_eq(
		infer(&w)[0].grade, GRADE_LIFETIME, "it began behind the group's first packet");
}

/* One that stopped at the first stop alone cannot be behind the second. */
Test(lifetime, a_rival_must_stop_each_time)
{
	struct world w;
	world(&w);
	restart(&w);
	w.ended[0].spans[1].has_to = true;
	w.ended[0].spans[1].to = at(3599 - 290);
	w.trails[1].when = (struct series){ 0 };
	go_on(&w.trails[1].when, 2706, 3599 - 291, 5);
	stop(&w, OTHER, 1800);
	const struct cell_verdict *v = infer(&w);
	cr_assert_eq(v[0].grade, GRADE_LIFETIME);
	cr_assert_eq(v[0].lifetime.stops, 2);
}

/* What else ended must be known around the stop. */
Test(lifetime, an_end_outside_the_log_is_not_seen)
{
	struct world w;
	world(&w);
	w.ended[0].watched_from = at(1796);
	refused(&w, "the log began behind the last packet");
	world(&w);
	w.ended[0].watched_to = at(1800);
	refused(&w, "the log ended before another end would be too late");
}

Test(lifetime, the_more_is_tried_the_less_it_says)
{
	struct world w;
	world(&w);
	for (int i = 0; i < 3; i++)
		stop(&w, OTHER + i, 100 + i);
	cr_assert_eq(infer(&w)[0].grade, GRADE_LIFETIME);
	cr_assert_float_eq(w.verdicts[0].lifetime.p_value, 4 * (0.5 + 0.02) / 3599.5, 1e-9);
	world(&w);
	w.ended[0].spans[0].to = at(1796.5);
	cr_assert_eq(infer(&w)[0].grade, GRADE_LIFETIME, "alone it is enough");
	for (int i = 0; i < 3; i++)
		stop(&w, OTHER + i, 100 + i);
	w.verdicts[0] = (struct cell_verdict){ 0 };
	refused(&w, "with four tried it is not");
}

/* Even gaps count each, a burst counts once: of three bursts no rate is known. */
Test(lifetime, bursts_are_fewer_than_they_look)
{
	struct world w;
	world(&w);
	w.trails[0].when = (struct series){ 0 };
	for (int burst = 0; burst < 6; burst++)
		for (int i = 0; i < 60; i++)
			series_add(&w.trails[0].when, at(2 + burst * 358.7 + i * 0.01));
	refused(&w, "six bursts");
	world(&w);
	w.trails[0].when = (struct series){ 0 };
	go_on(&w.trails[0].when, 1760, 1795, 5);
	refused(&w, "seven intervals");
}

/* Packets of one moment have no gaps at all. */
Test(lifetime, one_moment_has_no_rate)
{
	struct world w;
	world(&w);
	w.trails[0].when = (struct series){ 0 };
	for (int i = 0; i < 100; i++)
		series_add(&w.trails[0].when, at(1795.5));
	refused(&w, "no interval");
}

Test(lifetime, the_silence_must_be_long)
{
	struct world w;
	world(&w);
	w.host = (struct series){ 0 };
	go_on(&w.host, 0, 1800, 20);
	go_on(&w.host, 1800, 1804, 1);
	refused(&w, "less than twice the longest gap");
	world(&w);
	w.trails[0].when = (struct series){ 0 };
	go_on(&w.trails[0].when, 0, 1700, 5);
	series_add(&w.trails[0].when, at(1100 + 694));
	w.ended[0].spans[0].to = at(1794.5);
	w.host = (struct series){ 0 };
	go_on(&w.host, 0, 1960, 20);
	refused(&w, "it was silent for 94 s before");
}

/* The capture stood still, or its host did. */
Test(lifetime, other_traffic_must_go_on)
{
	struct world w;
	world(&w);
	w.host = (struct series){ 0 };
	go_on(&w.host, 0, 1795, 20);
	refused(&w, "nothing of the host comes any more");
	series_add(&w.host, at(3600));
	refused(&w, "one packet at the end");
}

Test(lifetime, the_peer_must_go_on)
{
	struct world w;
	world(&w);
	w.peer = (struct series){ 0 };
	go_on(&w.peer, 0, 1795, 20);
	refused(&w, "the peer was shut down");
	world(&w);
	w.trails[0].peers[0].addr.b[15] = 2;
	refused(&w, "nothing is known of the peer");
	world(&w);
	w.trails[0].n_peers = 2;
	w.trails[0].peers[1] = (struct trail_peer){ .packets = 300 };
	cr_assert_eq(infer(&w)[0].grade, GRADE_LIFETIME, "a quarter of the packets goes to one");
	world(&w);
	w.trails[0].n_peers = 2;
	w.trails[0].peers[1] = (struct trail_peer){ .packets = 301 };
	refused(&w, "less than a quarter does");
}

Test(lifetime, stated_loss_forbids_it)
{
	struct world w;
	world(&w);
	w.ask.n_losses = 1;
	w.loss = (struct lifetime_loss){ at(1500), at(1600) };
	cr_assert_eq(infer(&w)[0].grade, GRADE_LIFETIME, "before the last packet");
	world(&w);
	w.ask.n_losses = 1;
	w.loss = (struct lifetime_loss){ at(2000), at(2000) };
	refused(&w, "in the silence");
	world(&w);
	w.ask.n_losses = 1;
	w.loss = (struct lifetime_loss){ at(100), { INT64_MAX } };
	refused(&w, "from then on");
	world(&w);
	w.ask.lost_somewhere = true;
	refused(&w, "nobody says when");
}

/* A kernel's packet, one that a log denies, one that has a process: no cell of the group may say
 * more than that evidence is missing. */
Test(lifetime, other_cells_of_the_group_speak_against_it)
{
	struct world w;
	world(&w);
	cell(&w, REASON_NOT_IN_LOG);
	w.cells[1].trail = NULL;
	refused(&w, "one without a trail");
	world(&w);
	cell(&w, REASON_NONE);
	w.cells[1].process = OTHER;
	refused(&w, "one with a process");
	world(&w);
	w.verdicts[0] = (struct cell_verdict){ .grade = GRADE_PATTERN, .process = OTHER };
	infer(&w);
	cr_assert_eq(w.verdicts[0].grade, GRADE_PATTERN, "a stronger inference stays");
	world(&w);
	w.verdicts[0].reason = REASON_AMBIGUOUS;
	refused(&w, "ambiguous stays");
	world(&w);
	w.trails[0].timeless = 1;
	refused(&w, "a packet without a time");
	world(&w);
	w.cells[0].host = UINT32_MAX;
	refused(&w, "nobody's");
	world(&w);
	go_on(&cell(&w, REASON_NOT_TRACED)->when, 1, 1795, 5);
	w.cells[1].length = CELL_LENGTH_UNKNOWN;
	refused(&w, "lengths that nobody states may be any");
}

/* What the capture says of these very packets is not outvoted. */
Test(lifetime, a_mentioned_process_speaks_against_it)
{
	struct world w;
	world(&w);
	w.cells[0].candidates[0] = OTHER;
	w.cells[0].n_candidates = 1;
	refused(&w, "the capture mentions another one");
	world(&w);
	w.cells[0].candidates[0] = STORE;
	w.cells[0].n_candidates = 1;
	cr_assert_eq(infer(&w)[0].grade, GRADE_LIFETIME);
}

/* A process that began while the capture ran, and the group with it. */
Test(lifetime, a_start_is_one_more_coincidence)
{
	struct world w;
	world(&w);
	w.trails[0].when = (struct series){ 0 };
	go_on(&w.trails[0].when, 603, 1799, 5);
	w.ended[0].spans[0] = (struct lifetime_span){ STORE, true, true, at(600), at(1799.9) };
	const struct cell_verdict *v = infer(&w);
	double product = (1.9 + 0.02) / 2997 * (3.02 / 2997);
	cr_assert_eq(v[0].grade, GRADE_LIFETIME);
	cr_assert_float_eq(v[0].lifetime.p_value, product * (1 - log(product)), 1e-9);
}

/* Where the times before and behind the stop are nearly one, the number of packets decides. */
Test(lifetime, the_rates_are_compared)
{
	struct world w;
	world(&w);
	w.trails[0].when = (struct series){ 0 };
	go_on(&w.trails[0].when, 1740, 1796, 5);
	w.host = (struct series){ 0 };
	go_on(&w.host, 0, 1820, 1);
	w.ended[0].error_ns = 1;
	w.ended[0].spans[0].to = (struct ref_time){ at(1795).ns + 1 };
	const struct cell_verdict *v = infer(&w);
	/* 11 even intervals in 55 s, and none in 25 s: (55 / 80)^11. */
	cr_assert_eq(v[0].grade, GRADE_NONE);
	cr_assert_float_eq(v[0].lifetime.p_value, pow(55.0 / 80, 11), 1e-6);
}
