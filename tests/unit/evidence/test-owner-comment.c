/* SPDX-License-Identifier: Apache-2.0 */
/* Comments that name processes, and those that only look so; file names of paths. */
#include <criterion/criterion.h>

#include <string.h>

#include "base/text.h"
#include "evidence/capture/owner_comment.h"
#include "evidence/capture/owner_name.h"

static struct owner read_comment(const char *text)
{
	struct owner owner = { 0 };
	owner_comment(span_text(text), &owner);
	return owner;
}

Test(owner_comment, forms)
{
	static const struct {
		const char *text;
		enum owner_origin origin;
		uint32_t pid;
		const char *image;
		bool cut;
	} cases[] = {
		{ "PID: 7\nCmd: /usr/bin/curl\nArgs: curl x", OWNER_PTCPDUMP, 7, "curl", false },
		{ "PID: 7\nCmd: /usr/bin/curl", 0, 0, "", false },
		{ "PID: 7\nCommand: dig\nArgs: dig", OWNER_PTCPDUMP, 7, "dig", false },
		{ "PID: 7\nCmd: \nArgs: ", OWNER_PTCPDUMP, 7, "", false },
		{ "PID: 7\nCmd: /opt/a...\nArgs: a", OWNER_PTCPDUMP, 7, "", false },
		{ "PID: 7\nCmd: /bin/nc (deleted)\nArgs: a", OWNER_PTCPDUMP, 7, "nc", false },
		{ "PID: 0\nCmd: x\nArgs: ", 0, 0, "", false },
		{ "PID: 4294967295\nCmd: x\nArgs: ", 0, 0, "", false },
		{ "PID: seven\nCmd: x\nArgs: ", 0, 0, "", false },
		{ "PID: 7", 0, 0, "", false },
		{ "PID: 7\nlooks odd, ask Bob", 0, 0, "", false },
		{ "PID: 7\nCmd: nmap\n\nmy guess, ask Bob", 0, 0, "", false },
		{ "PID: 7\nCmd:nmap\nArgs: ", 0, 0, "", false },
		{ "PID: 7 \nCmd: nmap\nArgs: ", 0, 0, "", false },
		{ "PID: 7\r\nCmd: nmap\r\nArgs: ", 0, 0, "", false },
		{ "PID: 7\nCmd: nmap\nmy guess\nArgs: ", OWNER_UNSTATED, 7, "", false },
		{ "ParentPID: 7\nParentCmd: x\nParentArgs: ", 0, 0, "", false },
		{ "rustnet process=curl pid=7 ppid=5 uid=0 attr=exact-tuple", OWNER_RUSTNET, 7,
			"curl", false },
		{ "rustnet process=systemd-resolve pid=7 attr=exact-tuple", OWNER_RUSTNET, 7,
			"systemd-resolve", true },
		{ "rustnet process=curl pid=7 ppid=0 uid=0 attr=exact-tuple pod=p ns=n pod_uid=u "
		  "container=c container_id=i direction=outgoing app=HTTP sni=a country=b asn=9",
			OWNER_RUSTNET, 7, "curl", false },
		{ "rustnet process=curl pid=7", OWNER_UNSTATED, 7, "curl", false },
		{ "rustnet process=curl pid=7 ppid=5 uid=0 app=DNS", OWNER_UNSTATED, 7, "curl",
			false },
		{ "rustnet pid=7", 0, 0, "", false },
		{ "rustnet pid=7 process=curl attr=exact-tuple", 0, 0, "", false },
		{ "rustnet shows pid=7 here, process=malware is only a guess", 0, 0, "", false },
		{ "rustnet process=curl pid=7 attr=exact-tuple I doubt it", OWNER_UNSTATED, 7,
			"curl", false },
		{ "rustnet process=curl pid=7 uid=root attr=exact-tuple", OWNER_UNSTATED, 7, "curl",
			false },
		{ "rustnet process=curl  pid=7 attr=exact-tuple", 0, 0, "", false },
		{ "rustnet process=a\tb pid=7 attr=exact-tuple", 0, 0, "", false },
		{ "rustnet process=curl pid=7 attr=exact-tuple app=DNS pid=9 process=sshd",
			OWNER_UNSTATED, 7, "curl", false },
		{ "rustnet process=curl pid=7 attr=exact-tuple attr=exact-tuple", OWNER_UNSTATED, 7,
			"curl", false },
		{ "rustnet process=curl pid=7 attr=procfs-exact", OWNER_RUSTNET, 7, "curl", false },
		{ "rustnet process=curl pid=7 attr=procfs-relaxed", OWNER_UNSTATED, 7, "curl",
			false },
		{ "rustnet process=curl pid=7 attr=listener-socket app=DNS", OWNER_UNSTATED, 7,
			"curl", false },
		{ "rustnet process=curl direction=outgoing", 0, 0, "", false },
		{ "rustnet process=curl pid=-7", 0, 0, "", false },
		{ "rustnets pid=7", 0, 0, "", false },
		{ "PID=7 TID=9", OWNER_THREAD, 7, "", false },
		{ "PID=7 TID=-1 VlanId=0", OWNER_THREAD, 7, "", false },
		{ "PID=-1 TID=-1", OWNER_THREAD, 0, "", false },
		{ "PID=7", 0, 0, "", false },
		{ "PID=7 is what I suspect", 0, 0, "", false },
		{ "", 0, 0, "", false },
		{ "P", 0, 0, "", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct owner o = read_comment(cases[i].text);
		cr_assert_eq(o.origin, cases[i].origin, "%s", cases[i].text);
		cr_assert_eq(o.pid, cases[i].pid, "%s", cases[i].text);
		cr_assert(text_equal(o.image, cases[i].image), "%s", cases[i].text);
		cr_assert_eq(o.image_cut, cases[i].cut, "%s", cases[i].text);
	}
}

/* ptcpdump gives each subject a comment of its own. */
Test(owner_comment, several)
{
	struct owner o = { 0 };
	owner_comment(span_text("seen on Monday"), &o);
	owner_comment(span_text("PID: 7\nCmd: /bin/a\nArgs: a"), &o);
	owner_comment(span_text("ThreadId: 8\nThreadName: a"), &o);
	owner_comment(span_text("ParentPID: 5\nParentCmd: /bin/b\nParentArgs: b"), &o);
	owner_comment(span_text("PID: 7\nCmd: /bin/a\nArgs: b"), &o);
	owner_comment(span_text("PID=-1 TID=-1"), &o);
	cr_assert_eq(o.origin, OWNER_PTCPDUMP);
	cr_assert_eq(o.pid, 7);
	cr_assert(text_equal(o.image, "a"));
	cr_assert(o.has_parent);
	cr_assert_eq(o.parent, 5);
}

static struct owner read_two(const char *one, const char *two)
{
	struct owner o = { 0 };
	owner_comment(span_text(one), &o);
	owner_comment(span_text(two), &o);
	/* That it is repeated proves nothing. */
	owner_comment(span_text(one), &o);
	return o;
}

/* Two comments that name two processes prove neither. Where it is wrong: one is a person's guess,
 * and what the program found is no more than a candidate then, or not even that. */
Test(owner_comment, that_contradict_each_other)
{
	static const char guess[] = "PID: 5\nCmd: guess\nArgs: ",
			  right[] = "PID: 7\nCmd: /bin/right\nArgs: x",
			  wrong[] = "PID: 7\nCmd: /bin/wrong\nArgs: x";
	struct owner o = read_two(guess, right);
	cr_assert(o.origin == OWNER_UNSTATED && o.disputed && o.pid == 5);
	cr_assert(text_equal(o.image, "guess"));
	o = read_two(right, guess);
	cr_assert(o.origin == OWNER_UNSTATED && o.pid == 7 && text_equal(o.image, "right"));
	o = read_two(right, wrong);
	cr_assert(o.origin == OWNER_UNSTATED && o.pid == 7 && o.image.n == 0);
	o = read_two(right, "rustnet process=right pid=8 attr=exact-tuple");
	cr_assert(o.origin == OWNER_UNSTATED && o.pid == 7);
	owner_comment(span_text("ParentPID: 5\nParentCmd: x\nParentArgs: "), &o);
	cr_assert_not(o.has_parent);
}

/* Of those that agree the stronger one counts. A name that is cut agrees with the whole one. */
Test(owner_comment, that_agree)
{
	struct owner o = read_two("PID: 7\nCmd: /bin/systemd-resolved\nArgs: x",
		"rustnet process=systemd-resolve pid=7 attr=exact-tuple");
	cr_assert(o.origin == OWNER_PTCPDUMP && text_equal(o.image, "systemd-resolved"));
	o = read_two("rustnet process=curl pid=7 attr=listener-socket",
		"PID: 7\nCmd: /bin/curl\nArgs: x");
	cr_assert(o.origin == OWNER_PTCPDUMP && !o.disputed && text_equal(o.image, "curl"));
}

/* Arguments are chosen by whoever runs a program, line ends too, and so are paths. */
Test(owner_comment, texts_that_imitate_lines)
{
	struct owner o = read_comment("PID: 7\nCmd: /bin/a\nArgs: a\nPID: 9\nCmd: /bin/sshd\n");
	cr_assert_eq(o.pid, 7);
	cr_assert(text_equal(o.image, "a"));
	o = read_comment("PID: 7\nCmd: /tmp/sshd\nx\nArgs: a");
	cr_assert(o.origin == OWNER_UNSTATED && o.pid == 7);
	cr_assert_eq(o.image.n, 0);
}

/* A path as long as ptcpdump's buffer may end inside the name of a folder. */
Test(owner_comment, a_full_buffer)
{
	char text[700] = "PID: 7\nCmd: /";
	size_t n = strlen(text);
	memset(text + n, 'd', 505);
	memcpy(text + n + 505, "/java\nArgs: ", 13);
	struct owner o = read_comment(text);
	cr_assert_eq(o.pid, 7);
	cr_assert_eq(o.image.n, 0);
	memmove(text + n, text + n + 1, strlen(text + n));
	o = read_comment(text);
	cr_assert(text_equal(o.image, "java"));
}

Test(owner_comment, every_cut)
{
	static const char *const texts[] = { "PID: 7\nCmd: /usr/bin/curl\nArgs: curl x",
		"rustnet process=curl pid=7 ppid=5 attr=exact-tuple", "PID=7 TID=9" };
	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n <= strlen(texts[i]); n++) {
			char *copy = malloc(n + 1);
			struct owner o = { 0 };
			memcpy(copy, texts[i], n);
			owner_comment(span_of(copy, n), &o);
			cr_assert(o.origin == 0 || o.pid == 7);
			free(copy);
		}
}

