/* SPDX-License-Identifier: Apache-2.0 */
/* One run over all inputs, from their opening to the last line: what `explain` and `convert` do,
 * each with its own options. See run.h. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sandbox.h"
#include "cmd/cmd.h"
#include "cmd/run.h"

/* Set by Ctrl-C; the report then says what is known so far. A second one ends the run. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

/* Where a pipe is cut short what came is read all the same. While inputs are unpacked nothing is
 * known that could be said. */
static void end_of_pipes(struct run *r)
{
	r->cut_short = interrupted;
	interrupted = 0;
	signal(SIGINT, SIG_DFL);
}

static void catch_interrupt(void)
{
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESETHAND };
	sigaction(SIGINT, &action, NULL);
}

/* Everything is open by now, and nothing was parsed: what the readers of hostile bytes do not need
 * is given up. */
static int enter_sandbox(const struct options *o, struct err *err)
{
	unsigned held = 0;
	if (o->no_sandbox) {
		say("--no-sandbox: a flaw in a reader could now open files, connect and run "
		    "programs with your rights");
		return 0;
	}
	if (sandbox_enter(SANDBOX_FILES | SANDBOX_SYSCALLS, &held, err) < 0)
		return err_in(err, "no sandbox (--no-sandbox goes without)");
	if (o->verbose && !(held & SANDBOX_FILES))
		say("this kernel has no Landlock; seccomp alone guards the readers");
	return 0;
}

static int work(struct run *r, struct err *err)
{
	const struct options *o = r->options;
	if (o->filter && filter_new(o->filter, &r->filter, err) < 0)
		return -1;
	if (load_rules(o->rules_dir, &r->rules, err) < 0)
		return -1;
	catch_interrupt();
	if (run_open(r, err) < 0)
		return -1;
	end_of_pipes(r);
	if (o->packets && spill_open(&r->spill, err) < 0)
		return -1;
	if (enter_sandbox(o, err) < 0 || run_recognise(r, err) < 0)
		return -1;
	catch_interrupt();
	if (run_align(r, err) < 0 || run_stopped(r, err) < 0 || run_first(r, err) < 0)
		return -1;
	return run_conclude(r, err) < 0 ? -1 : run_output(r, err);
}

/* --frame: says which frames were not met. True where all of them are missing. */
static bool missing_frames(const struct run *r)
{
	const struct options *o = r->options;
	size_t missing = 0;
	for (size_t i = 0; i < o->n_frames; i++) {
		size_t k = 0;
		while (k < r->n_frames && r->frames[k].line.number != o->frames[i])
			k++;
		if (k < r->n_frames)
			continue;
		missing++;
		say("frame %" PRIu64 " is in no capture%s", o->frames[i],
			o->filter ? ", or the filter leaves it out" : "");
	}
	return o->n_frames && missing == o->n_frames;
}

static int exit_code(const struct run *r)
{
	bool any = false, failed = false;
	if (missing_frames(r))
		return EXIT_FAILED;
	for (size_t i = 0; i < r->n; i++) {
		any = any || r->reports[i].tally.records > 0;
		failed = failed || r->inputs[i].failed;
	}
	if (r->report.interrupted)
		return EXIT_INTERRUPTED;
	return !any ? EXIT_FAILED : failed ? EXIT_PARTIAL : EXIT_DONE;
}

int run_session(const struct options *o)
{
	struct run r = { .options = o, .key = hash_key_new(), .interrupted = &interrupted };
	struct err err = { 0 };
	int code;
	progress_init(&r.progress, o->quiet);
	if (work(&r, &err) < 0) {
		say_err(NULL, &err);
		code = err.kind == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
	} else {
		code = exit_code(&r);
	}
	run_close(&r);
	return code;
}
