/* SPDX-License-Identifier: Apache-2.0 */
/* What is captured and logged in a case of lab-offline: see offline_observe.h. */
#include "offline_observe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "write/pcap.h"
#include "write/tasklist.h"

enum { TRACE_LEAD_MS = 200, ICMP = 1 };

static _Noreturn void die(void)
{
	fputs("lab: no memory\n", stderr);
	exit(1);
}

static int compare_seen(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->packet < y->packet ? -1 : x->packet > y->packet;
}

static bool chance(struct observed *o, enum param p)
{
	return random_below(&o->random, 1000) < o->world->scenario->v[p];
}

/* What one capture sees, in the order of time. */
static size_t see_packets(struct observed *o, unsigned capture, bool *shown)
{
	const struct world *w = o->world;
	struct seen *frames = &o->frames[o->n_frames];
	size_t n = 0;
	for (size_t i = 0; i < w->n_packets; i++) {
		struct seen s = { w->packets[i].ns, i, shown[i], capture, 0 };
		int64_t later = random_between(&o->random, 2000, 150000);
		if (chance(o, PARAM_DROP))
			continue;
		frames[n++] = s;
		if (chance(o, PARAM_COPIES))
			frames[n++] = (struct seen){ s.ns + later, i, true, capture, 0 };
		shown[i] = true;
	}
	if (n)
		qsort(frames, n, sizeof *frames, compare_seen);
	return n;
}

/* Some frames stand behind their successor. */
static void reorder(struct observed *o, struct seen *frames, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct seen *a = &frames[i - 1], *b = &frames[i];
		if (!chance(o, PARAM_REORDER) || b->ns - a->ns > 5 * WORLD_MS ||
			a->packet == b->packet)
			continue;
		struct seen first = *a;
		*a = *b;
		*b = first;
		i++;
	}
}

static void see_all(struct observed *o)
{
	size_t most = 2 * o->world->n_packets;
	unsigned captures = (unsigned)o->world->scenario->v[PARAM_CAPTURES];
	o->frames = calloc(captures * most + 1, sizeof *o->frames);
	bool *shown = calloc(o->world->n_packets + 1, sizeof *shown);
	if (!o->frames || !shown)
		die();
	for (unsigned capture = 0; capture < captures; capture++) {
		struct seen *frames = &o->frames[o->n_frames];
		size_t n = see_packets(o, capture, shown);
		reorder(o, frames, n);
		for (size_t i = 0; i < n; i++)
			frames[i].number = i + 1;
		o->n_frames += n;
	}
	free(shown);
	o->capture_ahead_ns = random_between(&o->random, -2000000, 2000000) * 1000;
}

/* The first host's clock is the scenario's, each other one has its own. */
static void set_clock(struct observed *o, unsigned host)
{
	const int64_t *v = o->world->scenario->v;
	struct observed_log *l = &o->logs[host];
	struct random r = { o->world->scenario->seed * 31 + host };
	l->ahead_ns = (v[PARAM_ZONE_MIN] * 60000 + v[PARAM_SKEW_MS]) * WORLD_MS;
	l->drift_ppm = v[PARAM_DRIFT_PPM];
	l->tick_ns = v[PARAM_TICK_NS];
	l->step_ns = v[PARAM_FORM] >= FORM_ETL ? 0 : v[PARAM_STEP_MS] * WORLD_MS;
	l->step_at = WORLD_START + (o->world->ns - WORLD_START) / 2;
	if (host == 0)
		return;
	if (v[PARAM_ZONE_MIN])
		l->ahead_ns += random_between(&r, -8, 8) * 15 * 60000 * WORLD_MS;
	l->ahead_ns += random_between(&r, -300000, 300000) * 1000;
	l->drift_ppm = -v[PARAM_DRIFT_PPM] / 2;
	l->step_ns = 0;
}

int64_t observed_stamp(const struct observed *o, unsigned host, int64_t ns)
{
	const struct observed_log *l = &o->logs[host];
	int64_t at = ns + l->ahead_ns + (ns - WORLD_START) / 1000000 * l->drift_ppm;
	if (ns >= l->step_at)
		at += l->step_ns;
	return at - at % l->tick_ns;
}

