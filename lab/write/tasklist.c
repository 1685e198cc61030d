/* SPDX-License-Identifier: Apache-2.0 */
/* Writes process tables as tasklist prints them: see tasklist.h and doc/tasklist.md. */
#include "write/tasklist.h"

#include <stdio.h>
#include <string.h>

struct table {
	struct str *out;
	struct tasklist_style style;
	int pid_width, services_width;
};

static void end_line(const struct table *t)
{
	str_text(t->out, t->style.crlf ? "\r\n" : "\n");
}

static void rule(const struct table *t, int width)
{
	for (int i = 0; i < width; i++)
		str_char(t->out, '=');
}

static void titles(const struct table *t)
{
	bool services = t->style.form == TASKLIST_SERVICES;
	end_line(t);
	str_printf(t->out, "%-25s %*s ", "Image Name", t->pid_width, "PID");
	if (services)
		str_printf(t->out, "%-*s", t->services_width, "Services");
	else
		str_printf(t->out, "%-16s %11s %12s", "Session Name", "Session#", "Mem Usage");
	end_line(t);
	rule(t, 25);
	str_char(t->out, ' ');
	rule(t, t->pid_width);
	str_char(t->out, ' ');
	rule(t, services ? t->services_width : 16);
	if (!services) {
		str_char(t->out, ' ');
		rule(t, 11);
		str_char(t->out, ' ');
		rule(t, 12);
	}
	end_line(t);
}

/* Lines are filled with whole names; a comma ends each but the last. */
static void services(const struct table *t, const char *list)
{
	size_t used = 0, width = (size_t)t->services_width;
	while (*list) {
		size_t n = strcspn(list, ",");
		bool last = list[n] == '\0';
		size_t need = n + !last + (used ? 1 : 0);
		if (used && used + need > width) {
			end_line(t);
			str_printf(t->out, "%*s", 25 + 1 + t->pid_width + 1, "");
			used = 0;
			need = n + !last;
		}
		if (used)
			str_char(t->out, ' ');
		str_add(t->out, span_of(list, n));
		if (!last)
			str_char(t->out, ',');
		used += need;
		list += n + !last;
	}
}

/* "1,040,592 K" */
static void memory(uint32_t k, char *buf, size_t n)
{
	if (k >= 1000000)
		snprintf(buf, n, "%u,%03u,%03u K", k / 1000000, k / 1000 % 1000, k % 1000);
	else if (k >= 1000)
		snprintf(buf, n, "%u,%03u K", k / 1000, k % 1000);
	else
		snprintf(buf, n, "%u K", k);
}

static void row(const struct table *t, const struct tasklist_process *p)
{
	char k[24];
	memory(p->memory_k, k, sizeof k);
	if (t->style.form == TASKLIST_WORDS) {
		str_printf(t->out, "%.25s %u Console 0 %s", p->image, p->pid, k);
	} else {
		str_printf(t->out, "%-25.25s %*u ", p->image, t->pid_width, p->pid);
		if (t->style.form == TASKLIST_SERVICES)
			services(t, p->services ? p->services : "N/A");
		else
			str_printf(t->out, "%-16s %11u %12s", "Console", 0u, k);
	}
	end_line(t);
}

void tasklist_write(struct str *out, struct tasklist_style style,
	const struct tasklist_process *processes, size_t n)
{
	struct table t = { .out = out,
		.style = style,
		.pid_width = style.xp ? 6 : 8,
		.services_width = style.xp ? 45 : 44 };
	if (style.form != TASKLIST_WORDS)
		titles(&t);
	for (size_t i = 0; i < n; i++)
		row(&t, &processes[i]);
}
