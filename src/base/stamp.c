/* SPDX-License-Identifier: Apache-2.0 */
/* Time: see stamp.h. Civil dates by days-from-civil arithmetic (proleptic Gregorian calendar). */
#include "base/stamp.h"

#define FILETIME_PER_S 10000000ull
#define FILETIME_1970 116444736000000000ull /* 1601-01-01 to 1970-01-01 in 100 ns */
/* A fraction of 32 bits that counts seconds still fits. */
#define SECONDS_MOST ((uint64_t)(INT64_MAX / STAMP_NS_PER_S) - 4300000000ull)

bool stamp_from_filetime(uint64_t ticks, struct source_time *ret)
{
	if (ticks < FILETIME_1970)
		return false;
	uint64_t since = ticks - FILETIME_1970;
	if (since / FILETIME_PER_S > SECONDS_MOST)
		return false;
	ret->ns = (int64_t)(since * (STAMP_NS_PER_S / FILETIME_PER_S));
	return true;
}

bool stamp_from_parts(
	uint64_t seconds, uint64_t fraction, uint64_t unit_per_s, struct source_time *ret)
{
	/* A fraction of a whole second or more is kept, as tcpdump does, and carried over. */
	if (unit_per_s == 0 || seconds > SECONDS_MOST)
		return false;
	uint64_t ns = unit_per_s <= STAMP_NS_PER_S && STAMP_NS_PER_S % unit_per_s == 0
		? fraction * (STAMP_NS_PER_S / unit_per_s)
		: (uint64_t)((unsigned __int128)fraction * STAMP_NS_PER_S / unit_per_s);
	ret->ns = (int64_t)seconds * STAMP_NS_PER_S + (int64_t)ns;
	return true;
}

/* Days from 1970-01-01; the month and day are checked by the caller. */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	unsigned yoe = (unsigned)(year - era * 400);
	unsigned doy = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
	unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	unsigned doe = (unsigned)(days - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = (int64_t)yoe + era * 400 + (*month <= 2);
}

static bool digits(struct cursor *c, unsigned n, unsigned *ret)
{
	unsigned v = 0;
	while (n--) {
		uint8_t b = cursor_u8(c);
		if (b < '0' || b > '9')
			return false;
		v = v * 10 + (b - '0');
	}
	*ret = v;
	return true;
}

static bool decimals(struct cursor *c, int64_t *ret_ns)
{
	int64_t ns = 0, unit = STAMP_NS_PER_S;
	if (cursor_left(c) && c->p[c->at] == '.') {
		cursor_u8(c);
		if (!cursor_left(c))
			return false;
		while (cursor_left(c)) {
			uint8_t b = cursor_u8(c);
			if (b < '0' || b > '9' || unit == 1)
				return false;
			unit /= 10;
			ns += (b - '0') * unit;
		}
	}
	*ret_ns = ns;
	return cursor_left(c) == 0;
}

bool stamp_parse_civil(struct span text, struct source_time *ret)
{
	struct cursor c = cursor_of(text);
	unsigned y, mo, d, h, mi, s;
	int64_t ns;
	if (!digits(&c, 4, &y) || cursor_u8(&c) != '-' || !digits(&c, 2, &mo) ||
		cursor_u8(&c) != '-' || !digits(&c, 2, &d))
		return false;
	uint8_t sep = cursor_u8(&c);
	if ((sep != ' ' && sep != 'T') || !digits(&c, 2, &h) || cursor_u8(&c) != ':' ||
		!digits(&c, 2, &mi) || cursor_u8(&c) != ':' || !digits(&c, 2, &s) ||
		!decimals(&c, &ns))
		return false;
	if (y < 1970 || y > 2261 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 ||
		s > 60)
		return false;
	int64_t seconds = days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + s;
	ret->ns = seconds * STAMP_NS_PER_S + ns;
	return true;
}

/* The last n digits, and what ends them. Returns the place behind. Printf takes far longer, and
 * each packet line has a stamp. */
static char *put(char *at, uint64_t v, int n, char end)
{
	for (int i = n; i-- > 0; v /= 10)
		at[i] = (char)('0' + v % 10);
	at[n] = end;
	return at + n + 1;
}

/* All but the decimals. Returns the place of these. */
static char *format(int64_t ns, char sep, char buf[static STAMP_TEXT_BYTES], uint64_t *ret_fraction)
{
	int64_t seconds = ns / STAMP_NS_PER_S, fraction = ns % STAMP_NS_PER_S;
	if (fraction < 0) {
		fraction += STAMP_NS_PER_S;
		seconds--;
	}
	int64_t days = seconds / 86400, rest = seconds % 86400;
	if (rest < 0) {
		rest += 86400;
		days--;
	}
	int64_t year;
	unsigned month, day;
	civil_from_days(days, &year, &month, &day);
	/* int64 nanoseconds reach from 1677 to 2262. */
	char *at = put(buf, (uint64_t)year, 4, '-');
	at = put(at, month, 2, '-');
	at = put(at, day, 2, sep);
	at = put(at, (uint64_t)rest / 3600, 2, ':');
	at = put(at, (uint64_t)rest / 60 % 60, 2, ':');
	at = put(at, (uint64_t)rest % 60, 2, '.');
	*ret_fraction = (uint64_t)fraction;
	return at;
}

void stamp_format_rfc3339(int64_t ns, char buf[static STAMP_TEXT_BYTES])
{
	uint64_t fraction;
	char *at = format(ns, 'T', buf, &fraction);
	*put(at, fraction, 9, 'Z') = '\0';
}

void stamp_format_civil(int64_t ns, char buf[static STAMP_TEXT_BYTES])
{
	uint64_t fraction;
	char *at = format(ns, ' ', buf, &fraction);
	if (fraction % 1000)
		put(at, fraction, 9, '\0');
	else
		put(at, fraction / 1000, 6, '\0');
}
