/* SPDX-License-Identifier: Apache-2.0 */
/* Process information in pcapng files: Apple's and Wireshark's blocks, comments, bare PIDs. */
#include "owner_case.h"

#include "base/limits.h"
#include "evidence/capture/capture.h"

static void darwin_process(struct pcapng_writer *w, uint32_t pid, const char *name)
{
	pcapng_darwin_process(w, pid);
	if (name)
		pcapng_option(w, 2, span_text(name));
	pcapng_end(w);
}

static void darwin_packet(struct pcapng_writer *w, uint32_t index)
{
	open_packet(w, 5000000);
	pcapng_option_u32(w, 0x8001, index);
	pcapng_end(w);
}

static struct str darwin_file(bool big)
{
	struct str file;
	struct pcapng_writer w = begin_file(&file, big);
	darwin_process(&w, 501, "mDNSResponder");
	darwin_process(&w, 42, "a name of 16 by.");
	open_packet(&w, 5000000);
	pcapng_option_u32(&w, 2, 2);
	pcapng_option_u32(&w, 0x8001, 1);
	pcapng_option_u32(&w, 0x8003, 0);
	pcapng_end(&w);
	darwin_packet(&w, 0);
	darwin_packet(&w, 2); /* not described yet */
	darwin_process(&w, 7, NULL);
	darwin_packet(&w, 2);
	return file;
}

Test(pcapng_owners, darwin)
{
	for (int big = 0; big < 2; big++) {
		static struct sight s;
		struct str file = darwin_file(big);
		see(&format_pcapng, &file, &s);
		cr_assert_eq(s.n, 4);
		cr_assert_eq(s.errors, 0);
		cr_assert_eq(s.tally.skipped, 0);
		assert_owner(&s.all[0], OWNER_DARWIN, 42, "a name of 16 by.");
		cr_assert_eq(s.all[0].record.packet.way, WAY_OUT);
		cr_assert(s.all[0].owner.image_cut);
		cr_assert(s.all[0].owner.has_effective);
		cr_assert_eq(s.all[0].owner.effective, 501);
		cr_assert_str_eq(s.all[0].effective, "mDNSResponder");
		assert_owner(&s.all[1], OWNER_DARWIN, 501, "mDNSResponder");
		cr_assert_not(s.all[1].owner.has_effective);
		cr_assert_not(s.all[1].owner.image_cut);
		assert_no_owner(&s.all[2]);
		assert_owner(&s.all[3], OWNER_DARWIN, 7, NULL);
	}
}

/* A place that cannot be read is a place, or all later packets would get their neighbours' names.
 */
/* Annotations of whosent: the block's own grade goes before the packet's comment, and without
 * either of them it is Apple's. */
Test(pcapng_owners, annotations_keep_their_grade)
{
	static const char *const grades[] = { "flow", "exact", NULL };
	static const enum owner_origin alone[] = { OWNER_NOTED_FLOW, OWNER_NOTED_EXACT,
		OWNER_DARWIN };
	static const enum owner_origin noted[] = { OWNER_NOTED_FLOW, OWNER_NOTED_EXACT,
		OWNER_NOTED_PORTS };
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	for (uint32_t i = 0; i < 3; i++) {
		char comment[64];
		pcapng_darwin_process(&w, 42);
		pcapng_option(&w, 2, span_text("a name of 16 by."));
		snprintf(comment, sizeof comment, "process: x pid=42 grade=%s", grades[i]);
		if (grades[i])
			pcapng_option(&w, 1, span_text(comment));
		pcapng_end(&w);
		darwin_packet(&w, i);
		open_packet(&w, 1);
		pcapng_option(&w, 1, span_text("process: x pid=42 grade=ports"));
		pcapng_option_u32(&w, 0x8001, i);
		pcapng_end(&w);
	}
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.errors, 0);
	for (size_t i = 0; i < 3; i++) {
		assert_owner(&s.all[2 * i], alone[i], 42, "a name of 16 by.");
		assert_owner(&s.all[2 * i + 1], noted[i], 42, "a name of 16 by.");
		cr_expect_eq(s.all[2 * i].owner.image_cut, grades[i] == NULL);
	}
}

