/* SPDX-License-Identifier: Apache-2.0 */
/* What --stopped says: see stopped.h. */
#include "cmd/stopped.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* "+01:00" or "-0730" behind a time; minutes east of Greenwich. */
static bool parse_zone(struct span text, int *ret_minutes)
{
	uint32_t hours, minutes;
	size_t colon = text.n == 6 && text.p[3] == ':' ? 1 : 0;
	if (text.n != 5 + colon || !text_u32((struct span){ text.p + 1, 2 }, 23, &hours) ||
		!text_u32((struct span){ text.p + 3 + colon, 2 }, 59, &minutes))
		return false;
	*ret_minutes = (int)(hours * 60 + minutes) * (text.p[0] == '-' ? -1 : 1);
	return true;
}

/* RFC 3339, or without a zone as the report prints times. A date has its own '-' before the 'T'. */
static bool parse_time(struct span text, struct source_time *ret, bool *ret_zoned)
{
	const size_t date = sizeof "2010-01-14T15:20" - 1;
	size_t at = date;
	int minutes = 0;
	while (at < text.n && text.p[at] != '+' && text.p[at] != '-' && text.p[at] != 'Z' &&
		text.p[at] != 'z')
		at++;
	*ret_zoned = at < text.n;
	bool utc = at + 1 == text.n && (text.p[at] == 'Z' || text.p[at] == 'z');
	if (text.n <= date || !stamp_parse_civil((struct span){ text.p, at }, ret) ||
		(*ret_zoned && !utc &&
			!parse_zone((struct span){ text.p + at, text.n - at }, &minutes)))
		return false;
	ret->ns -= minutes * 60 * STAMP_NS_PER_S;
	return true;
}

int stopped_parse(const char *text, struct stopping *ret, struct err *err)
{
	const char *at = strrchr(text, '@');
	struct stopping s = { .name = { (const uint8_t *)text, at ? (size_t)(at - text) : 0 } };
	struct span from = span_text(at ? at + 1 : ""), to = { 0 };
	bool zoned = false;
	const char *dots = at ? strstr(at, "..") : NULL;
	if (dots) {
		from.n = (size_t)(dots - at - 1);
		to = span_text(dots + 2);
		s.restarted = true;
	}
	if (s.name.n == 0 || !parse_time(from, &s.from, &s.zoned) ||
		(dots &&
			(!parse_time(to, &s.to, &zoned) || zoned != s.zoned ||
				s.to.ns <= s.from.ns + 2 * STOPPED_ERROR_NS)))
		return err_set(err, ERR_USAGE,
			"--stopped takes NAME@TIME or NAME@TIME..TIME with times such as "
			"2010-01-14T15:20:14, not \"%s\"",
			text);
	*ret = s;
	return 0;
}

static int by_name_and_time(const void *x, const void *y)
{
	const struct stopping *a = x, *b = y;
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
	int order = memcmp(a->name.p, b->name.p, n);
	if (order == 0 && a->name.n != b->name.n)
		order = a->name.n < b->name.n ? -1 : 1;
	return order ? order : (a->from.ns > b->from.ns) - (a->from.ns < b->from.ns);
}

void stopped_sort(struct stopping *list, size_t n)
{
	if (n)
		qsort(list, n, sizeof *list, by_name_and_time);
}

int stopped_check(const struct stopping *list, size_t n, struct err *err)
{
	for (size_t i = 1; i < n; i++)
		if (stopped_same(&list[i - 1], &list[i]) &&
			(!list[i - 1].restarted || list[i].from.ns <= list[i - 1].to.ns))
			return err_set(err, ERR_USAGE,
				"--stopped says that \"%.*s\" was stopped twice and not started "
				"in between",
				(int)list[i].name.n, (const char *)list[i].name.p);
	return 0;
}

bool stopped_same(const struct stopping *a, const struct stopping *b)
{
	return a->name.n == b->name.n && memcmp(a->name.p, b->name.p, a->name.n) == 0;
}
