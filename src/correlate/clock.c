/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks: see clock.h. */
#include "correlate/clock.h"

#include <math.h>

#include "base/text.h"

#define QUARTER_HOUR_NS (900 * STAMP_NS_PER_S)
#define ZONE_MAX_NS (14 * 3600 * STAMP_NS_PER_S)

struct clock clock_reference(void)
{
	return (struct clock){ .state = CLOCK_REFERENCE };
}

struct clock clock_given(int64_t offset_ns, int64_t tick_ns)
{
	return (struct clock){ .state = CLOCK_GIVEN,
		.offset_ns = offset_ns,
		.first_offset_ns = offset_ns,
		.error_ns = tick_ns,
		.tick_ns = tick_ns };
}

/* Slope in ns per s = 1e-9, so ppm = slope / 1000. Stated only where the whole change it
 * stands for is larger than the error of one pair; else it is noise. */
static double drift_ppm(const struct clock *c)
{
	double spread = c->n * c->sum_tt - c->sum_t * c->sum_t;
	if (c->n < 4 || spread <= 0)
		return c->rate * 1e6; /* as the vote found it: then it is no noise */
	double slope = (c->n * c->sum_to - c->sum_t * c->sum_o) / spread;
	double seconds = 2 * sqrt(spread) / c->n;
	return fabs(slope * seconds) > (double)c->error_ns ? slope / 1000 : 0;
}

static int32_t zone_minutes(int64_t offset_ns)
{
	if (offset_ns > ZONE_MAX_NS + QUARTER_HOUR_NS / 2 ||
		offset_ns < -ZONE_MAX_NS - QUARTER_HOUR_NS / 2)
		return 0; /* another day or another epoch: no zone explains it */
	int64_t half = offset_ns < 0 ? -QUARTER_HOUR_NS / 2 : QUARTER_HOUR_NS / 2;
	return (int32_t)((offset_ns + half) / QUARTER_HOUR_NS * 15);
}

struct clock_report clock_describe(const struct clock *c)
{
	return (struct clock_report){
		.state = c->state,
		.pairs = c->pairs,
		.offset_ns = c->first_offset_ns,
		.error_ns = c->error_ns,
		.zone_minutes = zone_minutes(c->first_offset_ns),
		.drift_ppm = drift_ppm(c),
		.steps = c->steps,
	};
}

/* One "12.5h" of an offset; without a unit it is seconds. */
static bool parse_part(struct cursor *c, int64_t *ret_ns)
{
	int64_t whole = 0, fraction = 0, unit = STAMP_NS_PER_S;
	unsigned digits = 0;
	while (cursor_left(c) && c->p[c->at] >= '0' && c->p[c->at] <= '9' && digits++ < 9)
		whole = whole * 10 + (cursor_u8(c) - '0');
	if (digits && cursor_left(c) && c->p[c->at] == '.') {
		cursor_u8(c);
		while (cursor_left(c) && c->p[c->at] >= '0' && c->p[c->at] <= '9' && unit > 1) {
			unit /= 10;
			fraction += (cursor_u8(c) - '0') * unit;
		}
	}
	if (digits == 0 || digits > 9)
		return false;
	uint8_t suffix = cursor_left(c) ? cursor_u8(c) : 's';
	int64_t seconds = suffix == 'h' ? 3600 : suffix == 'm' ? 60 : suffix == 's' ? 1 : 0;
	*ret_ns = (whole * STAMP_NS_PER_S + fraction) * seconds;
	return seconds != 0 && whole < 4000000000ll / seconds;
}

bool clock_parse_offset(struct span text, int64_t *ret_ns)
{
	struct cursor c = cursor_of(text_trim(text));
	bool negative = cursor_left(&c) && c.p[0] == '-';
	if (negative || (cursor_left(&c) && c.p[0] == '+'))
		cursor_u8(&c);
	int64_t total = 0, part;
	if (cursor_left(&c) == 0)
		return false;
	while (cursor_left(&c)) {
		if (!parse_part(&c, &part))
			return false;
		total += part;
	}
	*ret_ns = negative ? -total : total;
	return true;
}
