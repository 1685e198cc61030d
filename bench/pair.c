/* SPDX-License-Identifier: Apache-2.0 */
/* pair DIR PACKETS: writes DIR/capture.pcap and DIR/trace.csv for bench/join.py: 3333 packets a
 * second of a busy server, an hour in all where there are 12 million. Of ten packets six are UDP
 * datagrams of 8 bytes, each from a new port and so a flow of its own, three are TCP and one is a
 * ping that came in. A thousand processes send them. All but the pings, the SYN-ACKs and the FINs
 * have a row in the trace: 12 million packets make 2 GB and 10.6 million rows. The trace has a
 * clock of its own with a tick of 15.625 ms. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERNET 14
#define IPV4 20
#define MOST 1514
#define CONNECTIONS 256 /* at a time */
#define SEGMENTS 60     /* of each: SYN, SYN-ACK, data, FIN */
#define FILETIME_1970 116444736000000000ull

struct connection {
	uint32_t seq, step;
	uint16_t port;
	uint32_t pid;
};

struct pair {
	FILE *capture, *trace;
	uint64_t ns; /* of the packet at hand */
	uint64_t datagrams, segments;
	uint16_t next_port;
	struct connection connections[CONNECTIONS];
	uint8_t frame[MOST];
};

static const uint8_t us[4] = { 10, 1, 1, 1 };

static void le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void be16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void be32(uint8_t *p, uint32_t v)
{
	be16(p, v >> 16);
	be16(p + 2, v & 0xffff);
}

static void put(FILE *file, const void *p, size_t n)
{
	if (fwrite(p, 1, n, file) != n) {
		perror("pair: cannot write");
		exit(1);
	}
}

static uint32_t a_process(uint64_t n)
{
	return 1000 + 4 * ((uint32_t)((n * 0x9e3779b97f4a7c15ull) >> 32) % 1000);
}

static void frame(struct pair *p, uint8_t protocol, const uint8_t src[4], const uint8_t dst[4],
	uint32_t behind)
{
	uint8_t head[16], *ip = p->frame + ETHERNET;
	uint32_t n = ETHERNET + IPV4 + behind;
	memcpy(p->frame, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0", ETHERNET);
	memset(ip, 0, IPV4);
	ip[0] = 0x45;
	be16(ip + 2, IPV4 + behind);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, src, 4);
	memcpy(ip + 16, dst, 4);
	le32(head, (uint32_t)(p->ns / 1000000000));
	le32(head + 4, (uint32_t)(p->ns % 1000000000 / 1000));
	le32(head + 8, n);
	le32(head + 12, n);
	put(p->capture, head, sizeof head);
	put(p->capture, p->frame, n);
}

struct row {
	const char *class, *type;
	uint32_t pid, bytes;
	const uint8_t *peer;
	unsigned port, peer_port;
};

/* The log's clock is 7.5 hours and 137 ms away and moves in ticks. */
static void row(struct pair *p, const struct row *r)
{
	uint64_t ticks = (p->ns + 27000137000000ull) / 15625000 * 156250 + FILETIME_1970;
	fprintf(p->trace,
		"%s, %s, 0xFFFFFFFF, %" PRIu64
		", 0, 0, %u, %u, %03u.%03u.%03u.%03u, 010.001.001.001, %u, %u, 0, 0\n",
		r->class, r->type, ticks, r->pid, r->bytes, r->peer[0], r->peer[1], r->peer[2],
		r->peer[3], r->peer_port, r->port);
}

static void datagram(struct pair *p)
{
	uint64_t n = p->datagrams++;
	uint8_t peer[4] = { 10, 2, (uint8_t)(n % 997 / 250), (uint8_t)(1 + n % 997 % 250) };
	struct row r = { .class = "UdpIp",
		.type = "Send",
		.pid = a_process(n),
		.bytes = 8,
		.peer = peer,
		.port = 1024 + (unsigned)(n % 60000),
		.peer_port = 1127 + (unsigned)(n / 7 % 3000) };
	uint8_t *udp = p->frame + ETHERNET + IPV4;
	be16(udp, r.port);
	be16(udp + 2, r.peer_port);
	be16(udp + 4, 16);
	be16(udp + 6, 0);
	memcpy(udp + 8, "notify", 6);
	be16(udp + 14, r.pid);
	frame(p, 17, us, peer, 16);
	row(p, &r);
}

