/* SPDX-License-Identifier: Apache-2.0 */
/* What both joins of bench/join.py share: the same two loops over read(2), one over the frames of a
 * little-endian pcap of Ethernet and IPv4, one over rows of tracerpt's short form, and the merge of
 * both by time. They check no more than keeps them inside their buffers. */
#ifndef BENCH_JOIN_READ_H
#define BENCH_JOIN_READ_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER 262144
#define FILETIME_1970 116444736000000000ull
#define TICK_NS 15625000ll

/* 5-tuple as the packet runs; ports are 0 where there are none. */
struct tuple {
	uint32_t src, dst;
	uint16_t sport, dport;
	uint8_t protocol;
};

struct item {
	int64_t ns;
	struct tuple tuple;
	uint32_t pid; /* of a row */
};

struct stream {
	int fd;
	size_t at, have;
	uint8_t buffer[BUFFER];
};

static void stream_open(struct stream *s, const char *name)
{
	s->fd = open(name, O_RDONLY);
	if (s->fd < 0) {
		perror(name);
		exit(1);
	}
}

static bool stream_more(struct stream *s)
{
	memmove(s->buffer, s->buffer + s->at, s->have - s->at);
	s->have -= s->at;
	s->at = 0;
	ssize_t got = read(s->fd, s->buffer + s->have, BUFFER - s->have);
	s->have += got > 0 ? (size_t)got : 0;
	return got > 0;
}

static inline uint32_t get32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return v;
}

static inline bool next_packet(struct stream *s, struct item *ret)
{
	uint32_t n = 0;
	while (s->have - s->at < 16 || s->have - s->at - 16 < (n = get32(s->buffer + s->at + 8)))
		if (!stream_more(s))
			return false;
	const uint8_t *h = s->buffer + s->at, *ip = h + 16 + 14;
	s->at += 16 + n;
	ret->ns = get32(h) * 1000000000ll + get32(h + 4) * 1000ll;
	ret->tuple = (struct tuple){ 0 };
	if (n < 42 || h[28] != 8 || h[29] != 0)
		return true;
	const uint8_t *ports = ip + (ip[0] & 15u) * 4;
	ret->tuple = (struct tuple){ .src = __builtin_bswap32(get32(ip + 12)),
		.dst = __builtin_bswap32(get32(ip + 16)),
		.protocol = ip[9] };
	if (ip[9] == 6 || ip[9] == 17) {
		ret->tuple.sport = (uint16_t)(ports[0] << 8 | ports[1]);
		ret->tuple.dport = (uint16_t)(ports[2] << 8 | ports[3]);
	}
	return true;
}

/* Passes the comma in front as well. */
static inline uint64_t number(const uint8_t **at)
{
	const uint8_t *p = *at;
	uint64_t v = 0;
	while (*p == ' ' || *p == ',')
		p++;
	for (; *p >= '0' && *p <= '9'; p++)
		v = v * 10 + (*p - '0');
	*at = p;
	return v;
}

static inline uint32_t address(const uint8_t **at)
{
	uint32_t v = (uint32_t)number(at);
	for (int i = 0; i < 3; i++) {
		++*at;
		v = v << 8 | (uint32_t)number(at);
	}
	return v;
}

static inline bool next_row(struct stream *s, int64_t offset_ns, struct item *ret)
{
	const uint8_t *end;
	while (!(end = memchr(s->buffer + s->at, '\n', s->have - s->at)))
		if (!stream_more(s))
			return false;
	const uint8_t *p = s->buffer + s->at;
	s->at = (size_t)(end - s->buffer) + 1;
	bool udp = p[0] == 'U', received = p[7] == 'R';
	p = (const uint8_t *)memchr(p + 7, ',', (size_t)(end - p) - 7) + 13; /* behind the thread */
	ret->ns = (int64_t)((number(&p) - FILETIME_1970) * 100) - offset_ns;
	number(&p);
	number(&p);
	ret->pid = (uint32_t)number(&p);
	number(&p);
	ret->tuple.dst = address(&p);
	ret->tuple.src = address(&p);
	ret->tuple.dport = (uint16_t)number(&p);
	ret->tuple.sport = (uint16_t)number(&p);
	ret->tuple.protocol = udp ? 17 : 6;
	if (received && !udp) {
		struct tuple t = ret->tuple;
		ret->tuple.src = t.dst;
		ret->tuple.dst = t.src;
		ret->tuple.sport = t.dport;
		ret->tuple.dport = t.sport;
	}
	return true;
}

/* Hands out each row before the packets that it may be of: those up to a tick later. */
static void join(const char *capture, const char *trace, int64_t offset_ns,
	void (*see)(const struct item *row), bool (*named)(const struct item *packet))
{
	static struct stream frames, rows;
	struct item packet, row;
	uint64_t n = 0, hits = 0;
	stream_open(&frames, capture);
	stream_open(&rows, trace);
	stream_more(&frames);
	frames.at = 24;
	bool more = next_row(&rows, offset_ns, &row);
	while (next_packet(&frames, &packet)) {
		while (more && row.ns <= packet.ns + TICK_NS) {
			see(&row);
			more = next_row(&rows, offset_ns, &row);
		}
		n++;
		hits += named(&packet);
	}
	printf("%llu packets, %llu named\n", (unsigned long long)n, (unsigned long long)hits);
}

#endif
