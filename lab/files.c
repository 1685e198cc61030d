/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what the lab has made to disk: see files.h. */
#include "files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static _Noreturn void die(const char *name, const char *why)
{
	fprintf(stderr, "lab: %s: %s\n", name, why);
	exit(1);
}

void files_folder(const char *dir)
{
	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		die(dir, strerror(errno));
}

void files_write(const char *dir, const char *name, const struct str *out)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof path)
		die(dir, "the name is too long");
	if (out->failed)
		die(path, "no memory");
	FILE *f = fopen(path, "wb");
	if (!f)
		die(path, strerror(errno));
	size_t done = out->n ? fwrite(out->p, 1, out->n, f) : 0;
	if (fclose(f) != 0 || done != out->n)
		die(path, "cannot write");
}
