/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of Windows process tables, hard cases first. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "evidence/input.h"
#include "evidence/table/table.h"
#include "table_text.h"

enum { MOST = 64 };

struct outcome {
	int rc;
	struct record record;
	char image[600], services[600];
	struct err err;
};

struct run {
	struct outcome steps[MOST];
	size_t n;
	struct tally tally;
};

static void copy(char *to, size_t n, struct span *s)
{
	cr_assert_lt(s->n, n);
	if (s->n)
		memcpy(to, s->p, s->n);
	*s = (struct span){ 0 };
}

static struct run *read_all(struct span bytes)
{
	struct run *run = calloc(1, sizeof *run);
	struct input *in;
	struct err err;
	void *self;
	cr_assert_eq(input_memory("t", bytes, &in, &err), 0);
	cr_assert_eq(format_tasklist.open(in, &self, &err), 0);
	for (;;) {
		cr_assert_lt(run->n, MOST);
		struct outcome *o = &run->steps[run->n];
		o->rc = format_tasklist.next(self, &o->record, &o->err);
		if (o->rc == SOURCE_END)
			break;
		run->n++;
		if (o->rc < 0)
			continue;
		cr_assert_eq(o->record.kind, RECORD_PROCESS);
		cr_assert_not(o->record.has_time);
		cr_assert_eq((int)o->record.process.what, NOTE_RUNNING);
		copy(o->image, sizeof o->image, &o->record.process.image);
		copy(o->services, sizeof o->services, &o->record.process.services);
	}
	cr_assert_eq(format_tasklist.next(self, &run->steps[run->n].record, &run->steps[0].err),
		SOURCE_END);
	run->tally = *format_tasklist.tally(self);
	format_tasklist.close(self);
	input_close(in);
	return run;
}

static struct run *read_text(const char *text)
{
	return read_all(span_text(text));
}

/* `services` is NULL where the table says nothing of them, "" where it says: none. */
static void is_process(
	const struct outcome *o, uint32_t pid, const char *image, const char *services)
{
	cr_assert_eq(o->rc, SOURCE_ITEM, "%s", o->err.msg);
	cr_assert_eq(o->record.process.pid, pid, "%u, not %u", o->record.process.pid, pid);
	cr_assert_str_eq(o->image, image);
	cr_assert_eq(o->record.process.service_table, services != NULL);
	cr_assert_str_eq(o->services, services ? services : "");
}

static void is_refused(const char *text, size_t step, enum err_kind kind, uint64_t line)
{
	struct run *run = read_text(text);
	cr_assert_eq(run->n, step + 1, "%s: %zu steps", text, run->n);
	cr_assert_eq(run->steps[step].rc, -1);
	cr_assert_eq(run->steps[step].err.kind, kind, "%s", run->steps[step].err.msg);
	cr_assert_eq(run->steps[step].err.line, line);
	cr_assert_eq(run->tally.damaged, 1);
	free(run);
}

Test(tasklist, services_of_2003)
{
	struct run *run = read_text(SVC_2003);
	cr_assert_eq(run->n, 4);
	is_process(&run->steps[0], 0, "System Idle Process", "");
	is_process(&run->steps[1], 4, "System", "");
	is_process(&run->steps[2], 804, "svchost.exe",
		"DcomLaunch, PlugPlay, Power, SystemEventsBroker");
	cr_assert_eq(run->steps[2].record.number, 6);
	is_process(&run->steps[3], 2136, "store.exe", "MSExchangeIS");
	cr_assert_eq(run->steps[3].record.number, 8);
	cr_assert_eq(run->tally.records, 4);
	cr_assert_eq(run->tally.damaged, 0);
	free(run);
}

Test(tasklist, plain_of_windows_10)
{
	struct run *run = read_text(PLAIN_10);
	cr_assert_eq(run->n, 3);
	is_process(&run->steps[0], 0, "System Idle Process", NULL);
	is_process(&run->steps[1], 2136, "AVeryLongNameOfAProcess12", NULL);
	cr_assert(run->steps[1].record.process.image_cut);
	is_process(&run->steps[2], 1580, "Memory Compression", NULL);
	cr_assert_not(run->steps[2].record.process.image_cut);
	free(run);
}

