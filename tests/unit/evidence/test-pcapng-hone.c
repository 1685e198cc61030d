/* SPDX-License-Identifier: Apache-2.0 */
/* Hone's processes and connections in pcapng files. */
#include "owner_case.h"

#include "base/limits.h"
#include "evidence/capture/capture.h"

enum { STARTED = 0, SPAWNED = 1, KERNEL = 2 };
#define GONE UINT32_MAX

struct told {
	uint64_t us;
	uint32_t pid, event, parent;
	const char *path;
};

static void tell(struct pcapng_writer *w, struct told t)
{
	pcapng_hone_process(w, t.pid, t.us);
	if (t.event != STARTED)
		pcapng_option_u32(w, 2, t.event);
	if (t.parent)
		pcapng_option_u32(w, 5, t.parent);
	if (t.path)
		pcapng_option(w, 3, span_text(t.path));
	pcapng_end(w);
}

static void connect_event(
	struct pcapng_writer *w, uint64_t us, uint32_t number, uint32_t pid, uint32_t event)
{
	pcapng_hone_connection(w, number, pid, us);
	if (event)
		pcapng_option_u32(w, 2, event);
	pcapng_end(w);
}

/* 0: the option is left out. */
static void hone_packet(struct pcapng_writer *w, uint64_t us, uint32_t number, uint32_t pid)
{
	open_packet(w, us);
	if (number)
		pcapng_option_u32(w, 257, number);
	if (pid)
		pcapng_option_u32(w, 258, pid);
	pcapng_end(w);
}

static void assert_note(
	const struct seen *s, int what, uint64_t us, uint32_t pid, const char *image)
{
	cr_assert_eq(s->record.kind, RECORD_PROCESS);
	cr_assert_eq((int)s->record.process.what, what);
	cr_assert_eq(s->record.process.pid, pid);
	cr_assert_eq(s->record.when.ns, (int64_t)us * 1000);
	cr_assert_str_eq(s->image, image);
}

/* What was running is listed first; then curl is spawned, started, opens a connection and ends. */
static struct str curl_file(bool big)
{
	struct str file;
	struct pcapng_writer w = begin_file(&file, big);
	tell(&w, (struct told){ .us = 10, .pid = 100, .parent = 1, .path = "/usr/sbin/sshd" });
	connect_event(&w, 10, 0xaaaa, 100, 0);
	hone_packet(&w, 1000, 0xaaaa, 100);
	hone_packet(&w, 1000, 0xaaaa, 0);
	tell(&w, (struct told){ .us = 2000, .pid = 200, .event = SPAWNED, .parent = 100 });
	tell(&w, (struct told){ .us = 2001, .pid = 200, .parent = 100, .path = "/usr/bin/curl" });
	connect_event(&w, 2002, 0xbbbb, 200, 0);
	hone_packet(&w, 2003, 0xbbbb, 200);
	hone_packet(&w, 2004, 0, 200);
	tell(&w, (struct told){ .us = 3000, .pid = 200, .event = GONE, .parent = 100 });
	hone_packet(&w, 3001, 0xbbbb, 200);
	connect_event(&w, 3002, 0xbbbb, 200, GONE);
	hone_packet(&w, 3003, 0xbbbb, 0);
	return file;
}

Test(pcapng_hone, the_life_of_a_process)
{
	for (int big = 0; big < 2; big++) {
		static struct sight s;
		struct str file = curl_file(big);
		see(&format_pcapng, &file, &s);
		cr_assert_eq(s.errors, 0, "%s", s.errs[0].msg);
		cr_assert_eq(s.n, 10);
		assert_note(&s.all[0], NOTE_START, 10, 100, "sshd");
		cr_assert_eq(s.all[0].record.process.parent, 1);
		assert_owner(&s.all[1], OWNER_HONE, 100, "sshd");
		cr_assert_eq(s.all[1].owner.start.ns, 10000);
		assert_owner(&s.all[2], OWNER_HONE, 100, "sshd");
		assert_note(&s.all[3], NOTE_START, 2000, 200, "");
		assert_note(&s.all[4], NOTE_RUNNING, 2001, 200, "curl");
		assert_owner(&s.all[5], OWNER_HONE, 200, "curl");
		cr_assert_eq(s.all[5].owner.start.ns, 2000000);
		cr_assert_eq(s.all[5].owner.parent, 100);
		assert_owner(&s.all[6], OWNER_HONE, 200, "curl");
		assert_note(&s.all[7], NOTE_END, 3000, 200, "");
		assert_no_owner(&s.all[8]);
		assert_no_owner(&s.all[9]);
	}
}

