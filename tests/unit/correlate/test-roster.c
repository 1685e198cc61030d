/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>

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

/* Nothing but the log: the kernel of Windows has one PID on every computer. */
Test(roster, the_kernel_of_windows_has_a_name)
{
	struct roster *r = new ();
	cr_assert_eq(roster_windows(r, 0, &err), 0);
	process_handle system = roster_at(r, 0, 4, at(100), &err);
	process_handle other_pid = roster_at(r, 0, 8, at(100), &err);
	process_handle other_host = roster_at(r, 1, 4, at(100), &err);
	cr_assert_eq(roster_bind(r, &err), 0);
	cr_assert_str_eq(get(r, system)->image, "System");
	cr_assert_null(get(r, other_pid)->image);
	cr_assert_null(get(r, other_host)->image, "of which nothing says that it runs Windows");
	size_t n;
	roster_all(r, &n);
	cr_assert_eq(n, 3, "no process is made for it");
	roster_free(r);
}

/* What records say of that PID goes first. */
Test(roster, the_kernel_of_windows_is_what_records_say)
{
	for (int tables = 0; tables < 3; tables++) {
		struct roster *r = new ();
		cr_assert_eq(roster_windows(r, 0, &err), 0);
		process_handle h = roster_at(r, 0, 4, at(100), &err);
		note(r, NOTE_RUNNING, 4, "a.exe", tables ? -1 : 100);
		if (tables == 2)
			note(r, NOTE_RUNNING, 4, "b.exe", -1);
		cr_assert_eq(roster_bind(r, &err), 0);
		if (tables == 2)
			cr_assert_null(get(r, h)->image);
		else
			cr_assert_str_eq(get(r, h)->image, "a.exe");
		roster_free(r);
	}
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

static void serve(struct roster *r, uint32_t pid, const char *service, uint32_t tag, int64_t t)
{
	struct process_note n = {
		.pid = pid, .service = true, .services = span_text(service), .tag = tag
	};
	struct ref_time when = at(t);
	cr_assert_eq(roster_note(r, 0, &n, t < 0 ? NULL : &when, &err), 0);
}

/* The services of a shared host process are listed one by one, at the end of a trace. */
Test(roster, services_add_up_and_keep_their_tags)
{
	struct roster *r = new ();
	process_handle h = roster_at(r, 0, 7, at(100), &err);
	serve(r, 7, "Dhcp", 21, 900);
	serve(r, 7, "Dnscache", 22, 900);
	serve(r, 7, "Dhcp", 21, 901);
	serve(r, 9, "Spooler", 0, -1);
	cr_assert_eq(roster_bind(r, &err), 0);
	cr_assert_str_eq(get(r, h)->services, "Dhcp, Dnscache");
	cr_assert_str_eq(process_services(get(r, h), 22), "Dnscache");
	cr_assert_str_eq(process_services(get(r, h), 23), "Dhcp, Dnscache", "a tag of nobody");
	cr_assert_str_eq(process_services(get(r, h), SERVICE_SEVERAL), "Dhcp, Dnscache");
	cr_assert_str_eq(get(r, h + 1)->services, "Spooler");
	roster_free(r);
}

Test(roster, more_services_than_a_process_can_host_are_left_out)
{
	struct roster *r = new ();
	for (int i = 0; i < 2000; i++) {
		char name[16];
		snprintf(name, sizeof name, "s%d", i);
		serve(r, 7, name, 0, 100);
	}
	cr_assert_eq(roster_bind(r, &err), 0);
	cr_assert_lt(strlen(get(r, 0)->services), 2000);
	roster_free(r);
}

/* A rundown at the end states that its process is younger than what the PID did before. */
Test(roster, a_stated_birth_parts_two_processes)
{
	struct roster *r = new ();
	const int64_t s = STAMP_NS_PER_S;
	process_handle a = roster_at(r, 0, 7, at(10 * s), &err);
	process_handle b = roster_at(r, 0, 7, at(30 * s), &err);
	cr_assert_eq(a, b, "nothing tells them apart yet");
	cr_assert_eq(roster_begun(r, 0, 7, at(40 * s), at(20 * s), &err), 0);
	note(r, NOTE_RUNNING, 7, "young.exe", 40 * s);
	cr_assert_eq(roster_bind(r, &err), 0);
	cr_assert_null(get(r, a)->image, "whose packets these were is not known");
	process_handle young = roster_at(r, 0, 7, at(40 * s), &err);
	cr_assert_str_eq(get(r, young)->image, "young.exe");
	cr_assert_eq(roster_at(r, 0, 7, at(10 * s), &err), a);
	roster_free(r);
}

Test(roster, a_stated_birth_before_all_that_was_seen_is_the_same_process)
{
	struct roster *r = new ();
	const int64_t s = STAMP_NS_PER_S;
	process_handle a = roster_at(r, 0, 7, at(10 * s), &err);
	cr_assert_eq(roster_begun(r, 0, 7, at(40 * s), at(10 * s + 1000000), &err), 0, "one tick");
	note(r, NOTE_RUNNING, 7, "old.exe", 40 * s);
	cr_assert_str_eq(get(r, a)->image, "old.exe");
	roster_free(r);
}

/* From when to when a record shows it; and whether its end was logged or only had to be. */
Test(roster, knows_when_a_process_was_seen)
{
	struct roster *r = new ();
	struct ref_time first, last;
	note(r, NOTE_RUNNING, 9, "idle.exe", -1);
	process_handle a = roster_at(r, 0, 7, at(100), &err);
	roster_at(r, 0, 7, at(80), &err);
	roster_at(r, 0, 7, at(90), &err);
	cr_assert(roster_seen(r, a, &first, &last));
	cr_assert_eq(first.ns, 80);
	cr_assert_eq(last.ns, 100);
	note(r, NOTE_START, 7, "b.exe", 200);
	cr_assert(get(r, a)->has_end);
	cr_assert_not(get(r, a)->ended, "it was over by then");
	process_handle b = roster_at(r, 0, 7, at(250), &err);
	note(r, NOTE_END, 7, "b.exe", 300);
	cr_assert(get(r, b)->ended);
	cr_assert(roster_seen(r, b, &first, &last));
	cr_assert_eq(last.ns, 300);
	cr_assert_eq(roster_bind(r, &err), 0);
	cr_assert_not(roster_seen(r, b + 1, &first, &last), "only a table knows it");
	roster_free(r);
}
