/* SPDX-License-Identifier: Apache-2.0 */
/* A strict check of JSON's grammar (RFC 8259), independent of our writer. */
#ifndef WHOSENT_TESTS_JSON_VALID_H
#define WHOSENT_TESTS_JSON_VALID_H

#include <stdbool.h>
#include <string.h>

static inline const char *valid_value(const char *p, int depth);

static inline const char *valid_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	for (; *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p != '\\')
			continue;
		p++;
		if (*p == 'u') {
			if (strspn(p + 1, "0123456789abcdefABCDEF") < 4)
				return NULL;
			p += 4;
		} else if (!*p || !strchr("\"\\/bfnrt", *p)) {
			return NULL;
		}
	}
	return p + 1;
}

static inline const char *valid_number(const char *p)
{
	static const char digits[] = "0123456789";
	p += *p == '-';
	size_t n = strspn(p, digits);
	if (n == 0 || (n > 1 && *p == '0'))
		return NULL;
	p += n;
	if (*p == '.') {
		n = strspn(p + 1, digits);
		if (n == 0)
			return NULL;
		p += 1 + n;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		n = strspn(p, digits);
		if (n == 0)
			return NULL;
		p += n;
	}
	return p;
}

static inline const char *valid_members(const char *p, bool object, int depth)
{
	char close = object ? '}' : ']';
	if (*p == close)
		return p + 1;
	for (;;) {
		if (object) {
			p = valid_string(p);
			if (!p || *p++ != ':')
				return NULL;
		}
		p = valid_value(p, depth + 1);
		if (!p)
			return NULL;
		if (*p == close)
			return p + 1;
		if (*p++ != ',')
			return NULL;
	}
}

static inline const char *valid_value(const char *p, int depth)
{
	if (depth > 32)
		return NULL;
	if (*p == '{' || *p == '[')
		return valid_members(p + 1, *p == '{', depth);
	if (*p == '"')
		return valid_string(p);
	static const char *const words[] = { "true", "false", "null" };
	for (int i = 0; i < 3; i++)
		if (strncmp(p, words[i], strlen(words[i])) == 0)
			return p + strlen(words[i]);
	return valid_number(p);
}

/* One object a line, each ended by a line break, and nothing else. */
static inline bool valid_lines(const char *p)
{
	while (*p) {
		if (*p != '{')
			return false;
		p = valid_value(p, 0);
		if (!p || *p++ != '\n')
			return false;
	}
	return true;
}

#endif
