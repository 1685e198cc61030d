/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into whosent by tests/sandbox.py: tries at exit what the sandbox refuses, and says on
 * the descriptor PROBE_FD what came of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *outcome(long rc)
{
	return rc >= 0 ? "allowed" : errno == EPERM || errno == EACCES ? "refused" : "failed";
}

__attribute__((destructor)) static void probe(void)
{
	const char *fd = getenv("PROBE_FD");
	char name[] = "false", *const argv[] = { name, NULL };
	if (!fd)
		return;
	int out = (int)strtoul(fd, NULL, 10);
	dprintf(out, "open %s\n", outcome(open("/etc/passwd", O_RDONLY | O_CLOEXEC)));
	dprintf(out, "create %s\n", outcome(open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)));
	dprintf(out, "socket %s\n", outcome(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
	/* Where it is allowed, the program goes on as `false` and exits with 1. */
	dprintf(out, "exec %s\n", outcome(execve("/bin/false", argv, NULL)));
}