static int compare_calls(const void *a, const void *b, void *observed)
{
	const struct world *w = ((const struct observed *)observed)->world;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	int64_t x = w->calls[i].ns, y = w->calls[j].ns;
	if (x != y)
		return x < y ? -1 : 1;
	return i < j ? -1 : i > j;
}

static void sort_calls(struct observed *o)
{
	o->calls = calloc(o->world->n_calls + 1, sizeof *o->calls);
	if (!o->calls)
		die();
	for (size_t i = 0; i < o->world->n_calls; i++)
		o->calls[i] = i;
	if (o->world->n_calls)
		qsort_r(o->calls, o->world->n_calls, sizeof *o->calls, compare_calls, o);
}

/* Runs of events are lost, so that in the end so many of a thousand are. */
static bool loses(struct observed *o, uint32_t *run)
{
	const int64_t *v = o->world->scenario->v;
	if (*run) {
		--*run;
		return true;
	}
	uint64_t share = (uint64_t)v[PARAM_LOSS], length = (uint64_t)v[PARAM_LOSS_RUN];
	uint64_t odds = share >= 1000 ? 1000000 : share * 1000000 / ((1000 - share) * length);
	if (random_below(&o->random, 1000000) >= odds)
		return false;
	*run = (uint32_t)length - 1;
	return true;
}

static void log_calls(struct observed *o, struct world *w, unsigned host)
{
	const int64_t *v = w->scenario->v;
	struct observed_log *l = &o->logs[host];
	int64_t last = w->ns;
	for (size_t i = 0; i < o->n_frames; i++)
		last = o->frames[i].ns > last ? o->frames[i].ns : last;
	int64_t from = WORLD_START + (v[PARAM_LATE_MS] - TRACE_LEAD_MS) * WORLD_MS;
	int64_t to = last + (TRACE_LEAD_MS - v[PARAM_EARLY_MS]) * WORLD_MS;
	uint32_t run = 0;
	l->from = from;
	l->to = to;
	for (size_t i = 0; i < w->n_calls; i++) {
		struct world_call *c = &w->calls[o->calls[i]];
		if (c->host != host)
			continue;
		c->stamp = observed_stamp(o, host, c->ns);
		/* One form alone tells of raw sockets. */
		c->kept = c->ns >= from && c->ns <= to &&
			(c->event.transport != ICMP || v[PARAM_FORM] == FORM_ETL_MANIFEST);
		if (c->kept && loses(o, &run)) {
			c->kept = false;
			l->lost++;
		}
		l->any |= c->kept;
	}
}

/* Which notes are lost, by a generator of its own, so that it changes nothing else. Two processes
 * of one PID that no note parts are one in the trace, and what is reckoned of one is of both. */
static void lose_notes(struct world *w)
{
	struct random r = { w->scenario->seed * 19 + 7 };
	const int64_t *v = w->scenario->v;
	int64_t lost = v[PARAM_NOTES] ? v[PARAM_NOTES_LOST] : 1000;
	for (size_t i = 0; i < w->n_processes; i++) {
		struct world_process *p = &w->processes[i];
		p->start_lost = random_below(&r, 1000) < lost;
		p->end_lost = random_below(&r, 1000) < lost;
		const struct world_process *before = i ? &w->processes[i - 1] : NULL;
		bool same = before && before->host == p->host && before->pid == p->pid &&
			before->end_lost && p->start_lost;
		p->first = same ? before->first : i;
	}
	for (size_t i = 0; i < w->n_calls; i++)
		w->calls[i].process = w->processes[w->calls[i].process].first;
	for (size_t i = 0; i < w->n_packets; i++)
		for (int side = 0; side < SIDES; side++)
			for (unsigned k = 0; k < w->packets[i].sides[side].n_owners; k++) {
				size_t *owner = &w->packets[i].sides[side].owners[k];
				*owner = w->processes[*owner].first;
			}
}

void observe(struct observed *o, struct world *w)
{
	*o = (struct observed){ .world = w, .random = { w->scenario->seed * 13 + 5 } };
	see_all(o);
	lose_notes(w);
	sort_calls(o);
	for (unsigned host = 0; host < w->scenario->v[PARAM_HOSTS]; host++) {
		set_clock(o, host);
		log_calls(o, w, host);
	}
}

