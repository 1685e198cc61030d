/* SPDX-License-Identifier: Apache-2.0 */
/* Peeking at the inputs: local addresses, hosts, clocks. See run.h. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/run.h"
#include "correlate/stated.h"
#include "correlate/vote.h"
#include "decode/decode.h"
#include "evidence/formats.h"

/* The front of one input that may vote. */
struct peek {
	struct source source; /* self NULL: not of this kind, or at its end */
	struct ballots packets, events;
	bool has_packets, has_events; /* a trace may have either, or both */
	unsigned traces;              /* TRACES_* that its events show */
	bool ended;
	bool moved; /* the ballots are no longer those of the front */
};

static bool yields(const struct run_input *in, unsigned what)
{
	return in->input && (in->format->yields & what);
}

static int take_event(
	struct run *r, uint32_t input, struct peek *p, const struct record *rec, struct err *err)
{
	p->has_events = true;
	p->traces |= rec->event.traces;
	if (!rec->has_time)
		return 0;
	if (hosts_see_event(&r->hosts, input, &rec->event, err) < 0)
		return -1;
	return ballots_add_event(&p->events, rec, err);
}

static int take_record(
	struct run *r, uint32_t input, struct peek *p, const struct record *rec, struct err *err)
{
	if (rec->kind == RECORD_EVENT)
		return take_event(r, input, p, rec, err);
	if (rec->kind == RECORD_ADDRESS)
		return hosts_see_address(&r->hosts, input, &rec->address.addr, err);
	if (rec->kind != RECORD_PACKET || rec->packet.copy)
		return 0;
	p->has_packets = true;
	struct digest d;
	decode_packet(&rec->packet, &d);
	stated_trim(&rec->packet, &d);
	if (rec->packet.owner && stated_see(&r->hosts, input, &rec->packet, &d, err) < 0)
		return -1;
	if (r->inputs[input].details)
		return complete_add(&r->complete, rec->number, input, &d, err) < 0 &&
				err->kind != ERR_LIMIT
			? -1
			: 0;
	if (rec->packet.digested)
		complete_fill(&r->complete, rec->number, &d);
	return rec->has_time ? ballots_add_packet(&p->packets, &d, rec, err) : 0;
}

/* Reads on until the ballots are full or the input ends. Damage is passed over here: the first
 * pass will meet it again and say so. */
static int read_on(struct run *r, uint32_t input, struct peek *p, struct err *err)
{
	uint64_t records = 0;
	struct err damage;
	p->packets.n = p->events.n = 0;
	while (!p->ended && p->packets.n < p->packets.max && p->events.n < p->events.max &&
		records++ < 4ull * LIMIT_PEEK_RECORDS && !*r->interrupted) {
		struct record rec;
		err_clear(&damage);
		int rc = source_next(&p->source, &rec, &damage);
		bool lost = rc < 0 && (damage.kind == ERR_SYSTEM || damage.kind == ERR_NOMEM);
		if (rc == SOURCE_END || lost)
			p->ended = true;
		if (rc == SOURCE_ITEM && take_record(r, input, p, &rec, err) < 0)
			return -1;
		progress_step(&r->progress);
	}
	return 0;
}

static void peek_done(struct peek *p)
{
	source_close(&p->source);
	ballots_done(&p->packets);
	ballots_done(&p->events);
}

static int begin(struct run *r, uint32_t input, struct peek *p, struct err *err)
{
	struct run_input *in = &r->inputs[input];
	struct err damage = { 0 };
	peek_done(p);
	*p = (struct peek){ .has_packets = !(in->format->yields & YIELDS_EVENTS),
		.has_events = !(in->format->yields & YIELDS_PACKETS) };
	ballots_init(&p->packets, LIMIT_PEEK_RECORDS);
	ballots_init(&p->events, LIMIT_PEEK_RECORDS);
	if (formats_open(in->format, in->input, &p->source, &damage) < 0) {
		run_damage(r, input, &damage);
		p->source.self = NULL;
		input_close(in->input);
		in->input = NULL;
		return 0;
	}
	return read_on(r, input, p, err);
}

/* Aligns one log with a capture. Where the fronts of the files do not meet, the capture is read
 * on, then the log: one may have been started hours before the other. */
