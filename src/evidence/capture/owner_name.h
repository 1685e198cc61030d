/* SPDX-License-Identifier: Apache-2.0 */
/* File names of processes, as captures state them. */
#ifndef WHOSENT_EVIDENCE_OWNER_NAME_H
#define WHOSENT_EVIDENCE_OWNER_NAME_H

#include <stdbool.h>

#include "base/cursor.h"

/* A name up to its NUL; empty where it is longer than a file name can be. */
struct span owner_name(struct span text);

/* The file's name of a path of Unix or Windows; empty as above, and where it names a folder. */
struct span owner_base_name(struct span path);

/* Linux keeps 15 characters of a command's name (TASK_COMM_LEN, proc_pid_comm(5)), Apple 16
 * (MAXCOMLEN): a name of just so many may go on. */
#define LINUX_COMM_BYTES 15u
#define DARWIN_COMM_BYTES 16u

#endif