Test(pcapng_owners, darwin_damaged_blocks_keep_their_place)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	pcapng_begin(&w, 0x80000001);
	pcapng_end(&w);
	pcapng_darwin_process(&w, 6);
	pcapng_u16(&w, 2);
	pcapng_u16(&w, 400);
	pcapng_end(&w);
	darwin_process(&w, 7, "seven");
	for (uint32_t i = 0; i < 4; i++)
		darwin_packet(&w, i);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.errors, 2);
	assert_no_owner(&s.all[0]);
	assert_owner(&s.all[1], OWNER_DARWIN, 6, NULL);
	assert_owner(&s.all[2], OWNER_DARWIN, 7, "seven");
	assert_no_owner(&s.all[3]);
}

/* The kernel is PID 0 with a name; without one nobody is meant, nor by -1. An effective process
 * alone says on whose behalf, not who. */
Test(pcapng_owners, darwin_nobody)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	darwin_process(&w, 0, "kernel_task");
	darwin_process(&w, 0, NULL);
	darwin_process(&w, UINT32_MAX, "who");
	for (uint32_t i = 0; i < 3; i++)
		darwin_packet(&w, i);
	open_packet(&w, 1);
	pcapng_option_u32(&w, 0x8003, 0);
	pcapng_end(&w);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.errors, 0);
	assert_owner(&s.all[0], OWNER_DARWIN, 0, "kernel_task");
	for (size_t i = 1; i < 4; i++)
		assert_no_owner(&s.all[i]);
}

/* Two files, one behind the other: the second counts its processes from 0 again. */
Test(pcapng_owners, sections_do_not_share_processes)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	darwin_process(&w, 5, "first");
	pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = 5, .name = "first" });
	darwin_packet(&w, 0);
	for (int described = 0; described < 2; described++) {
		pcapng_section(&w, &file, true);
		pcapng_interface(&w, 1, 0);
		pcapng_end(&w);
		if (described)
			darwin_process(&w, 6, "second");
		darwin_packet(&w, 0);
		open_packet(&w, 1);
		pcapng_option_pid(&w, 5, 0);
		pcapng_end(&w);
	}
	see(&format_pcapng, &file, &s);
	assert_owner(&s.all[0], OWNER_DARWIN, 5, "first");
	assert_no_owner(&s.all[1]);
	assert_owner(&s.all[2], OWNER_UNSTATED, 5, NULL);
	assert_owner(&s.all[3], OWNER_DARWIN, 6, "second");
}

#define S 1000000000ull

static void pid_packet(struct pcapng_writer *w, uint64_t us, uint32_t pid)
{
	open_packet(w, us);
	pcapng_option_pid(w, pid, 77);
	pcapng_end(w);
}

static struct str wireshark_file(bool big)
{
	struct str file;
	struct pcapng_writer w = begin_file(&file, big);
	pcapng_wireshark_process(&w,
		&(struct pcapng_process){ .pid = 5,
			.parent = 1,
			.name = "old",
			.path = "/bin/not-this",
			.start_ns = 100 * S });
	pcapng_wireshark_process(&w,
		&(struct pcapng_process){ .pid = 5, .path = "/usr/bin/new", .start_ns = 200 * S });
	pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = 6 });
	pid_packet(&w, 150 * 1000000, 5);
	pid_packet(&w, 202 * 1000000, 5);
	pid_packet(&w, 99 * 1000000, 5);
	pid_packet(&w, 97 * 1000000, 5);
	pid_packet(&w, 150 * 1000000, 6);
	pid_packet(&w, 150 * 1000000, 7);
	pid_packet(&w, 150 * 1000000, 0);
	pid_packet(&w, 150 * 1000000, UINT32_MAX);
	return file;
}

/* Frame 4 was sent long before any process of its PID started, so that none of their names is its
 * own: one that no block describes had the PID then. */
Test(pcapng_owners, wireshark_takes_the_process_of_the_time)
{
	for (int big = 0; big < 2; big++) {
		static struct sight s;
		struct str file = wireshark_file(big);
		see(&format_pcapng, &file, &s);
		cr_assert_eq(s.errors, 0, "%s", s.errs[0].msg);
		cr_assert_eq(s.tally.skipped, 0);
		assert_owner(&s.all[0], OWNER_WIRESHARK, 5, "old");
		cr_assert(s.all[0].owner.has_start && s.all[0].owner.has_parent);
		cr_assert_eq(s.all[0].owner.start.ns, 100 * S);
		cr_assert_eq(s.all[0].owner.parent, 1);
		assert_owner(&s.all[1], OWNER_WIRESHARK, 5, "new");
		cr_assert_not(s.all[1].owner.has_parent);
		assert_owner(&s.all[2], OWNER_WIRESHARK, 5, "old");
		cr_assert_not(s.all[2].owner.has_start);
		assert_owner(&s.all[3], OWNER_WIRESHARK, 5, NULL);
		assert_owner(&s.all[4], OWNER_WIRESHARK, 6, NULL);
		assert_owner(&s.all[5], OWNER_UNSTATED, 7, NULL);
		assert_no_owner(&s.all[6]);
		assert_no_owner(&s.all[7]);
	}
}

