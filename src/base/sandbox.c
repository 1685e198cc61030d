/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox: see sandbox.h. Linux only; another system would bring a file of its own. */
#include "base/sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All file rights of the newest Landlock ABI that the headers at hand may not know yet: bits 0 to
 * 15 (ABI 5); an older kernel is told only those that it has. */
static uint64_t file_rights(long abi)
{
	static const uint64_t by_abi[] = { 0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff };
	return by_abi[abi > 5 ? 5 : abi];
}

/* A ruleset that handles every right and allows none. */
static int landlock(bool *ret_held, struct err *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	*ret_held = false;
	if (abi < 1)
		return 0; /* not built in, or switched off at boot */
	struct landlock_ruleset_attr attr = { .handled_access_fs = file_rights(abi) };
	long fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	if (fd < 0)
		return err_sys(err, errno, "cannot make a Landlock ruleset");
	long rc = syscall(SYS_landlock_restrict_self, fd, 0);
	int sys = errno;
	close((int)fd);
	if (rc < 0)
		return err_sys(err, sys, "cannot enter the Landlock sandbox");
	*ret_held = true;
	return 0;
}

/* A list of what is refused, not of what is allowed: libc and the sanitizers change what they
 * call from version to version, and what matters is that nothing can leave or be started. */
static const int refused[] = {
	SCMP_SYS(socket),
	SCMP_SYS(socketpair),
	SCMP_SYS(connect),
	SCMP_SYS(bind),
	SCMP_SYS(listen),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(openat2),
	SCMP_SYS(creat),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(link),
	SCMP_SYS(linkat),
	SCMP_SYS(symlink),
	SCMP_SYS(symlinkat),
	SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat),
	SCMP_SYS(mknod),
	SCMP_SYS(mknodat),
	SCMP_SYS(chmod),
	SCMP_SYS(fchmodat),
	SCMP_SYS(chown),
	SCMP_SYS(fchownat),
	SCMP_SYS(truncate),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(bpf),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(keyctl),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(kexec_load),
};

static int syscalls(struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (!ctx)
		return err_nomem(err);
	int rc = 0;
	for (size_t i = 0; i < sizeof refused / sizeof *refused && rc == 0; i++) {
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
		if (rc == -EDOM || rc == -EINVAL)
			rc = 0; /* this architecture has no such call */
	}
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc < 0 ? err_sys(err, -rc, "cannot enter the seccomp sandbox") : 0;
}

int sandbox_enter(unsigned want, unsigned *ret_held, struct err *err)
{
	bool files = false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, errno, "cannot give up new privileges");
	if ((want & SANDBOX_FILES) && landlock(&files, err) < 0)
		return -1;
	if ((want & SANDBOX_SYSCALLS) && syscalls(err) < 0)
		return -1;
	*ret_held = (want & SANDBOX_SYSCALLS) | (files ? SANDBOX_FILES : 0u);
	return 0;
}
