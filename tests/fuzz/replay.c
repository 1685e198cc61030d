/* SPDX-License-Identifier: Apache-2.0 */
/* A main for fuzz targets without a fuzzing engine: replays the files it is given, each whole and
 * cut (at every byte up to 4 KiB, larger ones at 200 places), and prints TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MOST (16u << 20)

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(MOST);
	size_t n = file && data ? fread(data, 1, MOST, file) : 0;
	int read = file && data && !ferror(file);
	if (file)
		fclose(file);
	size_t cuts = n <= 4096 ? n : 200;
	for (size_t i = 0; read && i <= cuts; i++) {
		/* In a buffer of its own size, so that a sanitizer sees each byte beyond. */
		size_t cut = cuts ? n * i / cuts : 0;
		uint8_t *exact = malloc(cut ? cut : 1);
		for (size_t k = 0; exact && k < cut; k++)
			exact[k] = data[k];
		if (exact)
			LLVMFuzzerTestOneInput(exact, cut);
		free(exact);
	}
	free(data);
	return read;
}

int main(int argc, char **argv)
{
	int bad = 0;
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		int ok = replay(argv[i]);
		const char *name = argv[i];
		for (const char *p = name; *p; p++)
			if (*p == '/')
				name = p + 1;
		printf("%sok %d - %s\n", ok ? "" : "not ", i, name);
		fflush(stdout);
		bad |= !ok;
	}
	return bad;
}
