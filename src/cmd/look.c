/* SPDX-License-Identifier: Apache-2.0 */
/* A second look at a clock that may have been set. See run.h and correlate/clock_steps.c. */
#include "base/limits.h"
#include "cmd/run.h"
#include "correlate/vote.h"
#include "decode/decode.h"
#include "evidence/formats.h"

/* What is looked at on either side. A capture may show many hosts and the log one of them: so a few
 * times as many packets. */
#define LOOK_RECORDS (LIMIT_PEEK_RECORDS / 4)
#define LOOK_PARTS 4

/* One input, read again. */
struct look {
	struct source source;
	uint64_t from; /* first record that counts */
	bool ended;
	struct ballots ballots;
};

static int begin(struct run *r, uint32_t input, uint64_t from, struct look *l, struct err *err)
{
	struct run_input *in = &r->inputs[input];
	*l = (struct look){ .from = from };
	ballots_init(&l->ballots, LOOK_RECORDS);
	return in->input ? formats_open(in->format, in->input, &l->source, err) : -1;
}

static void done(struct look *l)
{
	source_close(&l->source);
	ballots_done(&l->ballots);
}

static int take(struct look *l, const struct record *rec, struct err *err)
{
	if (rec->number < l->from || !rec->has_time)
		return 0;
	if (rec->kind == RECORD_EVENT)
		return ballots_add_event(&l->ballots, rec, err);
	if (rec->kind != RECORD_PACKET || rec->packet.copy)
		return 0;
	struct digest d;
	decode_packet(&rec->packet, &d);
	return ballots_add_packet(&l->ballots, &d, rec, err);
}

/* Damage is passed over: the first pass meets it and says so. */
static int read_part(struct run *r, struct look *l, struct err *err)
{
	l->ballots.n = 0;
	while (!l->ended && l->ballots.n < LOOK_RECORDS && !*r->interrupted) {
		struct record rec;
		struct err damage = { 0 };
		int rc = source_next(&l->source, &rec, &damage);
		l->ended = rc == SOURCE_END ||
			(rc < 0 && (damage.kind == ERR_SYSTEM || damage.kind == ERR_NOMEM));
		if (rc == SOURCE_ITEM && take(l, &rec, err) < 0)
			return -1;
	}
	return 0;
}

static int look(struct run *r, struct look *log, struct look *capture, int64_t tick,
	struct clock *ret, struct err *err)
{
	if (read_part(r, log, err) < 0)
		return -1;
	for (int part = 0; part < LOOK_PARTS && ret->state != CLOCK_SURE; part++) {
		if (capture->ended)
			return 0;
		if (read_part(r, capture, err) < 0 ||
			vote_align(&capture->ballots, &log->ballots, tick, ret, err) < 0)
			return -1;
	}
	return 0;
}

int run_look(struct run *r, uint32_t input, uint64_t from, struct err *err)
{
	struct clock *clock = &r->clocks[input];
	struct clock found = { .state = CLOCK_NONE };
	struct look log = { 0 }, capture = { 0 };
	struct err problem = { 0 };
	/* Where no pair was met yet, the peek has seen this part itself. */
	if (clock->last.event == 0 || clock_given_up(clock))
		return 0;
	int rc = begin(r, input, from, &log, &problem);
	if (rc == 0)
		rc = begin(r, clock->last.capture, clock->last.packet + 1, &capture, &problem);
	if (rc == 0)
		rc = look(r, &log, &capture, r->inputs[input].format->tick_ns, &found, &problem);
	done(&log);
	done(&capture);
	if (rc < 0 && problem.kind == ERR_NOMEM)
		return err_nomem(err);
	clock_looked(clock, &found);
	return 0;
}
