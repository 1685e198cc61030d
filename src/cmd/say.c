/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on standard error. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/str.h"
#include "cmd/cmd.h"
#include "output/escape.h"

/* A status line stands on the terminal; what is said takes its place. */
static bool status_shown;

static void clear_status(void)
{
	if (status_shown)
		fputs("\r\x1b[K", stderr);
	status_shown = false;
}

/* File names and what inputs say may hold escape sequences: they are made harmless as in the
 * report. Where memory is gone for that, a plain sentence is all there is. */
static void put_line(const char *file, const char *text)
{
	struct str line;
	str_init(&line, 16384);
	str_text(&line, "whosent: ");
	if (file) {
		escape_text(&line, file);
		str_text(&line, ": ");
	}
	escape_text(&line, text);
	clear_status();
	fprintf(stderr, "%s\n",
		line.failed ? "whosent: out of memory for a message" : str_get(&line));
	str_done(&line);
}

void say_err(const char *file, const struct err *err)
{
	char text[512];
	err_format(err, text, sizeof text);
	put_line(file, text);
}

void say(const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	put_line(NULL, text);
}

void say_status(const char *fmt, ...)
{
	va_list ap;
	clear_status();
	if (!fmt)
		return;
	fputs("whosent: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	status_shown = true;
}
