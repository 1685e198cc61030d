/* SPDX-License-Identifier: Apache-2.0 */
/* Large pages: see large.h. Linux only; elsewhere nothing is asked for. */
#include "base/large.h"

#include <stdint.h>

#ifdef __linux__
#include <malloc.h>
#include <sys/mman.h>
#endif

/* glibc raises this bound by itself as blocks are freed, up to 32 MiB; below it blocks lie one
 * behind the other, and one that grows is copied. */
#define OWN_PAGES (4 << 20)
/* What is freed at the end of the heap stays for the next one who sorts: each page that went back
 * costs its first touch again. */
#define KEPT_BYTES (16 << 20)

void large_setup(void)
{
#ifdef M_MMAP_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
#endif
}

/* Two of the large pages of x86-64 and of arm64 with small pages of 4 KiB: what is smaller may lie
 * across none. */
#define LARGE_LEAST (4u << 20)
#define PAGE (4096u)

void large_pages(void *p, size_t n)
{
#ifdef MADV_HUGEPAGE
	if (!p || n < LARGE_LEAST)
		return;
	/* All pages that it touches, for the kernel moves a mapping only as long as it is one.
	 * Refused where pages are larger than that, or the kernel has none: either is fine. */
	uintptr_t from = (uintptr_t)p / PAGE * PAGE;
	uintptr_t to = ((uintptr_t)p + n + PAGE - 1) / PAGE * PAGE;
	(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
	(void)p;
	(void)n;
#endif
}
