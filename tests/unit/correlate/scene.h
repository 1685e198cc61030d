/* SPDX-License-Identifier: Apache-2.0 */
/* A stage for tests of the correlator: one log (input 1) and one capture (input 0), packets and
 * events told in milliseconds, answers asked for by frame. */
#ifndef WHOSENT_TEST_SCENE_H
#define WHOSENT_TEST_SCENE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/join.h"

#define SCENE_FRAMES 2048
#define MS 1000000ll

struct scene {
	struct hosts hosts;
	struct roster *roster;
	struct coverage coverage;
	struct clock clocks[2];
	struct join *join;
	struct source_format log;
	uint64_t frames, lines;
	struct {
		bool done;
		struct claim claims[SIDES];
		enum direction direction;
		bool answered;
		size_t n_considered;
		enum verdict verdict;
		bool has_outer;
		struct outer_claim outer[SIDES];
		uint64_t original; /* frame that it is a copy of, or 0 */
		uint32_t mark;
	} answers[SCENE_FRAMES];
	uint64_t watched[1];
};

static int scene_settled(void *context, const struct settled *s, struct err *err)
{
	(void)err;
	struct scene *sc = context;
	cr_assert_lt(s->number, SCENE_FRAMES);
	cr_assert_not(sc->answers[s->number].done, "frame %lu is settled once", s->number);
	sc->answers[s->number].done = true;
	memcpy(sc->answers[s->number].claims, s->claims, sizeof s->claims[0] * SIDES);
	sc->answers[s->number].direction = s->direction;
	sc->answers[s->number].has_outer = s->outer != NULL;
	if (s->outer)
		memcpy(sc->answers[s->number].outer, s->outer, sizeof s->outer[0] * SIDES);
	sc->answers[s->number].answered = s->answered;
	sc->answers[s->number].original = s->duplicate_of ? s->duplicate_of->number : 0;
	sc->answers[s->number].mark = s->duplicate_of ? *s->mark : (uint32_t)s->number;
	*s->mark = sc->answers[s->number].mark;
	sc->answers[s->number].n_considered = s->n_considered;
	if (s->n_considered)
		sc->answers[s->number].verdict = s->considered[0].verdict;
	return 0;
}

static struct endpoint scene_endpoint(const char *text)
{
	const char *colon = strrchr(text, ':');
	struct endpoint e = { 0 };
	cr_assert(colon && addr_parse(span_of(text, (size_t)(colon - text)), &e.addr), "%s", text);
	e.port = (uint16_t)atoi(colon + 1);
	return e;
}

static void scene_learn(struct scene *sc, const char *local)
{
	struct err err = { 0 };
	struct event e = {
		.op = EVENT_SEND, .transport = TRANSPORT_UDP, .local = scene_endpoint(local)
	};
	cr_assert_eq(hosts_see_event(&sc->hosts, 1, &e, &err), 0);
	cr_assert_eq(hosts_see_address(&sc->hosts, 0, &e.local.addr, &err), 0);
}

/* `state` of the log's clock; its tick and error are 15.625 ms. `local` is "10.0.0.1:0". */
static struct scene *scene_new(enum clock_state state, const char *local)
{
	struct scene *sc = calloc(1, sizeof *sc);
	struct err err = { 0 };
	struct hash_key key = { 3, 4 };
	sc->log = (struct source_format){ .traces = TRACES_TCP | TRACES_UDP };
	sc->clocks[0] = clock_reference();
	sc->clocks[1] = (struct clock){ .state = state, .error_ns = 15625000, .tick_ns = 15625000 };
	cr_assert_eq(hosts_init(&sc->hosts, 2, key, &err), 0);
	scene_learn(sc, local);
	cr_assert_eq(hosts_settle(&sc->hosts, &err), 0);
	cr_assert_eq(roster_new(key, &sc->roster, &err), 0);
	cr_assert_eq(coverage_init(&sc->coverage, 2, &err), 0);
	coverage_add(&sc->coverage, 1, &sc->log, 0, &sc->clocks[1]);
	sc->watched[0] = 1;
	struct join_setup setup = { .key = key,
		.hosts = &sc->hosts,
		.roster = sc->roster,
		.coverage = &sc->coverage,
		.clocks = sc->clocks,
		.watched = sc->watched,
		.n_watched = 1,
		.settled = scene_settled,
		.context = sc };
	cr_assert_eq(join_new(&setup, &sc->join, &err), 0);
	return sc;
}

