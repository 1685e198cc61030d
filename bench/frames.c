/* SPDX-License-Identifier: Apache-2.0 */
/* frames FILE PACKETS [pcapng]: writes a large capture for bench/read.py. Of ten packets six are
 * UDP datagrams of 8 bytes from a new source port each, three are TCP with payloads of several
 * lengths and one is a ping: 12 million make 2 GB. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERNET 14
#define IPV4 20
#define MOST 1514

struct out {
	FILE *file;
	int ng;
	uint64_t ns;
};

static void le16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void le32(uint8_t *p, uint32_t v)
{
	le16(p, v & 0xffff);
	le16(p + 2, v >> 16);
}

static void be16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put(struct out *o, const void *p, size_t n)
{
	if (fwrite(p, 1, n, o->file) != n) {
		perror("frames: cannot write");
		exit(1);
	}
}

static void begin(struct out *o)
{
	uint8_t b[60] = { 0 };
	if (o->ng) {
		le32(b, 0x0a0d0d0a);
		le32(b + 4, 28);
		le32(b + 8, 0x1a2b3c4d);
		le16(b + 12, 1);
		memset(b + 16, 0xff, 8);
		le32(b + 24, 28);
		le32(b + 28, 1); /* interface: Ethernet, nanoseconds */
		le32(b + 32, 32);
		le16(b + 36, 1);
		le32(b + 40, 262144);
		le16(b + 44, 9);
		le16(b + 46, 1);
		b[48] = 9;
		le32(b + 56, 32);
		put(o, b, 60);
		return;
	}
	le32(b, 0xa1b2c3d4);
	le16(b + 4, 2);
	le16(b + 6, 4);
	le32(b + 16, 262144);
	le32(b + 20, 1);
	put(o, b, 24);
}

static void frame(struct out *o, const uint8_t *bytes, uint32_t n)
{
	uint8_t h[28], zero[8] = { 0 };
	uint32_t pad = -n & 3, total = 32 + n + pad;
	o->ns += 1000;
	if (!o->ng) {
		le32(h, (uint32_t)(o->ns / 1000000000));
		le32(h + 4, (uint32_t)(o->ns % 1000000000 / 1000));
		le32(h + 8, n);
		le32(h + 12, n);
		put(o, h, 16);
		put(o, bytes, n);
		return;
	}
	le32(h, 6);
	le32(h + 4, total);
	le32(h + 8, 0);
	le32(h + 12, (uint32_t)(o->ns >> 32));
	le32(h + 16, (uint32_t)o->ns);
	le32(h + 20, n);
	le32(h + 24, n);
	put(o, h, 28);
	put(o, bytes, n);
	le32(zero + pad, total);
	put(o, zero, pad + 4);
}

static uint32_t ipv4(uint8_t *b, unsigned protocol, uint32_t peer, uint32_t behind)
{
	memcpy(b, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0", ETHERNET);
	uint8_t *ip = b + ETHERNET;
	memset(ip, 0, IPV4);
	ip[0] = 0x45;
	be16(ip + 2, IPV4 + behind);
	ip[8] = 64;
	ip[9] = (uint8_t)protocol;
	memcpy(ip + 12, "\x0a\x01\x01\x01\x0a\x02", 6);
	be16(ip + 18, peer);
	return ETHERNET + IPV4 + behind;
}

static uint32_t make(uint8_t *b, uint64_t i)
{
	static const uint16_t lengths[] = { 0, 0, 64, 200, 536, 1100 };
	uint8_t *p = b + ETHERNET + IPV4;
	unsigned kind = (unsigned)(i % 10);
	if (kind < 6) {
		be16(p, 1024 + (unsigned)(i % 60000));
		be16(p + 2, 1127 + (unsigned)(i / 7 % 3000));
		be16(p + 4, 16);
		memcpy(p + 8, "notify\0\1", 8);
		return ipv4(b, 17, (uint32_t)(i % 997), 16);
	}
	if (kind == 9) {
		memset(p, 0, 64);
		p[0] = 8;
		be16(p + 6, (unsigned)i & 0xffff);
		return ipv4(b, 1, (uint32_t)(i % 11), 64);
	}
	uint32_t payload = lengths[i / 10 % 6];
	memset(p, 0, 20);
	be16(p, 40000 + (unsigned)(i / 100 % 1000));
	be16(p + 2, 445);
	be16(p + 6, (unsigned)i & 0xffff);
	p[12] = 0x50;
	p[13] = 0x18;
	memset(p + 20, (int)(i & 0x7f), payload);
	return ipv4(b, 6, (uint32_t)(i % 101), 20 + payload);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: frames FILE PACKETS [pcapng]\n");
		return 2;
	}
	struct out o = { .file = fopen(argv[1], "wb"), .ng = argc > 3, .ns = 1263482400000000000 };
	uint8_t b[MOST];
	if (!o.file) {
		perror(argv[1]);
		return 1;
	}
	begin(&o);
	uint64_t n = strtoull(argv[2], NULL, 10);
	for (uint64_t i = 0; i < n; i++)
		frame(&o, b, make(b, i));
	if (fclose(o.file) != 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
