/* SPDX-License-Identifier: Apache-2.0 */
/* The short way of tracerpt's rows: see tracerpt_plain.h. One pass over the bytes, and no cells. */
#include "evidence/trace/tracerpt_plain.h"

#include "evidence/trace/traced.h"
#include "evidence/trace/tracerpt_row.h"

/* Reads on while all is well; `bad` latches. */
struct scan {
	const uint8_t *p, *end;
	bool bad;
};

static inline void pass_blanks(struct scan *s)
{
	while (s->p < s->end && *s->p == ' ')
		s->p++;
}

/* The comma that ends a cell, and the blanks around it. */
static inline void pass_comma(struct scan *s)
{
	pass_blanks(s);
	s->bad |= s->p == s->end || *s->p != ',';
	s->p += !s->bad;
	pass_blanks(s);
}

/* Eight digits at once: each step joins neighbours, in lanes twice as wide. */
static inline bool eight_digits(const uint8_t *p, uint64_t *ret)
{
	uint64_t v = load_le64(p) ^ 0x3030303030303030ull;
	if (((v + 0x7676767676767676ull) | v) & 0x8080808080808080ull)
		return false;
	v = (v * 10 + (v >> 8)) & 0x00ff00ff00ff00ffull;
	v = (v * 100 + (v >> 16)) & 0x0000ffff0000ffffull;
	*ret = (v * 10000 + (v >> 32)) & 0xffffffffull;
	return true;
}

/* Decimal digits and no more of them than `most`, below 20. */
static inline uint64_t number(struct scan *s, unsigned most)
{
	uint64_t v = 0;
	unsigned n = 0;
	for (; s->p < s->end && (uint8_t)(*s->p - '0') <= 9; s->p++, n++)
		v = v * 10 + (uint8_t)(*s->p - '0');
	s->bad |= n == 0 || n > most;
	return v;
}

static inline uint64_t clock_time(struct scan *s)
{
	uint64_t high, low;
	if (s->end - s->p < 18 || !eight_digits(s->p, &high) || !eight_digits(s->p + 8, &low)) {
		s->bad = true;
		return 0;
	}
	s->p += 16;
	unsigned rest = 0, n = 0;
	for (; s->p < s->end && n < 3 && (uint8_t)(*s->p - '0') <= 9; s->p++, n++)
		rest = rest * 10 + (uint8_t)(*s->p - '0');
	/* Eighteen digits reach from 1918 to 4769. */
	s->bad |= n != 2;
	return (high * 100000000 + low) * 100 + rest;
}

static inline struct addr dotted(struct scan *s)
{
	uint8_t bytes[4];
	for (int i = 0; i < 4; i++) {
		uint64_t v = number(s, 3);
		s->bad |= v > 255 || (i < 3 && (s->p == s->end || *s->p != '.'));
		s->p += i < 3 && !s->bad;
		bytes[i] = (uint8_t)v;
	}
	pass_comma(s);
	return addr_v4(bytes);
}

static inline uint32_t field(struct scan *s, uint32_t max)
{
	uint64_t v = number(s, 10);
	s->bad |= v > max;
	pass_comma(s);
	return (uint32_t)v;
}

/* A cell that is not looked at. */
static inline void pass_cell(struct scan *s)
{
	while (s->p < s->end && *s->p != ',' && *s->p != '"')
		s->p++;
	pass_comma(s);
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
	if (!udp && !is_word(s, "TcpIp", 5))
		return false;
	pass_comma(s);
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
	pass_comma(s);
	return !s->bad;
}

bool plain_row(struct span line, struct record *ret)
{
	struct scan s = { .p = line.p, .end = line.p + line.n };
	struct event event = { 0 };
	struct endpoint d, local;
	enum row_ip ip;
	struct source_time when;
	pass_blanks(&s);
	if (!class_and_type(&s, &event, &ip))
		return false;
	pass_cell(&s); /* the thread */
	uint64_t clock = clock_time(&s);
	pass_comma(&s);
	pass_cell(&s); /* kernel and user time */
	pass_cell(&s);
	event.pid = field(&s, UINT32_MAX);
	event.bytes = field(&s, UINT32_MAX);
	d.addr = dotted(&s);
	local.addr = dotted(&s);
	d.port = (uint16_t)field(&s, UINT16_MAX);
	local.port = (uint16_t)field(&s, UINT16_MAX);
	/* A quote further on may be one that is not closed. */
	if (s.bad || !traced_pid(event.pid) || !stamp_from_filetime(clock, &when) ||
		memchr(s.p, '"', (size_t)(s.end - s.p)))
		return false;
	row_ends(&event, d, local, ip);
	ret->kind = RECORD_EVENT;
	ret->input = 0;
	ret->has_time = true;
	ret->when = when;
	ret->event = event;
	return true;
}