static void scene_finish(struct scene *sc)
{
	struct err err = { 0 };
	coverage_end(&sc->coverage, 1);
	cr_assert_eq(join_finish(sc->join, &err), 0);
}

static void scene_free(struct scene *sc)
{
	join_free(sc->join);
	roster_free(sc->roster);
	coverage_done(&sc->coverage);
	hosts_done(&sc->hosts);
	free(sc);
}

static struct digest scene_digest(
	uint8_t transport, const char *from, const char *to, uint32_t payload)
{
	struct digest d = { .known = DIGEST_DECODED | DIGEST_ADDRS | DIGEST_PORTS | DIGEST_PAYLOAD,
		.ip_version = 4,
		.transport = transport,
		.payload_bytes = payload };
	d.flow.src = scene_endpoint(from);
	d.flow.dst = scene_endpoint(to);
	return d;
}

/* With the process that the capture states, or NULL. Returns the frame number, from 1. */
static uint64_t scene_stated(
	struct scene *sc, double ms, const struct digest *d, const struct owner *owner)
{
	struct err err = { 0 };
	struct ref_time t = { (int64_t)(ms * MS) };
	struct record rec = { .kind = RECORD_PACKET, .input = 0, .number = ++sc->frames };
	rec.packet.owner = owner;
	cr_assert_eq(join_packet(sc->join, &rec, d, &t, true, &err), 0, "%s", err.msg);
	return sc->frames;
}

static uint64_t scene_packet(struct scene *sc, double ms, const struct digest *d)
{
	return scene_stated(sc, ms, d, NULL);
}

static inline uint64_t scene_udp(
	struct scene *sc, double ms, const char *from, const char *to, uint32_t payload)
{
	struct digest d = scene_digest(TRANSPORT_UDP, from, to, payload);
	return scene_packet(sc, ms, &d);
}

static inline uint64_t scene_tcp(struct scene *sc, double ms, const char *from, const char *to,
	uint8_t flags, uint32_t seq, uint32_t payload)
{
	struct digest d = scene_digest(TRANSPORT_TCP, from, to, payload);
	d.known |= DIGEST_TCP;
	d.tcp_flags = flags;
	d.tcp_seq = seq;
	return scene_packet(sc, ms, &d);
}

static void scene_event(struct scene *sc, double ms, const struct event *e)
{
	struct err err = { 0 };
	struct ref_time t = { (int64_t)(ms * MS) };
	struct record rec = {
		.kind = RECORD_EVENT, .input = 1, .number = ++sc->lines, .event = *e
	};
	coverage_see(&sc->coverage, 1, t);
	cr_assert_eq(join_event(sc->join, &rec, &t, &err), 0, "%s", err.msg);
}

static void scene_say(struct scene *sc, double ms, enum event_op op, uint8_t transport,
	uint32_t pid, const char *local, const char *remote, uint32_t bytes)
{
	struct event e = { .op = op,
		.transport = transport,
		.pid = pid,
		.bytes = bytes,
		.local = scene_endpoint(local),
		.remote = scene_endpoint(remote) };
	scene_event(sc, ms, &e);
}

static uint32_t scene_pid(const struct scene *sc, process_handle h)
{
	size_t n;
	const struct process *all = roster_all(sc->roster, &n);
	return h < n ? all[h].pid : 0;
}

/* "exact 7", "flow 7", "other-host": the answer for one side as words. */
static const char *scene_answer(const struct scene *sc, uint64_t frame, enum side side)
{
	static char buf[4][64];
	static int turn;
	char *out = buf[turn++ % 4];
	const struct claim *c = &sc->answers[frame].claims[side];
	cr_assert(sc->answers[frame].done, "frame %lu is settled", frame);
	if (c->grade != GRADE_NONE)
		snprintf(out, 64, "%s %u", grade_name(c->grade), scene_pid(sc, c->process));
	else
		snprintf(out, 64, "%s", reason_name(c->reason));
	return out;
}

#define assert_sender(sc, frame, words) \
	cr_assert_str_eq(scene_answer(sc, frame, SIDE_SENDER), words)
#define assert_receiver(sc, frame, words) \
	cr_assert_str_eq(scene_answer(sc, frame, SIDE_RECEIVER), words)

#endif
