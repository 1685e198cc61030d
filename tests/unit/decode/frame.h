/* SPDX-License-Identifier: Apache-2.0 */
/* Frames for the decoder's tests, written field by field. */
#ifndef WHOSENT_TEST_FRAME_H
#define WHOSENT_TEST_FRAME_H

#include <stdlib.h>
#include <string.h>

#include "decode/decode.h"

struct bytes {
	size_t n;
	uint8_t b[2048];
};

static inline void put8(struct bytes *f, unsigned v)
{
	f->b[f->n++] = (uint8_t)v;
}

static inline void put16(struct bytes *f, unsigned v)
{
	put8(f, v >> 8 & 0xff);
	put8(f, v & 0xff);
}

static inline void put32(struct bytes *f, uint32_t v)
{
	put16(f, v >> 16);
	put16(f, v & 0xffff);
}

static inline void put_le16(struct bytes *f, unsigned v)
{
	put8(f, v & 0xff);
	put8(f, v >> 8 & 0xff);
}

static inline void put_le32(struct bytes *f, uint32_t v)
{
	put_le16(f, v & 0xffff);
	put_le16(f, v >> 16);
}

static inline void put_bytes(struct bytes *f, const struct bytes *more)
{
	memcpy(f->b + f->n, more->b, more->n);
	f->n += more->n;
}

static inline void put_fill(struct bytes *f, unsigned v, size_t n)
{
	while (n--)
		put8(f, v);
}

static inline void put_ethernet(struct bytes *f, unsigned type)
{
	put_fill(f, 0x02, 12);
	put16(f, type);
}

/* 10.1.1.1 to 172.23.98.97. `flags_offset` as on the wire. */
static inline void put_ipv4(
	struct bytes *f, unsigned total, unsigned flags_offset, unsigned protocol)
{
	put16(f, 0x4500);
	put16(f, total);
	put16(f, 1);
	put16(f, flags_offset);
	put8(f, 64);
	put8(f, protocol);
	put16(f, 0);
	put32(f, 0x0a010101);
	put32(f, 0xac176261);
}

/* 2001:db8::1 to 2001:db8::2. */
static inline void put_ipv6(struct bytes *f, unsigned length, unsigned next)
{
	put32(f, 0x60000000);
	put16(f, length);
	put8(f, next);
	put8(f, 64);
	for (unsigned last = 1; last <= 2; last++) {
		put32(f, 0x20010db8);
		put_fill(f, 0, 11);
		put8(f, last);
	}
}

static inline void put_udp(struct bytes *f, unsigned length)
{
	put16(f, 36003);
	put16(f, 2762);
	put16(f, length);
	put16(f, 0);
}

/* A datagram from port 36003 to 2762 in IPv4: 8 bytes of payload, 36 in all. */
static inline void put_datagram(struct bytes *f)
{
	put_ipv4(f, 36, 0, 17);
	put_udp(f, 16);
	put_fill(f, 1, 8);
}

/* `words` is the header length in 32-bit words; options are filled with no-operations. */
static inline void put_tcp(struct bytes *f, unsigned words, unsigned flags)
{
	put16(f, 50000);
	put16(f, 443);
	put32(f, 0x01020304);
	put32(f, 0x05060708);
	put8(f, words << 4);
	put8(f, flags);
	put16(f, 1024);
	put32(f, 0);
	if (words > 5)
		put_fill(f, 1, 4u * (words - 5));
}

/* Decodes the first n bytes from memory that ends right there, so that a sanitizer sees a read
 * behind them. */
static inline struct digest decode_cut(
	const struct bytes *f, size_t n, uint32_t link, uint32_t wire)
{
	uint8_t *copy = malloc(n ? n : 1);
	if (!copy)
		abort();
	memcpy(copy, f->b, n);
	struct packet p = { .bytes = span_of(copy, n), .link_type = link, .wire_bytes = wire };
	struct digest d;
	decode_packet(&p, &d);
	free(copy);
	return d;
}

static inline struct digest decode(const struct bytes *f, uint32_t link)
{
	return decode_cut(f, f->n, link, (uint32_t)f->n);
}

#endif
