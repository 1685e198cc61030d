/* SPDX-License-Identifier: Apache-2.0 */
/* Writes process tables as tasklist prints them. */
#ifndef WHOSENT_LAB_TASKLIST_H
#define WHOSENT_LAB_TASKLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct tasklist_process {
	const char *image;
	uint32_t pid;
	const char *services; /* "A,B", or NULL for none */
	uint32_t memory_k;
};

enum tasklist_form {
	TASKLIST_PLAIN,    /* tasklist */
	TASKLIST_SERVICES, /* tasklist /SVC */
	TASKLIST_WORDS,    /* tasklist as a web page leaves it: no titles, one blank between */
};

struct tasklist_style {
	enum tasklist_form form;
	bool xp; /* XP and 2003: PID has 6 characters and services 45; later 8 and 44 */
	bool crlf;
};

/* Appends the table to `out`; ask out->failed at the end. */
void tasklist_write(struct str *out, struct tasklist_style style,
	const struct tasklist_process *processes, size_t n);

#endif