/* A start may be off by 2 s, so that a packet as near to one may be either process's. */
Test(pcapng_owners, wireshark_near_a_start)
{
	static const struct {
		uint64_t ms;
		const char *name;
	} cases[] = { { 197999, "old" }, { 198000, NULL }, { 200000, NULL }, { 201999, NULL },
		{ 202000, "new" } };
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	for (int again = 0; again < 2; again++) {
		pcapng_wireshark_process(
			&w, &(struct pcapng_process){ .pid = 5, .name = "old", .start_ns = 9 * S });
		pcapng_wireshark_process(&w,
			&(struct pcapng_process){ .pid = 5, .name = "new", .start_ns = 200 * S });
	}
	for (size_t i = 0; i < 5; i++)
		pid_packet(&w, cases[i].ms * 1000, 5);
	see(&format_pcapng, &file, &s);
	for (size_t i = 0; i < 5; i++)
		assert_owner(&s.all[i], OWNER_WIRESHARK, 5, cases[i].name);
}

/* Both within the error of one packet, and one whose start is not known beside one that is near.
 * Where it is wrong: the PID was used twice within the error, and only the second time is
 * described. It gets the name then. */
Test(pcapng_owners, wireshark_two_near_starts)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	for (uint64_t i = 0; i < 2; i++)
		pcapng_wireshark_process(&w,
			&(struct pcapng_process){
				.pid = 5, .name = i ? "b" : "a", .start_ns = (9 + i) * S });
	pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = 6, .name = "c" });
	pcapng_wireshark_process(
		&w, &(struct pcapng_process){ .pid = 6, .name = "d", .start_ns = 9 * S });
	pcapng_wireshark_process(
		&w, &(struct pcapng_process){ .pid = 7, .name = "e", .start_ns = 9 * S });
	for (uint32_t pid = 5; pid <= 7; pid++)
		pid_packet(&w, 8 * 1000000, pid);
	see(&format_pcapng, &file, &s);
	assert_owner(&s.all[0], OWNER_WIRESHARK, 5, NULL);
	assert_owner(&s.all[1], OWNER_WIRESHARK, 6, NULL);
	assert_owner(&s.all[2], OWNER_WIRESHARK, 7, "e");
}

/* Without start times the block that came last is the one. */
Test(pcapng_owners, wireshark_without_starts)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = 5, .name = "one" });
	pid_packet(&w, 9, 5);
	pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = 5, .name = "two" });
	pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = 5, .name = "two" });
	pid_packet(&w, 1, 5);
	see(&format_pcapng, &file, &s);
	assert_owner(&s.all[0], OWNER_WIRESHARK, 5, "one");
	assert_owner(&s.all[1], OWNER_WIRESHARK, 5, "two");
}

/* Blocks that cannot be read take the name away that they might have replaced. */
Test(pcapng_owners, wireshark_damaged_entries)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = 5, .name = "one" });
	pcapng_begin(&w, 0x40000bad);
	pcapng_u32(&w, 32622);
	pcapng_u32(&w, 3);
	pcapng_u32(&w, 12);
	pcapng_u32(&w, 5);
	pcapng_u32(&w, 9 | 3 << 16); /* a start of three bytes */
	pcapng_u32(&w, 0);
	pcapng_end(&w);
	pid_packet(&w, 1, 5);
	for (uint32_t length = 0; length < 4; length++) {
		pcapng_begin(&w, 0x0bad);
		pcapng_u32(&w, 32622);
		pcapng_u32(&w, 3);
		pcapng_u32(&w, length ? length : 0xffffffff);
		pcapng_u32(&w, 5);
		pcapng_end(&w);
	}
	pcapng_begin(&w, 0x0bad);
	pcapng_end(&w);
	pcapng_begin(&w, 0x0bad); /* of somebody else */
	pcapng_u32(&w, 32473);
	pcapng_end(&w);
	pcapng_begin(&w, 0x0bad); /* another entry */
	pcapng_u32(&w, 32622);
	pcapng_u32(&w, 99);
	pcapng_u32(&w, 0);
	pcapng_end(&w);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.errors, 6);
	cr_assert_eq(s.tally.skipped, 2);
	assert_owner(&s.all[0], OWNER_WIRESHARK, 5, NULL);
}

