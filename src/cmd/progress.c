/* SPDX-License-Identifier: Apache-2.0 */
/* How far the run is: see progress.h. */
#include "cmd/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/stamp.h"
#include "cmd/cmd.h"
#include "cmd/run.h"

/* Nobody wants a line that is gone before it was read. */
#define FIRST_NS 500000000ll
#define EVERY_NS 200000000ll

static int64_t now(void)
{
	struct timespec t;
	if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
		return 0;
	return (int64_t)t.tv_sec * STAMP_NS_PER_S + t.tv_nsec;
}

void progress_init(struct progress *p, bool quiet)
{
	const char *terminal = getenv("TERM");
	*p = (struct progress){ .wanted = !quiet && isatty(STDERR_FILENO) && terminal &&
			strcmp(terminal, "dumb") != 0 };
}

static uint64_t taken(const struct progress *p)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < p->n; i++)
		sum += p->inputs[i].input ? input_taken(p->inputs[i].input) : 0;
	return sum;
}

void progress_begin(struct progress *p, const char *what, const struct run_input *inputs, size_t n)
{
	*p = (struct progress){ .wanted = p->wanted, .inputs = inputs, .n = n };
	if (!p->wanted)
		return;
	p->what = what;
	p->before = taken(p);
	p->next_ns = now() + FIRST_NS;
	for (size_t i = 0; i < n; i++) {
		uint64_t size;
		if (inputs[i].input && input_size(inputs[i].input, &size, NULL) == 0)
			p->total += size;
	}
}

void progress_look(struct progress *p)
{
	int64_t t = now();
	if (t < p->next_ns)
		return;
	p->next_ns = t + EVERY_NS;
	/* A log is read for its index and then for its events. */
	uint64_t done = taken(p) - p->before;
	done = done < p->total ? done : p->total;
	unsigned percent = p->total ? (unsigned)((double)done * 100 / (double)p->total) : 0;
	say_status("%s, %u %%, %" PRIu64 " records", p->what, percent, p->records);
}

void progress_end(struct progress *p)
{
	p->what = NULL;
	if (p->wanted)
		say_status(NULL);
}
