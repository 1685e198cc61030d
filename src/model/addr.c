/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses: see addr.h. */
#include "model/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/text.h"

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
static const uint8_t zero[16];

bool addr_is_v4(const struct addr *a)
{
	return memcmp(a->b, mapped, sizeof mapped) == 0;
}

bool addr_is_wildcard(const struct addr *a)
{
	return memcmp(a->b, zero, 16) == 0 || (addr_is_v4(a) && memcmp(a->b + 12, zero, 4) == 0);
}

bool addr_is_loopback(const struct addr *a)
{
	if (addr_is_v4(a))
		return a->b[12] == 127;
	return memcmp(a->b, zero, 15) == 0 && a->b[15] == 1;
}

bool addr_is_group(const struct addr *a)
{
	if (!addr_is_v4(a))
		return a->b[0] == 0xff;
	static const uint8_t all[4] = { 255, 255, 255, 255 };
	return (a->b[12] & 0xf0) == 0xe0 || memcmp(a->b + 12, all, 4) == 0;
}

static bool parse_v4(struct span text, struct addr *ret)
{
	uint8_t bytes[4];
	for (int i = 0; i < 4; i++) {
		struct span part = text_split(&text, '.');
		uint32_t v;
		if (part.n > 3 || !text_u32(part, 255, &v) || (i < 3) != (text.p != NULL))
			return false;
		bytes[i] = (uint8_t)v;
	}
	*ret = addr_v4(bytes);
	return true;
}

bool addr_parse(struct span text, struct addr *ret)
{
	if (parse_v4(text, ret))
		return true;
	char buf[ADDR_TEXT_BYTES];
	const uint8_t *scope = text.n ? memchr(text.p, '%', text.n) : NULL;
	size_t n = scope ? (size_t)(scope - text.p) : text.n;
	if (n == 0 || n >= sizeof buf || !memchr(text.p, ':', n) || memchr(text.p, '\0', n))
		return false;
	memcpy(buf, text.p, n);
	buf[n] = '\0';
	struct in6_addr a;
	if (inet_pton(AF_INET6, buf, &a) != 1)
		return false;
	memcpy(ret->b, &a, 16);
	return true;
}

const char *addr_format(const struct addr *a, char buf[static ADDR_TEXT_BYTES])
{
	if (addr_is_v4(a))
		snprintf(buf, ADDR_TEXT_BYTES, "%u.%u.%u.%u", a->b[12], a->b[13], a->b[14],
			a->b[15]);
	else if (!inet_ntop(AF_INET6, a->b, buf, ADDR_TEXT_BYTES))
		buf[0] = '\0';
	return buf;
}
