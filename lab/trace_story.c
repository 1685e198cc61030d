/* SPDX-License-Identifier: Apache-2.0 */
/* What happens on the computer that lab-trace shows: see trace_story.h. */
#include "trace_story.h"

#include <stdio.h>
#include <string.h>

#define START 1600000000000000000ll /* 2020-09-13 12:26:40 */
#define MS 1000000ll

enum {
	SYSTEM = 4,
	RESOLVER = 880, /* svchost: Dnscache and Dhcp */
	CLOCK = 1044,   /* svchost: W32Time and SSDPSRV */
	STORE = 2136,
	COPIER = 3344,
	BRIEF = 5120, /* a PID that is used twice */
};

const struct story_process story_processes[] = {
	{ SYSTEM, 0, "System" },
	{ 612, SYSTEM, "services.exe" },
	{ RESOLVER, 612, "svchost.exe" },
	{ CLOCK, 612, "svchost.exe" },
	{ STORE, 612, "store.exe" },
	{ COPIER, 612, "copier.exe" },
};
const size_t story_n_processes = sizeof story_processes / sizeof *story_processes;

static const struct story_process brief[] = {
	{ BRIEF, STORE, "probe.exe" },
	{ BRIEF, COPIER, "backup-agent-with-a-long-name.exe" },
};

const struct story_service story_services[] = {
	{ RESOLVER, 12, "Dnscache", "DNS Client" },
	{ RESOLVER, 13, "Dhcp", "DHCP Client" },
	{ CLOCK, 21, "W32Time", "Windows Time" },
	{ CLOCK, 22, "SSDPSRV", "SSDP Discovery" },
	{ STORE, 31, "MSExchangeIS", "Microsoft Exchange Information Store" },
	{ 0, 0, "Spooler", "Print Spooler" },
};
const size_t story_n_services = sizeof story_services / sizeof *story_services;

const struct story_thread story_threads[] = {
	{ SYSTEM, 100, 0 },
	{ RESOLVER, 904, 12 },
	{ RESOLVER, 912, 13 },
	{ RESOLVER, 916, 0 },
	{ CLOCK, 1052, 21 },
	{ CLOCK, 1060, 22 },
	{ STORE, 2140, 31 },
	{ STORE, 2144, 0 },
	{ COPIER, 3348, 0 },
};
const size_t story_n_threads = sizeof story_threads / sizeof *story_threads;

size_t story_thread(uint32_t pid, uint32_t tag)
{
	for (size_t i = 0; i < story_n_threads; i++)
		if (story_threads[i].pid == pid && story_threads[i].tag == tag)
			return i;
	return SIZE_MAX;
}

static uint16_t next_port(struct story *s)
{
	s->port = s->port >= 60000 ? 49152 : (uint16_t)(s->port + 1 + random_below(&s->choices, 3));
	return s->port;
}

struct saying {
	uint32_t pid, tag;
	const char *peer;
	uint16_t port, peer_port;
	uint32_t bytes, answer; /* 0: none comes */
};

static void say(struct story *s, const struct saying *w)
{
	uint8_t bytes[600];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)random_next(&s->stage.random);
	struct stage_datagram d = { .ns = s->ns,
		.pid = w->pid,
		.port = w->port,
		.peer_port = w->peer_port,
		.peer = stage_station(&s->stage, w->peer),
		.payload = span_of(bytes, w->bytes) };
	stage_send(&s->stage, &d);
	s->stage.events[s->stage.n_events - 1].event.tag = w->tag;
	if (!w->answer)
		return;
	d.ns += random_between(&s->choices, 200000, 4 * MS);
	d.payload.n = w->answer;
	stage_receive(&s->stage, &d);
}

static uint32_t some(struct story *s, uint32_t least, uint32_t most)
{
	return least + random_below(&s->choices, most - least + 1);
}

/* A service of two that share a process; both have ports of their own. */
static void serve(struct story *s)
{
	switch (random_below(&s->choices, 4)) {
	case 0:
		say(s,
			&(struct saying){ RESOLVER, 12, "10.1.1.10", next_port(s), 53,
				some(s, 28, 80), some(s, 60, 400) });
		break;
	case 1:
		say(s,
			&(struct saying){
				RESOLVER, 13, "10.1.1.10", 68, 67, 300, some(s, 0, 1) * 310 });
		break;
	case 2:
		say(s, &(struct saying){ CLOCK, 21, "10.1.1.11", 123, 123, 48, 48 });
		break;
	default:
		say(s,
			&(struct saying){
				CLOCK, 22, "239.255.255.250", 1900, 1900, some(s, 120, 500), 0 });
		break;
	}
}

