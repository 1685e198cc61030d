/* SPDX-License-Identifier: Apache-2.0 */
/* The short way of tracerpt's rows: see tracerpt_plain.h. One pass over the bytes, and no cells. */
#include "evidence/trace/tracerpt_plain.h"

#include "evidence/trace/traced.h"
#include "evidence/trace/tracerpt_row.h"

/* What reads it returns false where the row is not plain. */
struct scan {
	const uint8_t *p, *end;
};

#define LANES 0x0101010101010101ull

static inline size_t left(const struct scan *s)
{
	return (size_t)(s->end - s->p);
}

static inline void pass_blanks(struct scan *s)
{
	while (s->p < s->end && *s->p == ' ')
		s->p++;
}

static __attribute__((noinline)) bool pass_any_comma(struct scan *s)
{
	pass_blanks(s);
	if (s->p == s->end || *s->p != ',')
		return false;
	s->p++;
	pass_blanks(s);
	return true;
}

/* The comma that ends a cell, and the blanks around it: mostly one, behind it. */
static inline bool pass_comma(struct scan *s)
{
	if (left(s) < 3 || load_le16(s->p) != (',' | ' ' << 8) || s->p[2] == ' ')
		return pass_any_comma(s);
	s->p += 2;
	return true;
}

/* Bytes with '0' taken off: 0x80 in the lane of the first that is no digit. A carry may put more
 * into the lanes behind that one. */
static inline uint64_t no_digit(uint64_t v)
{
	return ((v + 0x76 * LANES) | v) & 0x80 * LANES;
}

/* Eight digits at once: each step joins neighbours, in lanes twice as wide. */
static inline uint64_t join_digits(uint64_t v)
{
	v = (v * 10 + (v >> 8)) & 0x00ff00ff00ff00ffull;
	v = (v * 100 + (v >> 16)) & 0x0000ffff0000ffffull;
	return (v * 10000 + (v >> 32)) & 0xffffffffull;
}

static inline bool eight_digits(const uint8_t *p, uint64_t *ret)
{
	uint64_t v = load_le64(p) ^ '0' * LANES;
	*ret = join_digits(v);
	return no_digit(v) == 0;
}

/* Ten digits at most, one by one: long ones, and those at the end of the row. */
static __attribute__((noinline)) bool any_number(struct scan *s, uint64_t *ret)
{
	uint64_t v = 0;
	unsigned n = 0;
	for (; s->p < s->end && (uint8_t)(*s->p - '0') <= 9 && n <= 10; s->p++, n++)
		v = v * 10 + (uint8_t)(*s->p - '0');
	*ret = v;
	return n > 0 && n <= 10;
}

static inline bool number(struct scan *s, uint64_t *ret)
{
	uint64_t v = left(s) < 8 ? 0 : load_le64(s->p) ^ '0' * LANES;
	uint64_t other = no_digit(v);
	if (other == 0)
		return any_number(s, ret);
	/* The bit is the highest of its lane: so many bits are behind the digits and with it. What
	 * moves in before them are zeros. */
	unsigned bits = (unsigned)__builtin_ctzll(other) - 7;
	if (bits == 0)
		return false;
	*ret = join_digits(v << (64 - bits));
	s->p += bits / 8;
	return true;
}

static inline bool field(struct scan *s, uint32_t max, uint32_t *ret)
{
	uint64_t v;
	if (!number(s, &v) || v > max || !pass_comma(s))
		return false;
	*ret = (uint32_t)v;
	return true;
}

static inline bool port(struct scan *s, uint16_t *ret)
{
	uint32_t v;
	if (!field(s, UINT16_MAX, &v))
		return false;
	*ret = (uint16_t)v;
	return true;
}

static inline bool clock_time(struct scan *s, struct source_time *ret)
{
	uint64_t high, low;
	uint8_t tens, ones;
	/* Eighteen digits reach from 1918 to 4769. */
	if (left(s) <= 18 || !eight_digits(s->p, &high) || !eight_digits(s->p + 8, &low))
		return false;
	tens = (uint8_t)(s->p[16] - '0');
	ones = (uint8_t)(s->p[17] - '0');
	s->p += 18;
	return tens <= 9 && ones <= 9 &&
		stamp_from_filetime((high * 100000000 + low) * 100 + tens * 10u + ones, ret) &&
		pass_comma(s);
}

