/* SPDX-License-Identifier: Apache-2.0 */
/* bare FILE: the least that can be done with a little-endian pcap of Ethernet frames. Reads it into
 * one buffer that stays in the cache, takes addresses, protocol and ports out of each frame, checks
 * no more than it must, and adds them up, so that nothing can be left out. bench/read.py compares
 * the reader and the decoder with it. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUFFER 262144

static uint8_t buffer[BUFFER];

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return v;
}

static uint64_t tuple(const uint8_t *frame, uint32_t n)
{
	if (n < 34 || frame[12] != 8 || frame[13] != 0)
		return 0;
	const uint8_t *ip = frame + 14;
	uint32_t header = (ip[0] & 15u) * 4;
	uint64_t sum = get32(ip + 12) * 31ull + get32(ip + 16) * 37ull + ip[9];
	if ((ip[9] == 6 || ip[9] == 17) && n >= 14 + header + 4)
		sum += get32(ip + header) * 41ull;
	return sum;
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	size_t have = 0, at = 24;
	uint64_t packets = 0, sum = 0;
	if (fd < 0) {
		fprintf(stderr, "usage: bare FILE\n");
		return 2;
	}
	for (;;) {
		ssize_t got = read(fd, buffer + have, BUFFER - have);
		if (got <= 0)
			break;
		have += (size_t)got;
		while (at + 16 <= have) {
			uint32_t n = get32(buffer + at + 8);
			if (at + 16 + n > have)
				break;
			sum += tuple(buffer + at + 16, n);
			packets++;
			at += 16 + n;
		}
		memmove(buffer, buffer + at, have - at);
		have -= at;
		at = 0;
	}
	printf("%llu packets, %llx\n", (unsigned long long)packets, (unsigned long long)sum);
	return 0;
}
