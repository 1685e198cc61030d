/* SPDX-License-Identifier: Apache-2.0 */
/* lab-sends OUTDIR [--seed N] [--sends N] [--drop PERCENT] [--offset-minutes M] [--tick-us N]
 *           [--pace N]
 *
 * Writes a capture, a kernel trace with rows removed, a process table and the truth. Three
 * processes send: one a datagram of 8 bytes from a new port each time, one queries of many lengths
 * on one flow, which are answered, and one over TCP; the third now and then does as the first
 * does, and later takes ports over that the first had, with the same peers: traps for guesses. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "files.h"
#include "stage.h"
#include "write/tasklist.h"

enum { PID_NOTIFIER = 2136, PID_QUERIES = 880, PID_COPIER = 3344 };

#define START 1263482400000000000ll /* 2010-01-14 15:20:00 on the capture's clock */
#define MS 1000000ll
#define REMEMBERED 4096u

struct options {
	const char *out;
	uint64_t seed;
	uint32_t sends, drop, pace; /* pace: one act every so many times 25 ms */
	int64_t tick_ns;
	int64_t offset_minutes; /* what the log's clock is ahead of the capture's */
};

/* A datagram of the first process, for the third to imitate. */
struct used {
	int64_t ns;
	struct station peer;
	uint16_t port, peer_port;
};

struct play {
	struct stage stage;
	struct random choices; /* of its own, so that what is sent does not hang on how */
	int64_t ns;
	uint32_t sends, pace;
	uint16_t port;
	struct used used[REMEMBERED];
	uint32_t n_used, reused;
};

static uint16_t next_port(struct play *p)
{
	p->port = p->port >= 60000 ? 20000 : (uint16_t)(p->port + 1 + random_below(&p->choices, 3));
	return p->port;
}

static struct station client(struct play *p, uint32_t n)
{
	char ip[32];
	snprintf(ip, sizeof ip, "172.20.%u.%u", n / 200, 10 + n % 200);
	return stage_station(&p->stage, ip);
}

static void send_eight(struct play *p, uint32_t pid, const struct used *how)
{
	uint8_t bytes[8];
	memcpy(bytes, how->peer.ip, 4);
	memcpy(bytes + 4, "mail", 4);
	struct stage_datagram d = { .ns = p->ns,
		.pid = pid,
		.peer = how->peer,
		.port = how->port,
		.peer_port = how->peer_port,
		.payload = span_of(bytes, 8) };
	stage_send(&p->stage, &d);
	p->sends++;
}

static void notify(struct play *p, uint32_t pid)
{
	uint32_t n = random_below(&p->choices, 150);
	struct used how = { .ns = p->ns,
		.peer = client(p, n),
		.port = next_port(p),
		.peer_port = (uint16_t)(1100 + n * 7) };
	send_eight(p, pid, &how);
	if (pid == PID_NOTIFIER && p->n_used < REMEMBERED)
		p->used[p->n_used++] = how;
}

/* A port that the first process had at least 10 s ago, with the same peer and the same bytes. */
static void take_over(struct play *p)
{
	if (p->reused >= p->n_used || p->used[p->reused].ns > p->ns - 10000 * MS) {
		notify(p, PID_COPIER);
		return;
	}
	send_eight(p, PID_COPIER, &p->used[p->reused]);
	p->reused += 1 + random_below(&p->choices, 9);
}

static void query(struct play *p)
{
	uint8_t bytes[512];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)random_next(&p->stage.random);
	struct stage_datagram d = { .ns = p->ns,
		.pid = PID_QUERIES,
		.port = 1036,
		.peer_port = 53,
		.peer = stage_station(&p->stage, "10.1.1.10"),
		.payload = span_of(bytes, 28 + random_below(&p->choices, 60)) };
	stage_send(&p->stage, &d);
	p->sends++;
	if (random_below(&p->choices, 2))
		return;
	d.ns += random_between(&p->choices, 200000, 4 * MS);
	d.payload.n += 16 + random_below(&p->choices, 300);
	stage_receive(&p->stage, &d);
}

static void copy(struct play *p)
{
	struct stage_tcp t = { .stage = &p->stage,
		.ns = p->ns,
		.pid = PID_COPIER,
		.port = next_port(p),
		.peer_port = 8080,
		.peer = stage_station(&p->stage, "10.1.1.30") };
	stage_tcp_open(&t);
	for (unsigned i = 0; i < 3; i++) {
		stage_tcp_send(&t, 100 + random_below(&p->choices, 3000));
		p->sends++;
		stage_tcp_wait(&t, random_between(&p->choices, MS, 20 * MS));
		stage_tcp_receive(&t, 50 + random_below(&p->choices, 1000));
		stage_tcp_wait(&t, random_between(&p->choices, 5 * MS, 200 * MS));
	}
	stage_tcp_close(&t);
}

static void noise(struct play *p)
{
	static const uint8_t bytes[64];
	const struct truth_side sides[SIDES] = { truth_reason(REASON_OTHER_HOST),
		truth_reason(REASON_OTHER_HOST) };
	struct frame f = { .src = stage_station(&p->stage, "10.1.1.60"),
		.dst = client(p, 7),
		.protocol = 17,
		.sport = next_port(p),
		.dport = 1149,
		.payload = span_of(bytes, random_below(&p->choices, 2) ? 8 : 64) };
	stage_frame(&p->stage, p->ns, f, sides);
}

/* TCP is kept rare: where rows of a connection are gone, no byte after them has an anchor, and
 * its data cannot be exact by anyone. */
