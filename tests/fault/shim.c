/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into whosent by tests/fault/run.py: fails the nth allocation or the nth read, once or
 * from then on, and says at exit how many there were.
 *
 *   FAULT_ALLOC=n, FAULT_READ=n   which one fails, from 1
 *   FAULT_FOR_GOOD=1              all behind it fail too
 *   FAULT_COUNT=FD                write "ALLOCATIONS READS\n" to this descriptor at exit */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The rest of the project hides its symbols; these must be found first. */
#define VISIBLE __attribute__((visibility("default")))

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

static unsigned long allocs, reads, fail_alloc, fail_read;
static bool for_good, armed;

static unsigned long number(const char *name)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	fail_alloc = number("FAULT_ALLOC");
	fail_read = number("FAULT_READ");
	for_good = number("FAULT_FOR_GOOD") != 0;
	armed = true;
}

__attribute__((destructor)) static void end(void)
{
	armed = false;
	if (getenv("FAULT_COUNT"))
		dprintf((int)number("FAULT_COUNT"), "%lu %lu\n", allocs, reads);
}

static bool hit(unsigned long *count, unsigned long at)
{
	if (!armed)
		return false;
	unsigned long n = ++*count;
	return at && (n == at || (for_good && n > at));
}

VISIBLE void *malloc(size_t n)
{
	if (hit(&allocs, fail_alloc)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(n);
}

VISIBLE void *calloc(size_t n, size_t size)
{
	if (hit(&allocs, fail_alloc)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(n, size);
}

VISIBLE void *realloc(void *p, size_t n)
{
	if (hit(&allocs, fail_alloc)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(p, n);
}

/* What pread() is called where file offsets have 64 bits. */
VISIBLE ssize_t pread64(int fd, void *buf, size_t n, off64_t off)
{
	static ssize_t (*real)(int, void *, size_t, off64_t);
	if (hit(&reads, fail_read)) {
		errno = EIO;
		return -1;
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pread64");
	return real(fd, buf, n, off);
}