Test(tasklist, one_blank_between)
{
	struct run *run = read_text(WORDS);
	cr_assert_eq(run->n, 3);
	is_process(&run->steps[0], 5176, "wmiprvse.exe", NULL);
	cr_assert_eq(run->steps[0].record.number, 3);
	is_process(&run->steps[1], 0, "System Idle Process", NULL);
	is_process(&run->steps[2], 2136, "store.exe", NULL);
	cr_assert_eq(run->steps[2].record.number, 7);
	free(run);
}

#define RULE_SVC "========================= ====== =============================================\n"
#define RULE_PLAIN "========================= ====== ================ ======== ============\n"

Test(tasklist, a_rule_over_rows_that_lost_their_padding)
{
	struct run *run =
		read_text("Image Name PID Services\n" RULE_SVC "System Idle Process 0 N/A\n"
			  "svchost.exe 804 DcomLaunch,\n\nPlugPlay\n"
			  "store.exe 2136 MSExchangeIS\n");
	cr_assert_eq(run->n, 3);
	is_process(&run->steps[0], 0, "System Idle Process", "");
	is_process(&run->steps[1], 804, "svchost.exe", "DcomLaunch, PlugPlay");
	is_process(&run->steps[2], 2136, "store.exe", "MSExchangeIS");
	free(run);
	/* The memory of this row lies just in the PID's window. */
	run = read_text(RULE_PLAIN "abcdefgh.exe 12 Console 0 104059 K\n");
	is_process(&run->steps[0], 12, "abcdefgh.exe", NULL);
	free(run);
	run = read_text("Image Name PID Services\nstore.exe 2136 MSExchangeIS\n");
	is_process(&run->steps[0], 2136, "store.exe", "MSExchangeIS");
	free(run);
}

/* Every language has its own titles, its word for "none" and its unit; the rule is the same. */
Test(tasklist, other_languages)
{
	struct run *run = read_text(
		"Abbildname                     PID Dienste\n"
		"========================= ======== ============================================\n"
		"System Idle Process              0 Nicht zutreffend\n"
		"System                           4 Nicht zutreffend\n"
		"store.exe                     2136 MSExchangeIS\n");
	is_process(&run->steps[0], 0, "System Idle Process", "");
	is_process(&run->steps[1], 4, "System", "");
	is_process(&run->steps[2], 2136, "store.exe", "MSExchangeIS");
	free(run);
	/* Without the Idle process the word is not known, and taken for a service: the price. */
	run = read_text(RULE_SVC "System                         4 Nicht zutreffend\n");
	is_process(&run->steps[0], 4, "System", "Nicht zutreffend");
	free(run);
	run = read_text(
		"Nombre de imagen               PID Nombre de sesi\xf3n N\xfam. de ses Uso\n"
		"========================= ======== ================ =========== ============\n"
		"store.exe                     2136 Console                    0   38.820 KB\n"
		"a\xe1.exe                         12 Console                    0   38\xff"
		"820 Ko\n");
	cr_assert_eq(run->n, 2);
	is_process(&run->steps[0], 2136, "store.exe", NULL);
	is_process(&run->steps[1], 12, "a\xe1.exe", NULL);
	free(run);
}

/* In UTF-8 a character may be more bytes than columns: the PID's first digits may not get lost. */
Test(tasklist, columns_of_utf8_and_of_code_pages)
{
	struct run *run =
		read_text(RULE_SVC "\xc3\xa4\xc3\xb6\xc3\xbc.exe                   123456 A\n"
				   "\x83\x65\x83\x58\x83\x67.exe                  2136 B\n"
				   "\xe3\x83\x86\xe3\x82\xb9.exe                    1234 C\n"
				   "\xe3\x83\x86.exe                      1234 Dnscache\n");
	cr_assert_eq(run->n, 4);
	is_process(&run->steps[0], 123456, "\xc3\xa4\xc3\xb6\xc3\xbc.exe", "A");
	is_process(&run->steps[1], 2136, "\x83\x65\x83\x58\x83\x67.exe", "B");
	/* Two columns for one character of three bytes: read as words instead. */
	is_process(&run->steps[2], 1234, "\xe3\x83\x86\xe3\x82\xb9.exe", "C");
	is_process(&run->steps[3], 1234, "\xe3\x83\x86.exe", "Dnscache");
	free(run);
}

