/* SPDX-License-Identifier: Apache-2.0 */
/* Gives up what reading hostile input never needs, once inputs and outputs are open. */
#ifndef WHOSENT_BASE_SANDBOX_H
#define WHOSENT_BASE_SANDBOX_H

#include "base/err.h"

enum {
	SANDBOX_FILES = 1,    /* Landlock: no path can be opened, made or removed any more */
	SANDBOX_SYSCALLS = 2, /* seccomp: no sockets, no exec, no tracing, no new files: EPERM */
};

/* Enters those that `want` names; cannot be undone. *ret_held says which of them the kernel holds:
 * one without Landlock still gets seccomp. -1 where the kernel has one and refuses it. */
int sandbox_enter(unsigned want, unsigned *ret_held, struct err *err);

#endif
