/* SPDX-License-Identifier: Apache-2.0 */
/* etl-bare FILE: the least that can be done with an event trace log: each buffer is read into one
 * and the same memory, in the order of the file, and its records are stepped over by their sizes;
 * stamps and kinds are added up, so that no header can be left out. bench/etl.py compares the
 * reader with it. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEADER 0x48u
#define MOST (1u << 24)

static uint8_t buffer[MOST];

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return v;
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	off_t off = 0;
	uint64_t records = 0, sum = 0;
	if (fd < 0) {
		fprintf(stderr, "usage: etl-bare FILE\n");
		return 2;
	}
	while (pread(fd, buffer, HEADER, off) == HEADER) {
		uint32_t size = get32(buffer), end = get32(buffer + 0x30);
		if (size < HEADER || size > MOST || end > size ||
			pread(fd, buffer, size, off) != (ssize_t)size)
			break;
		for (size_t at = HEADER; at + 0x18 <= end;) {
			const uint8_t *p = buffer + at;
			uint32_t kind = p[2], bytes;
			/* Kernel headers have their size elsewhere, and a stamp of their own place.
			 */
			bytes = get32(p + (kind <= 4 || (kind & 0xfe) == 0x10 ? 4 : 0)) & 0xffff;
			if (bytes < 8)
				break;
			sum += get64(p + ((kind & 0xfe) == 0x10 ? 8 : 16)) + get32(p + 4);
			records++;
			at += (bytes + 7) & ~7u;
		}
		off += size;
	}
	printf("%llu records, %llx\n", (unsigned long long)records, (unsigned long long)sum);
	return 0;
}
