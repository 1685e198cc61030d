/* SPDX-License-Identifier: Apache-2.0 */
/* The Time column of a packet list: see packet_time.h. */
#include "evidence/capture/packet_time.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define HOUR_NS (3600 * STAMP_NS_PER_S)
#define DAY_NS (24 * HOUR_NS)

/* Seconds above this are counted from 1970, and no capture is three years long: 1973-03-03. */
#define EPOCH_SECONDS 100000000u

/* "1h  2m  ": hours and minutes in front of the seconds. */
static uint64_t take_minutes(struct span *text)
{
	static const char units[] = { 'h', 'm' };
	uint64_t sum = 0;
	for (size_t i = 0; i < sizeof units; i++) {
		struct span ahead = *text, word = text_word(&ahead);
		uint32_t n;
		if (word.n > 1 && word.p[word.n - 1] == units[i] &&
			text_u32(span_of(word.p, word.n - 1), 999999, &n)) {
			sum += n * (i ? 60ull : 3600ull);
			*text = text_trim(ahead);
		}
	}
	return sum;
}

/* "12.345678", "-0.000002", "12.345678s", "2m 29.005634s". */
static bool read_seconds(struct span text, struct packet_time *ret)
{
	uint64_t seconds, fraction = 0, units = 1;
	bool negative = text.n && text.p[0] == '-';
	if (negative)
		text = span_of(text.p + 1, text.n - 1);
	uint64_t minutes = take_minutes(&text);
	if (text.n && text.p[text.n - 1] == 's')
		text.n--;
	struct span whole = text_split(&text, '.');
	if (!text_u64(whole, &seconds) || text.n > 9 || (text.p && !text_u64(text, &fraction)))
		return false;
	for (size_t i = 0; i < text.n; i++)
		units *= 10;
	/* What overflows is above what stamp_from_parts takes, with the minutes or without. */
	if (seconds > UINT32_MAX * 16ull ||
		!stamp_from_parts(seconds + minutes, fraction, units, &ret->when))
		return false;
	if (negative)
		ret->when.ns = -ret->when.ns;
	ret->kind = !negative && seconds >= EPOCH_SECONDS ? TIME_DATE : TIME_SECONDS;
	return true;
}

/* "2010/014 15:19:44.554706": the 14th day of the year. */
static bool read_day_of_year(struct span text, struct packet_time *ret)
{
	char civil[64];
	uint64_t day;
	if (text.n < 10 || text.p[4] != '/' || text.p[8] != ' ' ||
		!text_u64(span_of(text.p + 5, 3), &day) || day < 1 || day > 366)
		return false;
	struct span rest = text_trim(span_of(text.p + 8, text.n - 8));
	int n = snprintf(civil, sizeof civil, "%.4s-01-01 %.*s", (const char *)text.p, (int)rest.n,
		(const char *)rest.p);
	if (n < 0 || (size_t)n >= sizeof civil ||
		!stamp_parse_civil(span_of((const uint8_t *)civil, (size_t)n), &ret->when))
		return false;
	ret->when.ns += (int64_t)(day - 1) * DAY_NS;
	ret->kind = TIME_DATE;
	return true;
}

/* "15:19:44.554706". */
static bool read_time_of_day(struct span text, struct packet_time *ret)
{
	char civil[64];
	int n = snprintf(civil, sizeof civil, "1970-01-01 %.*s", (int)text.n, (const char *)text.p);
	if (text.n < 8 || text.p[2] != ':' || n < 0 || (size_t)n >= sizeof civil ||
		!stamp_parse_civil(span_of((const uint8_t *)civil, (size_t)n), &ret->when))
		return false;
	ret->kind = TIME_DAY;
	return true;
}

bool packet_time_read(struct span text, struct packet_time *ret)
{
	uint8_t buf[40];
	*ret = (struct packet_time){ .kind = TIME_NONE };
	if (text.n == 0)
		return true;
	if (text_equal(text, "*REF*")) {
		ret->kind = TIME_REFERENCE;
		return true;
	}
	if (text.n > sizeof buf)
		return false;
	/* Some versions print the decimal comma of the user's language. */
	for (size_t i = 0; i < text.n; i++)
		buf[i] = text.p[i] == ',' ? '.' : text.p[i];
	struct span t = span_of(buf, text.n);
	if (read_seconds(t, ret))
		return true;
	/* Later versions mark times of UTC. */
	if (t.p[t.n - 1] == 'Z')
		t.n--;
	if (stamp_parse_civil(t, &ret->when)) {
		ret->kind = TIME_DATE;
		return true;
	}
	return read_day_of_year(t, ret) || read_time_of_day(t, ret);
}

/* Midnight lies between two rows where the time of day falls by more than a clock that is set or
 * two frames that change places would explain, and a row that is nearly a day later than the row
 * before is a straggler of the day before. Wrong where no frame came for a day or more: all
 * behind it are a day early. */
static int64_t place_in_day(struct packet_clock *c, int64_t ns)
{
	int64_t placed = ns + c->day_ns;
	if (placed < c->last_ns - 4 * HOUR_NS) {
		c->day_ns += DAY_NS;
		placed += DAY_NS;
	} else if (c->day_ns && placed > c->last_ns + DAY_NS - 4 * HOUR_NS) {
		return placed - DAY_NS;
	}
	return placed;
}

bool packet_clock_place(
	struct packet_clock *c, const struct packet_time *time, struct source_time *ret)
{
	if (time->kind == TIME_REFERENCE)
		c->differences = true;
	if (time->kind == TIME_NONE || time->kind == TIME_REFERENCE)
		return false;
	bool first = c->kind == TIME_NONE;
	if (first)
		c->kind = time->kind;
	/* Lists of two clocks in one file: only the first one's times can be compared. */
	if (time->kind != c->kind)
		return false;
	int64_t ns = time->when.ns;
	if (c->kind == TIME_DAY)
		ns = place_in_day(c, ns);
	c->steps += !first;
	c->falls += !first && ns < c->last_ns;
	c->last_ns = ns;
	*ret = (struct source_time){ .ns = ns };
	return c->kind == TIME_DATE || !c->differences;
}

/* Seconds since the frame before fall at every other row. Wrong for a list of a few rows whose
 * gaps grow: its seconds pass for those of a clock. A list that is sorted by another column has
 * no times then, though its seconds do count from the first frame. */
bool packet_clock_falls(const struct packet_clock *c)
{
	return c->kind != TIME_DATE && c->falls * 10 > c->steps;
}
