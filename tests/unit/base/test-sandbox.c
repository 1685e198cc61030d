/* SPDX-License-Identifier: Apache-2.0 */
/* Criterion runs each test in a process of its own, so each may lock itself up. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sandbox.h"

static unsigned enter(unsigned want)
{
	unsigned held = 0;
	struct err err = { 0 };
	cr_assert_eq(sandbox_enter(want, &held, &err), 0, "%s", err.msg);
	return held;
}

Test(sandbox, landlock_refuses_new_files_and_keeps_old_ones)
{
	int before = open("/dev/null", O_RDONLY);
	cr_assert_geq(before, 0);
	if (!(enter(SANDBOX_FILES) & SANDBOX_FILES))
		cr_skip_test("this kernel has no Landlock");
	char byte;
	cr_assert_eq(read(before, &byte, 1), 0, "what was open stays open");
	cr_assert_lt(open("/dev/null", O_RDONLY), 0);
	cr_assert_eq(errno, EACCES);
	cr_assert_lt(open("/tmp/whosent-sandbox-test", O_CREAT | O_WRONLY, 0600), 0);
	cr_assert_eq(errno, EACCES);
}

Test(sandbox, seccomp_refuses_sockets_and_exec)
{
	cr_assert(enter(SANDBOX_SYSCALLS) & SANDBOX_SYSCALLS);
	cr_assert_lt(socket(AF_INET, SOCK_STREAM, 0), 0);
	cr_assert_eq(errno, EPERM);
	char name[] = "true", *const argv[] = { name, NULL };
	cr_assert_lt(execve("/bin/true", argv, NULL), 0);
	cr_assert_eq(errno, EPERM);
	cr_assert_lt(open("/dev/null", O_RDONLY), 0, "also where Landlock is missing");
	cr_assert_eq(errno, EPERM);
}
