/* SPDX-License-Identifier: Apache-2.0 */
/* lab-trace OUTDIR [OPTIONS]
 *
 * Writes an event trace log of Windows, a capture, and the truth:
 *   trace.etl     the log
 *   capture.pcap  where the packets are not in the log
 *   events.tsv    all that a reader must find in the log, a line for each (record_line.h)
 *   truth.tsv     the processes behind each packet (write/truth.h)
 *   names.tsv     their images, and the services that the log tells */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "files.h"
#include "trace_log.h"

enum option_id {
	SEED = 1,
	PACKETS,
	PROCESSORS,
	POINTER,
	CLOCK,
	BUILD,
	BUFFER,
	COMPRESS,
	RELOGGED,
	KERNEL,
	MANIFEST,
	COMPACT,
	FULL,
	NDIS,
	PKTMON,
	NO_PACKETS,
	LOSE,
	CIRCULAR,
	UNCLOSED,
};

static const struct option names[] = {
	{ "seed", 1, NULL, SEED },
	{ "packets", 1, NULL, PACKETS },
	{ "processors", 1, NULL, PROCESSORS },
	{ "pointer", 1, NULL, POINTER },
	{ "clock", 1, NULL, CLOCK },
	{ "build", 1, NULL, BUILD },
	{ "buffer", 1, NULL, BUFFER },
	{ "compress", 0, NULL, COMPRESS },
	{ "relogged", 0, NULL, RELOGGED },
	{ "kernel", 0, NULL, KERNEL },
	{ "manifest", 0, NULL, MANIFEST },
	{ "compact", 0, NULL, COMPACT },
	{ "full", 0, NULL, FULL },
	{ "ndis", 0, NULL, NDIS },
	{ "pktmon", 0, NULL, PKTMON },
	{ "no-packets", 0, NULL, NO_PACKETS },
	{ "lose", 1, NULL, LOSE },
	{ "circular", 0, NULL, CIRCULAR },
	{ "unclosed", 0, NULL, UNCLOSED },
	{ 0 },
};

static const char usage[] =
	"usage: lab-trace OUTDIR [--seed N] [--packets N] [--processors 1-64] [--pointer 4|8]\n"
	"         [--clock qpc|system|cycles] [--build 2195|3790|6002|7601|9200|19041]\n"
	"         [--buffer BYTES] [--compress] [--relogged] [--circular] [--unclosed]\n"
	"         [--kernel|--manifest] [--compact|--full] [--ndis|--pktmon|--no-packets]\n"
	"         [--lose PERCENT]\n";

struct options {
	struct trace_plan plan;
	uint32_t packets;
	const char *out;
};

static bool number(const char *text, uint64_t low, uint64_t high, uint64_t *ret)
{
	return text_u64(span_text(text), ret) && *ret >= low && *ret <= high;
}

static bool set_clock(struct etlog_form *f, const char *text)
{
	if (strcmp(text, "qpc") == 0)
		f->clock = ETLOG_QPC;
	else if (strcmp(text, "system") == 0)
		f->clock = ETLOG_SYSTEM_TIME;
	else if (strcmp(text, "cycles") == 0)
		f->clock = ETLOG_CYCLES;
	else
		return false;
	return true;
}

static bool set_number(struct options *o, int id, const char *text)
{
	struct etlog_form *f = &o->plan.form;
	uint64_t v;
	switch (id) {
	case SEED:
		return number(text, 0, INT32_MAX, &f->seed);
	case PACKETS:
		if (!number(text, 1, 1000000, &v))
			return false;
		o->packets = (uint32_t)v;
		return true;
	case PROCESSORS:
		if (!number(text, 1, ETLOG_PROCESSORS, &v))
			return false;
		f->processors = (uint16_t)v;
		return true;
	case POINTER:
		if (!number(text, 4, 8, &v) || (v != 4 && v != 8))
			return false;
		f->pointer = (uint8_t)v;
		return true;
	case BUILD:
		if (!number(text, 2195, 30000, &v))
			return false;
		f->build = (uint32_t)v;
		return true;
	case BUFFER:
		if (!number(text, 4096, 1 << 20, &v) || v % 8)
			return false;
		f->buffer_bytes = (uint32_t)v;
		return true;
	default:
		if (!number(text, 0, 100, &v))
			return false;
		o->plan.lose = (uint32_t)v;
		return true;
	}
}