/* More blocks of a PID than are looked at: it names nobody any more, rather than the wrong one. */
Test(pcapng_owners, wireshark_crowded)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	for (unsigned i = 0; i < LIMIT_PID_BLOCKS; i++)
		pcapng_wireshark_process(&w,
			&(struct pcapng_process){
				.pid = 5, .name = "one", .start_ns = (i + 1) * 10 * S });
	pid_packet(&w, 25000000, 5);
	pcapng_wireshark_process(
		&w, &(struct pcapng_process){ .pid = 5, .name = "one", .start_ns = 900 * S });
	pid_packet(&w, 25000000, 5);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.errors, 1);
	cr_assert_eq(s.errs[0].kind, ERR_LIMIT);
	cr_assert_neq(s.errs[0].off, ERR_NO_OFFSET);
	assert_owner(&s.all[0], OWNER_WIRESHARK, 5, "one");
	cr_assert_eq(s.all[0].owner.start.ns, 20 * S);
	assert_owner(&s.all[1], OWNER_WIRESHARK, 5, NULL);
}

/* Processes and names above the limits are said, and their packets bear no name. */
Test(pcapng_owners, tables_are_limited)
{
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	static char name[LIMIT_IMAGE_BYTES + 2];
	static struct sight s;
	memset(name, 'n', LIMIT_IMAGE_BYTES + 1);
	darwin_process(&w, 1, name); /* longer than a file name can be */
	name[LIMIT_IMAGE_BYTES] = '\0';
	for (uint32_t i = 1; i < 4160; i++)
		darwin_process(&w, i, name);
	darwin_packet(&w, 0);
	darwin_packet(&w, 1);
	darwin_packet(&w, 4159);
	see(&format_pcapng, &file, &s);
	cr_assert_leq(s.errors, 100);
	cr_assert_geq(s.errors, 1);
	cr_assert_eq(s.errs[0].kind, ERR_LIMIT);
	assert_owner(&s.all[0], OWNER_DARWIN, 1, NULL);
	cr_assert_eq(s.all[1].owner.image.n, LIMIT_IMAGE_BYTES);
	assert_owner(&s.all[2], OWNER_DARWIN, 4159, NULL);
}

Test(pcapng_owners, processes_are_limited)
{
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	static struct sight s;
	for (uint32_t i = 0; i < LIMIT_CAPTURE_PROCESSES + 1; i++)
		darwin_process(&w, i + 1, "n");
	darwin_packet(&w, LIMIT_CAPTURE_PROCESSES - 1);
	darwin_packet(&w, LIMIT_CAPTURE_PROCESSES);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.errors, 1);
	cr_assert_eq(s.errs[0].kind, ERR_LIMIT);
	assert_owner(&s.all[0], OWNER_DARWIN, LIMIT_CAPTURE_PROCESSES, "n");
	assert_no_owner(&s.all[1]);
}

/* More PIDs than have a place: the message says so, and later ones have no name. */
Test(pcapng_owners, pids_are_limited)
{
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	static struct sight s;
	for (uint32_t i = 0; i < LIMIT_CAPTURE_PROCESSES + 1; i++)
		pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = i + 1, .name = "n" });
	pid_packet(&w, 9, LIMIT_CAPTURE_PROCESSES);
	pid_packet(&w, 9, LIMIT_CAPTURE_PROCESSES + 1);
	see(&format_pcapng, &file, &s);
	cr_assert_eq(s.errors, 1);
	cr_assert_eq(s.errs[0].kind, ERR_LIMIT);
	cr_assert(strstr(s.errs[0].msg, "65536 PIDs with process blocks"), "%s", s.errs[0].msg);
	assert_owner(&s.all[0], OWNER_WIRESHARK, LIMIT_CAPTURE_PROCESSES, "n");
	assert_owner(&s.all[1], OWNER_UNSTATED, LIMIT_CAPTURE_PROCESSES + 1, NULL);
}

/* One packet, all forms, by which one process has several PIDs: what a kernel wrote outweighs the
 * others, and those contradict each other. */
