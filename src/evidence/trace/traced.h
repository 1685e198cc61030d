/* SPDX-License-Identifier: Apache-2.0 */
/* What records of Windows traces mean, in whichever form they come: .etl or a text dump. Private to
 * their readers. */
#ifndef WHOSENT_EVIDENCE_TRACED_H
#define WHOSENT_EVIDENCE_TRACED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/* No process: what is put where a record has none. */
#define TRACED_PID_NONE UINT32_MAX

/* PID 0 is the idle loop, which sends nothing: the kernel writes it where a socket has no process
 * any more. */
static inline bool traced_pid(uint32_t pid)
{
	return pid != 0 && pid != TRACED_PID_NONE;
}

/* Kernels up to Windows 7 keep 14 to 16 bytes of an image's name. Wrong for a whole name of
 * exactly that length: it is then said to go on, which claims less than is known. */
bool traced_image_cut(struct span image);

/* What stands behind the last backslash of a path. */
struct span traced_base_name(struct span path);

#endif