static int align(struct run *r, struct peek *capture, uint32_t capture_input, struct peek *log,
	uint32_t input, struct err *err)
{
	struct clock *clock = &r->clocks[input];
	int64_t tick = r->inputs[input].format->tick_ns;
	if (capture->moved && begin(r, capture_input, capture, err) < 0)
		return -1;
	if (vote_align(&capture->packets, &log->events, tick, clock, err) < 0)
		return -1;
	struct peek *behind[2] = { capture, log };
	uint32_t which[2] = { capture_input, input };
	for (int k = 0; k < 2; k++) {
		/* The front of the capture again: what lies behind it comes later in the log. */
		if (k == 1 && clock->state == CLOCK_NONE && capture->moved && !*r->interrupted &&
			begin(r, capture_input, capture, err) < 0)
			return -1;
		while (clock->state == CLOCK_NONE && !behind[k]->ended && !*r->interrupted) {
			behind[k]->moved = true;
			if (read_on(r, which[k], behind[k], err) < 0 ||
				vote_align(&capture->packets, &log->events, tick, clock, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Is `file` this input, or an archive that holds it? Returns how much of the name it says. */
static size_t names_input(const char *file, const char *input)
{
	size_t n = strlen(file);
	return strncmp(file, input, n) == 0 && (input[n] == '\0' || input[n] == '!') ? n : 0;
}

/* Of an archive's name and a member's own the member's counts. */
static const char *assigned(const struct assignment *list, size_t n, const char *input, bool *used)
{
	const char *value = NULL;
	size_t best = 0;
	for (size_t i = 0; i < n; i++) {
		size_t said = names_input(list[i].file, input);
		used[i] = used[i] || said > 0;
		if (said > best) {
			best = said;
			value = list[i].value;
		}
	}
	return value;
}

/* --host and --clock name files of the command line; a name that is none of them is a slip. */
static int check_used(const struct assignment *list, size_t n, const bool *used, const char *option,
	struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!used[i])
			return err_set(err, ERR_USAGE,
				"%s names \"%s\", which is not among the files", option,
				list[i].file);
	return 0;
}

static int apply_options(struct run *r, bool *given, struct err *err)
{
	const struct options *o = r->options;
	bool *hosts = calloc(o->n_hosts + 1, sizeof *hosts);
	bool *clocks = calloc(o->n_clocks + 1, sizeof *clocks);
	int rc = hosts && clocks ? 0 : err_nomem(err);
	for (uint32_t i = 0; i < r->n && rc == 0; i++) {
		const char *name = assigned(o->hosts, o->n_hosts, r->inputs[i].name, hosts);
		const char *offset = assigned(o->clocks, o->n_clocks, r->inputs[i].name, clocks);
		int64_t ns;
		if (name)
			hosts_name_input(&r->hosts, i, name);
		if (!offset)
			continue;
		if (!clock_parse_offset(span_text(offset), &ns)) {
			rc = err_set(err, ERR_USAGE,
				"--clock takes an offset such as +4h or "
				"-7h30m or 0.312s, not \"%s\"",
				offset);
			continue;
		}
		int64_t tick = r->inputs[i].format ? r->inputs[i].format->tick_ns : 0;
		r->clocks[i] = clock_given(ns, tick ? tick : 1000000);
		r->inputs[i].has_clock = true;
		given[i] = true;
	}
	if (rc == 0)
		rc = check_used(o->hosts, o->n_hosts, hosts, "--host", err);
	if (rc == 0)
		rc = check_used(o->clocks, o->n_clocks, clocks, "--clock", err);
	free(hosts);
	free(clocks);
	return rc;
}

static bool is_capture(const struct run *r, const struct peek *peeks, uint32_t i)
{
	return peeks[i].source.self && peeks[i].has_packets && !r->inputs[i].details;
}

/* A capture beside the first one is moved only by a sure vote of the packets that both have. Else
 * its clock is taken as the same: captures of different places share none, and pcap states UTC.
 * Wrong for two packet lists of different zones without a packet in common: --clock helps. */
static int align_capture(
	struct run *r, struct peek *first, struct peek *other, uint32_t input, struct err *err)
{
	struct clock clock;
	if (vote_align(&first->packets, &other->packets, 0, &clock, err) < 0)
		return -1;
	if (clock.state != CLOCK_SURE)
		return 0;
	r->clocks[input] = clock;
	r->inputs[input].has_clock = true;
	return 0;
}

static int align_log(struct run *r, struct peek *peeks, uint32_t input, struct err *err)
{
	r->clocks[input].state = CLOCK_NONE;
	for (uint32_t k = 0; k < r->n && r->clocks[input].state == CLOCK_NONE; k++) {
		if (!is_capture(r, peeks, k))
			continue;
		r->inputs[input].has_clock = true;
		if (align(r, &peeks[k], k, &peeks[input], input, err) < 0)
			return -1;
	}
	return 0;
}

/* Packets and events of one trace have one clock: it needs no offset, and how far the two stamps of
 * one datagram lie apart is learned all the same. */
static int align_own(struct run *r, struct peek *p, uint32_t input, struct err *err)
{
	const int64_t least_ns = 2000000;
	int64_t tick = r->inputs[input].format->tick_ns;
	struct clock own, *clock = &r->clocks[input];
	if (vote_align(&p->packets, &p->events, tick, &own, err) < 0)
		return -1;
	bool met = own.state != CLOCK_NONE;
	int64_t apart = met ? own.error_ns + llabs(own.offset_ns) : least_ns + tick;
	clock->tick_ns = met ? own.tick_ns : tick;
	clock->error_ns = apart > least_ns ? apart : least_ns;
	return 0;
}

/* Without a capture the events themselves are what is told, and the first log is the reference.
 * Wrong for two logs whose clocks differ: --clock helps. */
static bool only_events(const struct run *r, const struct peek *peeks)
{
	bool any = false;
	for (uint32_t i = 0; i < r->n; i++) {
		if (is_capture(r, peeks, i) || r->inputs[i].details)
			return false;
		any |= peeks[i].source.self && peeks[i].has_events;
	}
	return any;
}

/* The first capture is the reference. The others are aligned with it, logs with the first capture
 * that they meet; so the captures' fronts are compared before a log may move one on. What is both
 * is a capture, for its packets have the same clock as its events. */
static int align_all(struct run *r, struct peek *peeks, const bool *given, struct err *err)
{
	uint32_t first = (uint32_t)r->n;
	for (uint32_t i = 0; i < r->n; i++) {
		if (!given[i])
			r->clocks[i] = clock_reference();
		if (!is_capture(r, peeks, i))
			continue;
		if (first < r->n && !given[i] &&
			align_capture(r, &peeks[first], &peeks[i], i, err) < 0)
			return -1;
		first = first < r->n ? first : i;
	}
	for (uint32_t i = 0; i < r->n; i++)
		if (is_capture(r, peeks, i) && peeks[i].has_events &&
			align_own(r, &peeks[i], i, err) < 0)
			return -1;
	r->only_events = only_events(r, peeks);
	for (uint32_t i = 0; i < r->n; i++)
		if (!given[i] && !r->only_events && yields(&r->inputs[i], YIELDS_EVENTS) &&
			!is_capture(r, peeks, i) && align_log(r, peeks, i, err) < 0)
			return -1;
	return 0;
}

/* Packet details first: they complete the frames of a list, which then can vote. */
static int peek_all(struct run *r, struct peek *peeks, struct err *err)
{
	for (int details = 1; details >= 0; details--)
		for (uint32_t i = 0; i < r->n; i++)
			if (r->inputs[i].details == details &&
				yields(&r->inputs[i], YIELDS_PACKETS | YIELDS_EVENTS) &&
				begin(r, i, &peeks[i], err) < 0)
				return -1;
	return 0;
}

/* What the front of a capture shows, the correlator knows from its first packet on. */
static int show_addresses(struct run *r, const struct peek *p, struct err *err)
{
	for (size_t i = 0; i < p->packets.n; i++) {
		const struct flow *f = &p->packets.items[i].flow;
		if (join_see_address(r->join, &f->src.addr, err) < 0 ||
			join_see_address(r->join, &f->dst.addr, err) < 0)
			return -1;
	}
	return 0;
}

int run_align(struct run *r, struct err *err)
{
	struct peek *peeks = calloc(r->n, sizeof *peeks);
	bool *given = calloc(r->n, sizeof *given);
	int rc = peeks && given ? 0 : err_nomem(err);
	progress_begin(&r->progress, "comparing clocks", r->inputs, r->n);
	if (rc == 0)
		rc = apply_options(r, given, err);
	if (rc == 0)
		rc = peek_all(r, peeks, err);
	if (rc == 0)
		rc = align_all(r, peeks, given, err);
	if (rc == 0)
		rc = hosts_settle(&r->hosts, err);
	if (rc == 0)
		rc = run_join(r, err);
	for (uint32_t i = 0; rc == 0 && i < r->n; i++) {
		coverage_show(&r->coverage, i, peeks[i].traces);
		rc = show_addresses(r, &peeks[i], err);
	}
	progress_end(&r->progress);
	for (size_t i = 0; peeks && i < r->n; i++)
		peek_done(&peeks[i]);
	free(peeks);
	free(given);
	return rc;
}
