/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses, endpoints and flows. */
#ifndef WHOSENT_MODEL_ADDR_H
#define WHOSENT_MODEL_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cursor.h"
#include "base/hash.h"

/* 16 bytes in network order; IPv4 is v4-mapped (::ffff:a.b.c.d, RFC 4291 2.5.5.2), so that a
 * dual-stack socket's address equals the one on the wire. All zero is the IPv6 wildcard. */
struct addr {
	uint8_t b[16];
};

/* No padding: these are hashed and compared as bytes. */
struct endpoint {
	struct addr addr;
	uint16_t port; /* host byte order; 0 where the protocol has none */
};

struct flow {
	struct endpoint src, dst;
};

#define ADDR_TEXT_BYTES 48

static inline struct addr addr_v4(const uint8_t bytes[static 4])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct addr a;
	memcpy(a.b, mapped, sizeof mapped);
	memcpy(a.b + sizeof mapped, bytes, 4);
	return a;
}

bool addr_is_v4(const struct addr *a);
bool addr_is_wildcard(const struct addr *a); /* 0.0.0.0 or :: */
bool addr_is_loopback(const struct addr *a); /* 127/8 (RFC 1122 3.2.1.3), ::1 */
/* Multicast (224/4, ff00::/8) or the limited broadcast address. A subnet's own broadcast address
 * cannot be told without its mask. */
bool addr_is_group(const struct addr *a);

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

/* For small caches of addresses that are met again and again: not keyed, so whoever likes can make
 * addresses meet in one slot. */
static inline uint32_t addr_mix(const struct addr *a)
{
	return (uint32_t)hash_fold(hash_load64(a->b) ^ 0x9e3779b97f4a7c15ull,
		hash_load64(a->b + 8) ^ 0xd6e8feb86659fd93ull);
}

static inline bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && addr_equal(&a->addr, &b->addr);
}

static inline struct flow flow_reverse(struct flow f)
{
	return (struct flow){ .src = f.dst, .dst = f.src };
}

/* Dotted quads take decimal octets with leading zeros (`010` is 10, never octal), as tracerpt
 * writes them. IPv6 as in RFC 4291 2.2; a %scope is cut off. False if it is neither. */
bool addr_parse(struct span text, struct addr *ret);

/* RFC 5952 for IPv6, dotted quads for IPv4. Returns buf. */
const char *addr_format(const struct addr *a, char buf[static ADDR_TEXT_BYTES]);

#endif