static void open_next(struct pair *p, struct connection *c)
{
	p->next_port = p->next_port >= 60000 ? 20000 : p->next_port + 1;
	*c = (struct connection){ .seq = (uint32_t)p->segments * 2654435761u,
		.port = p->next_port,
		.pid = a_process(p->segments) };
}

static void segment(struct pair *p)
{
	static const uint16_t lengths[] = { 64, 200, 536, 1100, 12, 300 };
	unsigned at = (unsigned)(p->segments++ % CONNECTIONS);
	struct connection *c = &p->connections[at];
	if (c->step == SEGMENTS || c->port == 0)
		open_next(p, c);
	uint32_t step = c->step++;
	uint8_t peer[4] = { 10, 3, 0, (uint8_t)(1 + at % 100) };
	uint32_t payload = step < 2 || step == SEGMENTS - 1 ? 0 : lengths[p->segments % 6];
	uint8_t *tcp = p->frame + ETHERNET + IPV4;
	memset(tcp, 0, 20);
	be16(tcp, step == 1 ? 445u : c->port);
	be16(tcp + 2, step == 1 ? c->port : 445u);
	be32(tcp + 4, step == 1 ? 77 : c->seq);
	be32(tcp + 8, step == 1 ? c->seq : step ? 78 : 0);
	tcp[12] = 0x50;
	tcp[13] = step == 0 ? 2 : step == 1 ? 0x12 : step == SEGMENTS - 1 ? 0x11 : 0x18;
	memset(tcp + 20, (int)(p->segments & 0x7f), payload);
	frame(p, 6, step == 1 ? peer : us, step == 1 ? us : peer, 20 + payload);
	c->seq += step == 0 ? 1 : payload;
	struct row r = { .class = "TcpIp",
		.type = step == 0 ? "Connect" : "Send",
		.pid = c->pid,
		.bytes = payload,
		.peer = peer,
		.port = c->port,
		.peer_port = 445 };
	if (step == 0 || payload)
		row(p, &r);
}

static void ping(struct pair *p, uint64_t n)
{
	uint8_t peer[4] = { 10, 4, 0, (uint8_t)(1 + n % 11) }, *icmp = p->frame + ETHERNET + IPV4;
	memset(icmp, 0, 64);
	icmp[0] = 8;
	be16(icmp + 4, (unsigned)(n % 11));
	be16(icmp + 6, (unsigned)n & 0xffff);
	frame(p, 1, peer, us, 64);
}

static FILE *create(const char *folder, const char *name)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "wb");
	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

int main(int argc, char **argv)
{
	uint8_t head[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4 };
	if (argc != 3) {
		fprintf(stderr, "usage: pair DIR PACKETS\n");
		return 2;
	}
	struct pair p = { .capture = create(argv[1], "capture.pcap"),
		.trace = create(argv[1], "trace.csv"),
		.next_port = 20000 };
	uint64_t n = strtoull(argv[2], NULL, 10);
	le32(head + 16, 262144);
	le32(head + 20, 1);
	put(p.capture, head, sizeof head);
	for (uint64_t i = 0; i < n; i++) {
		/* Uneven steps, or each tick would look like the next. */
		p.ns = 1263482400000000000ull + i * 300000 + i * 7919 % 200000;
		if (i % 10 < 6)
			datagram(&p);
		else if (i % 10 < 9)
			segment(&p);
		else
			ping(&p, i);
	}
	if (fclose(p.capture) != 0 || fclose(p.trace) != 0) {
		perror("pair: cannot write");
		return 1;
	}
	return 0;
}