Test(tasklist, modules_are_no_services)
{
	struct run *run = read_text(
		"Image Name                     PID Modules\n"
		"========================= ======== ============================================\n"
		"System                           4 N/A\n"
		"smss.exe                       388 ntdll.dll\n"
		"store.exe                     2136 ntdll.dll, kernel32.dll,\n"
		"                                   store.exe\n");
	cr_assert_eq(run->n, 3);
	is_process(&run->steps[0], 4, "System", NULL);
	is_process(&run->steps[1], 388, "smss.exe", NULL);
	is_process(&run->steps[2], 2136, "store.exe", NULL);
	free(run);
	/* The case in which this is wrong: a service of such a name. No service is shown then. */
	run = read_text(RULE_SVC "svchost.exe                  804 odd.dll\n");
	is_process(&run->steps[0], 804, "svchost.exe", NULL);
	free(run);
	/* An image of such a name is none. */
	run = read_text(RULE_SVC "odd.dll                      804 Dnscache\n");
	is_process(&run->steps[0], 804, "odd.dll", "Dnscache");
	free(run);
}

Test(tasklist, comma_separated)
{
	struct run *run = read_text("\"Image Name\",\"PID\",\"Services\"\r\n"
				    "\"svchost.exe\",\"804\",\"DcomLaunch,PlugPlay\"\r\n"
				    "\"System\",\"4\",\"N/A\"\r\n");
	cr_assert_eq(run->n, 2);
	is_process(&run->steps[0], 804, "svchost.exe", "DcomLaunch, PlugPlay");
	is_process(&run->steps[1], 4, "System", "");
	free(run);
	run = read_text("\"a, b.exe\",\"804\",\"Console\",\"0\",\"1,234 K\"\n");
	is_process(&run->steps[0], 804, "a, b.exe", NULL);
	free(run);
	is_refused("\"a.exe\",\"x\",\"Console\",\"0\",\"1,234 K\"\n", 0, ERR_MALFORMED, 1);
}

Test(tasklist, verbose_table)
{
	struct run *run = read_text(
		"========================= ======== ================ =========== ============ "
		"=============== ==================== ============ ========\n"
		"store.exe                     2136 Console                    0     12,345 K "
		"Running         DOMAIN\\svc           0:00:01      N/A     \n");
	is_process(&run->steps[0], 2136, "store.exe", NULL);
	free(run);
}

