/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of the kernel: see kernel_service.h. */
#include "correlate/kernel_service.h"

#include <string.h>

/* PID of kthreadd, the parent of all threads of the kernel. */
#define KTHREADD 2u

/* How their names begin (fs/nfsd/nfssvc.c, fs/lockd/svc.c, fs/nfs/callback.c, net/sunrpc/sched.c,
 * fs/smb/client/connect.c, fs/smb/server/connection.c, drivers/target/iscsi, drivers/block/drbd,
 * drivers/net/wireguard/device.c of Linux). A worker serves whoever queues work. */
static const struct {
	const char *begins;
	enum detail detail;
} threads[] = {
	{ "kworker/", DETAIL_NONE },
	{ "nfsd", DETAIL_NFS },
	{ "nfsv4", DETAIL_NFS },
	{ "lockd", DETAIL_NFS },
	{ "rpciod", DETAIL_NFS },
	{ "cifsd", DETAIL_CIFS },
	{ "ksmbd", DETAIL_CIFS },
	{ "wg-", DETAIL_WIREGUARD },
	{ "iscsi_", DETAIL_ISCSI },
	{ "drbd", DETAIL_DRBD },
};

static bool is_thread(struct span image, enum detail *ret)
{
	for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
		size_t n = strlen(threads[i].begins);
		if (image.n >= n && memcmp(image.p, threads[i].begins, n) == 0) {
			*ret = threads[i].detail;
			return true;
		}
	}
	return false;
}

/* The parent alone proves nothing: the kernel starts programs too (modprobe, whoever takes core
 * dumps), and in a container PID 2 may be anyone. Wrong where such a program has the name of a
 * thread: it gets a reason for its name. */
bool kernel_service_owner(const struct owner *owner)
{
	enum detail detail;
	return owner->kernel ||
		(owner->has_parent && owner->parent == KTHREADD &&
			is_thread(owner->image, &detail));
}

/* The thread of that handle, or NULL where it is a process. */
static const struct process *thread_of(const struct roster *roster, process_handle h)
{
	size_t n;
	const struct process *all = roster_all(roster, &n);
	return h != PROCESS_NONE && all[h].kernel ? &all[h] : NULL;
}

void kernel_service_settle(const struct roster *roster, struct claim *c)
{
	process_handle h = c->process;
	const struct process *thread = thread_of(roster, h);
	enum detail detail = DETAIL_NONE;
	if (!thread)
		return;
	if (thread->image)
		is_thread(span_text(thread->image), &detail);
	*c = claim_reason(REASON_KERNEL_SERVICE, detail);
	c->about = h;
}

void kernel_service_outer(const struct roster *roster, struct outer_claim ends[static SIDES])
{
	for (int side = 0; side < SIDES; side++)
		if (thread_of(roster, ends[side].process))
			ends[side] = (struct outer_claim){ .process = PROCESS_NONE };
}
