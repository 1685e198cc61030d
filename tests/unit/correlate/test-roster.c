/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "correlate/roster.h"

static struct err err;

static struct ref_time at(int64_t t)
{
	return (struct ref_time){ t };
}

static void note(struct roster *r, int what, uint32_t pid, const char *image, int64_t t)
{
	struct process_note n = { .pid = pid, .image = span_text(image) };
	struct ref_time when = at(t);
	n.what = what;
	cr_assert_eq(roster_note(r, 0, &n, t < 0 ? NULL : &when, &err), 0);
}

static const struct process *get(struct roster *r, process_handle h)
{
	size_t n;
	const struct process *all = roster_all(r, &n);
	cr_assert_lt(h, n);
	return &all[h];
}

static struct roster *new (void)
{
	struct roster *r;
	cr_assert_eq(roster_new((struct hash_key){ 1, 2 }, &r, &err), 0);
	return r;
}

Test(roster, a_table_without_a_time_names_a_pid_that_one_process_had)
{
	struct roster *r = new ();
	note(r, NOTE_RUNNING, 7, "a.exe", -1);
	note(r, NOTE_RUNNING, 9, "idle.exe", -1);
	process_handle h = roster_at(r, 0, 7, at(100), &err);
	cr_assert_eq(roster_at(r, 0, 7, at(200), &err), h);
	cr_assert_null(get(r, h)->image, "names are bound at the end");
	cr_assert_eq(roster_bind(r, &err), 0);
	cr_assert_str_eq(get(r, h)->image, "a.exe");
	size_t n;
	roster_all(r, &n);
	cr_assert_eq(n, 2, "a process that only the table knows is there too");
	roster_free(r);
}

/* The PID was used twice in the log: which of the two did the table see? */
Test(roster, a_table_without_a_time_names_neither_of_two)
{
	struct roster *r = new ();
	note(r, NOTE_RUNNING, 7, "a.exe", -1);
	process_handle a = roster_at(r, 0, 7, at(100), &err);
	note(r, NOTE_END, 7, "", 150);
	process_handle b = roster_at(r, 0, 7, at(200), &err);
	cr_assert_neq(a, b);
	cr_assert_eq(roster_at(r, 0, 7, at(120), &err), a);
	cr_assert_eq(roster_bind(r, &err), 0);
	cr_assert_null(get(r, a)->image);
	cr_assert_null(get(r, b)->image);
	roster_free(r);
}

/* Two tables of two moments that disagree. */
Test(roster, tables_that_disagree_name_nobody)
{
	struct roster *r = new ();
	note(r, NOTE_RUNNING, 7, "a.exe", -1);
	note(r, NOTE_RUNNING, 7, "b.exe", -1);
	process_handle h = roster_at(r, 0, 7, at(100), &err);
	cr_assert_eq(roster_bind(r, &err), 0);
	cr_assert_null(get(r, h)->image);
	roster_free(r);
}

Test(roster, a_start_ends_the_one_before)
{
	struct roster *r = new ();
	process_handle a = roster_at(r, 0, 7, at(100), &err);
	note(r, NOTE_START, 7, "b.exe", 200);
	process_handle b = roster_at(r, 0, 7, at(250), &err);
	cr_assert_neq(a, b);
	cr_assert_eq(roster_at(r, 0, 7, at(199), &err), a);
	cr_assert(get(r, a)->has_end);
	cr_assert_str_eq(get(r, b)->image, "b.exe");
	note(r, NOTE_START, 7, "c.exe", 300);
	cr_assert_eq(roster_at(r, 0, 7, at(299), &err), b);
	cr_assert_neq(roster_at(r, 0, 7, at(300), &err), b);
	roster_free(r);
}

/* The start is logged with the same stamp as, or before, the first event: one process. */
Test(roster, a_late_start_is_the_same_process)
{
	struct roster *r = new ();
	process_handle a = roster_at(r, 0, 7, at(100), &err);
	note(r, NOTE_START, 7, "a.exe", 100);
	cr_assert_eq(roster_at(r, 0, 7, at(110), &err), a);
	cr_assert_str_eq(get(r, a)->image, "a.exe");
	roster_free(r);
}

/* The log names it itself: a table of another moment does not overrule that. */
Test(roster, the_log_wins_over_a_table)
{
	struct roster *r = new ();
	note(r, NOTE_RUNNING, 7, "other.exe", -1);
	note(r, NOTE_START, 7, "real.exe", 50);
	cr_assert_eq(roster_bind(r, &err), 0);
	cr_assert_str_eq(get(r, roster_at(r, 0, 7, at(60), &err))->image, "real.exe");
	roster_free(r);
}

Test(roster, hosts_have_pids_of_their_own)
{
	struct roster *r = new ();
	cr_assert_neq(roster_at(r, 0, 7, at(1), &err), roster_at(r, 1, 7, at(1), &err));
	roster_free(r);
}
