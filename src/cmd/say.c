/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on standard error. */
#include <stdarg.h>
#include <stdio.h>

#include "cmd/cmd.h"

/* File names and what inputs say may hold escape sequences: no control character gets through. */
static void put_visible(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			fprintf(stderr, "\\x%02x", *p);
		else
			fputc(*p, stderr);
	}
}

void say_err(const char *file, const struct err *err)
{
	char text[512];
	err_format(err, text, sizeof text);
	fputs("whosent: ", stderr);
	if (file) {
		put_visible(file);
		fputs(": ", stderr);
	}
	put_visible(text);
	fputc('\n', stderr);
}

void say(const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fputs("whosent: ", stderr);
	put_visible(text);
	fputc('\n', stderr);
}
