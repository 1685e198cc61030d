/* SPDX-License-Identifier: Apache-2.0 */
/* Bends captures and their frames, and looks what readers and decoder make of it:
 *
 *     bend EVERY FILE...
 *
 * Files are bent at each EVERY-th place, frames at all. Prints TAP, two lines for each file. */
#include "bend.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "evidence/formats.h"

/* Of larger files this front is bent. */
#define FRONT_BYTES (64u * 1024u)
#define MOST_SAID 10u

void fail(uint64_t *failures, const char *fmt, ...)
{
	va_list args;
	if ((*failures)++ >= MOST_SAID)
		return;
	va_start(args, fmt);
	printf("# ");
	vprintf(fmt, args);
	printf("\n");
	va_end(args);
}

bool bend(uint8_t *bytes, size_t n, struct bent *b, int value)
{
	uint8_t wanted[4] = { 0 };
	if (b->at + b->width > n)
		return false;
	if (value == 3)
		memset(wanted, 0xff, sizeof wanted);
	else if (value)
		wanted[value == 1 ? b->width - 1 : 0] = 1;
	if (memcmp(bytes + b->at, wanted, b->width) == 0)
		return false;
	memcpy(b->saved, bytes + b->at, b->width);
	memcpy(bytes + b->at, wanted, b->width);
	return true;
}

void unbend(uint8_t *bytes, const struct bent *b)
{
	memcpy(bytes + b->at, b->saved, b->width);
}

static uint64_t frames_bend(const uint8_t *bytes, size_t n, uint64_t *failures)
{
	struct input *in;
	struct source source;
	const struct source_format *format;
	struct record r;
	uint64_t tried = 0;
	int rc;
	if (input_memory("frames", span_of(bytes, n), &in, NULL) < 0)
		abort();
	if (formats_recognise(in, &format, NULL) == 0 &&
		formats_open(format, in, &source, NULL) == 0) {
		while ((rc = source_next(&source, &r, NULL)) != SOURCE_END)
			if (rc > 0 && r.kind == RECORD_PACKET && !r.packet.digested)
				tried += frame_bend(&r.packet, failures);
		source_close(&source);
	}
	input_close(in);
	return tried;
}

/* Returns NULL where the file cannot be read. */
static uint8_t *load(const char *name, size_t *ret_n)
{
	FILE *f = fopen(name, "rb");
	uint8_t *bytes = f ? malloc(FRONT_BYTES) : NULL;
	if (bytes)
		*ret_n = fread(bytes, 1, FRONT_BYTES, f);
	if (f)
		fclose(f);
	return bytes;
}

static bool say(uint64_t failures, int number, const char *name, const char *what)
{
	printf("%s %d - %s, %s\n", failures ? "not ok" : "ok", number, name, what);
	fflush(stdout);
	return failures == 0;
}

/* Two lines of TAP; true where both are good. */
static bool bend_one(const char *name, unsigned every, int number)
{
	size_t n = 0;
	uint8_t *bytes = load(name, &n);
	uint64_t in_file = !bytes, in_frames = !bytes;
	char what[64];
	uint64_t tried = bytes ? file_bend(bytes, n, every, &in_file) : 0;
	snprintf(what, sizeof what, "%llu bent files", (unsigned long long)tried);
	bool good = say(in_file, number, name, what);
	tried = bytes ? frames_bend(bytes, n, &in_frames) : 0;
	snprintf(what, sizeof what, "%llu bent frames", (unsigned long long)tried);
	free(bytes);
	return say(in_frames, number + 1, name, what) && good;
}

int main(int argc, char **argv)
{
	unsigned every = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	if (every == 0) {
		printf("Bail out! usage: bend EVERY FILE...\n");
		return 2;
	}
	bool good = true;
	printf("1..%d\n", (argc - 2) * 2);
	for (int i = 2; i < argc; i++)
		good &= bend_one(argv[i], every, 2 * i - 3);
	return good ? 0 : 1;
}
