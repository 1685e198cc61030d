/* SPDX-License-Identifier: Apache-2.0 */
/* Processes and services that --stopped names: see lifetimes.h. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/lifetimes.h"

_Static_assert(LIFETIME_SPANS > LIMIT_STOPPED, "each stop has a time before and one behind");

enum called { CALLED_NO, CALLED_PROCESS, CALLED_PID, CALLED_SERVICE };

/* "store.exe", "store" and "2136" mean the process, "MSExchangeIS" the service in it. */
static enum called is_called(const struct process *p, struct span name)
{
	static const size_t exe = sizeof ".exe" - 1;
	uint32_t pid;
	struct span image = p->image ? span_text(p->image) : (struct span){ 0 };
	if (text_u32(name, UINT32_MAX, &pid))
		return pid == p->pid ? CALLED_PID : CALLED_NO;
	struct span stem = image;
	if (image.n > exe &&
		text_equal_nocase((struct span){ image.p + image.n - exe, exe }, ".exe"))
		stem.n -= exe;
	struct span parts[] = { image, stem };
	for (size_t i = 0; i < 2; i++)
		if (parts[i].n == name.n &&
			strncasecmp((const char *)parts[i].p, (const char *)name.p, name.n) == 0)
			return CALLED_PROCESS;
	struct span rest = p->services ? span_text(p->services) : (struct span){ 0 };
	while (rest.p) {
		struct span one = text_trim(text_split(&rest, ','));
		if (one.n == name.n && one.n &&
			strncasecmp((const char *)one.p, (const char *)name.p, one.n) == 0)
			return CALLED_SERVICE;
	}
	return CALLED_NO;
}

/* What became of one --stopped on one host. */
struct search {
	struct span name;
	unsigned unseen, several, alive;
	process_handle living; /* that had events though it was stopped */
};

static bool lives_in(const struct lifetime_span *span, struct ref_time first, struct ref_time last)
{
	return (!span->has_to || first.ns <= span->to.ns + STOPPED_ERROR_NS) &&
		(!span->has_from || last.ns >= span->from.ns - STOPPED_ERROR_NS);
}

/* Is there a record of this process from between its stop and the next start, or on both sides? A
 * service may stop in a process that goes on; a process may not. */
static bool outlives(
	const struct lifetime_candidate *c, struct ref_time first, struct ref_time last)
{
	for (size_t k = 0; k < c->n_spans; k++)
		if (c->spans[k].has_to && first.ns < c->spans[k].to.ns &&
			last.ns > c->spans[k].to.ns + STOPPED_ERROR_NS)
			return true;
	return false;
}

/* The process of each span: the one of that name that some record shows in it. A table without a
 * time may have been taken before the stop or behind a later start, so a process that only such a
 * table knows is not taken, unless its PID was given: then that is what was said. */
static void find_processes(struct lifetimes *m, struct lifetime_candidate *c, struct search *s)
{
	for (process_handle h = 0; h < m->n_all; h++) {
		const struct process *p = &m->all[h];
		struct ref_time first = { INT64_MIN }, last = { INT64_MIN };
		enum called called = p->host == c->host ? is_called(p, s->name) : CALLED_NO;
		if (called == CALLED_NO)
			continue;
		bool seen = roster_seen(m->run->roster, h, &first, &last);
		if (!seen && called != CALLED_PID) {
			s->unseen++;
			continue;
		}
		if (called != CALLED_SERVICE && outlives(c, first, last)) {
			s->alive++;
			s->living = h;
			continue;
		}
		for (size_t k = 0; k < c->n_spans; k++) {
			if (!lives_in(&c->spans[k], first, last))
				continue;
			s->several += c->spans[k].process != PROCESS_NONE;
			c->spans[k].process = h;
		}
	}
}

static struct ref_time to_ref(struct source_time t)
{
	return (struct ref_time){ t.ns };
}

/* The spans around all stops of one name. */
static void add_spans(struct lifetime_candidate *c, const struct stopping *stops, size_t n)
{
	c->spans[c->n_spans++].process = PROCESS_NONE;
	for (size_t i = 0; i < n; i++) {
		struct lifetime_span *before = &c->spans[c->n_spans - 1];
		before->has_to = true;
		before->to = to_ref(stops[i].from);
		if (stops[i].restarted)
			c->spans[c->n_spans++] = (struct lifetime_span){ .process = PROCESS_NONE,
				.has_from = true,
				.from = to_ref(stops[i].to) };
	}
}

static void say_search(const struct lifetimes *m, const struct search *s, bool found)
{
	int n = (int)s->name.n;
	const char *name = (const char *)s->name.p;
	if (s->alive)
		say("--stopped %.*s: PID %" PRIu32 " has records from before and behind that "
		    "time, so it was not stopped",
			n, name, m->all[s->living].pid);
	else if (s->several)
		say("--stopped %.*s: several processes have that name; give the PID", n, name);
	else if (!found && s->unseen)
		say("--stopped %.*s: no record shows that it ran before, and a process table may "
		    "be of a later time; give the PID if it is not",
			n, name);
	else if (!found)
		say("--stopped %.*s: no process and no service of that name is known", n, name);
}

/* One name of --stopped, which may be stopped on several hosts. */
static int add_stopped(struct lifetimes *m, const struct stopping *stops, size_t n, struct err *err)
{
	struct search all = { .name = stops[0].name };
	bool found = false;
	for (uint32_t host = 0; host < m->run->hosts.n; host++) {
		struct search s = { .name = stops[0].name };
		struct lifetime_candidate *c = lifetimes_add(m, host, err);
		if (!c)
			return -1;
		c->error_ns = STOPPED_ERROR_NS;
		add_spans(c, stops, n);
		find_processes(m, c, &s);
		bool good = c->spans[0].process != PROCESS_NONE && !s.several && !s.alive;
		if (!good)
			m->n--;
		found = found || good;
		all.unseen += s.unseen;
		all.several += s.several;
		all.alive += s.alive;
		all.living = s.living;
	}
	say_search(m, &all, found);
	return 0;
}

int lifetimes_add_stopped(struct lifetimes *m, struct err *err)
{
	const struct options *o = m->run->options;
	for (size_t i = 0, same; i < o->n_stopped; i += same) {
		for (same = 1; i + same < o->n_stopped &&
			stopped_same(&o->stopped[i], &o->stopped[i + same]);)
			same++;
		if (add_stopped(m, &o->stopped[i], same, err) < 0)
			return -1;
	}
	return 0;
}