static void act(struct play *p)
{
	uint32_t dice = random_below(&p->choices, 1000);
	if (dice < 480)
		notify(p, PID_NOTIFIER);
	else if (dice < 880)
		query(p);
	else if (dice < 910)
		notify(p, PID_COPIER);
	else if (dice < 940)
		take_over(p);
	else if (dice < 944)
		copy(p);
	else
		noise(p);
	/* 25 ms on average: often several events within one tick of the clock. */
	p->ns += p->pace *
		(random_below(&p->choices, 4) ? random_between(&p->choices, MS, 20 * MS)
					      : random_between(&p->choices, 20 * MS, 120 * MS));
}

/* Exactly so many of a hundred rows, whichever they are: Fisher and Yates. */
static void drop_rows(struct play *p, uint32_t percent)
{
	struct stage *s = &p->stage;
	size_t *order = calloc(s->n_events + 1, sizeof *order);
	if (!order) {
		fputs("lab: no memory\n", stderr);
		exit(1);
	}
	for (size_t i = 0; i < s->n_events; i++)
		order[i] = i;
	size_t n = s->n_events * percent / 100;
	for (size_t i = 0; i < n; i++) {
		size_t j = i + random_below(&p->choices, (uint32_t)(s->n_events - i));
		size_t at = order[j];
		order[j] = order[i];
		s->events[at].dropped = true;
	}
	free(order);
}

static void write_all(struct stage *s, const char *out)
{
	static const struct tasklist_process processes[] = {
		{ "System Idle Process", 0, NULL, 28 },
		{ "System", 4, NULL, 304 },
		{ "svchost.exe", PID_QUERIES, "Dhcp,Dnscache", 5876 },
		{ "store.exe", PID_NOTIFIER, "MSExchangeIS", 1040592 },
		{ "copier.exe", PID_COPIER, NULL, 9120 },
	};
	struct str text;
	str_init(&text, (size_t)1 << 30);
	files_folder(out);
	stage_write_pcap(s, &text);
	files_write(out, "capture.pcap", &text);
	str_reset(&text);
	stage_write_trace(s, (struct tracerpt_style){ 0 }, &text);
	files_write(out, "trace.csv", &text);
	str_reset(&text);
	tasklist_write(&text, (struct tasklist_style){ .form = TASKLIST_SERVICES, .xp = true },
		processes, sizeof processes / sizeof *processes);
	files_write(out, "tasklist.txt", &text);
	str_reset(&text);
	stage_write_truth(s, &text);
	files_write(out, "truth.tsv", &text);
	str_done(&text);
}

static void run(const struct options *o)
{
	static const struct station us = { { 0x00, 0x1c, 0xc4, 0x11, 0x11, 0x11 },
		{ 10, 1, 1, 1 } };
	struct play *p = calloc(1, sizeof *p);
	if (!p) {
		fputs("lab: no memory\n", stderr);
		exit(1);
	}
	stage_init(&p->stage, o->seed);
	p->choices.state = ~o->seed;
	p->stage.us = us;
	memcpy(p->stage.gateway.mac, "\x00\x00\x0c\x07\xac\x15", 6);
	p->stage.tick_ns = o->tick_ns;
	p->pace = o->pace;
	/* A clock is never right to the second. */
	p->stage.behind_ns = -o->offset_minutes * 60 * STAMP_NS_PER_S + 137 * MS;
	p->ns = START;
	p->port = 20000;
	while (p->sends < o->sends)
		act(p);
	stage_sort(&p->stage);
	drop_rows(p, o->drop);
	write_all(&p->stage, o->out);
	stage_done(&p->stage);
	free(p);
}

static bool number(const char *text, int64_t low, int64_t high, int64_t *ret)
{
	bool minus = *text == '-';
	uint64_t v;
	if (!text_u64(span_text(text + minus), &v) || v > INT32_MAX)
		return false;
	*ret = minus ? -(int64_t)v : (int64_t)v;
	return *ret >= low && *ret <= high;
}

static bool parse(int argc, char **argv, struct options *ret)
{
	static const struct option names[] = { { "seed", 1, NULL, 's' }, { "sends", 1, NULL, 'n' },
		{ "drop", 1, NULL, 'd' }, { "offset-minutes", 1, NULL, 'o' },
		{ "tick-us", 1, NULL, 't' }, { "pace", 1, NULL, 'p' }, { 0 } };
	int64_t v;
	int c;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 's' && number(optarg, 0, INT32_MAX, &v))
			ret->seed = (uint64_t)v;
		else if (c == 'n' && number(optarg, 1, 1000000, &v))
			ret->sends = (uint32_t)v;
		else if (c == 'd' && number(optarg, 0, 100, &v))
			ret->drop = (uint32_t)v;
		else if (c == 'o' && number(optarg, -14 * 60, 14 * 60, &v))
			ret->offset_minutes = v;
		else if (c == 't' && number(optarg, 1, 1000000, &v))
			ret->tick_ns = v * 1000;
		else if (c == 'p' && number(optarg, 1, 100000, &v))
			ret->pace = (uint32_t)v;
		else
			return false;
	}
	ret->out = argv[optind];
	return optind + 1 == argc;
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1,
		.sends = 2400,
		.drop = 40,
		.offset_minutes = -450,
		.tick_ns = 15625000,
		.pace = 1 };
	if (!parse(argc, argv, &o)) {
		fputs("usage: lab-sends OUTDIR [--seed N] [--sends N] [--drop PERCENT]\n"
		      "                        [--offset-minutes M] [--tick-us N] [--pace N]\n",
			stderr);
		return 2;
	}
	run(&o);
	return 0;
}