/* "010.001." as two octets, in its 32-bit halves. The byte behind the second may be any. */
static inline bool two_octets(const uint8_t *p, uint8_t *ret)
{
	const uint64_t half = 0x0000000100000001ull;
	uint64_t v = (load_le64(p) ^ 0x2e3030302e303030ull) & 0x00ffffffffffffffull;
	uint64_t tens = v * 10 + (v >> 8);
	uint64_t octets = (tens & 0xff * half) * 10 + (v >> 16 & 0xff * half);
	/* Where the dot should be there must be nothing left. */
	if ((((v + 0x007676767f767676ull) | v) & 0x80 * LANES) || (octets & 0xff00 * half))
		return false;
	ret[0] = (uint8_t)octets;
	ret[1] = (uint8_t)(octets >> 32);
	return true;
}

static __attribute__((noinline)) bool short_octets(struct scan *s, uint8_t bytes[static 4])
{
	for (int i = 0; i < 4; i++) {
		unsigned v = 0, n = 0;
		for (; s->p < s->end && (uint8_t)(*s->p - '0') <= 9 && n < 3; s->p++, n++)
			v = v * 10 + (uint8_t)(*s->p - '0');
		if (n == 0 || v > 255 || (i < 3 && (s->p == s->end || *s->p != '.')))
			return false;
		s->p += i < 3;
		bytes[i] = (uint8_t)v;
	}
	return true;
}

/* Three digits each, as tracerpt writes them, or as few as they need. */
static inline bool dotted(struct scan *s, struct addr *ret)
{
	uint8_t bytes[4];
	if (left(s) > 15 && s->p[7] == '.' && two_octets(s->p, bytes) &&
		two_octets(s->p + 8, bytes + 2))
		s->p += 15;
	else if (!short_octets(s, bytes))
		return false;
	*ret = addr_v4(bytes);
	return pass_comma(s);
}

/* A cell that is not looked at. */
static inline bool pass_cell(struct scan *s)
{
	while (left(s) >= 8) {
		/* 0x80 in the lane of the first comma, and perhaps in some behind it. */
		uint64_t v = load_le64(s->p) ^ ',' * LANES;
		uint64_t ends = (v - LANES) & ~v & 0x80 * LANES;
		if (ends) {
			s->p += (unsigned)__builtin_ctzll(ends) / 8;
			return pass_comma(s);
		}
		s->p += 8;
	}
	return false;
}

static inline bool is_word(struct scan *s, const char *word, size_t n)
{
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

static inline bool class_and_type(struct scan *s, struct event *ret, enum row_ip *ret_ip)
{
	bool udp = is_word(s, "UdpIp", 5);
	if ((!udp && !is_word(s, "TcpIp", 5)) || !pass_comma(s))
		return false;
	if (is_word(s, "Send", 4))
		ret->op = EVENT_SEND;
	else if (is_word(s, "Recv", 4))
		ret->op = EVENT_RECV;
	else if (!udp && is_word(s, "Connect", 7))
		ret->op = EVENT_CONNECT;
	else if (!udp && is_word(s, "Disconnect", 10))
		ret->op = EVENT_DISCONNECT;
	else
		return false;
	*ret_ip = is_word(s, "IPV4", 4) ? IP_V4 : IP_UNSTATED;
	ret->transport = udp ? TRANSPORT_UDP : TRANSPORT_TCP;
	return pass_comma(s);
}

bool plain_row(struct span line, struct record *ret)
{
	struct scan s = { .p = line.p, .end = line.p + line.n };
	struct event *event = &ret->event;
	struct endpoint d, local;
	enum row_ip ip;
	*event = (struct event){ 0 };
	/* A cell in quotes may hold commas, and one further on may not be closed. */
	if (line.n == 0 || memchr(line.p, '"', line.n))
		return false;
	pass_blanks(&s);
	/* Not looked at are the thread, and the times in the kernel and outside of it. */
	if (!class_and_type(&s, event, &ip) || !pass_cell(&s) || !clock_time(&s, &ret->when) ||
		!pass_cell(&s) || !pass_cell(&s) || !field(&s, UINT32_MAX, &event->pid) ||
		!field(&s, UINT32_MAX, &event->bytes) || !dotted(&s, &d.addr) ||
		!dotted(&s, &local.addr) || !port(&s, &d.port) || !port(&s, &local.port) ||
		!traced_pid(event->pid))
		return false;
	row_ends(event, d, local, ip);
	ret->kind = RECORD_EVENT;
	ret->input = 0;
	ret->has_time = true;
	return true;
}