Test(owner_comment, file_names)
{
	static const char *const cases[][2] = {
		{ "/usr/bin/curl", "curl" },
		{ "curl", "curl" },
		{ "/usr/bin/", "" },
		{ "/", "" },
		{ "", "" },
		{ "/opt/a\\b", "a\\b" },
		{ "C:\\Windows\\System32\\lsass.exe", "lsass.exe" },
		{ "C:/Windows/lsass.exe", "lsass.exe" },
		{ "\\Device\\HarddiskVolume1\\a.exe", "a.exe" },
		{ "/bin/nc (deleted)", "nc" },
		{ " (deleted)", " (deleted)" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert(text_equal(owner_base_name(span_text(cases[i][0])), cases[i][1]), "%s",
			cases[i][0]);
	cr_assert(text_equal(owner_base_name(span_of("/bin/a\0/b", 9)), "a"));
	cr_assert(text_equal(owner_name(span_of("a\0b", 3)), "a"));
}

/* Our own: how far the block beside the comment goes. A name may hold anything. */
Test(owner_comment, grade_of_an_annotation)
{
	static const struct {
		const char *comment;
		enum owner_origin origin;
	} all[] = {
		{ "process: curl pid=7 grade=flow", OWNER_NOTED_FLOW },
		{ "process: \"a b\" pid=7 grade=endpoint services=x", OWNER_NOTED_ENDPOINT },
		{ "process: curl pid=7 grade=ports side=receiver", OWNER_NOTED_PORTS },
		{ "process: curl pid=7 grade=exact", OWNER_NOTED_EXACT },
		{ "process: - pid=7 grade=flow", OWNER_NOTED_FLOW },
		{ "process: \"a pid=1 grade=exact x\" pid=7 grade=ports", OWNER_NOTED_PORTS },
		{ "process: \"a\\\" pid=1 grade=exact\" pid=7 grade=ports", OWNER_NOTED_PORTS },
		{ "process: \"a\\", 0 },
		{ "process: \"a\" ", 0 },
		{ "process: \"a\"", 0 },
		{ "process: a", 0 },
		{ "process: curl pid=x grade=flow", 0 },
		{ "process: curl grade=flow", 0 },
		{ "process: curl pid=7 grade=pattern", 0 },
		{ "process: curl pid=7 grade=flows", 0 },
		{ "process: - reason=not-in-log", 0 },
		{ "my process: curl pid=7 grade=flow", 0 },
		{ "process: ", 0 },
		{ "", 0 },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		cr_expect_eq(owner_noted(span_text(all[i].comment)), all[i].origin, "%s",
			all[i].comment);
		struct owner o = { 0 };
		owner_comment(span_text(all[i].comment), &o);
		cr_expect_eq(o.origin, 0, "alone it names nobody");
	}
}