/* Threads of the kernel are told as such, with their name in brackets; what one of them starts by
 * exec is a program like any other. */
Test(pcapng_hone, threads_of_the_kernel)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	tell(&w, (struct told){ 10, 50, KERNEL, 2, "[kworker/0:1]" });
	hone_packet(&w, 20, 0, 50);
	tell(&w, (struct told){ 30, 60, KERNEL, 2, "[kworker/0:2]" });
	hone_packet(&w, 31, 0, 60);
	tell(&w, (struct told){ 32, 60, STARTED, 2, "/sbin/modprobe" });
	hone_packet(&w, 33, 0, 60);
	tell(&w, (struct told){ 40, 70, KERNEL, 2, "odd]" });
	hone_packet(&w, 41, 0, 70);
	tell(&w, (struct told){ .us = 42, .pid = 70, .event = GONE, .parent = 2 });
	hone_packet(&w, 43, 0, 70);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.errors, 0, "%s", s.errs[0].msg);
	assert_note(&s.all[0], NOTE_START, 10, 50, "kworker/0:1");
	cr_assert(s.all[0].record.process.kernel);
	assert_owner(&s.all[1], OWNER_HONE, 50, "kworker/0:1");
	cr_assert(s.all[1].owner.kernel);
	assert_owner(&s.all[3], OWNER_HONE, 60, "kworker/0:2");
	assert_note(&s.all[4], NOTE_START, 32, 60, "modprobe");
	cr_assert_not(s.all[4].record.process.kernel);
	assert_owner(&s.all[5], OWNER_HONE, 60, "modprobe");
	cr_assert_not(s.all[5].owner.kernel);
	assert_owner(&s.all[7], OWNER_HONE, 70, "odd]");
	assert_note(&s.all[8], NOTE_END, 42, 70, "");
	assert_no_owner(&s.all[9]);
}

/* Each thread is spawned and ends by events of its own: the process is there until the last has
 * gone, and one that was listed, whose threads nobody counted, is never said to be over. */
Test(pcapng_hone, threads_are_not_processes)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	tell(&w, (struct told){ .us = 1, .pid = 100, .parent = 1, .path = "/usr/sbin/named" });
	hone_packet(&w, 5, 0, 100);
	tell(&w, (struct told){ .us = 6, .pid = 100, .event = GONE, .parent = 1 });
	hone_packet(&w, 7, 0, 100);
	tell(&w, (struct told){ .us = 10, .pid = 200, .event = SPAWNED, .parent = 100 });
	tell(&w, (struct told){ .us = 11, .pid = 200, .parent = 100, .path = "/bin/curl" });
	tell(&w, (struct told){ .us = 12, .pid = 200, .event = SPAWNED, .parent = 100 });
	tell(&w, (struct told){ .us = 13, .pid = 200, .event = GONE, .parent = 100 });
	hone_packet(&w, 14, 0, 200);
	tell(&w, (struct told){ .us = 15, .pid = 200, .event = GONE, .parent = 100 });
	hone_packet(&w, 16, 0, 200);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.n, 8);
	assert_owner(&s.all[2], OWNER_HONE, 100, "named");
	assert_owner(&s.all[5], OWNER_HONE, 200, "curl");
	assert_note(&s.all[6], NOTE_END, 15, 200, "");
	assert_no_owner(&s.all[7]);
}

/* exec gives a process another image: packets of each moment bear that moment's name. */
Test(pcapng_hone, exec)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	tell(&w, (struct told){ .us = 1, .pid = 9, .parent = 1, .path = "/bin/sh" });
	hone_packet(&w, 5, 0, 9);
	connect_event(&w, 6, 1, 9, 0);
	tell(&w, (struct told){ .us = 7, .pid = 9, .parent = 1, .path = "/bin/nc" });
	hone_packet(&w, 8, 0, 9);
	hone_packet(&w, 6, 1, 9);
	hone_packet(&w, 9, 1, 9); /* a socket of the shell's that outlived exec: whose is it? */
	hone_packet(&w, 6, 0, 9); /* before nc began, and sh is not looked up any more */
	see(&format_pcapng, &file, &s);
	assert_owner(&s.all[1], OWNER_HONE, 9, "sh");
	assert_note(&s.all[2], NOTE_START, 7, 9, "nc");
	assert_owner(&s.all[3], OWNER_HONE, 9, "nc");
	assert_owner(&s.all[4], OWNER_HONE, 9, "sh");
	assert_no_owner(&s.all[5]);
	assert_owner(&s.all[6], OWNER_HONE, 9, NULL);
}