void observed_done(struct observed *o)
{
	free(o->frames);
	free(o->calls);
}

/* Groups and broadcasts stay what they are. */
void observed_address(const struct scenario *s, uint8_t ip[static 4])
{
	static const uint8_t key[4] = { 0x20, 0x51, 0x17, 0x0d };
	bool ours = ip[0] == 10 && ip[1] == 1 && ip[2] == 1 && ip[3] < 10;
	bool group = ip[0] >= 224 || ip[3] == 255;
	if (s->v[PARAM_ADDRESSES] == ADDRESSES_NAT && ours)
		memcpy(ip, ((const uint8_t[4]){ 203, 0, 113, ip[3] }), 4);
	if (s->v[PARAM_ADDRESSES] == ADDRESSES_ANONYMOUS && !group)
		for (unsigned i = 0; i < 4; i++)
			ip[i] ^= key[i];
}

static size_t build(const struct observed *o, const struct seen *s, uint8_t *buf)
{
	const struct world_packet *p = &o->world->packets[s->packet];
	const struct scenario *scenario = o->world->scenario;
	uint8_t payload[FRAME_LARGE], quoted[FRAME_LARGE];
	struct random r = { p->filling };
	struct frame f = p->frame;
	for (size_t i = 0; i < f.payload.n; i++)
		payload[i] = (uint8_t)random_next(&r);
	f.payload.p = payload;
	observed_address(scenario, f.src.ip);
	observed_address(scenario, f.dst.ip);
	/* Behind a router, or just the same. */
	if (s->copy && scenario->v[PARAM_COPIES] % 2)
		f.ttl--;
	if (p->arp)
		return frame_arp(p->arp, &f.src, &f.dst, buf);
	if (p->quoted != WORLD_NONE) {
		struct seen q = { .packet = p->quoted };
		build(o, &q, quoted);
		f.payload = span_of(quoted + 14, 28);
	}
	return frame_build_large(&f, buf);
}

void observed_capture(const struct observed *o, unsigned capture, struct str *out)
{
	static uint8_t buf[FRAME_LARGE];
	const struct scenario *s = o->world->scenario;
	struct pcap_writer w;
	pcap_begin(&w, out,
		(struct pcap_form){
			.nano = s->seed % 2, .snaplen = (uint32_t)s->v[PARAM_SNAPLEN] });
	for (size_t i = 0; i < o->n_frames; i++) {
		const struct seen *f = &o->frames[i];
		if (f->capture == capture)
			pcap_frame(&w, f->ns + (capture ? o->capture_ahead_ns : 0),
				span_of(buf, build(o, f, buf)));
	}
}

void observed_roster(const struct observed *o, unsigned host, struct str *out)
{
	struct tasklist_process rows[256];
	size_t n = 0;
	for (size_t i = 0; i < o->world->n_processes && n < 256; i++) {
		const struct world_process *p = &o->world->processes[i];
		if (p->host == host && p->from < o->world->ns && p->to > o->world->ns)
			rows[n++] = (struct tasklist_process){ p->image, p->pid, NULL, 4000 };
	}
	tasklist_write(out, (struct tasklist_style){ .form = TASKLIST_PLAIN }, rows, n);
}

size_t observed_notes(const struct observed *o, unsigned host, struct observed_note **ret)
{
	const struct world *w = o->world;
	const struct observed_log *l = &o->logs[host];
	struct observed_note *notes = calloc(2 * w->n_processes + 1, sizeof *notes);
	size_t n = 0;
	if (!notes)
		die();
	for (size_t i = 0; w->scenario->v[PARAM_NOTES] && i < w->n_processes; i++) {
		const struct world_process *p = &w->processes[i];
		if (p->host != host || p->to < l->from || p->from > l->to)
			continue;
		bool before = p->from < l->from;
		if (!p->start_lost)
			notes[n++] = (struct observed_note){ before ? l->from : p->from, p,
				before ? "DCStart" : "Start" };
		if (p->to <= l->to && !p->end_lost)
			notes[n++] = (struct observed_note){ p->to, p, "End" };
	}
	*ret = notes;
	return n;
}
