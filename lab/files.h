/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what the lab has made to disk. Ends the program where that fails. */
#ifndef WHOSENT_LAB_FILES_H
#define WHOSENT_LAB_FILES_H

#include "base/str.h"

/* Makes the folder `dir` (its parent must exist); one that is there already is fine. */
void files_folder(const char *dir);
/* Writes dir/name, or ends the program where `out` has failed. */
void files_write(const char *dir, const char *name, const struct str *out);

#endif