Test(tasklist, names_that_may_go_on)
{
	static const struct {
		const char *image;
		bool cut;
	} cases[] = {
		{ "exactlytwentyfivechar.exe", true }, /* whole, yet nothing shows that */
		{ "A long name that has blan", true },
		{ "A long name that has bla", true }, /* the cut fell behind a blank */
		{ "exactlytwentyfourcha.exe", false },
		{ "store.exe", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[300];
		snprintf(text, sizeof text, RULE_SVC "%-25s   2136 N/A\n%s 8 Console 0 1 K\n",
			cases[i].image, cases[i].image);
		struct run *run = read_text(text);
		is_process(&run->steps[0], 2136, cases[i].image, "");
		cr_assert_eq(
			run->steps[0].record.process.image_cut, cases[i].cut, "%s", cases[i].image);
		free(run);
	}
}

/* Two numbers that could be the PID: nobody is named. */
Test(tasklist, doubt_names_nobody)
{
	is_refused("a.exe 1 Console 0 1 K\nFoo 5 bar.exe 2136 1 200 K\n", 1, ERR_MALFORMED, 2);
	is_refused("a.exe 1 Console 0 1 K\nfoo.exe 2136 12 0 200 K\n", 1, ERR_MALFORMED, 2);
	is_refused("a.exe 1 Console 0 1 K\n2136 Console 0 200 K\n", 1, ERR_MALFORMED, 2);
	is_refused(RULE_SVC "Setup 12 it.exe 804 N/A\n", 0, ERR_MALFORMED, 2);
	is_refused(RULE_SVC "store.exe                 4294967296 A\n", 0, ERR_MALFORMED, 2);
	/* Broken inside the PID. */
	is_refused(RULE_SVC "store.exe                   21\n", 0, ERR_MALFORMED, 2);
	/* Not at the right edge of its column: a digit may be missing there. */
	is_refused(RULE_SVC "store.exe                   213 \n", 0, ERR_MALFORMED, 2);
	/* A PID that leaves its column touches the image's. */
	is_refused(RULE_SVC "exactlytwentyfivechar.exe1234567 A\n", 0, ERR_MALFORMED, 2);
}

Test(tasklist, titles_prompts_and_a_second_table)
{
	struct run *run = read_text("Microsoft Windows [Version 5.2.3790]\n"
				    "(C) Copyright 1985-2003 Microsoft Corp.\n\n"
				    "C:\\>tasklist /svc\n" SVC_2003 "\nC:\\>\n" PLAIN_10);
	cr_assert_eq(run->n, 7);
	cr_assert_eq(run->tally.damaged, 0);
	is_process(&run->steps[6], 1580, "Memory Compression", NULL);
	free(run);
}

Test(tasklist, lists_that_break_off)
{
	struct run *run = read_text(RULE_SVC "svchost.exe                  804 DcomLaunch,\n"
					     "store.exe                   2136 MSExchangeIS\n");
	cr_assert_eq(run->n, 3);
	is_process(&run->steps[0], 804, "svchost.exe", NULL);
	cr_assert_eq(run->steps[1].rc, -1);
	cr_assert_eq(run->steps[1].err.kind, ERR_MALFORMED);
	cr_assert_eq(run->steps[1].err.line, 2);
	is_process(&run->steps[2], 2136, "store.exe", "MSExchangeIS");
	free(run);
	is_refused(RULE_SVC "svchost.exe                  804 DcomLaunch,\n", 1, ERR_TRUNCATED, 2);
	is_refused(RULE_SVC "svchost.exe                  804 DcomLau", 1, ERR_TRUNCATED, 2);
	is_refused(RULE_SVC "svchost.exe                  804 A,\n         B", 1, ERR_TRUNCATED, 3);
	/* Two damages at once: the list that breaks off, then the cut one behind it. */
	run = read_text(RULE_SVC "svchost.exe                  804 DcomLaunch,\n"
				 "store.exe                   2136 MSExch");
	cr_assert_eq(run->n, 4);
	is_process(&run->steps[0], 804, "svchost.exe", NULL);
	cr_assert_eq(run->steps[1].err.line, 2);
	is_process(&run->steps[2], 2136, "store.exe", NULL);
	cr_assert_eq(run->steps[3].err.line, 3);
	cr_assert_eq(run->tally.damaged, 2);
	free(run);
}

Test(tasklist, the_last_line_may_be_cut)
{
	struct run *run = read_text(RULE_SVC "store.exe                   2136 N/A");
	cr_assert_eq(run->n, 1, "no service has a slash: this one is whole");
	is_process(&run->steps[0], 2136, "store.exe", "");
	free(run);
	is_refused(RULE_SVC "store.exe                   2136", 0, ERR_TRUNCATED, 2);
	is_refused(RULE_SVC "store.exe                   213", 0, ERR_TRUNCATED, 2);
	is_refused("store.exe 2136 Console 0 1,04", 0, ERR_TRUNCATED, 1);
	is_refused(RULE_SVC "Setup 12 it", 0, ERR_TRUNCATED, 2);
	run = read_text("store.exe 2136 Console 0 1,040 K");
	is_process(&run->steps[0], 2136, "store.exe", NULL);
	free(run);
}

Test(tasklist, services_without_end)
{
	size_t n = 200000;
	struct str {
		char *p;
		size_t at;
	} s = { malloc(n), 0 };
	s.at += (size_t)snprintf(s.p, n, RULE_SVC "svchost.exe                  804 A,\n");
	while (s.at < n - 100)
		s.at += (size_t)snprintf(s.p + s.at, n - s.at, "%33s%.60s,\n", "",
			"ServiceServiceServiceServiceServiceServiceServiceServiceServ");
	struct run *run = read_all(span_of(s.p, s.at));
	cr_assert_eq(run->n, 3);
	is_process(&run->steps[0], 804, "svchost.exe", NULL);
	cr_assert_eq(run->steps[1].rc, -1);
	cr_assert_eq(run->steps[2].err.kind, ERR_LIMIT);
	free(run);
	free(s.p);
}

/* What a cut leaves must be in the whole table too, and services are whole or not there. */
static void every_cut_of(const char *text)
{
	struct run *full = read_text(text);
	size_t n = strlen(text);
	for (size_t cut = 0; cut < n; cut++) {
		char *bytes = malloc(cut ? cut : 1);
		memcpy(bytes, text, cut);
		struct run *run = read_all(span_of(bytes, cut));
		size_t good = 0;
		for (size_t i = 0; i < run->n; i++) {
			struct outcome *o = &run->steps[i], *w = &full->steps[good];
			if (o->rc < 0) {
				cr_assert_eq(o->err.kind, ERR_TRUNCATED, "cut at %zu: %s", cut,
					o->err.msg);
				continue;
			}
			good++;
			cr_assert_lt(good, full->n + 1);
			cr_assert_eq(
				o->record.process.pid, w->record.process.pid, "cut at %zu", cut);
			cr_assert_eq(o->record.number, w->record.number);
			cr_assert_str_eq(o->image, w->image);
			if (o->record.process.service_table)
				cr_assert_str_eq(o->services, w->services, "cut at %zu", cut);
		}
		size_t rows = 0;
		for (size_t i = 0; i < full->n; i++) {
			const char *at = text;
			for (uint64_t line = 0; line < full->steps[i].record.number && at; line++)
				at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
			rows += at && (size_t)(at - text) <= cut;
		}
		cr_assert_geq(good, rows, "cut at %zu: earlier rows are lost", cut);
		free(run);
		free(bytes);
	}
	free(full);
}

Test(tasklist, every_cut)
{
	every_cut_of(SVC_2003);
	every_cut_of(PLAIN_10);
	every_cut_of(WORDS);
	every_cut_of("Image Name PID Services\n" RULE_SVC "Setup it 12 A, B\nstore.exe 2136 IS\n");
	every_cut_of("\"Image Name\",\"PID\",\"Services\"\n\"svchost.exe\",\"804\",\"A,B\"\n"
		     "\"System\",\"4\",\"N/A\"\n");
	every_cut_of("\"svchost.exe\",\"804\",\"Console\",\"0\",\"1,234 K\"\n");
}

Test(tasklist, every_wrong_byte_gives_no_crash)
{
	static const char text[] = SVC_2003;
	static const char wrong[] = { '\0', '\n', ',', '"', '=', ' ', '7', '\xff', '\xa0' };
	for (size_t at = 0; at < sizeof text - 1; at++)
		for (size_t k = 0; k < sizeof wrong; k++) {
			char bytes[sizeof text];
			memcpy(bytes, text, sizeof bytes);
			bytes[at] = wrong[k];
			struct run *run = read_all(span_of(bytes, sizeof text - 1));
			cr_assert_leq(run->n, 12);
			free(run);
		}
}

Test(tasklist, a_line_of_equals_signs_is_no_rule)
{
	struct run *run = read_text(SVC_2003 "=====\n"
					     "svchost.exe                  804 DcomLaunch\n");
	cr_assert_eq(run->n, 6);
	cr_assert_eq(run->steps[4].rc, -1);
	is_process(&run->steps[5], 804, "svchost.exe", "DcomLaunch");
	free(run);
}