/* The PID is used again. The connection was the first one's, and never gets the second's name. */
Test(pcapng_hone, pid_used_again)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	hone_packet(&w, 1, 0, 3);
	tell(&w, (struct told){ .us = 10, .pid = 9, .event = SPAWNED, .parent = 1 });
	tell(&w, (struct told){ .us = 11, .pid = 9, .parent = 1, .path = "/bin/first" });
	connect_event(&w, 12, 1, 9, 0);
	tell(&w, (struct told){ .us = 20, .pid = 9, .event = GONE, .parent = 1 });
	tell(&w, (struct told){ .us = 30, .pid = 9, .event = SPAWNED, .parent = 1 });
	hone_packet(&w, 31, 0, 9);
	tell(&w, (struct told){ .us = 32, .pid = 9, .parent = 1, .path = "/bin/second" });
	hone_packet(&w, 33, 1, 9);
	hone_packet(&w, 33, 0, 9);
	see(&format_pcapng, &file, &s);
	assert_owner(&s.all[0], OWNER_HONE, 3, NULL);
	assert_owner(&s.all[5], OWNER_HONE, 9, NULL);
	assert_no_owner(&s.all[7]);
	assert_owner(&s.all[8], OWNER_HONE, 9, "second");
}

/* A connection that two processes have, or whose end was lost, tells nothing alone. */
Test(pcapng_hone, shared_connections)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	tell(&w, (struct told){ .us = 1, .pid = 8, .parent = 1, .path = "/bin/httpd" });
	tell(&w, (struct told){ .us = 2, .pid = 9, .parent = 8, .path = "/bin/httpd" });
	connect_event(&w, 1, 1, 8, 0);
	connect_event(&w, 2, 1, 9, 0);
	hone_packet(&w, 3, 1, 0);
	hone_packet(&w, 3, 1, 8);
	connect_event(&w, 4, 1, 9, GONE);
	connect_event(&w, 5, 1, 9, 0);
	hone_packet(&w, 6, 1, 0);
	hone_packet(&w, 6, 2, 0);
	see(&format_pcapng, &file, &s);
	assert_no_owner(&s.all[2]);
	assert_owner(&s.all[3], OWNER_HONE, 8, "httpd");
	assert_owner(&s.all[4], OWNER_HONE, 9, "httpd");
	assert_no_owner(&s.all[5]);
}

/* An event that cannot be read may have given the PID, or the number, to somebody else. */
Test(pcapng_hone, damaged_events_take_the_name)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	tell(&w, (struct told){ .us = 1, .pid = 8, .parent = 1, .path = "/bin/a" });
	connect_event(&w, 1, 1, 7, 0);
	pcapng_hone_process(&w, 8, 2);
	pcapng_option(&w, 2, span_text("abc"));
	pcapng_end(&w);
	pcapng_hone_connection(&w, 1, 9, 3);
	pcapng_u16(&w, 2);
	pcapng_u16(&w, 400);
	pcapng_end(&w);
	pcapng_begin(&w, 0x101);
	pcapng_u32(&w, 8);
	pcapng_end(&w);
	pcapng_begin(&w, 0x102);
	pcapng_end(&w);
	hone_packet(&w, 9, 0, 8);
	hone_packet(&w, 9, 1, 0);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.errors, 4);
	assert_owner(&s.all[1], OWNER_HONE, 8, NULL);
	assert_no_owner(&s.all[2]);
}

/* A path in two options is longer than 64 KiB: where its last name begins is not sure. */
Test(pcapng_hone, long_paths)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	pcapng_hone_process(&w, 8, 2);
	pcapng_option(&w, 3, span_text("/a/b"));
	pcapng_option(&w, 3, span_text("c"));
	pcapng_end(&w);
	see(&format_pcapng, &file, &s);
	assert_note(&s.all[0], NOTE_START, 2, 8, "");
}

Test(pcapng_hone, damage)
{
	for (int big = 0; big < 2; big++) {
		struct str file = curl_file(big);
		damage_everywhere(&format_pcapng, &file);
		str_done(&file);
	}
}
