/* SPDX-License-Identifier: Apache-2.0 */
/* What lab-offline plays: see offline_scenario.h. */
#include "offline_scenario.h"

#include <inttypes.h>

#include "random.h"

/* A value is one of the range in so many cases of a thousand, else what is usual. */
static const struct {
	const char *name;
	int64_t least, most;      /* that may be given */
	int64_t usual, low, high; /* what is drawn */
	uint32_t often;
} params[PARAM_COUNT] = {
	[PARAM_PACKETS] = { "packets", 1, 10000000, 20000, 0, 0, 0 },
	[PARAM_RATE] = { "rate", 1, 1000000, 400, 15, 4000, 700 },
	[PARAM_HOSTS] = { "hosts", 1, 3, 1, 2, 3, 300 },
	[PARAM_PROCESSES] = { "processes", 2, 12, 6, 2, 12, 700 },
	[PARAM_LIVES] = { "lives", 0, 4, 2, 0, 4, 700 },
	[PARAM_PORTS] = { "ports", 8, 16000, 4000, 40, 16000, 600 },
	[PARAM_PEERS] = { "peers", 2, 200, 60, 2, 200, 600 },
	[PARAM_TCP] = { "tcp", 0, 100, 40, 0, 90, 700 },
	[PARAM_SHARED] = { "shared", 0, 1000, 0, 1, 40, 500 },
	[PARAM_TURNOVER] = { "turnover", 0, 1000, 10, 0, 80, 600 },
	[PARAM_GROUPS] = { "groups", 0, 1000, 10, 0, 60, 500 },
	[PARAM_KERNEL] = { "kernel", 0, 1000, 30, 0, 80, 500 },
	[PARAM_FOREIGN] = { "foreign", 0, 1000, 30, 0, 300, 500 },
	[PARAM_SPOOFED] = { "spoofed", 0, 1000, 0, 1, 20, 300 },
	[PARAM_LOCAL] = { "local", 0, 1000, 20, 0, 100, 500 },
	[PARAM_WILDCARD] = { "wildcard", 0, 1000, 0, 1, 300, 300 },
	[PARAM_FRAGMENTS] = { "fragments", 0, 1000, 0, 1, 60, 250 },
	[PARAM_IPV6] = { "ipv6", 0, 1000, 0, 50, 1000, 350 },
	[PARAM_OFFLOAD] = { "offload", 0, 1, 0, 1, 1, 400 },
	[PARAM_FORM] = { "form", 0, FORMS - 1, 0, 1, FORMS - 1, 600 },
	[PARAM_ZONE_MIN] = { "zone-minutes", -840, 840, 0, -56, 56, 600 },
	[PARAM_SKEW_MS] = { "skew-ms", -400000, 400000, 0, -420, 420, 900 },
	[PARAM_DRIFT_PPM] = { "drift-ppm", -500, 500, 0, -100, 100, 300 },
	[PARAM_TICK_NS] = { "tick-ns", 100, 1000000000, 100, 0, 3, 600 },
	[PARAM_STEP_MS] = { "step-ms", -7200000, 7200000, 0, -5000, 5000, 40 },
	[PARAM_LAG_US] = { "lag-us", 1, 20000, 300, 20, 1500, 500 },
	[PARAM_MAPPED] = { "mapped", 0, 1000, 0, 50, 1000, 150 },
	[PARAM_LATE_MS] = { "late-ms", 0, 100000000, 0, 1, 30, 250 },
	[PARAM_EARLY_MS] = { "early-ms", 0, 100000000, 0, 1, 30, 250 },
	[PARAM_LOSS] = { "loss", 0, 1000, 0, 5, 400, 400 },
	[PARAM_LOSS_RUN] = { "loss-run", 1, 100000, 1, 2, 400, 400 },
	[PARAM_LOSS_STATED] = { "loss-stated", 0, 1, 0, 1, 1, 400 },
	[PARAM_DROP] = { "drop", 0, 1000, 0, 1, 100, 300 },
	[PARAM_REORDER] = { "reorder", 0, 1000, 0, 1, 100, 300 },
	[PARAM_COPIES] = { "copies", 0, 1000, 0, 1, 1000, 200 },
	[PARAM_CAPTURES] = { "captures", 1, 2, 1, 2, 2, 150 },
	[PARAM_SNAPLEN] = { "snaplen", 0, 65535, 0, 68, 160, 300 },
	[PARAM_ADDRESSES] = { "addresses", 0, 2, 0, 1, 2, 200 },
	[PARAM_NOTES] = { "notes", 0, 1, 1, 0, 0, 300 },
	[PARAM_NOTES_LOST] = { "notes-lost", 0, 1000, 0, 50, 700, 200 },
	[PARAM_ROSTER] = { "roster", 0, 1, 1, 0, 0, 200 },
};

/* What is drawn as a small number stands for something else. */
static void spread(struct scenario *s)
{
	static const int64_t ticks[] = { 1000000, 10000000, 15625000, 15625000 };
	int64_t *v = s->v, ms = v[PARAM_PACKETS] * 1000 / v[PARAM_RATE];
	v[PARAM_ZONE_MIN] *= 15;
	if (v[PARAM_TICK_NS] != params[PARAM_TICK_NS].usual)
		v[PARAM_TICK_NS] = ticks[v[PARAM_TICK_NS]];
	/* Percent of the case's length. */
	v[PARAM_LATE_MS] = v[PARAM_LATE_MS] * ms / 100;
	v[PARAM_EARLY_MS] = v[PARAM_EARLY_MS] * ms / 100;
}

/* Logarithmic where the range is wide: 15 to 4000 has as many cases below 250 as above. */
static int64_t draw(struct random *r, int64_t low, int64_t high)
{
	if (low <= 0 || high / low < 20)
		return random_between(r, low, high);
	int64_t top = low;
	for (uint32_t n = random_below(r, 64); n && top < high; n--)
		top += top / 8 + 1;
	return random_between(r, low, top < high ? top : high);
}

/* Each parameter draws by its own name, so that a new one changes no other. FNV-1a. */
static uint64_t name_hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3u;
	return h;
}

void scenario_draw(struct scenario *s, uint64_t seed, int64_t packets)
{
	s->seed = seed;
	for (unsigned i = 0; i < PARAM_COUNT; i++) {
		struct random one = { seed ^ name_hash(params[i].name) };
		bool other = random_below(&one, 1000) < params[i].often;
		s->v[i] = other ? draw(&one, params[i].low, params[i].high) : params[i].usual;
	}
	if (packets > 0)
		s->v[PARAM_PACKETS] = packets;
	spread(s);
}

const char *scenario_name(enum param p)
{
	return params[p].name;
}

bool scenario_set(struct scenario *s, enum param p, int64_t value)
{
	if (value < params[p].least || value > params[p].most)
		return false;
	s->v[p] = value;
	return true;
}

void scenario_print(const struct scenario *s, struct str *out)
{
	str_printf(out, "seed\t%" PRIu64 "\n", s->seed);
	for (unsigned i = 0; i < PARAM_COUNT; i++)
		str_printf(out, "%s\t%" PRId64 "\n", params[i].name, s->v[i]);
}