static void notify(struct story *s, uint32_t pid)
{
	char peer[20];
	snprintf(peer, sizeof peer, "172.20.1.%u", some(s, 10, 200));
	uint32_t tag = pid == STORE ? some(s, 0, 1) * 31 : 0;
	say(s,
		&(struct saying){
			pid, tag, peer, next_port(s), (uint16_t)some(s, 1100, 1900), 8, 0 });
}

static void copy(struct story *s, uint32_t pid)
{
	struct stage_tcp t = { .stage = &s->stage,
		.ns = s->ns,
		.pid = pid,
		.port = pid == SYSTEM ? 445 : next_port(s),
		.peer_port = pid == SYSTEM ? next_port(s) : 8080,
		.accepted = pid == SYSTEM,
		.peer = stage_station(&s->stage, "10.1.1.30") };
	stage_tcp_open(&t);
	for (unsigned i = 0; i < 3; i++) {
		stage_tcp_send(&t, some(s, 100, 4000));
		stage_tcp_wait(&t, random_between(&s->choices, MS, 20 * MS));
		stage_tcp_receive(&t, some(s, 50, 2000));
		stage_tcp_wait(&t, random_between(&s->choices, 5 * MS, 90 * MS));
	}
	stage_tcp_close(&t);
	/* Connections of one process may overlap with anything, but not with a PID's next owner. */
	if (pid == BRIEF)
		s->ns = t.ns;
}

static void noise(struct story *s)
{
	const struct truth_side sides[SIDES] = { truth_reason(REASON_OTHER_HOST),
		truth_reason(REASON_OTHER_HOST) };
	struct station to = stage_station(&s->stage, "10.1.1.255");
	uint8_t bytes[64] = { 0 };
	struct frame f = { .src = stage_station(&s->stage, "10.1.1.60"),
		.dst = to,
		.protocol = 17,
		.sport = 138,
		.dport = 138,
		.payload = span_of(bytes, sizeof bytes) };
	if (random_below(&s->choices, 3)) {
		stage_frame(&s->stage, s->ns, f, sides);
	} else {
		/* Another one each time: two frames of the same bytes within moments look like one
		 * frame that two layers logged. */
		char ip[20];
		snprintf(ip, sizeof ip, "10.1.1.%u", 61 + (unsigned)s->stage.n_frames % 190);
		struct station asked = stage_station(&s->stage, ip);
		stage_arp(&s->stage, s->ns, 1, &s->stage.us, &asked);
	}
}

static void act(struct story *s, bool is_brief)
{
	uint32_t dice = random_below(&s->choices, 100);
	if (is_brief && dice < 10)
		notify(s, BRIEF);
	else if (is_brief && dice < 12)
		copy(s, BRIEF);
	else if (dice < 45)
		serve(s);
	else if (dice < 85)
		notify(s, random_below(&s->choices, 5) ? STORE : COPIER);
	else if (dice < 88)
		copy(s, COPIER);
	else if (dice < 89)
		copy(s, SYSTEM);
	else
		noise(s);
	s->ns += random_between(&s->choices, MS, 20 * MS);
}

static void live(struct story *s, size_t which, bool starts)
{
	s->lives[s->n_lives++] = (struct story_life){ s->ns, starts, &brief[which] };
	s->ns += 50 * MS;
}

/* What came at one moment comes a microsecond later, one after the other: the order of packets of
 * one stamp is nowhere in a log. */
static void tell_apart(struct stage *stage)
{
	for (size_t i = 1; i < stage->n_frames; i++)
		if (stage->frames[i].ns <= stage->frames[i - 1].ns)
			stage->frames[i].ns = stage->frames[i - 1].ns + 1000;
}

void story_tell(struct story *s, uint64_t seed, uint32_t frames)
{
	static const struct station us = { { 0x00, 0x1c, 0xc4, 0x11, 0x11, 0x11 },
		{ 10, 1, 1, 1 } };
	*s = (struct story){ .choices = { ~seed }, .start_ns = START, .port = 49152 };
	stage_init(&s->stage, seed);
	s->stage.us = us;
	memcpy(s->stage.gateway.mac, "\x00\x00\x0c\x07\xac\x15", 6);
	s->ns = START + 500 * MS;
	while (s->stage.n_frames < frames) {
		size_t eighth = s->stage.n_frames * 8 / frames;
		if (s->n_lives < STORY_LIVES &&
			eighth >= (const size_t[]){ 2, 4, 5, 7 }[s->n_lives])
			live(s, s->n_lives / 2, s->n_lives % 2 == 0);
		act(s, s->n_lives % 2);
	}
	stage_sort(&s->stage);
	tell_apart(&s->stage);
}
