/* SPDX-License-Identifier: Apache-2.0 */
/* File names of processes: see owner_name.h. */
#include "evidence/capture/owner_name.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

struct span owner_name(struct span text)
{
	const uint8_t *nul = text.n ? memchr(text.p, 0, text.n) : NULL;
	if (nul)
		text.n = (size_t)(nul - text.p);
	return text.n <= LIMIT_IMAGE_BYTES ? text : (struct span){ 0 };
}

/* A backslash parts names on Windows only: on Unix it is a character like any other. */
static bool is_windows_path(struct span path)
{
	return path.n >= 3 && (path.p[0] == '\\' || (path.p[1] == ':' && path.p[2] == '\\'));
}

struct span owner_base_name(struct span path)
{
	/* What Linux adds to the path of a file that was removed since (proc_pid_exe(5)). A file
	 * whose own name ends so loses those letters. */
	static const char removed[] = " (deleted)";
	const size_t n_removed = sizeof removed - 1;
	const uint8_t *nul = path.n ? memchr(path.p, 0, path.n) : NULL;
	if (nul)
		path.n = (size_t)(nul - path.p);
	if (path.n > n_removed &&
		text_equal(span_of(path.p + path.n - n_removed, n_removed), removed))
		path.n -= n_removed;
	bool windows = is_windows_path(path);
	size_t from = path.n;
	while (from && path.p[from - 1] != '/' && !(windows && path.p[from - 1] == '\\'))
		from--;
	return path.n ? owner_name(span_of(path.p + from, path.n - from)) : path;
}