Test(pcapng_owners, the_strongest_form_wins)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	darwin_process(&w, 1, "darwin");
	pcapng_hone_process(&w, 2, 1);
	pcapng_option(&w, 3, span_text("/bin/hone"));
	pcapng_end(&w);
	pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = 3, .name = "wireshark" });
	for (int without = 0; without < 5; without++) {
		open_packet(&w, 2);
		if (without < 4)
			pcapng_option(&w, 1, span_text("PID: 4\nCmd: /bin/ptcpdump\nArgs: x"));
		pcapng_option_pid(&w, without < 3 ? 3 : 5, 1);
		if (without < 2)
			pcapng_option_u32(&w, 258, 2);
		if (without < 1)
			pcapng_option_u32(&w, 0x8001, 0);
		pcapng_end(&w);
	}
	see(&format_pcapng, &file, &s);
	assert_owner(&s.all[1], OWNER_DARWIN, 1, "darwin");
	assert_owner(&s.all[2], OWNER_HONE, 2, "hone");
	assert_owner(&s.all[3], OWNER_UNSTATED, 3, "wireshark");
	assert_owner(&s.all[4], OWNER_UNSTATED, 4, "ptcpdump");
	assert_owner(&s.all[5], OWNER_UNSTATED, 5, NULL);
}

/* Option 8 and a comment that agree, and two comments that do not, beside a block. */
Test(pcapng_owners, forms_of_one_packet)
{
	static const struct {
		const char *comments[2];
		uint32_t pid;
		enum owner_origin origin;
		const char *name;
	} cases[] = {
		{ { "PID: 3\nCmd: /bin/poll\nArgs: x" }, 3, OWNER_WIRESHARK, "poll" },
		{ { "PID: 3\nCmd: /bin/other\nArgs: x" }, 3, OWNER_UNSTATED, NULL },
		{ { "PID: 3\nCmd: /bin/poll\nArgs: x", "PID: 4\nCmd: a\nArgs: x" }, 3,
			OWNER_UNSTATED, "poll" },
		{ { "PID: 9\nCmd: /bin/a\nArgs: x" }, 9, OWNER_PTCPDUMP, "a" },
		{ { "PID: 9\nCmd: /bin/a\nArgs: x", "rustnet process=b pid=8 attr=exact-tuple" }, 9,
			OWNER_UNSTATED, "a" },
	};
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = 3, .name = "poll" });
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		open_packet(&w, 2);
		pcapng_option_pid(&w, cases[i].pid, 1);
		for (size_t k = 0; k < 2 && cases[i].comments[k]; k++)
			pcapng_option(&w, 1, span_text(cases[i].comments[k]));
		pcapng_end(&w);
	}
	see(&format_pcapng, &file, &s);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_owner(&s.all[i], cases[i].origin, cases[i].pid, cases[i].name);
}

/* etl2pcapng states whose thread ran. A process block beside it names that process, and does not
 * make it the sender. */
Test(pcapng_owners, a_thread_is_not_an_owner)
{
	static struct sight s;
	struct str file;
	struct pcapng_writer w = begin_file(&file, false);
	pcapng_wireshark_process(&w, &(struct pcapng_process){ .pid = 3, .name = "idle" });
	static const char *const comments[] = { "PID=3 TID=9", "PID=4 TID=-1 VlanId=0 SrcPortId=1",
		"PID=-1 TID=-1" };
	static const uint32_t pids[] = { 3, 4, UINT32_MAX };
	for (size_t i = 0; i < 6; i++) {
		open_packet(&w, 2);
		if (i < 3)
			pcapng_option_pid(&w, pids[i], 9);
		pcapng_option(&w, 1, span_text(comments[i % 3]));
		pcapng_end(&w);
	}
	see(&format_pcapng, &file, &s);
	for (size_t i = 0; i < 6; i += 3) {
		assert_owner(&s.all[i], OWNER_THREAD, 3, "idle");
		assert_owner(&s.all[i + 1], OWNER_THREAD, 4, NULL);
		assert_no_owner(&s.all[i + 2]);
	}
}

Test(pcapng_owners, damage)
{
	struct str file = darwin_file(false);
	damage_everywhere(&format_pcapng, &file);
	str_done(&file);
	file = wireshark_file(true);
	damage_everywhere(&format_pcapng, &file);
	str_done(&file);
}