static bool set_option(struct options *o, int id, const char *text)
{
	struct trace_plan *p = &o->plan;
	switch (id) {
	case CLOCK:
		return set_clock(&p->form, text);
	case COMPRESS:
		p->form.compressed = true;
		return true;
	case RELOGGED:
		p->form.relogged = true;
		return true;
	case KERNEL:
	case MANIFEST:
		p->manifest = id == MANIFEST;
		return true;
	case COMPACT:
	case FULL:
		p->kind = id == FULL ? ETLOG_FULL : ETLOG_COMPACT;
		return true;
	case NDIS:
	case PKTMON:
		p->packets = id == NDIS ? PACKETS_NDIS : PACKETS_PKTMON;
		return true;
	case NO_PACKETS:
		p->packets = PACKETS_NONE;
		return true;
	case CIRCULAR:
		p->form.ring = 25;
		return true;
	case UNCLOSED:
		p->form.unclosed = true;
		return true;
	default:
		return text && set_number(o, id, text);
	}
}

/* Manifests came with Vista. */
static bool possible(const struct trace_plan *p)
{
	bool manifests = p->manifest || p->packets >= PACKETS_NDIS;
	bool one_place = !p->form.ring || (!p->form.compressed && !p->form.relogged);
	return one_place && (!manifests || p->form.build >= 6000) &&
		!(p->form.compressed && p->form.build < 9200);
}

static bool parse(int argc, char **argv, struct options *ret)
{
	int id;
	while ((id = getopt_long(argc, argv, "", names, NULL)) != -1)
		if (id == '?' || !set_option(ret, id, optarg))
			return false;
	ret->out = argv[optind];
	return optind + 1 == argc && possible(&ret->plan);
}

/* A clock that stands still does so beside a capture only: what order packets of one stamp had is
 * nowhere in a log. */
static void set_clocks(struct options *o, struct story *s)
{
	struct etlog_form *f = &o->plan.form;
	static const uint64_t frequencies[] = { 10000000, 2994853, 2337949, 3579545 };
	bool inside = o->plan.packets >= PACKETS_NDIS;
	f->frequency = frequencies[f->build >= 10240 ? 0 : f->seed % 4];
	f->tick_ns = inside ? 100 : 15625000;
	f->start_ns = s->start_ns;
	if (inside)
		return;
	s->stage.behind_ns = 137000000;
	f->start_ns -= s->stage.behind_ns;
	s->start_ns = f->start_ns;
}

static void write_all(struct story *s, const struct options *o)
{
	struct str log, lines, processes, text;
	str_init(&log, (size_t)1 << 31);
	str_init(&lines, (size_t)1 << 30);
	str_init(&processes, (size_t)1 << 30);
	str_init(&text, (size_t)1 << 31);
	uint32_t lost = trace_write(s, &o->plan, &log, &lines, &processes);
	files_folder(o->out);
	files_write(o->out, "trace.etl", &log);
	if (!o->plan.form.unclosed)
		str_printf(&lines, "lost\t%u\n", lost);
	files_write(o->out, "events.tsv", &lines);
	if (o->plan.packets == PACKETS_BESIDE) {
		stage_write_pcap(&s->stage, &text);
		files_write(o->out, "capture.pcap", &text);
		str_reset(&text);
	}
	if (o->plan.packets != PACKETS_NONE) {
		stage_write_truth(&s->stage, &text);
		files_write(o->out, "truth.tsv", &text);
		files_write(o->out, "names.tsv", &processes);
	}
	str_done(&log);
	str_done(&lines);
	str_done(&processes);
	str_done(&text);
}

int main(int argc, char **argv)
{
	struct options o = { .packets = 1000,
		.plan.form = { .seed = 1,
			.processors = 4,
			.pointer = 8,
			.build = 19041,
			.buffer_bytes = 16384,
			.clock = ETLOG_QPC } };
	if (!parse(argc, argv, &o)) {
		fputs(usage, stderr);
		return 2;
	}
	struct story *s = malloc(sizeof *s);
	if (!s) {
		fputs("lab: no memory\n", stderr);
		return 1;
	}
	story_tell(s, o.plan.form.seed, o.packets);
	set_clocks(&o, s);
	write_all(s, &o);
	stage_done(&s->stage);
	free(s);
	return 0;
}
